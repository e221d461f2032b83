"""Server-Sent Events as bytes, over one connection that a slow reader cannot hold for ever."""

import asyncio
import random
from collections.abc import Sequence

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from omilink.live.event_log import Frame
from omilink.live.live_stream import LiveStream, Quiet
from omilink.web.headers import SECURITY, raw
from omilink.web.sockets.connection import LINGER_BYTES, Peer, Wait

PATIENCE = 10.0
"""Seconds that a reader may take to make room for the next bytes. The rest of it waits in the database."""
HEADERS = raw(
    SECURITY
    | {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store, no-transform",  # a compressing proxy would hold the words back (RFC 9111, 5.2.2.6)
        "Content-Encoding": "identity",  # and one that asks only whether something is encoded already
        "X-Accel-Buffering": "no",  # and nginx
    }
)
_CLOSE = (b"connection", b"close")


class EventStream(Response):
    """Sends the head, and leaves the connection to the stream."""

    def __init__(self, stream: LiveStream, after: str | None) -> None:
        self._stream, self._after = stream, after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection, is_chunked = scope["extensions"]["omilink"], scope["http_version"] != "1.0"
        if not is_chunked:
            connection.leave_out_chunks()
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, _CLOSE]})
        reader = StreamConnection(self._stream, is_chunked=is_chunked)
        self._stream.open(reader, self._after)
        connection.give_way_to(reader)


class StreamConnection(Peer):
    """A connection over which nothing but a stream goes any more: the `Reader` of a `LiveStream`. It holds neither a
    parser nor a request, since most connections are such. The body goes in chunks (RFC 9112, 7.1), or
    as it is to a peer of HTTP/1.0, until the connection is closed (RFC 9112, 6.1 and 6.3)."""

    __slots__ = ("_is_chunked", "_is_over", "_read_past", "_room", "_stream")

    wait = Wait.NOTHING
    since = 0.0
    held = 0

    def __init__(self, stream: LiveStream, *, is_chunked: bool) -> None:
        self._stream, self._is_chunked = stream, is_chunked
        self._is_over = False
        self._room: asyncio.Future[None] | None = None
        self._read_past = self.unsent = 0

    # The reader of a stream

    @property
    def has_room(self) -> bool:
        return self._room is None and not self._is_over

    async def room(self) -> bool:
        if self._room and not self._is_over:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._room
            except TimeoutError:
                self.abort()
        return not self._is_over

    def send(self, frames: Sequence[Frame] | Quiet) -> None:
        self._write(encode(frames))

    def end(self) -> None:
        # spread over time, so that not everybody comes back at once to the node that is left
        self._write(_retry(500, 5_000))
        if not self._is_over:
            self._is_over = True
            if self._is_chunked:
                self.transport.write(b"0\r\n\r\n")
            self.transport.close()

    def abort(self) -> None:
        self._is_over = True
        self.transport.abort()

    def _write(self, body: bytes) -> None:
        if not self._is_over:
            self.transport.write(b"%x\r\n%b\r\n" % (len(body), body) if self._is_chunked else body)

    # The protocol of a transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write(_retry(1_000, 3_000))

    def data_received(self, data: bytes) -> None:
        """What a peer still sends is no request: the head has said that this answer is the last."""
        self._read_past += len(data)
        if self._read_past > LINGER_BYTES:
            self.abort()

    def pause_writing(self) -> None:
        self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._room and not self._room.done():
            self._room.set_result(None)
        self._room = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self.resume_writing()
        self._stream.close()
        del self._stream  # they hold each other
        self.connections.discard(self)
        self.listener.forget(self)

    # Called by the server

    def check(self, now: float) -> None:
        if self.reads_nothing(now):
            self.abort()
        elif not self._is_over:
            self._stream.check(now)

    def shutdown(self) -> None:
        """uvicorn's, for requests. A stream has been told by the bus."""


def encode(frames: Sequence[Frame] | Quiet) -> bytes:
    if isinstance(frames, Quiet):
        return f": {frames.value}\n\n".encode()
    return "".join([f"id: {frame.id}\ndata: {frame.data}\n\n" for frame in frames]).encode()


def _retry(least: int, most: int) -> bytes:
    return b"retry: %d\n\n" % random.randint(least, most)
