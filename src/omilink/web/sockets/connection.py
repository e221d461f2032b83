"""What one peer may make the server hold before a handler runs, and how long the server waits for it.

uvicorn's protocol bounds a body and leaves it to a proxy to bound the rest. It also loses the body of a request that
offers another protocol, as every JDK's client does by default (RFC 9110, 7.8: a server may ignore the offer).
"""

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Protocol

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from omilink.errors import AddressTooLong, HeadTooLarge, Malformed, OmilinkError, TooSlow
from omilink.web import errors
from omilink.web.addresses import plain
from omilink.web.headers import SECURITY

HEAD_BYTES = 64 * 1024
"""Of a request's address, headers and trailers together, and of whatever else is no body and has not ended."""
HEADERS = 100
"""Headers and trailers of a request."""
ADDRESS_BYTES = 16 * 1024
PIPELINED = 8
"""Requests that may wait behind the one that is being answered."""
LINGER_BYTES = 1024 * 1024
"""What is still read of a peer that was refused, so that it gets to read why."""


class Wait(Enum):
    """What the server waits for, of a peer."""

    NOTHING = auto()
    FIRST_BYTE = auto()
    HEAD = auto()
    BODY = auto()
    UNREAD_BODY = auto()
    NEXT_REQUEST = auto()
    FAREWELL = auto()


PATIENCE = {
    Wait.FIRST_BYTE: 20.0,
    Wait.HEAD: 20.0,
    Wait.BODY: 30.0,
    Wait.UNREAD_BODY: 30.0,
    Wait.NEXT_REQUEST: 75.0,
    Wait.FAREWELL: 5.0,
}
"""Seconds. BODY: in each such time PROGRESS has to come. UNREAD_BODY: the request has been answered without it."""
_AFTER_AN_ANSWER = {Wait.BODY: Wait.UNREAD_BODY, Wait.NOTHING: Wait.NEXT_REQUEST}
PROGRESS = 16 * 1024
"""Bytes of a body that have to come in PATIENCE[BODY]."""
READING = 60.0
"""Seconds in which a peer has to read something of what waits for it."""

NOT_HTTP = "The request is no HTTP/1.1 that omilink can read."
TOO_MUCH_HEAD = (
    f"The headers are more than {HEADERS}, or hold more than {HEAD_BYTES} bytes together with what frames the body. "
    "Send fewer, or clear the cookies."
)
TOO_LONG = f"The address is longer than {ADDRESS_BYTES} bytes. Shorten what follows the question mark."
TOO_MANY = f"More than {PIPELINED} requests came without waiting for an answer. Send one after the other."
SLOW = "The request did not arrive in time. Send it again."


class Registry(Protocol):
    """What a listener knows of its peers; each peer tells it what changes."""

    def count_held(self, more: int) -> None: ...
    def replace(self, peer: "Peer", by: "Peer") -> None: ...
    def forget(self, peer: "Peer") -> None: ...


class Peer(asyncio.Protocol):
    """What a listener needs to know of a connection, whatever is under way on it."""

    __slots__ = ("_unsent_since", "connections", "listener", "transport", "unsent")
    transport: asyncio.Transport
    connections: set[Any]
    """uvicorn's, who waits for them when the server stops."""
    listener: Registry
    wait: Wait
    since: float
    """When that wait began, by the event loop's time."""
    held: int
    """Bytes of a request that has not come to its end."""
    unsent: int
    """Bytes of answers that it had not read at the last check."""
    _unsent_since: float

    @abstractmethod
    def check(self, now: float) -> None:
        """Gives up on a peer that keeps the server waiting for too long. Called once a second."""

    @abstractmethod
    def abort(self) -> None:
        """Drops a peer whose last bytes would otherwise wait for ever."""

    def refuse(self, why: OmilinkError) -> None:
        """Drops a peer, and says why where that is no part of an answer."""
        self.abort()

    def reads_nothing(self, now: float) -> bool:
        before, self.unsent = self.unsent, self.transport.get_write_buffer_size()
        if self.unsent == 0 or self.unsent < before or before == 0:
            self._unsent_since = now
        return now - self._unsent_since > READING


