"""What is done to a server: as many calls as it takes, calls at a given rate, and streams that only wait."""

import asyncio
import os
import resource
import statistics
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bench.machine import busy_seconds
from bench.people import SEGMENTS, Person
from bench.servers import Server
from bench.wire import Poster, Stream, connect_posters, open_streams

DRAIN_TIMEOUT = 60.0


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`done` is per second until the last segment came out of the streams, `accepted` per second until the last 200.
    CPU is in microseconds per call, `others` the share of the machine that programs outside the benchmark took."""

    accepted: float
    done: float
    server_cpu: float
    generator_cpu: float
    others: float


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Milliseconds from just before the POST is written to the arrival of its messages; `late` calls had to wait for a
    free connection before that."""

    rate: float
    p50: float
    p99: float
    late: int


@dataclass(frozen=True, kw_only=True)
class Idle:
    streams: int
    resident: int
    cpu_percent: float


async def as_many_as_possible(
    server: Server, people: Sequence[Person], streams: Sequence[Stream], seconds: float
) -> Rate:
    """Everybody posts one call after the other; over when all that was posted has come out of the streams."""
    posters = await connect_posters(server, people)
    crowd = _Crowd(posters, time.perf_counter() + seconds)
    arrived = _Arrivals(streams)
    began, all_before, server_before, own_before = time.perf_counter(), busy_seconds(), server.cpu_seconds(), _own_cpu()
    await crowd.talk()
    accepted_at = time.perf_counter()
    if streams:
        await arrived.wait_for(crowd.accepted * SEGMENTS)
    ended = time.perf_counter()
    served, generated = server.cpu_seconds() - server_before, _own_cpu() - own_before
    others = busy_seconds() - all_before - served - generated
    for poster in posters:
        poster.close()
    return Rate(
        accepted=crowd.accepted / (accepted_at - began),
        done=crowd.accepted / (ended - began),
        server_cpu=served / crowd.accepted * 1e6,
        generator_cpu=generated / crowd.accepted * 1e6,
        others=max(0.0, others / (ended - began) / (os.cpu_count() or 1)),
    )


async def paced(
    server: Server, people: Sequence[Person], streams: Sequence[Stream], rate: float, seconds: float
) -> Latency:
    """Calls at fixed moments, whether or not earlier ones have been answered."""
    posters = await connect_posters(server, people)
    watch = _Watch(streams)
    metronome = _Metronome(posters, watch)
    began = time.perf_counter()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(began + number / rate - time.perf_counter())
        metronome.tick()
    await asyncio.wait_for(watch.all_seen(), DRAIN_TIMEOUT)
    for poster in posters:
        poster.close()
    ordered = sorted(watch.latencies)
    p99 = ordered[int(len(ordered) * 0.99)]
    return Latency(rate=rate, p50=statistics.median(ordered) * 1000, p99=p99 * 1000, late=metronome.late)


async def waiting(server: Server, people: Sequence[Person], counts: Sequence[int], seconds: float) -> list[Idle]:
    """Memory and CPU of a server whose streams have nothing to tell, for a growing number of them."""
    await _warm_up(server, people)
    streams: list[Stream] = []
    figures = []
    for count in counts:
        more = [people[number % len(people)] for number in range(len(streams), count)]
        streams += await open_streams(server, more)
        await asyncio.sleep(3)
        began, cpu = time.perf_counter(), server.cpu_seconds()
        await asyncio.sleep(seconds)
        busy = (server.cpu_seconds() - cpu) / (time.perf_counter() - began)
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


class _Arrivals:
    """Counts what comes out of the streams."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._streams = streams
        self._arrived = 0
        self._changed = asyncio.Event()
        for stream in streams:
            stream.on_messages = self._more

    async def wait_for(self, messages: int) -> None:
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT):
                while self._arrived < messages:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            broken = {stream.broken for stream in self._streams if stream.broken}
            raise SystemExit(f"Only {self._arrived} of {messages} messages came. Broken streams: {broken}.") from None

    def _more(self, stream: Stream, count: int) -> None:
        self._arrived += count
        self._changed.set()


class _Watch:
    """Knows when each call's messages arrived: a stream tells them in the order of its person's calls."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self.latencies: list[float] = []
        self._posted: dict[str, deque[float]] = {stream.person.session: deque() for stream in streams}
        self._pieces = dict.fromkeys(self._posted, 0)
        self._none_left = asyncio.Event()
        for stream in streams:
            stream.on_messages = self._arrived

    def posted(self, person: Person) -> None:
        self._posted[person.session].append(time.perf_counter())

    async def all_seen(self) -> None:
        while any(self._posted.values()):
            self._none_left.clear()
            await self._none_left.wait()

    def _arrived(self, stream: Stream, count: int) -> None:
        now, session = time.perf_counter(), stream.person.session
        calls, self._pieces[session] = divmod(self._pieces[session] + count, SEGMENTS)
        self.latencies += [now - self._posted[session].popleft() for _ in range(calls)]
        self._none_left.set()


class _Metronome:
    """Gives each tick to the next person whose connection is free; if none is, to the first that becomes free."""

    def __init__(self, posters: Sequence[Poster], watch: _Watch) -> None:
        self.late = 0
        self._watch = watch
        self._free = deque(posters)
        self._owed = 0
        for poster in posters:
            poster.on_answer = self._answered

    def tick(self) -> None:
        if self._free:
            self._post(self._free.popleft())
        else:
            self._owed += 1
            self.late += 1

    def _answered(self, poster: Poster, accepted: bool) -> None:
        if not accepted:
            raise SystemExit("A call was not answered with 200.")
        if self._owed:
            self._owed -= 1
            self._post(poster)
        else:
            self._free.append(poster)

    def _post(self, poster: Poster) -> None:
        request = poster.person.next_request()
        self._watch.posted(poster.person)
        poster.post(request)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
