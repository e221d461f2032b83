"""What one greedy user costs another: the other's requests alone, and beside loops that ask for a thousand sessions."""

import asyncio
import contextlib
import sqlite3
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.people import Person
from bench.servers import Server, Site, database
from bench.wire import client, get

SESSIONS, LOOPS = 1_250, 30


@dataclass(kw_only=True)
class Greedy:
    """Milliseconds of every request, by what was asked for, in turns."""

    alone: dict[str, list[float]] = field(default_factory=dict)
    beside: dict[str, list[float]] = field(default_factory=dict)

    def ratio(self, what: str) -> float:
        return statistics.median(self.beside[what]) / statistics.median(self.alone[what])


async def measure(server: Server, data: Path, greedy: Person, other: Person, seconds: float, rounds: int) -> Greedy:
    """`greedy` gets the sessions; in each round the other asks alone and then beside the loops."""
    _fill(data, greedy)
    figures = Greedy()
    for _ in range(rounds):
        await _ask_for(server, other, seconds, figures.alone)
        async with _loops(server, greedy):
            await _ask_for(server, other, seconds, figures.beside)
    return figures


def _fill(data: Path, person: Person) -> None:
    with contextlib.closing(sqlite3.connect(database(data), timeout=30)) as connection, connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO omi_sessions "
            "(id, origin, omi_session_id, user_id, method, linked_at, created_at) SELECT 'shared/greedy-' || i, "
            "'shared', 'greedy-' || i, (SELECT id FROM users WHERE email = ?), 'manual', i, i FROM n",
            (SESSIONS, person.email),
        )


async def _ask_for(site: Site, person: Person, seconds: float, kept: dict[str, list[float]]) -> None:
    """Both requests by turns, one after the other on one connection."""
    async with client(site) as connection:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            for what, request in ("/me", get("/me", person)), ("webhook", person.next_request()):
                kept.setdefault(what, []).append(await connection.milliseconds(request))


@contextlib.asynccontextmanager
async def _loops(site: Site, person: Person) -> AsyncIterator[None]:
    async def loop() -> None:
        async with client(site) as connection:
            while True:
                await connection.milliseconds(get("/sessions?limit=200", person))

    loops = [asyncio.create_task(loop()) for _ in range(LOOPS)]
    await asyncio.sleep(0.5)
    try:
        yield
    finally:
        for one in loops:
            one.cancel()
        outcomes: Sequence[object] = await asyncio.gather(*loops, return_exceptions=True)
    broken = [one for one in outcomes if not isinstance(one, asyncio.CancelledError)]
    if broken:
        raise SystemExit(f"A loop of the greedy user broke: {broken[0]}.")
