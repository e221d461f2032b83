"""What search costs: searches of a million messages, the size of the index, and what it takes from saving."""

import asyncio
import contextlib
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import embedded, fill, machine, servers
from bench.load import Rate, as_many_as_possible
from bench.people import Person, sign_up
from bench.report import Line, told
from bench.servers import THIS, Checkout, Server
from bench.wire import Client, client, get, open_streams
from bench.words_said import SEARCHES, text

ORDERS = "best", "newest"
ASKING = 20
"""People who search in the database of many users."""
INDEXED_IN = 1_200.0
"""Seconds in which the index has to hold what is stored."""
ADDED = "name LIKE 'search%' OR name = 'ix_messages_conversation_id_seq'"
"""What the database would not have without search."""
LOGS = "name LIKE '%events%' OR name LIKE '%deliveries%'"
"""What is kept for a while beside the words."""


@dataclass(frozen=True, kw_only=True)
class Size:
    conversations: int
    calls: int
    rounds: int
    searches: int
    people: int
    seconds: float


FULL = Size(conversations=5_000, calls=50, rounds=3, searches=1_400, people=200, seconds=6)
QUICK = Size(conversations=500, calls=50, rounds=1, searches=420, people=200, seconds=3)


@dataclass(kw_only=True)
class Searched:
    """Milliseconds of each search, by its kind, and of a request that reads one row, in turns; the server's CPU in
    milliseconds a search."""

    searches: dict[str, list[float]] = field(default_factory=dict)
    others: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    bytes_of: dict[str, int] = field(default_factory=dict)

    @property
    def all(self) -> list[float]:
        return [each for kind in self.searches.values() for each in kind]


