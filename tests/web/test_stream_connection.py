"""A stream takes the place of the request that asked for it, and holds nothing of it."""

import asyncio
import gc
import socket
import weakref
from collections.abc import Awaitable, Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from omilink.live.event_log import Frame
from omilink.live.live_stream import LiveStream, Reader
from omilink.web.sockets.connection import LINGER_BYTES, READING, Connection
from omilink.web.sockets.listener import Listener, Room
from omilink.web.sockets.sse import EventStream, StreamConnection

ASK = b"GET /stream HTTP/1.1\r\nHost: here\r\n\r\n"
SOON = 30.0
"""Seconds after which a test that waits for something gives up."""


class Live:
    """A `LiveStream` without a user: a test says what is sent."""

    def __init__(self) -> None:
        self.opened, self.closed = asyncio.Event(), asyncio.Event()
        self.looks: list[float] = []

    def open(self, reader: Reader, after: str | None) -> None:
        self.reader = cast(StreamConnection, reader)
        self.opened.set()

    def close(self) -> None:
        self.closed.set()

    def check(self, now: float) -> None:
        self.looks.append(now)


class House:
    """A listener with an application behind it that answers everything with a stream."""

    def __init__(self) -> None:
        self.live, self.asked = Live(), 0
        self.writers = list[asyncio.StreamWriter]()
        self.connection: weakref.ref[Connection] | None = None
        self.wait_for = asyncio.Event()
        self.wait_for.set()
        config = uvicorn.Config(
            self._app, http=Connection, ws="none", lifespan="off", interface="asgi3", log_config=None, access_log=False
        )
        config.load()
        self.state = ServerState()
        self.listening = socket.create_server(("127.0.0.1", 0))
        room = Room(connections=10, from_one_address=10)
        self.listener = Listener(self.listening, partial(Connection, config, self.state, {}), room, lambda host: False)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        self.connection = weakref.ref(scope["extensions"]["omilink"])
        await self.wait_for.wait()
        await EventStream(cast(LiveStream, self.live), None)(scope, receive, send)

    async def ask(self, said: bytes = ASK) -> SimpleNamespace:
        reader, writer = await asyncio.open_connection(*self.listening.getsockname())
        writer.write(said)
        self.writers.append(writer)
        return SimpleNamespace(reader=reader, writer=writer)

    async def close(self) -> None:
        self.listener.close()
        for writer in self.writers:
            writer.transport.abort()
        await until(lambda: not self.listener._peers)
        self.listening.close()

    async def open(self, said: bytes = ASK) -> SimpleNamespace:
        peer = await self.ask(said)
        await soon(self.live.opened.wait())
        peer.head = await soon(peer.reader.readuntil(b"\r\n\r\n"))
        peer.retry = await soon(peer.reader.readuntil(b"\n\n\r\n"))
        return peer


async def soon(awaited: Awaitable[Any]) -> Any:
    async with asyncio.timeout(SOON):
        return await awaited


async def until(true: Callable[[], bool]) -> None:
    """For states that announce themselves to nobody."""
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def run(story: Callable[[House], Awaitable[None]], caplog: pytest.LogCaptureFixture) -> None:
    async def whole() -> None:
        house = House()
        try:
            await story(house)
        finally:
            await house.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(whole())
    assert caplog.records == []


def test_nothing_of_the_request_is_left_while_the_stream_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        peer = await house.open()
        assert house.connection is not None
        await until(lambda: not house.state.tasks)
        await asyncio.sleep(0)
        assert house.connection() is None, gc.get_referrers(house.connection())
        assert house.state.connections == {house.live.reader}
        house.live.reader.send([Frame("a.1", "{}")])
        assert await soon(peer.reader.readuntil(b"\n\n\r\n")) == b"12\r\nid: a.1\ndata: {}\n\n\r\n"
        peer.writer.close()
        await soon(house.live.closed.wait())

    gc.collect()
    gc.disable()
    try:
        run(story, caplog)
    finally:
        gc.enable()


