"""A transaction over everything that is stored, and the store that runs it.

Use cases are plain functions `fn(tx, …)` over a Transaction; a Store runs them. So a use case is one transaction. Its
caller notifies the bus after the commit.
"""

from collections.abc import Callable
from typing import TypeVar

from omilink.counted_time import CountedTime
from omilink.database.action_items import ActionItems
from omilink.database.audit import Audit
from omilink.database.conversations import Conversations
from omilink.database.day_summaries import DaySummaries
from omilink.database.deliveries import Deliveries
from omilink.database.history import History
from omilink.database.large_bodies import LargeBodies
from omilink.database.limits import Limits
from omilink.database.links import Links
from omilink.database.messages import Messages
from omilink.database.pauses import Pauses
from omilink.database.people import AllPeople
from omilink.database.personal_urls import PersonalUrls
from omilink.database.removal import Removal
from omilink.database.search import Search
from omilink.database.search_index import SearchIndex
from omilink.database.sign_ins import SignIns
from omilink.database.signatures import Signatures
from omilink.database.threads import DatabaseThreads
from omilink.database.traces import Traces
from omilink.database.users import Users

T = TypeVar("T")


class Transaction(
    Links,
    Audit,
    Conversations,
    Messages,
    Traces,
    DaySummaries,
    ActionItems,
    AllPeople,
    Pauses,
    Users,
    SignIns,
    PersonalUrls,
    Limits,
    Deliveries,
    LargeBodies,
    Signatures,
    History,
    SearchIndex,
    Search,
    Removal,
):
    """Reads and writes of one transaction, a class per subject. Rows are read and written as nouns of `models`."""


class Store:
    """Runs functions of a transaction."""

    def __init__(self, database: DatabaseThreads, time: CountedTime | None = None) -> None:
        self._database, self._time = database, time or CountedTime()

    async def read(self, fn: Callable[[Transaction], T]) -> T:
        """Runs `fn` on one consistent snapshot. Raises Unavailable when the database cannot be used."""
        return await self._database.read(lambda connection: fn(Transaction(connection, self._time)))

    async def write(self, fn: Callable[[Transaction], T]) -> T:
        """Runs `fn` and commits; on an error everything is rolled back and the error is raised. The change is on disk
        on return. `fn` may run more than once. Raises Unavailable when the database cannot be used."""
        return await self._database.write(lambda connection: fn(Transaction(connection, self._time, writes=True)))

    async def scrub(self) -> None:
        """Overwrites removed rows on the disk, as far as the database can: SQLite can, PostgreSQL reuses the space in
        its own time. Writers do not wait long for it. Pages that a reader of an older state still uses are left for
        `finish_scrubbing`."""
        await self._database.scrub()

    def scrub_soon(self) -> None:
        """The next `finish_scrubbing` overwrites what has been removed until then."""
        self._database.scrub_soon()

    async def finish_scrubbing(self) -> None:
        """Overwrites what earlier calls of `scrub` left, also those of an earlier process. Must be called regularly."""
        await self._database.finish_scrubbing()
