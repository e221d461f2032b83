"""A connection that has ended is gone at once, with everything that its peer made it hold."""

import asyncio
import gc
import weakref

import pytest
import uvicorn
import uvloop
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from omilink.web.sockets.connection import Connection, Peer

GET = b"GET / HTTP/1.1\r\n\r\n"
ENDS = {
    "nothing said": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: he",
    "one request": GET,
    "several in line": GET * 5,
    "too many in line": GET * 50,
    "half a body": b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf",
    "an unread body": b"GET / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf",
    "an offer": b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "too many headers": b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * 500,
    "no HTTP": b"\x16\x03\x01 hello",
    "too many trailers": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a:b\r\n" * 500,
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    while scope["method"] == "POST" and (await receive()).get("more_body"):
        pass
    await PlainTextResponse("well")(scope, receive, send)


class Alone:
    """A listener of one peer."""

    def __init__(self, lost: asyncio.Event) -> None:
        self._lost = lost

    def count_held(self, more: int) -> None:
        pass

    def replace(self, peer: Peer, by: Peer) -> None:
        pass

    def forget(self, peer: Peer) -> None:
        self._lost.set()


async def connect_and_leave(said: bytes) -> "weakref.ref[Connection]":
    """What is left of the connection of a peer that said this."""
    config = uvicorn.Config(app, http=Connection, ws="none", lifespan="off", log_config=None)
    config.load()
    state, lost = ServerState(), asyncio.Event()
    made: list[weakref.ref[Connection]] = []

    def make() -> Connection:
        connection = Connection(config, state, {})
        connection.listener = Alone(lost)
        made.append(weakref.ref(connection))
        return connection

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(said)
        if GET in said or b"unread" in said:
            assert await reader.read(12) == b"HTTP/1.1 200"
        writer.close()
        await lost.wait()
        while state.tasks:
            await asyncio.wait(state.tasks)
        await asyncio.sleep(0)  # the transport lets go of it with its last callback
    return made[0]


@pytest.mark.parametrize("said", ENDS.values(), ids=ENDS)
def test_nothing_of_it_waits_for_the_collector(said: bytes) -> None:
    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            left = runner.run(asyncio.wait_for(connect_and_leave(said), 30))
        assert left() is None, gc.get_referrers(left())
    finally:
        gc.enable()
