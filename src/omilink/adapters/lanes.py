"""Threads that run functions of a database connection of their own.

A function runs as a whole in one lane, so a call costs one hop between threads and not one for every statement. What
waits at the same time runs together if the lane can: a commit, or a snapshot, is then paid per group and not per call.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

from omilink.errors import Unavailable

T = TypeVar("T")
Fn = Callable[[Connection], Any]
Outcome = tuple[Any, BaseException | None]
Run = Callable[[Sequence[Fn]], list[Outcome]]
"""Runs a group of functions and tells what became of each."""
Job = tuple[Fn, asyncio.Future[Any]]

RETRY_AFTER = 5
LAST_WAIT = 2.0
"""Seconds that lanes get to finish whose database may never answer."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A way of working: `open` is entered in the lane's thread, `group` is how many calls it runs at once. Who has
    waited for `patience` seconds is told that the database is away."""

    open: Callable[[], AbstractContextManager[Run]]
    group: int = 1
    threads: int = 1
    patience: float | None = None


class Lanes:
    """Reads in one kind of lane, writes in another."""

    def __init__(self, *, reads: Lane, writes: Lane) -> None:
        self._loop = asyncio.get_running_loop()
        self._read_patience, self._write_patience = reads.patience, writes.patience
        self._last_wait = None if writes.patience is None else LAST_WAIT
        self._reads: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._writes: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [*self._start(self._reads, reads), *self._start(self._writes, writes)]

    async def read(self, fn: Callable[[Connection], T]) -> T:
        return await self._submit(self._reads, fn, self._read_patience)

    async def write(self, fn: Callable[[Connection], T]) -> T:
        return await self._submit(self._writes, fn, self._write_patience)

    async def scrub(self) -> None:
        """See ports.Store."""

    async def close(self) -> None:
        """Finishes what was asked for, as far as the database answers."""
        for jobs in self._reads, self._writes:
            jobs.put(None)
        await asyncio.gather(*(asyncio.to_thread(thread.join, self._last_wait) for thread in self._threads))

    def _start(self, jobs: "queue.SimpleQueue[Job | None]", lane: Lane) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._work, args=(jobs, lane), daemon=True) for _ in range(lane.threads)]
        for thread in threads:
            thread.start()
        return threads

    async def _submit(
        self, jobs: "queue.SimpleQueue[Job | None]", fn: Callable[[Connection], T], patience: float | None
    ) -> T:
        future: asyncio.Future[T] = self._loop.create_future()
        jobs.put((fn, future))
        if patience is None:
            return await future
        try:
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            raise away() from None

    def _work(self, jobs: "queue.SimpleQueue[Job | None]", lane: Lane) -> None:
        with lane.open() as run:
            for group in _groups(jobs, lane.group):
                wanted = [(fn, future) for fn, future in group if not future.done()]  # the others have given up
                outcomes = _guarded(run, [fn for fn, _ in wanted]) if wanted else []
                self._loop.call_soon_threadsafe(_deliver, wanted, outcomes)
        jobs.put(None)  # for the next thread of this kind


def _groups(jobs: "queue.SimpleQueue[Job | None]", most: int) -> Iterator[list[Job]]:
    """What waits together, until the end is found."""
    while (first := jobs.get()) is not None:
        group = [first]
        while len(group) < most:
            try:
                job = jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                yield group
                return
            group.append(job)
        yield group


def _guarded(run: Run, fns: Sequence[Fn]) -> list[Outcome]:
    """Whatever happens, everybody gets an answer and the lane goes on."""
    try:
        return run(fns)
    except Exception as error:
        return [(None, error)] * len(fns)


def _deliver(group: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
    for (_, future), (result, error) in zip(group, outcomes, strict=True):
        if future.done():  # the caller has gone
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def away() -> Unavailable:
    return Unavailable("The database cannot be used now. Try again.", RETRY_AFTER)