def test_a_reader_that_goes_is_forgotten_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        peer = await house.open()
        house.listener.check()
        assert len(house.live.looks) == 1
        peer.writer.close()
        await soon(house.live.closed.wait())
        assert not house.state.connections and not house.listener._peers and not house.listener._from
        house.listener.check()
        assert len(house.live.looks) == 1
        house.live.reader.send([Frame("a.1", "{}")])  # to nobody
        assert not await house.live.reader.room()

    run(story, caplog)


def test_a_reader_that_goes_before_its_stream_begins_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        house.wait_for.clear()
        peer = await house.ask()
        await until(lambda: house.asked == 1)
        peer.writer.close()
        await until(lambda: not house.listener._peers)
        house.wait_for.set()
        await soon(house.live.closed.wait())
        assert not house.live.reader.has_room

    run(story, caplog)


def test_a_peer_of_http_1_0_gets_no_chunks(caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        peer = await house.ask(b"GET /stream HTTP/1.0\r\nHost: here\r\nConnection: keep-alive\r\n\r\n")
        head = await soon(peer.reader.readuntil(b"\r\n\r\n"))
        assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\nconnection: close\r\n" in head
        assert b"transfer-encoding" not in head.lower() and b"content-length" not in head.lower()
        await soon(house.live.opened.wait())
        house.live.reader.send([Frame("a.1", "{}")])
        house.live.reader.end()
        first, frame, last, rest = (await soon(peer.reader.read())).split(b"\n\n")
        assert (frame, rest) == (b"id: a.1\ndata: {}", b"")
        assert all(one.startswith(b"retry: ") and one[7:].isdigit() for one in (first, last))
        await soon(house.live.closed.wait())
        assert not house.state.connections and not house.listener._peers

    run(story, caplog)


def test_the_end_is_the_end_of_the_answer_and_of_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        peer = await house.open()
        assert peer.head.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\nconnection: close\r\n" in peer.head
        assert b"\r\ntransfer-encoding: chunked\r\n" in peer.head
        assert peer.retry.startswith(b"d\r\nretry: ")
        house.live.reader.end()
        house.live.reader.send([Frame("a.1", "{}")])
        rest = await soon(peer.reader.read())
        assert rest.count(b"retry: ") == 1 and rest.endswith(b"\n\n\r\n0\r\n\r\n")
        await soon(house.live.closed.wait())
        assert not house.state.connections and not house.listener._peers

    run(story, caplog)


def test_what_comes_behind_is_not_answered_and_not_held(caplog: pytest.LogCaptureFixture) -> None:
    """Requests in line, and whatever else a peer sends."""

    async def story(house: House) -> None:
        peer = await house.open(ASK * 5)
        peer.writer.write(ASK + b"what is this?")
        await until(lambda: house.live.reader._read_past > len(ASK))
        house.live.reader.send([Frame("a.1", "{}")])
        assert b"a.1" in await soon(peer.reader.readuntil(b"\n\n\r\n"))
        assert house.asked == 1
        peer.writer.write(b"x" * LINGER_BYTES)
        await soon(house.live.closed.wait())

    run(story, caplog)


def test_who_reads_nothing_gets_no_more_and_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        peer = await house.open()
        peer.writer.transport.pause_reading()
        reader = house.live.reader
        while reader.has_room:
            reader.send([Frame("a.1", f'"{"x" * 100_000}"')])
            await asyncio.sleep(0)
        room = asyncio.create_task(reader.room())
        peer.writer.transport.resume_reading()
        reading = asyncio.create_task(peer.reader.read())
        assert await soon(room) and reader.has_room
        reading.cancel()
        peer.writer.transport.pause_reading()
        while reader.has_room:
            reader.send([Frame("a.1", f'"{"x" * 100_000}"')])
            await asyncio.sleep(0)
        now = asyncio.get_running_loop().time()
        for after in 0, 1, READING + 2:
            assert not house.live.closed.is_set()
            reader.check(now + after)
        await soon(house.live.closed.wait())
        assert not await reader.room()

    run(story, caplog)
