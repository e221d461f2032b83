"""What a stranger may not learn: whatever proves nothing is answered alike, in status, words and time."""

import statistics
import time
from collections.abc import Callable

import pytest
from omi_api import OmiApi
from support import Person, ServerProcess
from web_support import confirm, new_uid, start

MakePeople = Callable[[int], list[Person]]
Case = Callable[[ServerProcess, OmiApi, Person, Person, str], str]


def unknown(server: ServerProcess, api: OmiApi, asker: Person, other: Person, uid: str) -> str:
    return "no number"


def started_by_somebody_else(server: ServerProcess, api: OmiApi, asker: Person, other: Person, uid: str) -> str:
    start(other, uid)
    return api.number(uid)


def wrong(server: ServerProcess, api: OmiApi, asker: Person, other: Person, uid: str) -> str:
    start(asker, uid)
    return f"{(int(api.number(uid)) + 1) % 1_000_000:06}"


def expired(server: ServerProcess, api: OmiApi, asker: Person, other: Person, uid: str) -> str:
    start(asker, uid)
    server.rows("UPDATE challenges SET expires_at = expires_at - 600000 WHERE uid = ?", uid)
    return api.number(uid)


def used(server: ServerProcess, api: OmiApi, asker: Person, other: Person, uid: str) -> str:
    start(asker, uid)
    assert confirm(asker, uid, api.number(uid)).status_code == 200
    return api.number(uid)


def taken(server: ServerProcess, api: OmiApi, asker: Person, other: Person, uid: str) -> str:
    """The number is right, but the wearable is somebody else's by now."""
    start(asker, uid)
    server.vouch(other, uid)
    return api.number(uid)


def taken_before(server: ServerProcess, api: OmiApi, asker: Person, other: Person, uid: str) -> str:
    """The number is right, and went to the phone of whoever has the wearable."""
    server.vouch(other, uid)
    start(asker, uid)
    return api.number(uid)


CASES: list[Case] = [unknown, started_by_somebody_else, wrong, expired, used, taken, taken_before]


@pytest.mark.parametrize("case", CASES)
def test_what_proves_nothing_is_answered_alike(
    phone_server: ServerProcess, omi_api: OmiApi, wearer: Person, stranger: Person, uid: str, case: Case
) -> None:
    code = case(phone_server, omi_api, wearer, stranger, uid)
    answer, usual = confirm(wearer, uid, code), confirm(stranger, new_uid(), "no number")
    assert (answer.status_code, answer.content) == (usual.status_code, usual.content)
    assert answer.status_code == 403 and answer.json()["error"] == "wrong_code"
    assert answer.headers.keys() == usual.headers.keys()


def test_a_start_tells_nothing_about_whose_it_is(
    phone_server: ServerProcess, wearer: Person, stranger: Person, uid: str
) -> None:
    """Also where it is somebody else's: they get the number, and know better than to type it for a stranger."""
    phone_server.say(uid, "hello", uid=uid)
    phone_server.wait_until_settled(uid)
    phone_server.vouch(wearer, uid)
    theirs, nobodys = start(stranger, uid), start(stranger, new_uid())
    assert theirs.keys() == nobodys.keys()
    for started in theirs, nobodys:
        assert len(started.pop("say").split()) == 6
        assert started.pop("expiresAt")
    assert theirs == nobodys


def test_unlinking_tells_nothing_about_whose_it_is(
    phone_server: ServerProcess, wearer: Person, stranger: Person, uid: str
) -> None:
    phone_server.vouch(wearer, uid)
    for act in (
        lambda uid: stranger.client.delete(f"/link/omi/unlink/{uid}"),
        lambda uid: stranger.client.post("/link/omi/earlier", json={"omi_user_id": uid, "bring": True}),
        lambda uid: stranger.client.post("/link/omi/resend", json={"omi_user_id": uid}),
    ):
        theirs, nobodys = act(uid), act(new_uid())
        assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
        assert theirs.status_code == 404


# in time

CALLS = 60
TRIES = 3
ALIKE = 0.2
"""So far apart two medians of the same thing may be on a busy machine."""


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def test_and_takes_the_same_time(phone_server: ServerProcess, omi_api: OmiApi, newcomers: MakePeople) -> None:
    """In turn on one server, every call by people, for an account and from an address that nobody knows yet."""
    for _ in range(TRIES):
        took: dict[str, list[float]] = {case.__name__: [] for case in CASES}
        for _ in range(CALLS):
            for case in CASES:
                asker, other = newcomers(2)
                uid = new_uid()
                code = case(phone_server, omi_api, asker, other, uid)
                took[case.__name__].append(seconds(lambda: confirm(asker, uid, code)))
        medians = {name: statistics.median(some) for name, some in took.items()}
        if max(medians.values()) < (1 + ALIKE) * min(medians.values()):
            return
    raise AssertionError(medians)
