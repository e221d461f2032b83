"""Leases: which worker reads which partitions of the stream. Leases keep two workers from doing the same work at the
same time. Correctness does not depend on them, since saving a call again changes nothing. Times are those of
PostgreSQL's clock, so that the nodes' clocks do not matter."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    cast,
    delete,
    extract,
    func,
    literal,
    select,
    update,
)

from omilink.clock import DAY, Millis
from omilink.database import schema
from omilink.database.dialects import upsert
from omilink.database.threads import DatabaseThreads

LEASE: Millis = 5_000
"""Milliseconds. A worker whose row has been stale for this time has died."""
LONG_DEAD: Millis = DAY

partition, worker = schema.partitions, schema.workers
NOW = cast(extract("epoch", func.clock_timestamp()) * 1000, BigInteger)


class Partitions:
    """The partitions that one worker holds."""

    def __init__(self, database: DatabaseThreads, worker_id: str, count: int) -> None:
        self._database, self._me, self._count = database, worker_id, count

    async def hold(self) -> set[int]:
        """Prolongs the leases, takes or returns partitions until all workers have equal shares, and returns the
        partitions that this worker holds."""
        return await self._database.write(self._hold)

    async def release(self) -> None:
        """Returns all partitions, so that other workers need not wait until the leases end."""
        await self._database.write(self._release)

    def _hold(self, connection: Connection) -> set[int]:
        rows = self._rows(connection)  # locks them: whoever reads the clock before waits with a time that is past
        now: Millis = connection.execute(select(NOW)).scalar_one()
        until = now + LEASE
        before = connection.execute(select(worker.c.alive_until).where(worker.c.id == self._me)).scalar()
        # as the others' may have: PostgreSQL was away, say, or its clock has been put right
        lapsed = before is not None and not _lasts(before, now)
        me = upsert(worker).values(id=self._me, alive_until=until)
        connection.execute(me.on_conflict_do_update(index_elements=["id"], set_={"alive_until": until}))
        connection.execute(delete(worker).where(worker.c.alive_until <= now - LONG_DEAD))
        alive = connection.execute(_alive(literal(now))).scalar_one()
        mine = [row.number for row in rows if row.holder == self._me]
        free = [row.number for row in rows if not lapsed and (row.holder is None or not _lasts(row.held_until, now))]
        share = -(-self._count // alive)
        held = [*mine, *(number for number in free if number not in mine)][:share]
        self._set_holder(connection, held, self._me, until)
        self._set_holder(connection, set(mine) - set(held), None, 0)
        return set(held)

    def _release(self, connection: Connection) -> None:
        mine = update(partition).where(partition.c.holder == self._me)
        connection.execute(mine.values(holder=None, held_until=0))
        connection.execute(delete(worker).where(worker.c.id == self._me))

    def _rows(self, connection: Connection) -> Sequence[Any]:
        query = select(partition).order_by(partition.c.number).with_for_update()
        rows = connection.execute(query).all()
        if not rows:
            new = [{"number": number, "held_until": 0} for number in range(self._count)]
            connection.execute(upsert(partition).on_conflict_do_nothing(), new)
            rows = connection.execute(query).all()
        return rows

    def _set_holder(self, connection: Connection, numbers: Collection[int], holder: str | None, until: Millis) -> None:
        if numbers:
            these = update(partition).where(partition.c.number.in_(numbers))
            connection.execute(these.values(holder=holder, held_until=until))


async def workers_alive(database: DatabaseThreads) -> int:
    return await database.read(lambda connection: int(connection.execute(_alive(NOW)).scalar_one()))


def _alive(now: ColumnElement[Millis]) -> Select[int]:
    lasts = worker.c.alive_until.between(now + 1, now + LEASE)
    return select(func.count()).where(lasts)


def _lasts(until: Millis, now: Millis) -> bool:
    """Whether the lease is still valid. A lease that would last longer than any lease can was given by a clock that has
    been put right since; it counts as ended."""
    return now < until <= now + LEASE
