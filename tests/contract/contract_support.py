"""What the contract tests share."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import Engine

from omilink.clock import Millis
from omilink.database import migrate, postgres, sqlite
from omilink.database.store import Transaction
from omilink.database.threads import DatabaseThreads
from omilink.live.event_log import Frame
from omilink.live.live_stream import Quiet
from omilink.models.omi_account import OmiLink, Proof
from omilink.models.order import Moment


def open_database(engine: Engine) -> DatabaseThreads:
    if engine.dialect.name == "sqlite":
        return sqlite.Sqlite(engine)
    return postgres.Postgres(engine, prepare=migrate.upgrade)


def verified(uid: str, user_id: str, at: Millis) -> OmiLink:
    return OmiLink(uid=uid, user_id=user_id, proof=Proof.OPERATOR, verified_at=at)


def moment(at: Millis) -> Moment:
    """In a plain story the order follows the clock."""
    return Moment(at=at, order=at)


def prune(tx: Transaction, **until: Millis) -> bool:
    """Removes what is older than is told, and nothing else."""
    nothing = {"now": 0, "deliveries_before": 0, "unlinked_before": 0, "events_before": 0}
    return tx.prune(most=100, **nothing | until)


class Collected:
    """The reader of a stream, who collects what it sends."""

    def __init__(self) -> None:
        self.batches: asyncio.Queue[Sequence[Frame] | Quiet] = asyncio.Queue()
        self._over, self._room, self._asked = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._room.set()

    async def next(self) -> Sequence[Frame] | Quiet:
        async with asyncio.timeout(30):
            return await self.batches.get()

    async def over(self) -> None:
        async with asyncio.timeout(30):
            await self._over.wait()

    async def asked(self) -> None:
        """Returns once the stream waits for room."""
        async with asyncio.timeout(30):
            await self._asked.wait()

    def stop(self) -> None:
        self._room.clear()

    def go_on(self) -> None:
        self._room.set()

    # as the stream sees it

    @property
    def has_room(self) -> bool:
        return self._room.is_set() and not self._over.is_set()

    async def room(self) -> bool:
        if not self._room.is_set():
            self._asked.set()
            await self._room.wait()
        return not self._over.is_set()

    def send(self, frames: Sequence[Frame] | Quiet) -> None:
        if not self._over.is_set():
            self.batches.put_nowait(frames)

    def end(self) -> None:
        self._over.set()

    abort = end
