"""The queue of deliveries as a table: the raw delivery is the job."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, literal_column, not_, select, update

from omilink.clock import Millis
from omilink.database.compiled import Bulk, Query
from omilink.database.deliveries import DEAD, QUARANTINED, THIN_OUT, UNFINISHED, WAITING, finish, remove
from omilink.database.dialects import (
    item,
    json_list,
    last_number,
    listed,
    lock,
    next_number,
    number_after,
    to_values,
    upsert,
)
from omilink.database.rows import every
from omilink.database.schema import deliveries as job
from omilink.database.schema import meta
from omilink.database.store import Transaction
from omilink.database.threads import DatabaseThreads
from omilink.errors import Unavailable
from omilink.models.declaration import columns
from omilink.models.delivery import BATCH_BYTES, LONGEST_WAIT, Delivery, Job
from omilink.models.ids import SHARED, session_key
from omilink.models.order import Moment
from omilink.turns import Waiting, next_batch

COLUMNS = tuple(name for name in columns(Delivery) if name not in ("seq", "order", "attempts"))
"""Of a delivery that is new."""
STREAM = "stream"
"""Where the newest stream's number and name stand."""
ORDERS_OF_A_STREAM = 40
"""Bits of an order that a stream has for itself."""
MOST_TOGETHER = 200
"""Deliveries that are put by one write at most."""
PUT = Bulk(
    upsert(job)
    .values({**to_values(*COLUMNS), "state": literal_column(f"'{WAITING}'"), "run_at": literal_column("0")})
    .on_conflict_do_nothing(index_elements=["key"]),
    Delivery,
    as_json=False,  # which has no bytes
)
KEEP = upsert(job).on_conflict_do_nothing(index_elements=["key"])
DUE = Query(
    select(job.c.seq, job.c.origin, job.c.session_id, func.length(job.c.body).label("size"))
    .where(UNFINISHED, job.c.state == WAITING, not_(job.c.run_at.between(bindparam("after"), bindparam("until"))))
    .order_by(job.c.seq)
    .limit(bindparam("most"))
)
_ORDER = func.coalesce(job.c.order, job.c.seq).label("order")
TAKE = Query(
    select(*(job.c[name] for name in (*COLUMNS, "seq", "attempts")), _ORDER)
    .where(job.c.seq.in_(select(cast(listed("seqs").c.value, BigInteger))))
    .order_by(job.c.seq)
)
LOOK_AHEAD = 1_000
"""Waiting calls among which senders take turns."""
COUNT = select(job.c.state, func.count()).where(UNFINISHED).group_by(job.c.state)
_WANTED = listed("pairs")
_IS_WANTED = (job.c.origin == item(_WANTED.c.value, 0)) & (job.c.session_id == item(_WANTED.c.value, 1))
COUNT_OF = Query(
    select(job.c.origin, job.c.session_id, job.c.state, func.count().label("jobs"))
    .select_from(_WANTED.join(job, _IS_WANTED & UNFINISHED))
    .group_by(job.c.origin, job.c.session_id, job.c.state)
)


@dataclass(slots=True, eq=False)
class _Group:
    """Deliveries that are put by one write. Others join until the write begins."""

    deliveries: list[Delivery] = field(default_factory=list)
    written: "asyncio.Future[None] | None" = None


