"""How often somebody may try: what is too much is answered 429 with the time to wait."""

from collections.abc import Callable, Iterator

import httpx2
import pytest
from omi_api import OmiApi
from support import Person, ServerProcess
from web_support import elsewhere, is_error, new_uid, newcomer, start

from omilink import limits


@pytest.fixture(scope="module")
def limited_server(tmp_path_factory: pytest.TempPathFactory, omi_api: OmiApi) -> Iterator[ServerProcess]:
    """With limits, and a proxy in front that tells addresses."""
    data_dir = tmp_path_factory.mktemp("limited") / "data"
    server = ServerProcess(data_dir, OMILINK_RATE_LIMITS="on", **omi_api.settings).start()
    yield server
    server.close()


@pytest.fixture
def ada(limited_server: ServerProcess, password_hash: str) -> Person:
    return newcomer(limited_server, password_hash)


@pytest.fixture
def ben(limited_server: ServerProcess, password_hash: str) -> Person:
    return newcomer(limited_server, password_hash)


Act = Callable[[Person, dict[str, str]], httpx2.Response]


def post(path: str, form: Callable[[], dict[str, str]]) -> Act:
    return lambda person, headers: person.client.post(path, json=form(), headers=headers)


def listen(person: Person, headers: dict[str, str]) -> httpx2.Response:
    with person.client.stream("GET", "/conversations/current/stream", headers=headers) as answer:
        if answer.status_code != 200:
            answer.read()
        return answer


ACTS: dict[str, tuple[Act, limits.Limit]] = {
    "start": (post("/link/omi/start", lambda: {"omi_user_id": new_uid()}), limits.START),
    "resend": (post("/link/omi/resend", lambda: {"omi_user_id": new_uid()}), limits.START),
    "confirm": (post("/link/omi/confirm", lambda: {"omi_user_id": new_uid(), "code": "1"}), limits.WRONG_CODE),
    "link": (post("/sessions/link", lambda: {"session_id": new_uid()}), limits.CLAIM),
    "ticket": (post("/conversations/current/stream-ticket", dict), limits.TICKET),
    "stream": (listen, limits.STREAM),
}


@pytest.mark.parametrize("what", ACTS)
def test_a_user_may_try_so_often(ada: Person, ben: Person, what: str) -> None:
    """From wherever: each call comes from another address."""
    act, limit = ACTS[what]
    for _ in range(2 * limit.burst):
        answer = act(ada, elsewhere())
        if answer.status_code == 429:
            break
    assert is_error(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= limit.seconds
    assert answer.headers["Retry-After"] in answer.json()["message"]
    assert act(ben, elsewhere()).status_code != 429


@pytest.mark.parametrize(("what", "burst"), [("resend", limits.START_FROM.burst), ("confirm", limits.WRONG_CODE.burst)])
def test_an_address_may_try_so_often(limited_server: ServerProcess, password_hash: str, what: str, burst: int) -> None:
    """Whoever signs up again and again gets no more tries by it."""
    act, here = ACTS[what][0], elsewhere()
    people = [newcomer(limited_server, password_hash) for _ in range(2 + burst // 8)]
    statuses = [act(person, here).status_code for _ in range(9) for person in people]
    assert burst <= statuses.index(429) < burst + len(people)
    assert act(people[0], elsewhere()).status_code != 429


def test_one_phone_gets_so_many_numbers_whoever_asks(
    limited_server: ServerProcess, omi_api: OmiApi, password_hash: str, ada: Person, uid: str
) -> None:
    """And whoever wears it can link it all the same: by what they say."""
    strangers = [newcomer(limited_server, password_hash) for _ in range(8)]
    for stranger in strangers:
        start(stranger, uid)
    assert len(omi_api.messages(uid)) == limits.PUSH.burst
    for stranger in strangers:
        start(stranger, uid)
    started = start(ada, uid)
    assert started["pushed"] is False and "Too many" in started["notPushed"]
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        limited_server.say(uid, started["say"], uid=uid)
        stream.wait_for("session_linked")


def test_guessing_tickets_is_slowed_down(limited_server: ServerProcess, ada: Person) -> None:
    """Whoever guesses is not signed in, so only an address is known."""
    client, here, path = limited_server.client(), elsewhere(), "/conversations/current/stream"
    for _ in range(2 * limits.STREAM_FROM.burst):
        answer = client.get(path, params={"ticket": "a-guess"}, headers=here)
        if answer.status_code == 429:
            break
        assert is_error(answer, 401, "not_signed_in")
    assert is_error(answer, 429, "rate_limited") and answer.headers["Retry-After"] == "1"
    assert listen(ada, elsewhere()).status_code == 200
