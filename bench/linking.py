"""What the gate costs, and how fast those who lose a right hear of it."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench import machine, servers
from bench.load import Rate, as_many_as_possible
from bench.people import Person, sign_up
from bench.report import facts_of
from bench.servers import Server, ask
from bench.wire import Stream, connect, open_streams

STREAMS_OF_EACH = 20
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Size:
    people: int
    rounds: int
    seconds: float


FULL = Size(people=50, rounds=12, seconds=4)
QUICK = Size(people=50, rounds=3, seconds=2)


@dataclass(kw_only=True)
class Figures:
    machine: dict[str, str]
    streams: int
    gated: list[Rate] = field(default_factory=list)
    ungated: list[Rate] = field(default_factory=list)
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


async def measure(size: Size, folder: Path) -> Figures:
    figures = Figures(machine=machine.describe(folder), streams=size.people * STREAMS_OF_EACH)
    await _gate(figures, size, folder)
    await _rights(figures, size, folder)
    return figures


async def _gate(figures: Figures, size: Size, folder: Path) -> None:
    """With and without the gate by turns, since a machine is not equally fast all the time."""
    gated = servers.omilink("gated", folder / "gated")
    ungated = servers.omilink("ungated", folder / "ungated", module="bench.ungated")
    try:
        subjects = [
            (server, people, await open_streams(server, people))
            for server, people in ((server, sign_up(server, size.people)) for server in (gated, ungated))
        ]
        for number in range(size.rounds + 1):
            for (server, people, streams), kept in zip(subjects, (figures.gated, figures.ungated), strict=True):
                rate = await as_many_as_possible(server, people, streams, size.seconds)
                if number:  # the first warms up
                    kept.append(rate)
    finally:
        gated.stop()
        ungated.stop()


async def _rights(figures: Figures, size: Size, folder: Path) -> None:
    server = servers.omilink("rights", folder / "rights")
    try:
        people = sign_up(server, size.people)
        streams = [await _open(server, person) for person in people for _ in range(STREAMS_OF_EACH)]
        await asyncio.gather(*(stream.caught_up for stream in streams))
        unlink = partial(_ask, server, "DELETE", lambda person: f"/sessions/{person.session}/link")
        figures.told = await _after(people, streams, unlink, lambda stream: stream.told)
        log_out = partial(_ask, server, "POST", lambda person: "/auth/logout")
        figures.closed = await _after(people, streams, log_out, lambda stream: stream.closed)
    finally:
        server.stop()


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
    ratios = [gated.server_cpu / bare.server_cpu for gated, bare in zip(figures.gated, figures.ungated, strict=True)]
    gated, bare = (statistics.median(rate.server_cpu for rate in rates) for rates in (figures.gated, figures.ungated))
    lines = [
        *facts_of(figures.machine),
        "",
        f"the gate         {(statistics.median(ratios) - 1) * 100:+.1f} % CPU a call (target: at most +5 %), "
        f"{gated:.0f} and {bare:.0f} µs; rounds {(min(ratios) - 1) * 100:+.1f} to {(max(ratios) - 1) * 100:+.1f} %",
        f"unlink -> told   p50 {_at(figures.told, 0.5):.0f} ms, p99 {_at(figures.told, 0.99):.0f} ms "
        f"with {figures.streams} streams open (target: 2000 ms)",
        f"logout -> closed p50 {_at(figures.closed, 0.5):.0f} ms, p99 {_at(figures.closed, 0.99):.0f} ms "
        f"with {figures.streams} streams open at first (target: 2000 ms)",
    ]
    return "\n".join(lines)


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]
