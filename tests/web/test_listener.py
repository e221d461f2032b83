"""Who is let in, who makes room for whom, and how long a peer may keep the server waiting."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import uvicorn
import uvloop
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from omilink.web.sockets.connection import PATIENCE, PROGRESS, READING, Connection, Wait
from omilink.web.sockets.listener import FILES, FROM_ONE_ADDRESS, Listener, Room

GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


def post(size: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % size


POST = post(1_000_000)
STREAM = b"GET /stream HTTP/1.1\r\nHost: here\r\n\r\n"
KERNEL_BYTES = 64 * 1024
"""Of each side's buffer. A kernel with larger ones may take a whole answer from a server whose peer does not read."""
SOON = 30.0
"""Seconds after which a test that waits for something gives up."""


async def until(true: Callable[[], bool]) -> None:
    """For states that announce themselves to nobody."""
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, said: bytes = GET) -> bytes:
        """The status with which it is answered; empty when the connection is closed instead."""
        self.writer.write(said)
        return await self.hear()

    async def hear(self) -> bytes:
        async with asyncio.timeout(SOON):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return b""
            if b"content-length: " in head:
                await self.reader.readexactly(int(head.partition(b"content-length: ")[2].split()[0]))
            return head.split()[1]

    async def ended(self) -> bytes:
        """What still came until the end."""
        async with asyncio.timeout(SOON):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


class House:
    """A door with an application behind it, which streams at /stream until the house is closed."""

    def __init__(self, room: Room, spared: str) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        config = uvicorn.Config(
            self._app, http=Connection, ws="none", lifespan="off", log_config=None, interface="asgi3"
        )
        config.load()
        self.state, self.closing, self.peers = ServerState(), asyncio.Event(), list[Peer]()
        self.door = Listener(
            self.listening, partial(Connection, config, self.state, {}), room, lambda host: host == spared
        )

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"on it goes", "more_body": True})
            await self.closing.wait()
            return
        while scope["method"] == "POST" and (await receive()).get("more_body"):
            pass
        await PlainTextResponse("well" * (1 << 20 if scope["path"] == "/large" else 1))(scope, receive, send)

    async def peer(self, host: str = "127.0.0.1") -> Peer:
        reader, writer = await asyncio.open_connection(*self.listening.getsockname(), local_addr=(host, 0))
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
        self.peers.append(Peer(reader, writer))
        return self.peers[-1]

    async def until(self, wait: Wait, count: int = 1) -> list[Connection]:
        """The connections that are waited for like this, once there are so many."""

        def found() -> list[Connection]:
            return [peer for peer in self.door._peers if peer.wait is wait]

        await until(lambda: len(found()) >= count)
        return found()

    async def close(self) -> None:
        self.closing.set()
        self.door.close()
        for peer in self.peers:
            peer.writer.close()
        for task in list(self.state.tasks):
            task.cancel()
        await asyncio.gather(*self.state.tasks, return_exceptions=True)
        self.listening.close()


@asynccontextmanager
async def house(
    connections: int = 100, from_one_address: int = 100, *, spared: str = "", **more: int
) -> AsyncIterator[House]:
    one = House(Room(connections=connections, from_one_address=from_one_address, **more), spared)
    try:
        yield one
    finally:
        await one.close()


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await story()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(whole())


# how long a peer may keep the server waiting


@pytest.mark.parametrize(
    ("said", "wait", "last_words"),
    [
        (b"", Wait.FIRST_BYTE, b""),
        (b"GET / HT", Wait.HEAD, b"408"),
        (b"GET / HTTP/1.1\r\nHost: here\r\nX:", Wait.HEAD, b"408"),
        (POST + b"a little", Wait.BODY, b"408"),
    ],
    ids=["silent", "half a line", "half a head", "half a body"],
)
def test_who_does_not_finish_a_request_is_given_up(said: bytes, wait: Wait, last_words: bytes) -> None:
    async def story() -> None:
        async with house() as at:
            peer = await at.peer()
            peer.writer.write(said)
            [connection] = await at.until(wait)
            connection.check(connection.since + PATIENCE[wait])
            assert connection.wait is wait, "not before the time is over"
            connection.check(connection.since + PATIENCE[wait] + 1)
            assert await peer.hear() == last_words
            assert await peer.ended() == b""

    run(story)


