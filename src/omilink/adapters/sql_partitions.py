"""Which worker reads which partitions of the stream, and how far each partition is finished.

Leases keep two workers from doing the same work at the same time; that it is right does not rest on them, for saving
again changes nothing. Times are PostgreSQL's, so that the nodes' clocks do not matter.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Connection, cast, delete, extract, func, select, update

from omilink.adapters import sql_schema as schema
from omilink.adapters.lanes import Lanes
from omilink.adapters.sql_dialects import upsert
from omilink.model import Millis

LEASE: Millis = 5_000
"""A worker that is not heard of for so long has died."""

row, worker = schema.partitions, schema.workers
NOW = cast(extract("epoch", func.clock_timestamp()) * 1000, BigInteger)


class Partitions:
    """One worker's part of them."""

    def __init__(self, database: Lanes, worker_id: str, count: int) -> None:
        self._database, self._me, self._count = database, worker_id, count

    async def hold(self, stream: str, finished: Mapping[int, int]) -> dict[int, int]:
        """Notes what is finished, prolongs the leases, gives up or takes what makes the shares even, and returns the
        partitions held with their positions."""
        return await self._database.write(lambda connection: self._hold(connection, stream, finished))

    async def release(self, stream: str, finished: Mapping[int, int]) -> None:
        """Gives everything back, so that others need not wait for the leases to end."""
        await self._database.write(lambda connection: self._release(connection, stream, finished))

    def _hold(self, connection: Connection, stream: str, finished: Mapping[int, int]) -> dict[int, int]:
        now: Millis = connection.execute(select(NOW)).scalar_one()
        until = now + LEASE
        me = upsert(worker).values(id=self._me, alive_until=until)
        connection.execute(me.on_conflict_do_update(index_elements=["id"], set_={"alive_until": until}))
        alive = connection.execute(select(func.count()).where(worker.c.alive_until > now)).scalar_one()
        self._advance(connection, stream, finished)
        rows = self._rows(connection, stream)
        mine = [number for number, found in rows.items() if found.holder == self._me]
        free = [number for number, found in rows.items() if found.holder is None or found.held_until <= now]
        share = -(-self._count // alive)
        held = [*mine, *(number for number in free if number not in mine)][:share]
        self._set_holder(connection, stream, held, self._me, until)
        self._set_holder(connection, stream, set(mine) - set(held), None, 0)
        return {number: rows[number].position for number in held}

    def _release(self, connection: Connection, stream: str, finished: Mapping[int, int]) -> None:
        self._advance(connection, stream, finished)
        connection.execute(update(row).where(row.c.holder == self._me).values(holder=None, held_until=0))
        connection.execute(delete(worker).where(worker.c.id == self._me))

    def _rows(self, connection: Connection, stream: str) -> dict[int, Any]:
        query = select(row).where(row.c.stream == stream).order_by(row.c.number)
        rows = {found.number: found for found in connection.execute(query)}
        if not rows:
            new = [{"stream": stream, "number": n, "position": 0, "held_until": 0} for n in range(self._count)]
            connection.execute(upsert(row).on_conflict_do_nothing(), new)
            rows = {found.number: found for found in connection.execute(query)}
        return rows

    def _advance(self, connection: Connection, stream: str, finished: Mapping[int, int]) -> None:
        for number, position in finished.items():
            this = (row.c.stream == stream) & (row.c.number == number) & (row.c.position < position)
            connection.execute(update(row).where(this).values(position=position))

    def _set_holder(self, connection: Connection, stream: str, numbers: Any, holder: str | None, until: Millis) -> None:
        if numbers:
            these = (row.c.stream == stream) & row.c.number.in_(numbers)
            connection.execute(update(row).where(these).values(holder=holder, held_until=until))


async def workers_alive(database: Lanes) -> int:
    query = select(func.count()).where(worker.c.alive_until > NOW)
    return await database.read(lambda connection: int(connection.execute(query).scalar_one()))
