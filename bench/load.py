"""What is done to a server: as many calls as it takes, calls at a given rate, and streams that only wait."""

import asyncio
import os
import resource
import statistics
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.machine import busy_seconds
from bench.people import SEGMENTS, Person
from bench.servers import Server, Site
from bench.wire import Poster, Stream, connect_posters, open_streams, unheard

DRAIN_TIMEOUT = 60.0


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`done` is per second until the last segment came out of the streams, `accepted` per second until the last 200.
    CPU is in microseconds per call, that of the server by its parts; `others` is the share of the machine that programs
    outside the benchmark took."""

    calls: int
    accepted: float
    done: float
    cpu: dict[str, float]
    generator_cpu: float
    others: float

    @property
    def server_cpu(self) -> float:
        return sum(self.cpu.values())


class Call(NamedTuple):
    """When it was posted, and when its messages had arrived."""

    posted: float
    arrived: float

    @property
    def milliseconds(self) -> float:
        return (self.arrived - self.posted) * 1000


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Milliseconds from just before the POST is written to the arrival of its messages; `late` calls had to wait for a
    free connection before that. CPU as above."""

    rate: float
    p50: float
    p99: float
    late: int
    cpu: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Idle:
    streams: int
    resident: int
    cpu_percent: float


async def as_many_as_possible(site: Site, people: Sequence[Person], streams: Sequence[Stream], seconds: float) -> Rate:
    """Everybody posts one call after the other; over when all that was posted has come out of the streams."""
    posters = await connect_posters(site, people)
    crowd = _Crowd(posters, time.perf_counter() + seconds)
    arrived = Arrivals(streams)
    began, all_before, before, own_before = time.perf_counter(), busy_seconds(), site.cpu_seconds(), _own_cpu()
    await crowd.talk()
    accepted_at = time.perf_counter()
    if streams:
        await arrived.wait_for(crowd.accepted * SEGMENTS)
    ended = time.perf_counter()
    served, generated = _since(before, site), _own_cpu() - own_before
    others = busy_seconds() - all_before - sum(served.values()) - generated
    for poster in posters:
        poster.close()
    return Rate(
        calls=crowd.accepted,
        accepted=crowd.accepted / (accepted_at - began),
        done=crowd.accepted / (ended - began),
        cpu=_each(served, crowd.accepted),
        generator_cpu=generated / crowd.accepted * 1e6,
        others=max(0.0, others / (ended - began) / (os.cpu_count() or 1)),
    )


async def paced(
    site: Site, people: Sequence[Person], streams: Sequence[Stream], rate: float, seconds: float
) -> Latency:
    """Calls at fixed moments, whether or not earlier ones have been answered."""
    before = site.cpu_seconds()
    calls, late = await talk(site, people, streams, rate, seconds)
    ordered = sorted(call.milliseconds for call in calls)
    return Latency(
        rate=rate,
        p50=statistics.median(ordered),
        p99=ordered[int(len(ordered) * 0.99)],
        late=late,
        cpu=_each(_since(before, site), len(calls)),
    )


async def talk(
    site: Site, people: Sequence[Person], streams: Sequence[Stream], rate: float, seconds: float
) -> tuple[list[Call], int]:
    """As `paced`, with every call by itself, and how many were late."""
    posters = await connect_posters(site, people)
    watch = _Watch(streams)
    metronome = _Metronome(posters, watch)
    began, calls = time.perf_counter(), round(rate * seconds)
    for number in range(calls):
        await asyncio.sleep(began + number / rate - time.perf_counter())
        metronome.tick()
    await asyncio.wait_for(metronome.all_answered(), DRAIN_TIMEOUT)
    await watch.wait_for(calls * SEGMENTS)
    for poster in posters:
        poster.close()
    return watch.calls, metronome.late


async def waiting(server: Server, people: Sequence[Person], counts: Sequence[int], seconds: float) -> list[Idle]:
    """Memory and CPU of a server whose streams have nothing to tell, for a growing number of them."""
    await _warm_up(server, people)
    streams: list[Stream] = []
    figures = []
    for count in counts:
        more = [people[number % len(people)] for number in range(len(streams), count)]
        streams += await open_streams(server, more)
        await asyncio.sleep(3)
        began, before = time.perf_counter(), server.cpu_seconds()
        await asyncio.sleep(seconds)
        busy = sum(_since(before, server).values()) / (time.perf_counter() - began)
        figures.append(Idle(streams=count, resident=server.resident_bytes(), cpu_percent=busy * 100))
    broken = [stream.broken for stream in streams if stream.broken]
    if broken:
        raise SystemExit(f"{len(broken)} idle streams broke: {broken[0]}.")
    for stream in streams:
        stream.close()
    return figures