class SqlQueue:
    def __init__(self, database: DatabaseThreads) -> None:
        self._database = database
        self._something_new = asyncio.Event()
        self._is_above_streams = False
        self._lock = Lock()  # the loop adds to the group, and a thread of the database closes it
        self._group: _Group | None = None

    async def put(self, delivery: Delivery) -> None:
        group = self._join(delivery)
        if group.written is None:
            group.written = asyncio.ensure_future(self._database.write(lambda connection: self._put(connection, group)))
        try:
            await asyncio.shield(group.written)  # whoever stops waiting does not stop the others
        except Unavailable:
            raise
        except Exception:  # one of the group may be at fault
            await self._database.write(lambda connection: self._put(connection, _Group([delivery])))
        self._something_new.set()

    async def keep(self, delivery: Delivery, state: str, error: str, *, attempts: int = 0, run_at: Millis = 0) -> None:
        """Takes over a delivery that waited elsewhere and failed, or is to be put into quarantine."""
        row = {column: getattr(delivery, column) for column in COLUMNS}
        row |= {"order": delivery.order or None, "state": state, "error": error, "attempts": attempts, "run_at": run_at}
        await self._database.write(lambda connection: _keep(connection, row))

    async def moment(self, at: Millis) -> Moment:
        return Moment(at=at, order=await self._database.read(_newest_order))

    async def newest_act(self) -> int:
        """The number of the newest act of all nodes."""
        return await self._database.read(last_number)

    async def new_act(self) -> int:
        return await self._database.write(next_number)

    async def first_order(self, stream: str) -> int:
        """The order before the first of the stream of this name. A stream that is made anew counts from 1 again, so it
        goes on above the one before, and above the table."""
        return await self._database.write(lambda connection: _number_of(connection, stream) << ORDERS_OF_A_STREAM)

    async def wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._something_new.wait()
        except TimeoutError:
            pass
        self._something_new.clear()

    async def take(self, limit: int, at: Millis) -> list[Delivery]:
        self._something_new.clear()
        taken, are_all = await self._database.read(lambda connection: _take(connection, limit, at))
        if not are_all:
            self._something_new.set()
        return taken

    async def done(self, seqs: Collection[int], quarantined: Mapping[int, str]) -> None:
        if seqs:
            await self._database.write(lambda connection: finish(connection, seqs, quarantined))

    async def remove(self, seqs: Collection[int]) -> None:
        await self._database.write(lambda connection: remove(connection, seqs))

    def finish_within(
        self, tx: Transaction, seqs: Collection[int], quarantined: Mapping[int, str], removed: Collection[int]
    ) -> bool:
        tx.finish_deliveries(seqs, quarantined, removed)
        return True

    async def failed(self, delivery: Delivery, error: str, *, retry_at: Millis | None) -> None:
        change = (
            update(job)
            .where(job.c.seq == delivery.seq)
            .values(attempts=delivery.attempts + 1, error=error, state=WAITING if retry_at else DEAD)
        )
        if retry_at:
            change = change.values(run_at=retry_at)
        await self._database.write(lambda connection: connection.execute(change).rowcount)

    async def retry(self, seqs: Collection[int] | None) -> int:
        change = update(job).where(job.c.state == DEAD).values(state=WAITING, attempts=0, run_at=0)
        if seqs is not None:
            change = change.where(job.c.seq.in_(seqs))
        count = await self._database.write(lambda connection: connection.execute(change).rowcount)
        self._something_new.set()
        return count

    async def jobs(self, state: str | None, session_key: str | None, limit: int) -> list[Job]:
        query = select(*[job.c[name] for name in columns(Job)]).order_by(job.c.seq.desc()).limit(limit)
        if state:
            query = query.where(job.c.state == state)
        if session_key:
            query = query.where(_of_session(session_key))
        return await self._database.read(lambda connection: every(Job, connection.execute(query)))

    async def counts(self, session_key: str | None = None) -> dict[str, int]:
        if session_key:
            return (await self.counts_of([session_key])).get(session_key, {})
        return await self._database.read(lambda connection: {s: n for s, n in connection.execute(COUNT)})

    async def counts_of(self, session_keys: Collection[str]) -> dict[str, dict[str, int]]:
        pairs = json_list(map(_parts, session_keys))
        rows = await self._database.read(lambda connection: COUNT_OF.run(connection, pairs=pairs))
        counts: dict[str, dict[str, int]] = {}
        for row in rows:
            counts.setdefault(session_key(row.origin, row.session_id), {})[row.state] = row.jobs
        return counts

    def _join(self, delivery: Delivery) -> _Group:
        """The group that waits to be written, with this delivery."""
        with self._lock:
            group = self._group
            if group is None or len(group.deliveries) == MOST_TOGETHER:
                group = self._group = _Group()
            group.deliveries.append(delivery)
        return group

    def _put(self, connection: Connection, group: _Group) -> None:
        with self._lock:
            if self._group is group:
                self._group = None
        if not self._is_above_streams:
            number_after(connection, _end_of_streams(connection))
            self._is_above_streams = True
        PUT.run(connection, group.deliveries)


def _newest_order(connection: Connection) -> int:
    return max(last_number(connection), _end_of_streams(connection))


def _end_of_streams(connection: Connection) -> int:
    """What this table numbers after it took over from a stream is greater than all that the stream has numbered."""
    number, _ = _last_stream(connection)
    return (number + 1) << ORDERS_OF_A_STREAM if number else 0


def _number_of(connection: Connection, stream: str) -> int:
    lock(connection, [STREAM])
    number, name = _last_stream(connection)
    if name != stream:
        number = max(number, last_number(connection) >> ORDERS_OF_A_STREAM) + 1
        row = upsert(meta).values(name=STREAM, value=f"{number} {stream}")
        connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": row.excluded.value}))
    return number


def _last_stream(connection: Connection) -> tuple[int, str]:
    """The number and name of the stream that came last; 0 if there was none."""
    found = connection.execute(select(meta.c.value).where(meta.c.name == STREAM)).scalar() or "0 "
    number, _, name = found.partition(" ")
    return int(number), name


def _take(connection: Connection, limit: int, at: Millis) -> tuple[list[Delivery], bool]:
    """The deliveries that are next, and whether they are all that are due."""
    rows = DUE.run(connection, after=at + 1, until=at + LONGEST_WAIT, most=max(limit, LOOK_AHEAD))
    due = [Waiting(row.seq, row.session_id if row.origin == SHARED else row.origin, row.size) for row in rows]
    taken = TAKE.run(connection, seqs=json_list(next_batch(due, limit, BATCH_BYTES))) if due else ()
    return every(Delivery, taken), len(taken) == len(due)


def _keep(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(KEEP, row)
    if row["state"] == QUARANTINED:
        connection.execute(THIN_OUT, {"origins": [row["origin"]]})


def _of_session(session_key: str) -> Any:
    origin, session_id = _parts(session_key)
    return (job.c.origin == origin) & (job.c.session_id == session_id)


def _parts(session_key: str) -> tuple[str, str]:
    origin, _, session_id = session_key.partition("/")
    return origin or SHARED, session_id