class Connection(Peer, HttpToolsProtocol):
    """uvicorn's, within these bounds. A handler finds it as scope["extensions"]["omilink"]."""

    wait = Wait.FIRST_BYTE
    since = 0.0
    is_lost = _refusing = False
    _headers = _head_bytes = 0
    _no_body = 0
    """Bytes since the last beginning of a request that were no body."""
    _progress = 0
    held = 0
    _linger = LINGER_BYTES
    unsent = 0

    def abort(self) -> None:
        self._wait_for(Wait.NOTHING)
        if self.transport:
            self.transport.abort()

    def let_go(self, size: int) -> None:
        """Called with the size of body that has been read and lies on disk, so that it counts as held no more."""
        size = min(size, self.held)
        self.held -= size
        self.listener.count_held(-size)

    # Handing over to a stream

    def leave_out_chunks(self) -> None:
        """Lets the head of this answer say nothing about chunks, which a peer of HTTP/1.0 does not know."""
        self._answering.chunked_encoding = False

    def expect(self, size: int) -> None:
        """Lets the next part of an answer without chunks and without a stated length have this many bytes."""
        self._answering.expected_content_length = size

    def give_way_to(self, stream: Peer) -> None:
        """Leaves the transport to the stream, whose head has been sent. Requests that wait in line are dropped: the
        head has said that this answer is the last (RFC 9112, 9.6)."""
        stream.transport, stream.connections, stream.listener = self.transport, self.connections, self.listener
        if self.is_lost:
            stream.connection_lost(None)
            return
        self.listener.replace(self, stream)
        self.connections.discard(self)
        self.connections.add(stream)
        self._answering.disconnected = True  # so that uvicorn expects no more of this answer
        self.transport.set_protocol(stream)
        stream.connection_made(self.transport)
        if self.flow.write_paused:
            stream.pause_writing()
        if self.flow.read_paused:
            self.transport.resume_reading()
        self._leave()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle  # `cycle` is the last one in line
        super()._start_asgi_task(cycle, app)

    # Timeouts

    def _wait_for(self, wait: Wait) -> None:
        self.wait, self.since = wait, self.loop.time()
        if self.held and wait is not Wait.BODY:
            held, self.held = self.held, 0
            self.listener.count_held(-held)

    def check(self, now: float) -> None:
        if self.flow is None:
            return
        if self.flow.read_paused and self.wait in (Wait.HEAD, Wait.BODY):
            self.since = now  # it is the server that does not read
        if self.reads_nothing(now):
            self.abort()
        elif self.wait is not Wait.NOTHING and now - self.since > PATIENCE[self.wait]:
            self._give_up(now)

    def _give_up(self, now: float) -> None:
        if self.wait is Wait.BODY and self._progress >= PROGRESS:
            self.since, self._progress = now, 0
        elif self.wait in (Wait.HEAD, Wait.BODY):
            self.refuse(TooSlow(SLOW))
        else:
            self.abort()

    # Limits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for(Wait.FIRST_BYTE)
        self._unsent_since = self.since
        self.flow = _Flow(transport, self._may_read)
        if self.client:
            self.client = (plain(self.client[0]), self.client[1])

    def data_received(self, data: bytes) -> None:
        if self.wait is Wait.FAREWELL:
            self._read_past(data)
            return
        self._unset_keepalive_if_required()
        self._no_body = max(self._no_body, 0) + len(data)
        try:
            self._feed(data)
            if self._no_body > HEAD_BYTES:
                raise HeadTooLarge(TOO_MUCH_HEAD)
            if self.wait in (Wait.HEAD, Wait.BODY):
                self.held += len(data)
                self.listener.count_held(len(data))
        except (httptools.HttpParserError, OmilinkError) as error:
            self.refuse(_why(error))

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._feed(self._head_without_offer() + data[offer.args[0] :])

    def _head_without_offer(self) -> bytes:
        """For a parser of its own: this one takes what follows for another protocol, or for the next request."""
        version, method = self.parser.get_http_version(), self.parser.get_method()
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        kept = [b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        return b"".join([method, b" ", self.url, b" HTTP/", version.encode(), b"\r\n", *kept, b"\r\n"])

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= PIPELINED:
            raise Malformed(TOO_MANY)
        super().on_message_begin()
        self.scope["extensions"] = {"omilink": self}  # type: ignore[dict-item]
        self._headers = self._head_bytes = self._no_body = self._progress = 0
        self._wait_for(Wait.HEAD)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > ADDRESS_BYTES:
            raise AddressTooLong(TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers += 1
        self._head_bytes += len(name) + len(value)
        if self._headers > HEADERS or self._head_bytes > HEAD_BYTES:
            raise HeadTooLarge(TOO_MUCH_HEAD)
        if self.wait is Wait.HEAD:  # a trailer is dropped: what reads headers has read them
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            self._wait_for(Wait.BODY)
        elif self.parser.get_method() == b"CONNECT":
            raise Malformed(NOT_HTTP)

    def on_body(self, body: bytes) -> None:
        self._no_body -= 2 * len(body)  # and with each byte one that frames a chunk
        self._progress += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():  # it is read again, without the offer
            return
        super().on_message_complete()
        self._wait_for(Wait.NEXT_REQUEST if self.cycle.response_complete else Wait.NOTHING)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not (self.cycle and self.cycle.response_complete) or self.transport.is_closing():
            return
        if self._refusing:
            self._part()
        elif self.wait in _AFTER_AN_ANSWER:
            self._wait_for(_AFTER_AN_ANSWER[self.wait])

    def _may_read(self) -> bool:
        """What is pipelined, or comes after a refusal, waits in the kernel and not in memory."""
        return not (self.pipeline or self._refusing)

    # Closing

    def refuse(self, why: OmilinkError) -> None:
        """Says why, unless that would get into an answer that is under way."""
        cycle = self.cycle
        if cycle is None or (cycle.response_complete and self.wait is not Wait.UNREAD_BODY):
            self._say_farewell(why)
        elif self.wait in (Wait.HEAD, Wait.NOTHING):
            self._refusing = True  # what came before is answered, and then it is over
            self._wait_for(Wait.NOTHING)
            self.flow.pause_reading()
        elif cycle.response_started or self.pipeline:
            self.abort()
        else:
            cycle.disconnected = True
            cycle.body.clear()
            cycle.message_event.set()
            self._say_farewell(why)

    def _say_farewell(self, why: OmilinkError) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(farewell(why))
        self._part()

    def _part(self) -> None:
        """A peer that still sends would not get to read the last answer if the connection were closed at once."""
        self._refusing = False
        self.transport.write_eof()
        self.parser = None  # type: ignore[assignment]
        self._wait_for(Wait.FAREWELL)
        self.flow.resume_reading()

    def _read_past(self, data: bytes) -> None:
        self._linger -= len(data)
        if self._linger < 0:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.is_lost = True
        self._leave()
        self.listener.forget(self)

    def _leave(self) -> None:
        """Connection, scope, flow and cycle hold one another; out of the ring nothing waits for the collector."""
        self._unset_keepalive_if_required()
        self._wait_for(Wait.NOTHING)
        self.pipeline.clear()
        self.parser = None  # type: ignore[assignment]
        self.scope = self.headers = self.cycle = self._answering = self.flow = None  # type: ignore[assignment]


def farewell(why: OmilinkError) -> bytes:
    """The answer that ends a connection."""
    answer = errors.answer_to(why, SECURITY | {"Connection": "close"})
    headers = [b"%s: %s\r\n" % header for header in answer.raw_headers]
    return b"".join([STATUS_LINE[answer.status_code], *headers, b"\r\n", bytes(answer.body)])


def _why(error: Exception) -> OmilinkError:
    """What one of the callbacks found, or that the parser could not go on. Without the frames, which hold the peer."""
    found, error.__context__ = error.__context__, None
    why = next((one for one in (error, found) if isinstance(one, OmilinkError)), Malformed(NOT_HTTP))
    return why.with_traceback(None)


class _Flow(FlowControl):
    """uvicorn reads on with every answer, however much waits already."""

    def __init__(self, transport: asyncio.Transport, may_read: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._may_read = may_read

    def resume_reading(self) -> None:
        if self._may_read():
            super().resume_reading()
