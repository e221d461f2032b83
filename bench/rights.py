"""How fast those who lose a right are told, with many streams open."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench import machine, servers
from bench.people import Person, sign_up
from bench.report import Line, told
from bench.servers import Server, ask
from bench.wire import Stream, connect

PEOPLE = 50
STREAMS_OF_EACH = 20
LONGEST = 2_000
"""Milliseconds."""
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(kw_only=True)
class Figures:
    machine: dict[str, str]
    told: list[float] = field(default_factory=list)
    closed: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Told(Stream):
    """A stream that remembers when it was told, and when it was closed."""

    def __init__(self, person: Person) -> None:
        super().__init__(person)
        self.told = asyncio.get_running_loop().create_future()
        self.closed = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if b'"session_unlinked"' in data and not self.told.done():
            self.told.set_result(time.perf_counter())
        if data.endswith(LAST_CHUNK) and not self.closed.done():
            self.closed.set_result(time.perf_counter())


async def measure(folder: Path) -> Figures:
    figures = Figures(machine=machine.describe(folder))
    server = servers.omilink("rights", folder / "rights")
    try:
        people = sign_up(server, PEOPLE)
        streams = [await _open(server, person) for person in people for _ in range(STREAMS_OF_EACH)]
        await asyncio.gather(*(stream.caught_up for stream in streams))
        unlink = partial(_ask, server, "DELETE", lambda person: f"/sessions/{person.session}/link")
        figures.told = await _after(people, streams, unlink, lambda stream: stream.told)
        log_out = partial(_ask, server, "POST", lambda person: "/auth/logout")
        figures.closed = await _after(people, streams, log_out, lambda stream: stream.closed)
    finally:
        server.stop()
    return figures


async def _open(server: Server, person: Person) -> Told:
    stream: Told = await connect(server.port, partial(Told, person))
    return stream


async def _after(
    people: Sequence[Person],
    streams: Sequence[Told],
    act: Callable[[Person], Any],
    sign: Callable[[Told], asyncio.Future[float]],
) -> list[float]:
    """Milliseconds from just before each person's call to the sign at each of their streams."""
    waits = []
    for person in people:
        began = time.perf_counter()
        await asyncio.to_thread(act, person)
        signs = [sign(stream) for stream in streams if stream.person is person]
        waits += [(await asyncio.wait_for(each, 30) - began) * 1000 for each in signs]
    return waits


def _ask(server: Server, method: str, path: Callable[[Person], str], person: Person) -> None:
    ask(server, method, path(person), {} if method == "POST" else None, person.token)


def table(figures: Figures) -> str:
    return told(
        figures.machine,
        [
            Line("", f"{PEOPLE * STREAMS_OF_EACH:,} streams open", "", "target"),
            _line("unlink to event", figures.told),
            _line("sign-out to end of stream", figures.closed),
        ],
    )


def _line(what: str, waits: Sequence[float]) -> Line:
    p99 = _at(waits, 0.99)
    return Line(what, f"p50 {_at(waits, 0.5):.0f} ms, p99 {p99:.0f} ms", "", f"≤ {LONGEST:,} ms", p99 <= LONGEST)


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]
