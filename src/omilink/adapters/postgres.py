"""PostgreSQL: four lanes that read and four that write, over psycopg.

Reading transactions see one snapshot. Writing ones lock the sessions that they look at and the users whom they tell, in
that order, so that use cases are the same code as on SQLite, where there is one writer: docs/decisions/0010-cluster.md.
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
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from omilink.adapters.lanes import Fn, Lane, Lanes, Outcome, Run, away
from omilink.errors import OmilinkError

READERS = WRITERS = 4
GROUP = 100
"""Reads that share a snapshot at most."""
TRIES = 10
"""So often a transaction runs that others get in the way of."""
READ_PATIENCE, WRITE_PATIENCE = 4.0, 30.0
"""Seconds after which a call that waits gives up: a network that swallows everything tells nothing."""
LONGEST_PAUSE = 0.5

_REFUSAL = re.compile("FATAL: +(password authentication|(role|database) .* does not exist|no pg_hba)")
"""What the server says that is there and will not talk to us, now or later."""

CONFLICT = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction)

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
        "options": "-c statement_timeout=60s -c idle_in_transaction_session_timeout=60s",
    }
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        paramstyle="format",  # positions, as SQLite has them
        connect_args=options,
    )


class Postgres(Lanes):
    """A write is committed on return. It may run several times, until nobody gets in its way."""

    def __init__(self, engine: Engine, *, prepare: Callable[[Engine], None]) -> None:
        """`prepare` runs once, before anything else, as soon as the database is there."""
        prepared = _once(prepare, engine)
        snapshots = engine.execution_options(isolation_level="REPEATABLE READ")
        super().__init__(
            reads=Lane(partial(_open, snapshots, prepared, _read_group), GROUP, READERS, READ_PATIENCE),
            writes=Lane(partial(_open, engine, prepared, _write), 1, WRITERS, WRITE_PATIENCE),
        )


class _Link:
    """A connection that is made when it is needed, and made again, after growing pauses, when it is lost."""

    def __init__(self, engine: Engine, prepared: Callable[[], None]) -> None:
        self._engine, self._prepared = engine, prepared
        self._connection: Connection | None = None
        self._failures, self._not_before = 0, 0.0

    def connection(self) -> Connection:
        if self._connection is None:
            if time.monotonic() < self._not_before:
                raise away()
            self._prepared()
            self._connection = self._engine.connect()
            self._failures = 0
        return self._connection

    def lose(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def fail(self) -> None:
        """Notes that none could be made."""
        self._failures += 1
        self._not_before = time.monotonic() + pause(self._failures)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def pause(failures: int) -> float:
    """Seconds before the next try to connect: growing, and different for everybody."""
    return min(LONGEST_PAUSE, 0.05 * 2.0**failures) * random.uniform(0.5, 1.5)


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


def _linked(
    link: _Link,
    run: Callable[[Connection, Sequence[Fn]], list[Outcome]],
    fns: Sequence[Fn],
    *,
    again: bool = True,
) -> list[Outcome]:
    """If the connection turns out to be lost, reads are done once again, and writers told that the database is away."""
    connection = _connected(link)
    try:
        return run(connection, fns)
    except Exception as error:
        cause = _cause(error)
        if not isinstance(cause, AWAY):
            raise
        log.warning("PostgreSQL is away: %s", type(cause).__name__)
        link.lose()
        if again and run is _read_group:  # after an outage every lane's connection is a lost one
            return _linked(link, run, fns, again=False)
        raise away() from None


def _connected(link: _Link) -> Connection:
    try:
        return link.connection()
    except Exception as error:
        cause = _cause(error)
        if not isinstance(cause, AWAY):
            raise
        link.fail()
        why = " ".join(str(cause).split())  # no statement has run, so it tells no words
        if _REFUSAL.search(why):
            raise OmilinkError(f"PostgreSQL refuses OMILINK_DATABASE_URL: {why}") from None
        log.warning("PostgreSQL is away: %s", why)
        raise away() from None


def _read_group(connection: Connection, fns: Sequence[Fn]) -> list[Outcome]:
    """All on one snapshot; if one fails, each on its own, for PostgreSQL goes on with none of them."""
    try:
        with connection.begin():
            return [(fn(connection), None) for fn in fns]
    except Exception as error:
        if isinstance(_cause(error), AWAY):
            raise
        if len(fns) == 1:
            return [(None, error)]
        return [outcome for fn in fns for outcome in _read_group(connection, [fn])]


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