def test_a_head_gets_no_more_time_by_going_on() -> None:
    async def story() -> None:
        async with house() as at:
            peer = await at.peer()
            peer.writer.write(b"GET / HTTP/1.1\r\n")
            [connection] = await at.until(Wait.HEAD)
            began = connection.since
            peer.writer.write(b"Host: here\r\n")
            await until(lambda: connection._no_body > 0)
            assert connection.since == began

    run(story)


def test_a_body_goes_on_as_long_as_it_moves() -> None:
    async def story() -> None:
        async with house() as at:
            peer = await at.peer()
            peer.writer.write(POST)
            [connection] = await at.until(Wait.BODY)
            now = connection.since
            for _ in range(5):
                peer.writer.write(b"x" * PROGRESS)
                await until(lambda: connection._progress >= PROGRESS)
                now += PATIENCE[Wait.BODY] + 1
                connection.check(now)
                assert connection.wait is Wait.BODY
            peer.writer.write(b"x" * (PROGRESS // 2))
            connection.check(now + PATIENCE[Wait.BODY] + 1)
            assert await peer.hear() == b"408"

    run(story)


def test_an_idle_connection_stays_for_its_time_and_blank_lines_give_it_no_more() -> None:
    async def story() -> None:
        async with house() as at:
            peer = await at.peer()
            assert await peer.ask() == b"200"
            [connection] = await at.until(Wait.NEXT_REQUEST)
            idle_since = connection.since
            connection.check(idle_since + PATIENCE[Wait.NEXT_REQUEST])
            assert await peer.ask() == b"200"
            [connection] = await at.until(Wait.NEXT_REQUEST)
            idle_since = connection.since
            peer.writer.write(b"\r\n")
            await until(lambda: connection._no_body > 0)
            assert connection.since == idle_since
            connection.check(idle_since + PATIENCE[Wait.NEXT_REQUEST] + 1)
            assert await peer.ended() == b""

    run(story)


def test_a_body_that_nobody_reads_is_not_waited_for_without_end() -> None:
    async def story() -> None:
        async with house() as at:
            peer = await at.peer()
            assert await peer.ask(b"GET / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\nx") == b"200"
            [connection] = await at.until(Wait.UNREAD_BODY)
            peer.writer.write(b"x" * 100_000)
            connection.check(connection.since + PATIENCE[Wait.UNREAD_BODY] + 1)
            assert await peer.ended() == b""

    run(story)


def test_a_stream_is_quiet_for_days() -> None:
    async def story() -> None:
        async with house() as at:
            peer = await at.peer()
            assert await peer.ask(STREAM) == b"200"
            [connection] = await at.until(Wait.NOTHING)
            connection.check(connection.since + 7 * 86_400)
            assert connection.wait is Wait.NOTHING and not connection.transport.is_closing()

    run(story)


def test_who_does_not_read_the_answer_is_given_up() -> None:
    async def story() -> None:
        async with house() as at:
            peer = await at.peer()
            peer.writer.write(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
            [connection] = await at.until(Wait.NEXT_REQUEST)
            now = connection.since
            for after in (1, 2, READING + 2):
                assert not connection.transport.is_closing()
                connection.check(now + after)
            assert connection.transport.is_closing()

    run(story)


def test_of_answers_that_are_not_read_the_largest_are_dropped() -> None:
    async def story() -> None:
        async with house(unsent_bytes=1_000) as at:
            stream, idle = await at.peer(), await at.peer()
            assert await stream.ask(STREAM) == b"200" and await idle.ask() == b"200"
            for _ in range(3):
                (await at.peer()).writer.write(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
            await at.until(Wait.NEXT_REQUEST, 4)
            unread = [peer for peer in at.door._peers if peer.transport.get_write_buffer_size()]
            at.door.check()
            assert len(unread) == 3 and all(peer.transport.is_closing() for peer in unread)
            assert await idle.ask() == b"200" and not stream.reader.at_eof()

    run(story)


def test_what_no_request_is_does_not_get_into_a_stream() -> None:
    async def story() -> None:
        async with house() as at:
            peer = await at.peer()
            assert await peer.ask(STREAM) == b"200"
            [connection] = await at.until(Wait.NOTHING)
            peer.writer.write(b"what is this?\r\n\r\n")
            await until(lambda: connection.flow.read_paused)
            at.closing.set()
            assert b"HTTP/1.1" not in await peer.ended()

    run(story)


# who is let in


def test_the_silent_make_room_for_those_who_ask() -> None:
    async def story() -> None:
        async with house(connections=10) as at:
            asked = await at.peer()
            assert await asked.ask() == b"200"
            stream = await at.peer()
            assert await stream.ask(STREAM) == b"200"
            silent = [await at.peer() for _ in range(8)]
            await at.until(Wait.FIRST_BYTE, 8)
            for _ in range(5):
                assert await (await at.peer()).ask() == b"200"
            assert await silent[0].ended() == b""
            assert await asked.ask() == b"200", "whoever has asked before stays longer than the silent"
            assert not stream.reader.at_eof()

    run(story)


def test_when_everybody_is_busy_a_newcomer_is_turned_away_and_told() -> None:
    async def story() -> None:
        async with house(connections=3) as at:
            for _ in range(3):
                assert await (await at.peer()).ask(STREAM) == b"200"
            assert await (await at.peer()).hear() == b"503"
            at.peers[0].writer.close()
            await until(lambda: len(at.door._peers) == 2)
            assert await (await at.peer()).ask() == b"200"

    run(story)


def test_one_address_takes_no_more_than_its_share() -> None:
    async def story() -> None:
        async with house(connections=100, from_one_address=3) as at:
            for _ in range(3):
                assert await (await at.peer("127.0.0.2")).ask(STREAM) == b"200"
            assert await (await at.peer("127.0.0.2")).hear() == b"503"
            assert await (await at.peer("127.0.0.3")).ask() == b"200"
            silent = [await at.peer("127.0.0.3") for _ in range(2)]
            await at.until(Wait.FIRST_BYTE, 2)
            assert await (await at.peer("127.0.0.3")).ask() == b"200"
            assert await silent[0].ended() == b"", "its own silent one makes room"

    run(story)


def test_a_proxy_may_have_any_number() -> None:
    async def story() -> None:
        async with house(connections=100, from_one_address=3, spared="127.0.0.2") as at:
            for _ in range(20):
                assert await (await at.peer("127.0.0.2")).ask(STREAM) == b"200"

    run(story)


def test_of_requests_that_do_not_end_the_largest_make_room() -> None:
    async def story() -> None:
        async with house(held_bytes=200_000) as at:
            small, large, last = [await at.peer() for _ in range(3)]
            for peer, size in (small, 30_000), (large, 120_000):
                peer.writer.write(post(size + 50_000) + b"x" * size)
                await until(lambda size=size: any(size <= one.held < 2 * size for one in at.door._peers))  # type: ignore[misc]
            last.writer.write(post(110_000) + b"x" * 60_000)
            assert await large.hear() == b"503"
            assert await large.ended() == b""
            for peer in small, last:
                peer.writer.write(b"x" * 50_000)
                assert await peer.hear() == b"200"
            assert await (await at.peer()).ask() == b"200"

    run(story)


def test_many_requests_that_do_not_end_make_room_for_one_that_does() -> None:
    """Each of them is smaller than what comes in two pieces from somebody who waits for the answer."""

    async def story() -> None:
        async with house(held_bytes=200_000) as at:
            silent = [await at.peer() for _ in range(8)]
            for peer in silent:
                peer.writer.write(post(40_000) + b"x" * 20_000)
            await until(lambda: at.door._held >= 160_000)
            for peer in at.door._peers:
                peer.since -= 20.0
            sender = await at.peer()
            sender.writer.write(post(90_000) + b"x" * 60_000)
            assert await silent[0].hear() == b"503"
            sender.writer.write(b"x" * 30_000)
            assert await sender.hear() == b"200"

    run(story)


def test_that_there_is_no_room_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with house(connections=3) as at:
            for _ in range(30):
                await at.peer()
            await at.until(Wait.FIRST_BYTE, 1)
            assert await (await at.peer()).ask() == b"200"

    with caplog.at_level(logging.WARNING, "omilink.web.sockets.listener"):
        run(story)
    assert len([record for record in caplog.records if "no room for more" in record.getMessage()]) == 1


def test_the_bounds_leave_files_for_everything_else() -> None:
    assert FILES >= 128
    assert FROM_ONE_ADDRESS >= 1000
