"""The product with SQLite: what a webhook costs, how fast words arrive, what is written and what an idle stream costs.

`report.Version` holds what is measured of one version. Two versions take turns in each part, within the same minutes.
"""

import contextlib
import random
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import fill, greedy, machine, servers
from bench.load import Arrivals, Latency, Rate, as_many_as_possible, paced, waiting
from bench.people import SEGMENTS, Person, link_by_hand, nobody, register, sign_up
from bench.report import Figures, Version, done
from bench.servers import Checkout, Server, ask
from bench.wire import Stream, client, get, open_streams

USERS_STORED = 1000
CALL_STORED = USERS_STORED * fill.CONVERSATIONS * SEGMENTS
"""Messages of one call, when it is in each stored conversation."""
IDLE_STREAMS = (0, 500, 2000)
SLOW = 20.0
"""Calls a second."""
PAGES = 400
"""Pages of messages asked for in a round, each of another conversation."""


@dataclass(frozen=True, kw_only=True)
class Size:
    people: int
    rounds: int
    seconds: float
    paced_seconds: float
    idle_seconds: float
    greedy_seconds: float
    stored: int


FULL = Size(people=200, rounds=3, seconds=6, paced_seconds=20, idle_seconds=10, greedy_seconds=5, stored=1_000_000)
QUICK = Size(people=200, rounds=1, seconds=3, paced_seconds=5, idle_seconds=5, greedy_seconds=3, stored=100_000)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A running server with its data folder, its people and one open stream of each."""

    server: Server
    data: Path
    people: Sequence[Person]
    streams: Sequence[Stream]


Subjects = dict[str, Subject]
"""By the name of the version."""


async def measure(size: Size, folder: Path, checkouts: Sequence[Checkout]) -> Figures:
    versions = {checkout.name: Version() for checkout in checkouts}
    facts = machine.describe(folder) | {"size": _told(size)}
    figures = Figures(machine=facts, stored=size.stored, versions=versions)
    with contextlib.ExitStack() as running:
        noop = Subject(server=servers.noop(folder), data=folder, people=nobody(size.people), streams=())
        running.callback(noop.server.stop)
        empty, full = Subjects(), Subjects()
        for checkout in checkouts:
            empty[checkout.name], people = await _empty(size, folder / checkout.name, checkout, running)
            if size.stored:
                full[checkout.name] = await _full(size, folder / checkout.name, checkout, people, running)
        await _rates(figures, size, noop, empty, full)
        await _latencies(figures, size, empty, full)
        await _log_written(figures, size, empty)
        await _newest_pages(figures, size, full)
        if len(checkouts) == 1:
            _say("one greedy user")
            (subject,) = empty.values()
            figures.greedy = await _greedy(size, subject)
    await _idle(figures, size, folder, checkouts, empty)
    return figures


async def beside_a_greedy_one(size: Size, folder: Path, checkout: Checkout) -> greedy.Greedy:
    with contextlib.ExitStack() as running:
        subject, _ = await _empty(replace(size, people=2, stored=0), folder / checkout.name, checkout, running)
        return await _greedy(size, subject)


async def talked(server: Server, calls: int) -> Person:
    """Somebody who has had one conversation of so many calls."""
    person = link_by_hand(server, register(server, fill.PAST))
    arrivals = Arrivals(await open_streams(server, [person]))
    async with client(server) as connection:
        for _ in range(calls):
            await connection.milliseconds(person.next_request())
    await arrivals.wait_for(calls * SEGMENTS)
    return person


# the subjects


async def _empty(
    size: Size, folder: Path, checkout: Checkout, running: contextlib.ExitStack
) -> tuple[Subject, list[Person]]:
    """With a copy of its people for the full database, which is a copy of this one."""
    _say(f"{checkout.name}: signing {size.people} people up")
    server = servers.omilink("empty", folder / "empty", checkout)
    try:
        people = sign_up(server, size.people)
    finally:
        server.stop()
    if size.stored:
        shutil.copytree(folder / "empty", folder / "full")
    return await _subject(folder / "empty", checkout, people, running), [replace(person) for person in people]


async def _full(
    size: Size, folder: Path, checkout: Checkout, people: Sequence[Person], running: contextlib.ExitStack
) -> Subject:
    _say(f"{checkout.name}: storing {size.stored:,} messages")
    server = servers.omilink("full", folder / "full", checkout)
    try:
        past = await talked(server, size.stored // CALL_STORED)
    finally:
        server.stop()
    fill.fill(servers.database(folder / "full"), past, people, USERS_STORED)
    return await _subject(folder / "full", checkout, people, running)


async def _subject(data: Path, checkout: Checkout, people: Sequence[Person], running: contextlib.ExitStack) -> Subject:
    server = servers.omilink(f"{checkout.name}, {data.name}", data, checkout)
    running.callback(server.stop)
    return Subject(server=server, data=data, people=people, streams=await open_streams(server, people))


# the parts, each by turns


async def _rates(figures: Figures, size: Size, noop: Subject, empty: Subjects, full: Subjects) -> None:
    for subject in (noop, *empty.values(), *full.values()):
        await _sustained(subject, 1.0)  # warms up
    for number in range(size.rounds):
        _say(f"rates: round {number + 1} of {size.rounds}")
        figures.noop.append(await _sustained(noop, size.seconds))
        for name, subject in empty.items():
            before = subject.server.written_bytes()
            rate = await _sustained(subject, size.seconds)
            figures.versions[name].empty.append(rate)
            figures.versions[name].written.append((subject.server.written_bytes() - before) / rate.calls)
        for name, subject in full.items():
            figures.versions[name].full.append(await _sustained(subject, size.seconds))


async def _sustained(subject: Subject, seconds: float) -> Rate:
    return await as_many_as_possible(subject.server, subject.people, subject.streams, seconds)


async def _latencies(figures: Figures, size: Size, empty: Subjects, full: Subjects) -> None:
    """Half the rate is half of what the same version sustains on an empty database."""
    for database, subjects in ("empty", empty), ("full", full):
        for number in range(size.rounds if subjects else 0):
            _say(f"latency, {database} database: round {number + 1} of {size.rounds}")
            for name, subject in subjects.items():
                version = figures.versions[name]
                version.slow[database].append(await _paced(subject, SLOW, size.paced_seconds))
            for name, subject in subjects.items():
                version = figures.versions[name]
                version.half[database].append(await _paced(subject, done(version.empty) / 2, size.paced_seconds))


async def _paced(subject: Subject, rate: float, seconds: float) -> Latency:
    return await paced(subject.server, subject.people, subject.streams, rate, seconds)


async def _log_written(figures: Figures, size: Size, empty: Subjects) -> None:
    for number in range(size.rounds):
        _say(f"write-ahead log: round {number + 1} of {size.rounds}")
        for name, subject in empty.items():
            with _growing_log(servers.database(subject.data)) as log_bytes:
                rate = await _sustained(subject, size.seconds / 2)
                figures.versions[name].logged.append(log_bytes() / rate.calls)


@contextlib.contextmanager
def _growing_log(database: Path) -> Iterator[Callable[[], int]]:
    """The size of the write-ahead log, which begins empty and only grows: SQLite begins it anew only when nobody reads
    an older state of the database, and here somebody does."""
    with contextlib.closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        ((busy, *_),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        log = database.with_name(f"{database.name}-wal")
        if busy or log.stat().st_size:
            raise SystemExit(f"{log} could not be emptied, so what is written to it is not known.")
        yield lambda: log.stat().st_size


async def _newest_pages(figures: Figures, size: Size, full: Subjects) -> None:
    asked = {name: list(_stored_conversations(subject)) for name, subject in full.items()}
    for number in range(size.rounds if full else 0):
        _say(f"newest pages: round {number + 1} of {size.rounds}")
        for name, subject in full.items():
            requests = random.Random(number).sample(asked[name], PAGES)
            async with client(subject.server) as connection:
                took = [await connection.milliseconds(request) for request in requests]
            figures.versions[name].pages.append(took)


def _stored_conversations(subject: Subject) -> Iterator[bytes]:
    for person in subject.people:
        listed = ask(subject.server, "GET", "/conversations?limit=200", token=person.token)["items"]
        for conversation in listed[-fill.CONVERSATIONS :]:
            yield get(f"/conversations/{conversation['id']}/messages", person)


async def _greedy(size: Size, subject: Subject) -> greedy.Greedy:
    one, other = subject.people[:2]
    return await greedy.measure(subject.server, subject.data, one, other, size.greedy_seconds, size.rounds)


async def _idle(figures: Figures, size: Size, folder: Path, checkouts: Sequence[Checkout], empty: Subjects) -> None:
    """On a fresh process: memory that a loaded one has freed and kept would hide what streams cost. Its users have the
    words of the parts before."""
    for number in range(size.rounds):
        _say(f"idle streams, {', '.join(map(str, IDLE_STREAMS))}: round {number + 1} of {size.rounds}")
        for checkout in checkouts:
            server = servers.omilink("idle", folder / checkout.name / "empty", checkout)
            try:
                idle = await waiting(server, empty[checkout.name].people, IDLE_STREAMS, size.idle_seconds)
            finally:
                server.stop()
            figures.versions[checkout.name].idle.append(idle)


def _told(size: Size) -> str:
    smaller = f"; the full run stores {FULL.stored:,}" if size.stored < FULL.stored else ""
    return (
        f"{size.people} people, rounds of {size.seconds:g} s: {size.rounds}, messages stored: {size.stored:,}{smaller}"
    )


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
