"""What a stranger may not learn: whatever proves nothing is answered alike, in status, words and time."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator

import httpx2
import pytest
from argon2 import PasswordHasher
from omi_api import OmiApi
from sqlalchemy import Engine, event
from support import Person, ServerProcess
from web_support import confirm, elsewhere, new_uid, start

from omilink import settings
from omilink.app import wiring
from omilink.web.app import make_app

MakePeople = Callable[[int], list[Person]]
VALUE = re.compile(r"'(?:[^']|'')*'|\b\d+\b|\bNULL\b")
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


def test_and_takes_the_same_steps(
    phone_server: ServerProcess,
    omi_api: OmiApi,
    newcomers: MakePeople,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the time tells nothing. Steps are counted, because a busy machine moves times further apart than a step more
    does: what the database is asked, in its order; no password is hashed, and OMI is sent nothing."""
    first, other, *askers = newcomers(2 + len(CASES))
    attempts = [(first, new_uid(), "no number")]  # what only the first does, such as to connect, counts for no case
    for case, asker in zip(CASES, askers, strict=True):
        uid = new_uid()
        attempts.append((asker, uid, case(phone_server, omi_api, asker, other, uid)))
    sent = len(omi_api.phones)
    for name in "hash", "verify":
        monkeypatch.delattr(PasswordHasher, name)
    for name, value in phone_server.environment.items():
        monkeypatch.setenv(name, value)
    _, *steps = asyncio.run(steps_of(attempts, asked))
    usual, by_case = steps[0], dict(zip([case.__name__ for case in CASES], steps, strict=True))
    assert len(usual) > 5 and usual[-1] == "COMMIT"
    assert by_case == dict.fromkeys(by_case, usual)
    assert len(omi_api.phones) == sent


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """What this process asks SQLite from now on, without the values."""
    said: list[str] = []

    def note(statement: str) -> None:
        said.append(VALUE.sub("?", statement))

    def listen(connection: sqlite3.Connection, _: object) -> None:
        connection.set_trace_callback(note)

    event.listen(Engine, "connect", listen)
    yield said
    event.remove(Engine, "connect", listen)


async def steps_of(attempts: list[tuple[Person, str, str]], asked: list[str]) -> list[list[str]]:
    """What the database is asked in each of these attempts, beside the running server."""
    steps = []
    async with wiring.open_services(settings.load()) as product:
        for person, uid, code in attempts:
            asked.clear()
            [address] = elsewhere().values()
            transport = httpx2.ASGITransport(app=make_app(product), client=(address, 1))
            async with httpx2.AsyncClient(transport=transport, base_url="http://omilink") as client:
                headers, form = {"Authorization": f"Bearer {person.token}"}, {"omi_user_id": uid, "code": code}
                answer = await client.post("/link/omi/confirm", json=form, headers=headers)
            assert answer.status_code == 403, answer.text
            steps.append([statement for statement in asked if not statement.startswith("PRAGMA")])
    return steps