@dataclass(kw_only=True)
class Figures:
    machine: dict[str, str]
    stored: int
    databases: dict[str, Searched] = field(default_factory=dict)
    rates: dict[str, list[Rate]] = field(default_factory=lambda: {"with": [], "without": []})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def measure(size: Size, folder: Path) -> Figures:
    stored = size.conversations * size.calls * embedded.SEGMENTS
    figures = Figures(machine=machine.describe(folder), stored=stored)
    await _saving(figures, size, folder)
    for name, users in ("one user", 1), ("many users", size.conversations // fill.CONVERSATIONS):
        figures.databases[name] = await _searching(name, size, users, folder / name.replace(" ", "-"))
    return figures


# what the index takes from saving


async def _saving(figures: Figures, size: Size, folder: Path) -> None:
    checkouts = {"with": THIS, "without": Checkout(name="without", folder=THIS.folder, module="bench.unindexed")}
    with contextlib.ExitStack() as running:
        subjects = {}
        for name, checkout in checkouts.items():
            server = servers.omilink(name, folder / name, checkout)
            running.callback(server.stop)
            people = sign_up(server, size.people)
            subjects[name] = server, people, await open_streams(server, people)
        for seconds in 1.0, *[size.seconds] * size.rounds:
            _say(f"saving with and without the index, {seconds:g} s each")
            for name, subject in subjects.items():
                figures.rates[name].append(await as_many_as_possible(*subject, seconds))
    for rates in figures.rates.values():
        del rates[0]  # the first ones warm up


# searches


async def _searching(name: str, size: Size, users: int, data: Path) -> Searched:
    _say(f"storing {size.conversations * size.calls * embedded.SEGMENTS:,} messages of {name}")
    people = await _store(size, users, data)
    server = servers.omilink(name, data)
    found = Searched()
    try:
        await _until_indexed(data)
        found.bytes_of = _bytes_of(data)
        for number in range(-1, size.rounds):  # the first one warms up
            _say(f"searches of {name}: round {max(0, number) + 1} of {size.rounds}")
            found = found if number else Searched(bytes_of=found.bytes_of)
            await _search(server, people, size.searches, random.Random(number), found)
    finally:
        server.stop()
    return found


async def _store(size: Size, users: int, data: Path) -> list[Person]:
    """Returns those who are to search."""
    server = servers.omilink("past", data)
    try:
        people = sign_up(server, min(users, ASKING))
        past = await embedded.talked(server, size.calls)
    finally:
        server.stop()
    fill.fill(servers.database(data), past, people, users, size.conversations // users)
    chance = random.Random(0)
    with contextlib.closing(sqlite3.connect(servers.database(data), isolation_level=None)) as db:
        db.create_function("said", 0, lambda: text(chance))
        db.execute("PRAGMA synchronous=OFF")
        db.execute("BEGIN")
        db.execute("UPDATE messages SET text = said()")
        db.execute(
            "INSERT INTO search_conversations (conversation_id, user_id) SELECT id, user_id FROM conversations "
            "WHERE id NOT IN (SELECT conversation_id FROM search_conversations) ORDER BY created_at"
        )
        db.execute("INSERT OR IGNORE INTO search_waiting (number) SELECT number FROM search_conversations")
        db.execute("COMMIT")
    return people


async def _until_indexed(data: Path) -> None:
    _say("adding them to the index")
    give_up = time.monotonic() + INDEXED_IN
    with contextlib.closing(sqlite3.connect(servers.database(data), timeout=30)) as db:
        while db.execute("SELECT 1 FROM search_waiting LIMIT 1").fetchone():
            if time.monotonic() > give_up:
                raise SystemExit("The index does not hold what is stored.")
            await asyncio.sleep(1)


def _bytes_of(data: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(servers.database(data), timeout=30)) as db:
        parts = {"all": "1", "added": ADDED, "logs": LOGS}
        return {
            part: db.execute(f"SELECT sum(pgsize) FROM dbstat WHERE {of}").fetchone()[0] for part, of in parts.items()
        }


async def _search(server: Server, people: Sequence[Person], count: int, chance: random.Random, found: Searched) -> None:
    kinds = [kind for kind in SEARCHES for _ in range(count // len(SEARCHES))]
    chance.shuffle(kinds)
    async with client(server) as connection:
        found.others += [await connection.milliseconds(get("/me", chance.choice(people))) for _ in kinds]
        before = sum(server.cpu_seconds().values())
        for kind in kinds:
            took = await _one(connection, SEARCHES[kind](chance), chance.choice(ORDERS), chance.choice(people))
            found.searches.setdefault(kind, []).append(took)
        found.cpu.append((sum(server.cpu_seconds().values()) - before) / len(kinds) * 1000)


async def _one(connection: Client, q: str, order: str, person: Person) -> float:
    return await connection.milliseconds(get(f"/search?order={order}&q={quote(q)}", person))


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


# how it is told


def table(figures: Figures) -> str:
    lines = [Line("", "", "", "target"), *_rates(figures)]
    for name, found in figures.databases.items():
        lines += _searches(f"{figures.stored:,} messages of {name}", found)
    return told(figures.machine, lines)


def _rates(figures: Figures) -> list[Line]:
    pairs = [*zip(figures.rates["with"], figures.rates["without"], strict=True)]
    rate = statistics.median(one.done / other.done for one, other in pairs)
    cost = statistics.median(one.server_cpu / other.server_cpu for one, other in pairs)
    each = [f"{statistics.median(rate.done for rate in rates):,.0f}/s" for rates in figures.rates.values()]
    return [
        Line("saved and streamed, sustained: with the index, without", *each),
        Line("  with ÷ without", f"{rate:.0%}", "", "≥ 90%", rate >= 0.9),
        Line("  server CPU a webhook, with ÷ without", f"{cost:.2f}"),
    ]


def _searches(what: str, found: Searched) -> list[Line]:
    p50, p99 = _at(found.all, 0.5), _at(found.all, 0.99)
    size, added, logs = (found.bytes_of[part] for part in ("all", "added", "logs"))
    words = (size - logs) / (size - logs - added)
    return [
        Line(f"{what}: a search, p50", f"{p50:.1f} ms", "", "≤ 15 ms", p50 <= 15),
        Line("  p99", f"{p99:.1f} ms", f"longest {max(found.all):.0f} ms", "≤ 50 ms", p99 <= 50),
        Line("  server CPU", f"{statistics.median(found.cpu):.1f} ms"),
        Line(
            "  p50 ÷ that of /me, p99 ÷ that of /me",
            *(f"{_at(found.all, at) / _at(found.others, at):.1f}" for at in (0.5, 0.99)),
        ),
        *(
            Line(f"  {kind}: p50, p99", f"{_at(took, 0.5):.1f} ms", f"{_at(took, 0.99):.1f} ms")
            for kind, took in found.searches.items()
        ),
        Line(
            "  database ÷ database without search",
            f"{size / (size - added):.2f}",
            "",
            "≤ 1.6",
            size / (size - added) <= 1.6,
        ),
        Line("  without events and calls", f"{words:.2f}", "", "≤ 1.6", words <= 1.6),
    ]


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]
