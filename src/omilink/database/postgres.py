"""PostgreSQL: four threads that read and four that write, over psycopg.

A reading transaction sees one snapshot. A writing transaction locks the sessions that it reads and the users for whom
it adds events, in that order. So use cases are the same code as on SQLite, where there is one writer
(docs/decisions/0010-cluster.md).
"""

import logging
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from omilink.background import pause
from omilink.database.threads import DatabaseThreads, Fn, Outcome, Run, ThreadGroup, away
from omilink.errors import OmilinkError, Unavailable

READERS = WRITERS = 4
GROUP = 100
"""The most reads that share a snapshot."""
TRIES = 10
"""Attempts before a transaction that conflicts with others gives up."""
READ_PATIENCE, WRITE_PATIENCE = 4.0, 30.0
"""Seconds after which a waiting call gives up: a network that drops everything reports nothing."""
IDLE = 1.0
"""Seconds without use after which a connection is tested before it is used."""
LONGEST_PAUSE = 0.5

_REFUSAL = re.compile("FATAL: +(password authentication|(role|database) .* does not exist|no pg_hba)")
"""What a server answers that refuses the connection, also at later tries."""

CONFLICT = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction)
TOO_MUCH = (errors.QueryCanceled, errors.ProgramLimitExceeded)
"""Errors that psycopg counts as operational and that a later try does not mend."""

log = logging.getLogger(__name__)


def engine(url: str) -> Engine:
    options = {
        "connect_timeout": 3,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "application_name": "omilink",
        "prepare_threshold": 0,  # each lane has few statements, and uses them again
        "options": "-c statement_timeout=25s -c idle_in_transaction_session_timeout=60s",
    }
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        hide_parameters=True,  # they are what people said
        paramstyle="format",  # positions, as SQLite has them
        connect_args=options,
    )


class AccessDenied(Unavailable):
    """PostgreSQL answers and refuses the connection, also at later tries. `why` is for the operator."""

    def __init__(self, why: str) -> None:
        super().__init__(away().message, away().retry_after)
        self.why = why


class Postgres(DatabaseThreads):
    """A database on a server. A write is committed on return. A write may run several times, until no other transaction
    conflicts with it."""

    def __init__(self, engine: Engine, *, prepare: Callable[[Engine], None]) -> None:
        """`prepare` runs once, before any call, as soon as the database can be used."""
        prepared = _once(prepare, engine)
        snapshots = engine.execution_options(isolation_level="REPEATABLE READ")
        super().__init__(
            reads=ThreadGroup(partial(_open, snapshots, prepared, _read_group), GROUP, READERS, READ_PATIENCE),
            writes=ThreadGroup(partial(_open, engine, prepared, _write), 1, WRITERS, WRITE_PATIENCE),
        )


class _Link:
    """A connection that is opened when it is needed, and opened again, after growing pauses, when it is lost."""

    def __init__(self, engine: Engine, prepared: Callable[[], None]) -> None:
        self._engine, self._prepared = engine, prepared
        self._connection: Connection | None = None
        self._not_before = self._used_at = 0.0
        self.failures = 0

    def connection(self) -> Connection:
        now = time.monotonic()
        if self._connection is not None and now - self._used_at > IDLE and not self._answers(self._connection):
            self.lose()
        if self._connection is None:
            if now < self._not_before:
                raise away()
            self._prepared()
            self._connection = self._engine.connect()
            self.failures = 0
        self._used_at = now
        return self._connection

    def _answers(self, connection: Connection) -> bool:
        """Whether the connection still works. After an outage every connection is lost, and no call may fail because of
        that."""
        try:
            with connection.begin():
                connection.execute(text("SELECT 1"))
            return True
        except DBAPIError:
            return False

    def lose(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def fail(self) -> None:
        """Notes that no connection could be opened."""
        self.failures += 1
        self._not_before = time.monotonic() + pause(self.failures, LONGEST_PAUSE)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _once(prepare: Callable[[Engine], None], engine: Engine) -> Callable[[], None]:
    lock, done = threading.Lock(), threading.Event()

    def prepared() -> None:
        with lock:
            if not done.is_set():
                prepare(engine)
                done.set()

    return prepared


@contextmanager
def _open(
    engine: Engine, prepared: Callable[[], None], run: Callable[[Connection, Sequence[Fn]], list[Outcome]]
) -> Iterator[Run]:
    link = _Link(engine, prepared)
    yield partial(_linked, link, run)
    link.close()


def _linked(link: _Link, run: Callable[[Connection, Sequence[Fn]], list[Outcome]], fns: Sequence[Fn]) -> list[Outcome]:
    """If the connection is lost, all calls of the group get Unavailable."""
    connection = _connected(link)
    try:
        return run(connection, fns)
    except Exception as error:
        cause = _cause(error)
        if not isinstance(cause, AWAY) or isinstance(cause, (*TOO_MUCH, *CONFLICT)):
            raise
        log.warning("PostgreSQL is away: %s", type(cause).__name__)
        link.lose()
        raise away() from None


def _connected(link: _Link) -> Connection:
    try:
        return link.connection()
    except Exception as error:
        cause = _cause(error)
        if not isinstance(cause, (*AWAY, psycopg.ProgrammingError)):
            raise
        link.fail()
        why = " ".join(str(cause).split())  # no statement has run, so it tells no words
        if link.failures == 1:
            log.warning("PostgreSQL is away: %s", why)
        if isinstance(cause, psycopg.ProgrammingError) or _REFUSAL.search(why):
            raise AccessDenied(f"PostgreSQL refuses OMILINK_DATABASE_URL: {why}") from None
        raise away() from None


def _read_group(connection: Connection, fns: Sequence[Fn]) -> list[Outcome]:
    """Runs all reads on one snapshot. If one read fails, each read runs on its own, since PostgreSQL then carries out
    none of them."""
    try:
        with connection.begin():
            return [_attempt(fn, connection) for fn in fns]
    except Exception as error:
        if isinstance(_cause(error), AWAY):
            raise
        if len(fns) == 1:
            return [(None, error)]
        return [outcome for fn in fns for outcome in _read_group(connection, [fn])]


def _attempt(fn: Fn, connection: Connection) -> Outcome:
    try:
        return fn(connection), None
    except OmilinkError as error:  # the database has nothing to do with it
        return None, error


def _write(connection: Connection, fns: Sequence[Fn]) -> list[Outcome]:
    (fn,) = fns
    for attempt in range(TRIES):
        try:
            with connection.begin():
                result = fn(connection)
            return [(result, None)]
        except Exception as error:
            if not isinstance(_cause(error), CONFLICT) or attempt == TRIES - 1:
                raise
            time.sleep(random.uniform(0, min(0.1, 0.001 * 2**attempt)))
    raise AssertionError("the last try returns or raises")


def _cause(error: BaseException) -> Any:
    return error.orig if isinstance(error, DBAPIError) else error
