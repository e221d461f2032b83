"""Copies a whole database: into another database, or into a file."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from omilink.database import migrate, schema, sqlite
from omilink.database.deliveries import WAITING
from omilink.database.dialects import last_number, number_after
from omilink.database.history import rename_history
from omilink.errors import OmilinkError

CHUNK = 1000
"""The number of rows that are held in memory at once."""
STAYS = {"workers", "partitions", "search_waiting", "large_bodies"}
"""Tables that belong to the old place and are not copied."""

Tell = Callable[[str, int], None]
"""Called with a table's name and the number of its rows that have been copied."""


def move(source: Engine, target: Engine, tell: Tell) -> None:
    """Copies all rows, also the name of the history and all numbers, so that cursors stay valid. The copy is one
    transaction: after an interruption nothing is copied, and the copy can be repeated. Nobody may write to the source
    meanwhile; SQLite ensures that itself."""
    migrate.upgrade(source)
    migrate.upgrade(target)
    with source.connect() as old, target.begin() as new:
        _without_hurry(old)
        _without_hurry(new)
        _check(old, new)
        new.execute(schema.meta.delete())
        for table in schema.metadata.sorted_tables:
            if table.name not in STAYS:
                tell(table.name, _copy(table, old, new))
        number_after(new, last_number(old))
        _index_anew(new)
        if target.dialect.name == "postgresql":
            _go_on_counting(new)


def back_up(source: Path, copy: Path) -> None:
    """Makes a consistent copy of a SQLite database while it is in use. The copy's history has a new name: a client that
    has seen events after the copy begins again when the copy is restored."""
    if not source.exists():
        raise OmilinkError(f"There is no database at {source}.")
    if copy.exists():
        raise OmilinkError(f"{copy} is there already, and a backup overwrites nothing. Give another name.")
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        with sqlite.engine(unfinished).begin() as connection:
            rename_history(connection)
    except (sqlite3.Error, DBAPIError, OSError) as error:
        raise OmilinkError(f"The backup could not be written to {copy}: {error}.") from None
    else:
        os.replace(unfinished, copy)
    finally:
        unfinished.unlink(missing_ok=True)


def _without_hurry(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 0")


def _check(old: Connection, new: Connection) -> None:
    waiting = (schema.deliveries.c.state == WAITING) & (schema.deliveries.c.attempts == 0)
    if count := old.execute(select(func.count()).where(waiting)).scalar():
        raise OmilinkError(
            f"{count} calls have not been saved yet. Let the old server save them (omilink jobs list --state waiting "
            "shows none), stop it, and try again."
        )
    if (
        new.execute(select(schema.users.c.id).limit(1)).first()
        or new.execute(select(schema.omi_sessions.c.id).limit(1)).first()
    ):
        raise OmilinkError("The new database holds users or sessions already. Move into an empty one.")


def _copy(table: Table, old: Connection, new: Connection) -> int:
    count = 0
    for rows in old.execute(select(table), execution_options={"yield_per": CHUNK}).mappings().partitions(CHUNK):
        new.execute(insert(table), [dict(row) for row in rows])
        count += len(rows)
    return count


def _index_anew(new: Connection) -> None:
    """The search index is not copied."""
    new.execute(update(schema.search_conversations).values(reached=None))
    new.execute(insert(schema.search_waiting).from_select(["number"], select(schema.search_conversations.c.number)))


def _go_on_counting(new: Connection) -> None:
    for column in schema.audit.c.id, schema.search_conversations.c.number:
        if last := new.execute(select(func.max(column))).scalar():
            serial = func.pg_get_serial_sequence(column.table.name, column.name)
            new.execute(select(func.setval(serial, last)))
