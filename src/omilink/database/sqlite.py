"""SQLite: one thread that writes and two that read.

Calls that wait at the same time share one transaction, so that a commit (an fsync, with synchronous=FULL) is made once
for a group. Readers continue meanwhile, since the database has a write-ahead log (WAL). docs/decisions/0003-sqlite.md
has the measurements.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from omilink.database.threads import DatabaseThreads, Fn, Outcome, Run, ThreadGroup, away

READERS = 2
GROUP = 500
"""The most calls that share a transaction, so that the first of them does not wait too long."""

SCRUB_PATIENCE = 100
"""Milliseconds for which writers may have to wait while the write-ahead log is emptied."""

log = logging.getLogger(__name__)


def engine(path: Path) -> Engine:
    """An engine with a write-ahead log, durable commits, enforced foreign keys and overwritten deletions. Transactions
    are begun by this module."""
    made = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": 10}, hide_parameters=True)

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


class Sqlite(DatabaseThreads):
    """A database in one file. A write is on disk on return; it may run a second time, alone, when the commit of its
    group fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._scrubbing = asyncio.Lock()
        self._is_log_in_use: bool | None = None  # not known: an earlier process may have left something
        self._is_scrubbing_due = False
        super().__init__(
            reads=ThreadGroup(partial(_open, engine, _read_group, reads=True), GROUP, READERS),
            writes=ThreadGroup(partial(_open, engine, _write_group, reads=False), GROUP),
        )

    async def scrub(self) -> None:
        """Moves everything out of the write-ahead log, which otherwise keeps what has been overwritten."""
        async with self._scrubbing:
            if self._is_log_in_use:  # tried just now in vain, and trying costs those who write some of their time
                return
            await self._scrub()
            if self._is_log_in_use:
                log.info("somebody reads an older state: the write-ahead log keeps what was removed a little longer")

    def scrub_soon(self) -> None:
        self._is_scrubbing_due = True

    async def finish_scrubbing(self) -> None:
        async with self._scrubbing:
            if self._is_scrubbing_due or self._is_log_in_use is not False:
                self._is_scrubbing_due = False
                await self._scrub()

    async def _scrub(self) -> None:
        self._is_log_in_use = not await asyncio.to_thread(self._truncate_log)

    def _truncate_log(self) -> bool:
        """Empties the write-ahead log: first as much as can be moved without waiting, then the rest, while nobody
        writes. The second step waits for readers, so the first one keeps it short. Returns whether the log is empty."""
        with self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection  # SQLAlchemy would begin a transaction first
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            driver.execute(f"PRAGMA busy_timeout={SCRUB_PATIENCE}")
            busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy


@contextmanager
def _open(engine: Engine, run: Callable[[Connection, Sequence[Fn]], list[Outcome]], *, reads: bool) -> Iterator[Run]:
    with engine.connect() as connection:
        connection.info["reads"] = reads
        yield partial(run, connection)


def _read_group(connection: Connection, fns: Sequence[Fn]) -> list[Outcome]:
    try:
        with connection.begin():
            return [_attempt(fn, connection) for fn in fns]
    except Exception as error:
        return [(None, _explained(error))] * len(fns)


def _write_group(connection: Connection, fns: Sequence[Fn]) -> list[Outcome]:
    """Runs all calls in one transaction, in which a call that fails is rolled back alone. If the commit fails, each
    call runs in a transaction of its own."""
    if len(fns) == 1:
        return [_write_alone(connection, fns[0])]
    try:
        with connection.begin():
            return [_attempt_alone(fn, connection) for fn in fns]
    except Exception:
        return [_write_alone(connection, fn) for fn in fns]


def _write_alone(connection: Connection, fn: Fn) -> Outcome:
    try:
        with connection.begin():
            return fn(connection), None
    except Exception as error:
        return None, _explained(error)


def _attempt_alone(fn: Fn, connection: Connection) -> Outcome:
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT call")
    outcome = _attempt(fn, connection)
    if outcome[1]:
        driver.execute("ROLLBACK TO call")
    driver.execute("RELEASE call")
    return outcome


def _attempt(fn: Fn, connection: Connection) -> Outcome:
    try:
        return fn(connection), None
    except Exception as error:
        return None, _explained(error)


def _explained(error: Exception) -> Exception:
    """A full disk, a lock that is never released and a file that has vanished all count as Unavailable."""
    if isinstance(error, OperationalError | sqlite3.OperationalError):
        log.error("the database does not work: %s", getattr(error, "orig", error))
        return away()
    return error