async def _warm_up(server: Server, people: Sequence[Person]) -> None:
    """What a first stream costs once (imports, caches, threads) is not the cost of a stream."""
    for stream in await open_streams(server, people):
        stream.close()
    await asyncio.sleep(2)


class _Crowd:
    """Posters that each have one call under way until the time is over."""

    def __init__(self, posters: Sequence[Poster], until: float) -> None:
        self.accepted = 0
        self._posters = posters
        self._until = until
        self._talking = len(posters)
        self._silence = asyncio.get_running_loop().create_future()

    async def talk(self) -> None:
        for poster in self._posters:
            poster.on_answer = self._answered
            poster.post(poster.person.next_request())
        await self._silence

    def _answered(self, poster: Poster, accepted: bool) -> None:
        if not accepted:
            self._silence.set_exception(SystemExit("A call was not answered with 200."))
        self.accepted += 1
        if time.perf_counter() < self._until:
            poster.post(poster.person.next_request())
            return
        self._talking -= 1
        if not self._talking:
            self._silence.set_result(None)


class Arrivals:
    """Counts what comes out of the streams, until everything that is waited for has come."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._streams = streams
        self._arrived = 0
        self._changed = asyncio.Event()
        for stream in streams:
            stream.on_messages = self._more

    async def wait_for(self, messages: int) -> None:
        """Ends the counting: what the next part of the benchmark posts is not counted here."""
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT):
                while self._arrived < messages:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            broken = {stream.broken for stream in self._streams if stream.broken}
            raise SystemExit(f"Only {self._arrived} of {messages} messages came. Broken streams: {broken}.") from None
        finally:
            for stream in self._streams:
                stream.on_messages = unheard
        if self._arrived > messages:
            raise SystemExit(f"{self._arrived} messages came, and only {messages} were posted.")

    def _more(self, stream: Stream, count: int) -> None:
        self._arrived += count
        self._changed.set()


class _Watch(Arrivals):
    """Knows when each call's messages arrived: a stream sends them in the order of its person's calls."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        super().__init__(streams)
        self.calls: list[Call] = []
        self._posted: dict[str, deque[float]] = {stream.person.session: deque() for stream in streams}
        self._pieces = dict.fromkeys(self._posted, 0)

    def posted(self, person: Person) -> None:
        self._posted[person.session].append(time.perf_counter())

    def _more(self, stream: Stream, count: int) -> None:
        now, session = time.perf_counter(), stream.person.session
        calls, self._pieces[session] = divmod(self._pieces[session] + count, SEGMENTS)
        self.calls += [Call(self._posted[session].popleft(), now) for _ in range(calls)]
        super()._more(stream, count)


class _Metronome:
    """Gives each tick to the next person whose connection is free; if none is, to the first that becomes free."""

    def __init__(self, posters: Sequence[Poster], watch: _Watch) -> None:
        self.late = 0
        self._watch = watch
        self._free = deque(posters)
        self._owed = 0
        self._connections = len(posters)
        self._changed = asyncio.Event()
        for poster in posters:
            poster.on_answer = self._answered

    def tick(self) -> None:
        if self._free:
            self._post(self._free.popleft())
        else:
            self._owed += 1
            self.late += 1

    async def all_answered(self) -> None:
        """Returns when each tick has been posted and answered."""
        while len(self._free) < self._connections:
            self._changed.clear()
            await self._changed.wait()

    def _answered(self, poster: Poster, accepted: bool) -> None:
        if not accepted:
            raise SystemExit("A call was not answered with 200.")
        if self._owed:
            self._owed -= 1
            self._post(poster)
        else:
            self._free.append(poster)
            self._changed.set()

    def _post(self, poster: Poster) -> None:
        request = poster.person.next_request()
        self._watch.posted(poster.person)
        poster.post(request)


def _since(before: dict[str, float], site: Site) -> dict[str, float]:
    return {part: seconds - before[part] for part, seconds in site.cpu_seconds().items()}


def _each(used: dict[str, float], calls: int) -> dict[str, float]:
    """Microseconds of a call."""
    return {part: seconds / calls * 1e6 for part, seconds in used.items()}


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
