"""What is taken back reaches the streams concerned within two seconds."""

import asyncio
import json
import math
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx2
import pytest
from support import PATIENCE, Follower, Person, ServerProcess, assert_within, wait_until
from web_support import AHEAD, fingerprint, let_expire, new_uid, newcomer, start

pytestmark = pytest.mark.alone

MakeServer = Callable[..., ServerProcess]

AT_ONCE = 2.0
STREAMS = 100
HERS, OTHERS = 400, 6
"""Of a thousand streams so many are one user's, and so many others have the rest."""


def delays(streams: list[Follower], type: str, since: float) -> list[float]:
    """How long after that moment each stream got its first event of the type."""
    for stream in streams:
        stream.wait_for(type)
    return sorted(stream.times[stream.types().index(type)] - since for stream in streams)


def p99(delays: list[float]) -> float:
    return delays[math.ceil(0.99 * len(delays)) - 1]


def following(server: ServerProcess, stack: ExitStack, tokens: list[str]) -> list[Follower]:
    """A stream by each token, each over a connection of its own."""
    streams = [stack.enter_context(Follower(server.client(), {"sid": token})) for token in tokens]
    for stream in streams:
        stream.wait_for("caught_up")
    return streams


def signed_in_again(server: ServerProcess, person: Person, times: int) -> list[str]:
    """Tokens of other sign-ins, made without the time that checking a password takes."""
    tokens = [f"token-{number}-of-{person.id}" for number in range(times)]
    rights = (
        "INSERT INTO tokens (hash, user_id, created_at, expires_at) "
        "SELECT value, user_id, created_at, expires_at FROM tokens, json_each(?) WHERE user_id = ?"
    )
    server.rows(rights, json.dumps([fingerprint(token) for token in tokens]), person.id)
    return tokens


TAKEN_BACK: dict[str, Callable[[Person], httpx2.Response]] = {
    "other sign-ins ended": lambda ada: ada.client.delete("/account/sessions"),
    "password changed": lambda ada: ada.client.post(
        "/account/password", json={"password": ada.password, "new_password": "another password"}
    ),
    "account deleted": lambda ada: ada.client.request("DELETE", "/account", json={"password": ada.password}),
}


@pytest.mark.parametrize("how", TAKEN_BACK)
def test_rights_that_end_close_every_stream(shared_server: ServerProcess, password_hash: str, how: str) -> None:
    def attempt() -> float:
        ada = newcomer(shared_server, password_hash)
        with ExitStack() as stack:
            streams = following(shared_server, stack, signed_in_again(shared_server, ada, STREAMS))
            began = time.monotonic()
            TAKEN_BACK[how](ada).raise_for_status()
            ended = time.monotonic() if how == "password changed" else began  # else hashing it would count
            took = delays(streams, "signed_out", ended)
            for stream in streams:
                assert stream.ended.wait(PATIENCE)
                assert stream.types()[-1] == "signed_out"
            return p99(took)

    assert_within(AT_ONCE, attempt)


def test_tokens_that_expire_close_their_streams(shared_server: ServerProcess, password_hash: str) -> None:
    def attempt() -> float:
        ada = newcomer(shared_server, password_hash)
        with ExitStack() as stack:
            streams = following(shared_server, stack, signed_in_again(shared_server, ada, STREAMS))
            took = delays(streams, "signed_out", let_expire(shared_server, ada, AHEAD))
            assert {stream.events[-1]["reason"] for stream in streams} == {"expired"}
            assert min(took) >= -0.01
            return p99(took)

    assert_within(AT_ONCE, attempt)


def link(server: ServerProcess, person: Person, uid: str) -> None:
    """By speech, so that the session is the person's by proof."""
    server.say(uid, start(person, uid)["say"], uid=uid)
    wait_until(lambda: person.client.get("/me").json()["omi_links"], "the link")


UNLINKED = {"the OMI account": "/link/omi/unlink/{}", "the session": "/sessions/{}/link"}


@pytest.mark.parametrize("what", UNLINKED)
def test_unlinking_is_seen_on_every_stream(shared_server: ServerProcess, password_hash: str, what: str) -> None:
    def attempt() -> float:
        ada, uid = newcomer(shared_server, password_hash), new_uid()
        link(shared_server, ada, uid)
        with ExitStack() as stack:
            streams = following(shared_server, stack, signed_in_again(shared_server, ada, STREAMS))
            began = time.monotonic()
            ada.client.delete(UNLINKED[what].format(uid)).raise_for_status()
            took = p99(delays(streams, "session_unlinked", began))
            shared_server.say(uid, "words after")
            shared_server.wait_until_settled(uid)
            ada.link(f"device-of-{ada.id}")
            for stream in streams:
                stream.wait_for("session_linked")
                assert "words after" not in stream.texts()
            return took

    assert_within(AT_ONCE, attempt)


