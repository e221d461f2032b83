"""SQLite behind threads of its own: one that writes and two that read, each with its connection.

Calls that wait at the same time share one transaction, so a commit (an fsync, with synchronous=FULL) is paid per group
and not per call. WAL lets readers go on meanwhile. Measured against the usual way in docs/decisions/0003-sqlite.md.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from omilink.errors import Unavailable

T = TypeVar("T")
Job = tuple[Callable[[Connection], Any], asyncio.Future[Any]]
Outcome = tuple[Any, BaseException | None]

READERS = 2
GROUP = 500
"""Calls that share a transaction at most, so that the first of them does not wait for ever."""
RETRY_AFTER = 5

log = logging.getLogger(__name__)


def engine(path: Path) -> Engine:
    """WAL, durable commits, enforced foreign keys, deleted words overwritten, and BEGIN left to us."""
    made = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": 10})

    @event.listens_for(made, "connect")
    def _connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # else sqlite3 begins late and a failed migration stays half done
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "busy_timeout=10000",
            "cache_size=-65536",
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if connection.info.get("reads") else "BEGIN IMMEDIATE")

    return made


class Sqlite:
    """Runs functions of a connection: `read` on a snapshot, `write` in a transaction that is on disk on return."""

    def __init__(self, engine: Engine) -> None:
        self._to_read: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._to_write: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._engine, self._loop = engine, asyncio.get_running_loop()
        lanes = [(self._to_write, _write_group, False)] + [(self._to_read, _read_group, True)] * READERS
        self._threads = [
            threading.Thread(target=self._lane, args=(engine, *lane), name="sqlite", daemon=True) for lane in lanes
        ]
        for thread in self._threads:
            thread.start()

    async def read(self, fn: Callable[[Connection], T]) -> T:
        return await self._submit(self._to_read, fn)

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """`fn` may run a second time, alone, when its group's commit fails."""
        return await self._submit(self._to_write, fn)

    async def scrub(self) -> None:
        """Moves everything out of the write-ahead log, which else keeps what has been overwritten."""
        await asyncio.to_thread(self._truncate_log)

    def _truncate_log(self) -> None:
        with self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection  # SQLAlchemy would begin a transaction first
            busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            log.warning("the write-ahead log is in use and keeps what was removed until the next checkpoint")

    async def close(self) -> None:
        """Finishes what was asked for."""
        for _ in range(READERS):
            self._to_read.put(None)
        self._to_write.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    async def _submit(self, jobs: "queue.SimpleQueue[Job | None]", fn: Callable[[Connection], T]) -> T:
        future: asyncio.Future[T] = self._loop.create_future()
        jobs.put((fn, future))
        return await future

    def _lane(
        self,
        engine: Engine,
        jobs: "queue.SimpleQueue[Job | None]",
        run: Callable[[Connection, Sequence[Job]], list[Outcome]],
        reads: bool,
    ) -> None:
        with engine.connect() as connection:
            connection.info["reads"] = reads
            while (first := jobs.get()) is not None:
                group, last = _waiting_with(first, jobs)
                outcomes = _guarded(run, connection, group)
                self._loop.call_soon_threadsafe(_deliver, group, outcomes)
                if last:
                    return


def _waiting_with(first: Job, jobs: "queue.SimpleQueue[Job | None]") -> tuple[list[Job], bool]:
    """What waits together, and whether the lane ends after it."""
    group = [first]
    while len(group) < GROUP:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            return group, False
        if job is None:
            return group, True
        group.append(job)
    return group, False


def _guarded(
    run: Callable[[Connection, Sequence[Job]], list[Outcome]], connection: Connection, group: Sequence[Job]
) -> list[Outcome]:
    """Whatever happens, everybody gets an answer and the lane goes on."""
    try:
        return run(connection, group)
    except Exception as error:
        return [(None, _explained(error))] * len(group)


def _read_group(connection: Connection, group: Sequence[Job]) -> list[Outcome]:
    with connection.begin():
        return [_attempt(fn, connection) for fn, _ in group]


def _write_group(connection: Connection, group: Sequence[Job]) -> list[Outcome]:
    """All in one transaction, in which a call that fails is rolled back alone. If the commit fails, each in its own."""
    try:
        with connection.begin():
            return [_attempt_alone(fn, connection) for fn, _ in group]
    except Exception as error:
        if len(group) == 1:
            return [(None, _explained(error))]
        return [outcome for job in group for outcome in _write_group(connection, [job])]


def _attempt_alone(fn: Callable[[Connection], Any], connection: Connection) -> Outcome:
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT call")
    outcome = _attempt(fn, connection)
    if outcome[1]:
        driver.execute("ROLLBACK TO call")
    driver.execute("RELEASE call")
    return outcome


def _attempt(fn: Callable[[Connection], Any], connection: Connection) -> Outcome:
    try:
        return fn(connection), None
    except Exception as error:
        return None, _explained(error)


def _explained(error: Exception) -> Exception:
    """A full disk, a lock that is never let go and a vanished file are the database being away."""
    if isinstance(error, OperationalError | sqlite3.OperationalError):
        log.error("the database does not work: %s", getattr(error, "orig", error))
        return Unavailable("The database cannot be used now. Nothing was stored; try again.", RETRY_AFTER)
    return error


def _deliver(group: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
    for (_, future), (result, error) in zip(group, outcomes, strict=True):
        if future.done():  # the caller has gone
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
