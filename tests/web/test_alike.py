"""What a stranger may not learn: whatever proves nothing is answered alike, in status, words and time."""

import random
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

ROUNDS = 30
TRIES = 3
ALIKE = 1.25
"""So far apart the medians of the same thing may be on a busy machine. A transaction more is further, and so is a hash
of a password, or a call to OMI."""


def test_and_takes_the_same_time(phone_server: ServerProcess, omi_api: OmiApi, newcomers: MakePeople) -> None:
    """In every round each case is tried once, in any order, and compared with the others of its round: what else the
    machine does slows all of them."""
    other, *askers = newcomers(1 + len(CASES))
    for _ in range(TRIES):
        ratios: dict[str, list[float]] = {case.__name__: [] for case in CASES}
        for prepared in [prepare(phone_server, omi_api, askers, other) for _ in range(ROUNDS)]:
            phone_server.rows("DELETE FROM limits")
            seconds(other, new_uid(), "no number")  # what comes first after a change from outside takes longer
            took = {name: seconds(*attempt) for name, attempt in prepared}
            usual = statistics.median(took.values())
            for name, time_taken in took.items():
                ratios[name].append(time_taken / usual)
        medians = {name: statistics.median(some) for name, some in ratios.items()}
        if max(medians.values()) < ALIKE * min(medians.values()):
            return
    raise AssertionError(medians)


def prepare(
    server: ServerProcess, api: OmiApi, askers: list[Person], other: Person
) -> list[tuple[str, tuple[Person, str, str]]]:
    """An attempt for each case, in any order."""
    attempts = []
    for case, asker in zip(CASES, askers, strict=True):
        uid = new_uid()
        attempts.append((case.__name__, (asker, uid, case(server, api, asker, other, uid))))
    random.shuffle(attempts)
    return attempts


def seconds(person: Person, uid: str, code: str) -> float:
    began = time.perf_counter()
    answer = confirm(person, uid, code)
    took = time.perf_counter() - began
    assert answer.status_code == 403, answer.text
    return took
