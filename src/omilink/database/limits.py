"""Token buckets: how much of each limit has been used. `who` is a hash."""

from collections.abc import Collection, Mapping

from msgspec import Struct
from sqlalchemy import bindparam, select

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.compiled import Bulk, Query
from omilink.database.dialects import among, json_list, upsert
from omilink.database.work import Work

FULL_AT = Query(
    select(schema.limits.c.who, schema.limits.c.full_at).where(
        schema.limits.c.name == bindparam("name"), among(schema.limits.c.who, "whos")
    )
)


class _Used(Struct, frozen=True, gc=False):
    who: str
    full_at: Millis


_BUCKET = upsert(schema.limits)
PUT_FULL_AT = Bulk(
    _BUCKET.on_conflict_do_update(index_elements=["name", "who"], set_={"full_at": _BUCKET.excluded.full_at}), _Used
)


class Limits(Work):
    def full_at(self, limit: str, who: str) -> Millis:
        """When the bucket is full again, in counted time; 0 if the bucket has never been used. A writing transaction
        locks the bucket."""
        self._lock([f"{limit} {who}"])
        b = schema.limits
        return self._run(select(b.c.full_at).where(b.c.name == limit, b.c.who == who)).scalar() or 0

    def put_full_at(self, limit: str, who: str, at: Millis) -> None:
        self.put_full_at_each(limit, {who: at})

    def full_at_each(self, limit: str, whos: Collection[str]) -> dict[str, Millis]:
        """When each bucket is full again; unused buckets are missing. Nothing is locked."""
        rows = FULL_AT.run(self._connection, name=limit, whos=json_list(whos)) if whos else ()
        return {row.who: row.full_at for row in rows}

    def put_full_at_each(self, limit: str, full_at: Mapping[str, Millis]) -> None:
        PUT_FULL_AT.run(self._connection, [_Used(*used) for used in full_at.items()], name=limit)
