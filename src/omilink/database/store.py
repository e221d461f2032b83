"""A transaction over everything that is stored, and the store that runs it.

Use cases are plain functions `fn(tx, …)` over a Transaction; a Store runs them. So a use case is one transaction, and
what it announces is announced by its caller after the commit.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, select, update

from omilink.counted_time import CountedTime
from omilink.database import schema
from omilink.database.audit import Audit
from omilink.database.conversations import Conversations
from omilink.database.deliveries import Deliveries
from omilink.database.dialects import upsert
from omilink.database.limits import Limits
from omilink.database.links import Links
from omilink.database.messages import Messages
from omilink.database.personal_urls import PersonalUrls
from omilink.database.removal import Removal
from omilink.database.sign_ins import SignIns
from omilink.database.threads import DatabaseThreads
from omilink.database.users import Users
from omilink.models.ids import new_id

T = TypeVar("T")


class Transaction(Links, Audit, Conversations, Messages, Users, SignIns, PersonalUrls, Limits, Deliveries, Removal):
    """One transaction's view of the store. Rows come and go as the values of `models`."""


class Store:
    """Runs functions of a transaction."""

    def __init__(self, database: DatabaseThreads, time: CountedTime | None = None) -> None:
        self._database, self._time = database, time or CountedTime()

    async def read(self, fn: Callable[[Transaction], T]) -> T:
        """Runs `fn` on one consistent snapshot. Raises Unavailable when the database is away."""
        return await self._database.read(lambda connection: fn(Transaction(connection, self._time)))

    async def write(self, fn: Callable[[Transaction], T]) -> T:
        """Runs `fn` and commits, or rolls all of it back and raises; it may run more than once. Durable on return."""
        return await self._database.write(lambda connection: fn(Transaction(connection, self._time, writes=True)))

    async def scrub(self) -> None:
        """Overwrites on the disk what has been removed, as far as the database can do that: SQLite can, PostgreSQL
        reuses the space in its own time. Nobody who writes waits long for it. What is in use by a reader of an older
        state is left for `finish_scrubbing`."""
        await self._database.scrub()

    async def finish_scrubbing(self) -> None:
        """Tries again what is left, by an earlier process too. To be called from time to time."""
        await self._database.finish_scrubbing()


def has_history(connection: Connection) -> bool:
    return connection.execute(select(schema.meta).where(schema.meta.c.name == "epoch")).first() is not None


def start_history(connection: Connection) -> None:
    """Names a new database's history, so that cursors of another one are recognised."""
    connection.execute(
        upsert(schema.meta).values(name="epoch", value=new_id()).on_conflict_do_nothing(index_elements=["name"])
    )


def rename_history(connection: Connection) -> None:
    """For a history that has gone back in time: cursors from before are good for it no more."""
    connection.execute(update(schema.meta).where(schema.meta.c.name == "epoch").values(value=new_id()))
