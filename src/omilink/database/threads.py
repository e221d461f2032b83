"""Threads that run functions of a connection; each thread has a connection of its own. A function runs as a whole in
one thread, so that a call costs one change of threads and not one for each statement. Calls that wait at the same time
run together if the thread can do that: a commit or a snapshot is then made once for the group.

Users take turns (see `turns`), and the server's own work has every other turn, so that nobody waits for all requests of
one user.
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
from omilink.errors import Unavailable
from omilink.turns import SERVER, whose

T = TypeVar("T")
Fn = Callable[[Connection], Any]
Outcome = tuple[Any, BaseException | None]
Run = Callable[[Sequence[Fn]], list[Outcome]]
"""Runs a group of functions and returns the outcome of each."""
Job = tuple[Fn, asyncio.Future[Any]]
Jobs = FairQueue[Job]

RETRY_AFTER = 5
SHARE = 20
"""The most calls of one user in a group."""
TURN = 0.005
"""Seconds. When a user's calls in a group have taken this time, the user's other calls wait for the user's next
turn."""
LONG = 0.1
"""Seconds. When a group has taken this time, calls that it has not begun wait: finished calls wait for the end of the
group."""
LAST_WAIT = 2.0
"""Seconds to wait for threads to finish when the server stops; the database may never answer."""


@dataclass(frozen=True, slots=True)
class ThreadGroup:
    """How threads work: `open` is entered in the thread, and `group` is the number of calls that run at once. A call
    that has waited for `patience` seconds gets Unavailable."""

    open: Callable[[], AbstractContextManager[Run]]
    group: int = 1
    threads: int = 1
    patience: float | None = None


class DatabaseThreads:
    """A database with threads that read and threads that write."""

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

    def scrub_soon(self) -> None:
        """See `database.store.Store.scrub_soon`."""

    async def finish_scrubbing(self) -> None:
        """See `database.store.Store.finish_scrubbing`."""

    async def close(self) -> None:
        """Finishes the waiting calls, as far as the database answers."""
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
        """Runs the calls and delivers their outcomes. Returns the calls for which there was no time."""
        wanted = [one for one in taken if not one.item[1].done()]  # the others have given up
        time_used = _TimeUsed()
        outcomes = _guarded(run, [time_used.limit(one.whose, one.item[0]) for one in wanted]) if wanted else []
        waits = [result is _NOT_YET for result, _ in outcomes]
        ran = [(one.item, outcome) for one, outcome, later in zip(wanted, outcomes, waits, strict=True) if not later]
        self._loop.call_soon_threadsafe(_deliver, ran)
        return [one for one, later in zip(wanted, waits, strict=True) if later]


_NOT_YET = object()
"""Returned in place of a call for which a group has no time. An error would keep the frames of the group, and so the
results of its other calls, until Python's collector runs."""


class _TimeUsed:
    """The seconds that a group has taken, in all and for each user. The first call always runs."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._used: defaultdict[str, float] = defaultdict(float)

    def limit(self, whose: str, fn: Fn) -> Fn:
        def limited(connection: Connection) -> Any:
            begins = time.monotonic()
            self._began = self._began or begins
            if begins - self._began > LONG or (whose != SERVER and self._used[whose] > TURN):
                return _NOT_YET
            try:
                return fn(connection)
            finally:
                self._used[whose] += time.monotonic() - begins

        return limited


def _guarded(run: Run, fns: Sequence[Fn]) -> list[Outcome]:
    """Returns an outcome for every call, whatever happens, so that the thread continues."""
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
