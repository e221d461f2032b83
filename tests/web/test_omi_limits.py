"""How often somebody may try: what is too much is answered 429 with the time to wait."""

import itertools
from collections.abc import Callable, Iterator

import httpx2
import pytest
from omi_api import OmiApi
from support import Person, ServerProcess
from web_support import elsewhere, is_error, new_uid, newcomer, start

from omilink.accounts import rate_limits


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


def log_in(person: Person, headers: dict[str, str]) -> httpx2.Response:
    """As somebody else each time, so that no account's own limit is reached."""
    form = {"email": f"{new_uid()}@example.org", "password": "a guess"}
    return person.client.post("/auth/login", json=form, headers=headers)


start_link = post("/link/omi/start", lambda: {"omi_user_id": new_uid()})
resend = post("/link/omi/resend", lambda: {"omi_user_id": new_uid()})
confirm = post("/link/omi/confirm", lambda: {"omi_user_id": new_uid(), "code": "1"})
link = post("/sessions/link", lambda: {"session_id": new_uid()})
ticket = post("/conversations/current/stream-ticket", dict)

OF_A_USER: dict[str, tuple[Act, rate_limits.Limit]] = {
    "start": (start_link, rate_limits.START),
    "resend": (resend, rate_limits.START),
    "confirm": (confirm, rate_limits.WRONG_CODE),
    "confirm what is refused": (confirm, rate_limits.CONFIRM),
    "link": (link, rate_limits.CLAIM),
    "ticket": (ticket, rate_limits.TICKET),
    "stream": (listen, rate_limits.STREAM),
}
FROM_AN_ADDRESS: dict[str, tuple[Act, rate_limits.Limit]] = {
    "log in": (log_in, rate_limits.LOGIN),
    "resend": (resend, rate_limits.START_FROM),
    "confirm": (confirm, rate_limits.WRONG_CODE),
    "confirm what is refused": (confirm, rate_limits.CONFIRM_FROM),
    "link": (link, rate_limits.CLAIM_FROM),
    "ticket": (ticket, rate_limits.TICKET_FROM),
}
MOST = 4
"""Times its burst, after which a limit counts as missing. A slow machine earns many tries meanwhile."""
PEOPLE = 24
"""So many that an address makes all these tries and nobody reaches a limit of their own."""


@pytest.mark.parametrize("what", OF_A_USER)
def test_a_user_may_try_so_often(ada: Person, ben: Person, what: str) -> None:
    """From wherever: each call comes from another address."""
    act, limit = OF_A_USER[what]
    taken = tries_before(limit, lambda: act(ada, elsewhere()))
    assert limit.burst <= taken < MOST * limit.burst
    assert act(ben, elsewhere()).status_code != 429


@pytest.mark.parametrize("what", FROM_AN_ADDRESS)
def test_an_address_may_try_so_often(limited_server: ServerProcess, password_hash: str, what: str) -> None:
    """Whoever signs up again and again gets no more tries by it."""
    (act, limit), here = FROM_AN_ADDRESS[what], elsewhere()
    people = [newcomer(limited_server, password_hash) for _ in range(PEOPLE)]
    turns = itertools.cycle(people)
    taken = tries_before(limit, lambda: act(next(turns), here))
    assert limit.burst <= taken < MOST * limit.burst
    assert act(people[0], elsewhere()).status_code != 429


def tries_before(limit: rate_limits.Limit, attempt: Callable[[], httpx2.Response]) -> int:
    """How many tries come before the one that this limit refuses: its burst, and what is earned meanwhile. Another
    limit may refuse some earlier; this one is known by the time to wait."""
    for count in range(MOST * limit.burst):
        answer = attempt()
        if answer.status_code == 429 and int(answer.headers["Retry-After"]) <= max(1, limit.seconds):
            assert is_error(answer, 429, "rate_limited")
            assert f"Wait {answer.headers['Retry-After']} seconds" in answer.json()["message"]
            return count
    return MOST * limit.burst


def test_one_phone_gets_so_many_numbers_whoever_asks(
    limited_server: ServerProcess, omi_api: OmiApi, password_hash: str, ada: Person, uid: str
) -> None:
    """And whoever wears it can link it all the same: by what they say."""
    strangers = [newcomer(limited_server, password_hash) for _ in range(8)]
    for stranger in strangers:
        start(stranger, uid)
    assert len(omi_api.messages(uid)) == rate_limits.PUSH.burst
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
    for _ in range(2 * rate_limits.STREAM_FROM.burst):
        answer = client.get(path, params={"ticket": "a-guess"}, headers=here)
        if answer.status_code == 429:
            break
        assert is_error(answer, 401, "not_signed_in")
    assert is_error(answer, 429, "rate_limited") and answer.headers["Retry-After"] == "1"
    assert listen(ada, elsewhere()).status_code == 200
