"""Threads that run functions of a database connection of their own.

A function runs as a whole in one lane, so a call costs one hop between threads and not one for every statement. What
waits at the same time runs together if the lane can: a commit, or a snapshot, is then paid per group and not per call.
Users take turns (see `turns`), and the server's own work has every other turn, so that nobody waits behind all that one
user asks.
"""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

from omilink.database.fair_queue import FairQueue, Taken
from omilink.errors import OmilinkError, Unavailable
from omilink.turns import SERVER, whose

T = TypeVar("T")
Fn = Callable[[Connection], Any]
Outcome = tuple[Any, BaseException | None]
Run = Callable[[Sequence[Fn]], list[Outcome]]
"""Runs a group of functions and tells what became of each."""
Job = tuple[Fn, asyncio.Future[Any]]
Jobs = FairQueue[Job]

RETRY_AFTER = 5
SHARE = 20
"""Calls of a user in one group at most …"""
TURN = 0.005
"""… and once these have taken this many seconds, the next one waits for the user's next turn …"""
LONG = 0.1
"""… and once the group has, so does every call that it has not begun: what has run waits for the group's end."""
LAST_WAIT = 2.0
"""Seconds that lanes get to finish whose database may never answer."""


@dataclass(frozen=True, slots=True)
class ThreadGroup:
    """A way of working: `open` is entered in the lane's thread, `group` is how many calls it runs at once. Who has
    waited for `patience` seconds is told that the database is away."""

    open: Callable[[], AbstractContextManager[Run]]
    group: int = 1
    threads: int = 1
    patience: float | None = None


class DatabaseThreads:
    """Reads in one kind of lane, writes in another."""

    def __init__(self, *, reads: ThreadGroup, writes: ThreadGroup) -> None:
        self._loop = asyncio.get_running_loop()
        self._read_patience, self._write_patience = reads.patience, writes.patience
        self._last_wait = None if writes.patience is None else LAST_WAIT
        self._reads, self._writes = Jobs(SHARE), Jobs(SHARE)
        self._threads = [*self._start(self._reads, reads), *self._start(self._writes, writes)]

    async def read(self, fn: Callable[[Connection], T]) -> T:
        return await self._submit(self._reads, fn, self._read_patience)

    async def write(self, fn: Callable[[Connection], T]) -> T:
        return await self._submit(self._writes, fn, self._write_patience)

    async def scrub(self) -> None:
        """See `database.store.Store.scrub`."""

    async def finish_scrubbing(self) -> None:
        """See `database.store.Store.finish_scrubbing`."""

    async def close(self) -> None:
        """Finishes what was asked for, as far as the database answers."""
        for jobs in self._reads, self._writes:
            jobs.close()
        await asyncio.gather(*(asyncio.to_thread(thread.join, self._last_wait) for thread in self._threads))

    def _start(self, jobs: Jobs, lane: ThreadGroup) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._work, args=(jobs, lane), daemon=True) for _ in range(lane.threads)]
        for thread in threads:
            thread.start()
        return threads

    async def _submit(self, jobs: Jobs, fn: Callable[[Connection], T], patience: float | None) -> T:
        future: asyncio.Future[T] = self._loop.create_future()
        jobs.put(whose(), (fn, future))
        if patience is None:
            return await future
        try:
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            raise away() from None

    def _work(self, jobs: Jobs, lane: ThreadGroup) -> None:
        with lane.open() as run:
            while taken := jobs.take(lane.group):
                left = self._run(run, taken)
                jobs.done((one.whose for one in taken), left)

    def _run(self, run: Run, taken: "Sequence[Taken[Job]]") -> "list[Taken[Job]]":
        """Runs them and tells what became of them; returns those for which there was no time."""
        wanted = [one for one in taken if not one.item[1].done()]  # the others have given up
        time_used = _TimeUsed()
        outcomes = _guarded(run, [time_used.limit(one.whose, one.item[0]) for one in wanted]) if wanted else []
        waits = [isinstance(error, _NotYet) for _, error in outcomes]
        ran = [(one.item, outcome) for one, outcome, later in zip(wanted, outcomes, waits, strict=True) if not later]
        self._loop.call_soon_threadsafe(_deliver, ran)
        return [one for one, later in zip(wanted, waits, strict=True) if later]


class _NotYet(OmilinkError):
    """Raised in place of a call for which a group has no time. SQLite and PostgreSQL roll back a call that raises.

    Each time a new one: an error that is raised again keeps the frames of all times before, and what these held.
    """


class _TimeUsed:
    """The seconds that a group takes, in all and for each user. The first call always runs."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._used: defaultdict[str, float] = defaultdict(float)

    def limit(self, whose: str, fn: Fn) -> Fn:
        def limited(connection: Connection) -> Any:
            begins = time.monotonic()
            self._began = self._began or begins
            if begins - self._began > LONG or (whose != SERVER and self._used[whose] > TURN):
                raise _NotYet("This call waits for its next turn.")
            try:
                return fn(connection)
            finally:
                self._used[whose] += time.monotonic() - begins

        return limited


def _guarded(run: Run, fns: Sequence[Fn]) -> list[Outcome]:
    """Whatever happens, everybody gets an answer and the lane goes on."""
    try:
        return run(fns)
    except Exception as error:
        return [(None, error)] * len(fns)


def _deliver(ran: Sequence[tuple[Job, Outcome]]) -> None:
    for (_, future), (result, error) in ran:
        if future.done():  # the caller has gone
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def away() -> Unavailable:
    return Unavailable("The database cannot be used now. Try again.", RETRY_AFTER)
