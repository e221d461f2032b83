"""The load generator's connections, as cheap as they can be: it shares the machine with what it measures."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from itertools import cycle
from typing import TypeVar, cast

from bench.people import Person
from bench.servers import Site

_P = TypeVar("_P", bound=asyncio.Protocol)
_MESSAGE = b'"rev"'  # once in every message of every event, nowhere else


class Poster(asyncio.Protocol):
    """One keep-alive connection with at most one call under way."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.busy = False
        self.on_answer: Callable[[Poster, bool], None] = lambda poster, accepted: None
        self._transport: asyncio.WriteTransport | None = None
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def connection_lost(self, problem: Exception | None) -> None:
        self._transport = None
        if self.busy:
            self.busy = False
            self.on_answer(self, False)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, blank, body = self._answer.partition(b"\r\n\r\n")
        if not blank or len(body) < _content_length(head):
            return
        self._answer, self.busy = b"", False
        self.on_answer(self, head.startswith(b"HTTP/1.1 200"))

    def post(self, request: bytes) -> None:
        if self._transport is None:
            raise SystemExit("A server closed a keep-alive connection under load.")
        self.busy = True
        self._transport.write(request)

    def close(self) -> None:
        if self._transport:
            self._transport.close()


def unheard(stream: "Stream", count: int) -> None:
    """Nobody counts the messages of the stream now."""


class Stream(asyncio.Protocol):
    """One open stream of a person; counts the messages that come after `caught_up`."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.messages = 0
        self.broken: str | None = None
        self.on_messages: Callable[[Stream, int], None] = unheard
        self.caught_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.WriteTransport | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(self.person.stream_request())

    def connection_lost(self, problem: Exception | None) -> None:
        self.broken = self.broken or "closed by the server"
        if not self.caught_up.done():
            self.caught_up.set_exception(SystemExit(f"A stream was refused: {self._tail[:300]!r}"))

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        if not self.caught_up.done():
            before, found, data = data.partition(b'"caught_up"')
            if not found:
                self._tail = before
                return
            self.caught_up.set_result(None)
        if b'"reset"' in data:
            self.broken = "reset by the server"
        count = data.count(_MESSAGE)
        self._tail = data[1 - len(_MESSAGE) :]
        if count:
            self.messages += count
            self.on_messages(self, count)

    def close(self) -> None:
        if self._transport:
            self._transport.close()


class Client:
    """A keep-alive connection for requests of one person after the other, timed one by one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def milliseconds(self, request: bytes) -> float:
        """Until the whole answer is there, which has to be a 200."""
        began = time.perf_counter()
        self.writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"A request was answered with {head[:40]!r}.")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await self._reader.readexactly(int(length.partition(b":")[2]))
        return (time.perf_counter() - began) * 1000


async def connect_posters(site: Site, people: Sequence[Person]) -> list[Poster]:
    ports = cycle(site.ports)
    return [await connect(next(ports), partial(Poster, person)) for person in people]


async def open_streams(site: Site, people: Sequence[Person]) -> list[Stream]:
    """Opens one stream for each (a person may come several times), on another node than takes that person's calls if
    there are two, and waits until all have caught up."""
    ports = cycle(site.ports[::-1])
    streams: list[Stream] = []
    for start in range(0, len(people), 50):
        batch = [await connect(next(ports), partial(Stream, person)) for person in people[start : start + 50]]
        await asyncio.wait_for(asyncio.gather(*(stream.caught_up for stream in batch)), 30)
        streams += batch
    return streams


async def connect(port: int, protocol: Callable[[], _P]) -> _P:
    _, connected = await asyncio.get_running_loop().create_connection(protocol, "127.0.0.1", port)
    return connected


@contextlib.asynccontextmanager
async def client(site: Site) -> AsyncIterator[Client]:
    connection = Client(*await asyncio.open_connection("127.0.0.1", site.ports[0]))
    try:
        yield connection
    finally:
        connection.writer.close()


def get(path: str, person: Person) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {person.token}\r\n\r\n".encode()


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if rest else 0
