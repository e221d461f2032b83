"""What every part of a transaction uses: its connection, counted time, locks."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, func, select, union_all, update

from omilink.clock import Millis
from omilink.counted_time import CountedTime, Noted
from omilink.database import schema
from omilink.database.dialects import lock, upsert, wall_clock
from omilink.models.event import Event

user = schema.users

_TIMES = (schema.deliveries.c.received_at, schema.tokens.c.created_at, schema.omi_sessions.c.counted_at)
NEWEST_TIME = select(func.max(union_all(*(select(func.max(at).label("at")) for at in _TIMES)).subquery().c.at))
COUNTED = "counted"
"""In meta: how far has been counted, and what the wall clock showed then."""


class Work:
    def __init__(self, connection: Connection, time: CountedTime | None = None, *, writes: bool = False) -> None:
        self._connection, self._time, self._writes = connection, time or CountedTime(), writes
        self._run = connection.execute
        self._appended: list[Event] = []

    def counted(self) -> Millis:
        """Counted time now, in which everything that expires is written and compared (see `counted_time`). Where a
        method takes the time until or from which something is valid or kept, this is meant."""
        if not self._time.known:
            noted, wall = self._noted(), wall_clock(self._connection)
            self._time.go_on(noted, wall if noted else max(wall, self._newest()))
        return self._time()

    def note_counted(self) -> None:
        """Notes how far has been counted, from where whoever comes next goes on, and learns how far others have."""
        self._lock(["counted time"])
        wall = wall_clock(self._connection)
        note = f"{self._time.go_on(self._noted(), wall)} {wall}"
        noted = upsert(schema.meta).values(name=COUNTED, value=note)
        self._run(noted.on_conflict_do_update(index_elements=["name"], set_={"value": note}))

    def _newest(self) -> Millis:
        """Of a database from before there were notes: later than this it is, whatever the wall clock shows."""
        return self._run(NEWEST_TIME).scalar() or 0

    def _noted(self) -> Noted | None:
        note = self._run(select(schema.meta.c.value).where(schema.meta.c.name == COUNTED)).scalar()
        return Noted(*map(int, note.split())) if note else None

    def _lock(self, names: Collection[str]) -> None:
        if self._writes and names:
            lock(self._connection, names)

    def _lock_user(self, user_id: str) -> None:
        """Nobody else numbers the user's events, or removes the user, until the end of the transaction."""
        self._run(update(user).where(user.c.id == user_id).values(rights=user.c.rights))

    def _many(self, statement: Any, rows: Iterable[dict[str, Any]]) -> None:
        if rows := list(rows):
            self._run(statement, rows)