def test_an_operators_unlinking_is_seen_too(shared_server: ServerProcess, ada: Person, device: str) -> None:
    def attempt() -> float:
        ada.link(device).raise_for_status()
        with ada.follow() as stream:
            stream.wait_for("caught_up")
            shared_server.omilink("sessions", "unlink", device)
            began = time.monotonic()
            return delays([stream], "session_unlinked", began)[0]

    assert_within(AT_ONCE, attempt)


class Listener:
    """A stream that is read by a task: threads for a thousand would keep a machine busy by themselves."""

    def __init__(self, server: ServerProcess, token: str) -> None:
        self._moments: defaultdict[str, asyncio.Future[float]]
        self._moments = defaultdict(asyncio.get_running_loop().create_future)
        self._task = asyncio.create_task(self._read(int(server.port), token))

    async def moment_of(self, what: str) -> float:
        """When the first event of this type came, or "the end", once it has."""
        moment = self._moments[what]
        await asyncio.wait({moment, self._task}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        assert moment.done(), (what, self.heard, self._task)
        return moment.result()

    @property
    def heard(self) -> set[str]:
        return {what for what, moment in self._moments.items() if moment.done()}

    async def _read(self, port: int, token: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            path = f"/conversations/current/stream?sid={token}"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: omilink\r\nConnection: close\r\n\r\n".encode())
            async for line in reader:
                if line.startswith(b"data: "):
                    self._note(json.loads(line.removeprefix(b"data: "))["type"])
            self._note("the end")
        finally:
            writer.close()

    def _note(self, what: str) -> None:
        if not self._moments[what].done():
            self._moments[what].set_result(time.monotonic())


async def listening(server: ServerProcess, tokens: list[str]) -> list[Listener]:
    listeners = [Listener(server, token) for token in tokens]
    await moments(listeners, "caught_up")
    return listeners


async def moments(listeners: list[Listener], what: str) -> list[float]:
    return sorted([await listener.moment_of(what) for listener in listeners])


@pytest.fixture
def open_files() -> Iterator[None]:
    """A connection takes a file, and some machines allow a process fewer than a thousand unless it asks for more. A
    server that is started here is allowed as many."""
    some, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if some != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(some, 4096), most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (some, most))


def test_among_a_thousand_open_streams_those_concerned_are_told_and_closed_at_once(
    open_files: None, make_server: MakeServer, password_hash: str
) -> None:
    server = make_server()
    ada, *others = [newcomer(server, password_hash) for _ in range(1 + OTHERS)]
    device = f"device-of-{ada.id}"

    async def since_asked(hers: list[Listener], path: str, what: str) -> float:
        """How long after ada asked for it nearly all of her streams had heard it."""
        began = time.monotonic()
        (await asyncio.to_thread(ada.client.delete, path)).raise_for_status()
        return p99([moment - began for moment in await moments(hers, what)])

    async def attempt(theirs: list[Listener]) -> float:
        ada.link(device).raise_for_status()
        hers = await listening(server, signed_in_again(server, ada, HERS))
        assert len(hers + theirs) == 1000
        wait_until(lambda: server.client().get("/ready").json()["streamsOpen"] == 1000, "those of before to be closed")
        told = await since_asked(hers, f"/sessions/{device}/link", "session_unlinked")
        assert not any("the end" in one.heard for one in hers)
        closed = await since_asked(hers, "/account/sessions", "the end")
        assert all("signed_out" in one.heard for one in hers)
        return max(told, closed)

    with asyncio.Runner() as runner:
        theirs = [one for other in others for one in runner.run(listening(server, [other.token] * STREAMS))]
        assert_within(AT_ONCE, lambda: runner.run(attempt(theirs)))

        async def links() -> None:
            for other in others:
                other.link(f"device-of-{other.id}").raise_for_status()
            await moments(theirs, "session_linked")

        runner.run(links())
        assert {what for one in theirs for what in one.heard} == {"connected", "update", "caught_up", "session_linked"}
