"""The parts that all subjects of a transaction share: the connection, counted time and locks."""

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
"""The row of `meta` with the counted time and the time of the wall clock at that moment."""


class Work:
    def __init__(self, connection: Connection, time: CountedTime | None = None, *, writes: bool = False) -> None:
        self._connection, self._time, self._writes = connection, time or CountedTime(), writes
        self._run = connection.execute
        self._appended: list[Event] = []

    def counted(self) -> Millis:
        """Counted time now, in which everything that expires is written and compared (see `counted_time`). Parameters
        of methods that say until when or since when something is valid or kept are in counted time too."""
        if not self._time.known:
            noted, wall = self._noted(), wall_clock(self._connection)
            self._time.go_on(noted, wall if noted else max(wall, self._newest()))
        return self._time()

    def note_counted(self) -> None:
        """Stores how far this process has counted, so that a later process continues there, and takes over what other
        processes have counted."""
        self._lock(["counted time"])
        wall = wall_clock(self._connection)
        note = f"{self._time.go_on(self._noted(), wall)} {wall}"
        noted = upsert(schema.meta).values(name=COUNTED, value=note)
        self._run(noted.on_conflict_do_update(index_elements=["name"], set_={"value": note}))

    def _newest(self) -> Millis:
        """The newest time in a database that has no note of counted time yet. Counted time is not earlier."""
        return self._run(NEWEST_TIME).scalar() or 0

    def _noted(self) -> Noted | None:
        note = self._run(select(schema.meta.c.value).where(schema.meta.c.name == COUNTED)).scalar()
        return Noted(*map(int, note.split())) if note else None

    def _lock(self, names: Collection[str]) -> None:
        if self._writes and names:
            lock(self._connection, names)

    def _lock_user(self, user_id: str) -> None:
        """Until the end of the transaction no other transaction numbers the user's events or removes the user."""
        self._run(update(user).where(user.c.id == user_id).values(rights=user.c.rights))

    def _many(self, statement: Any, rows: Iterable[dict[str, Any]]) -> None:
        if rows := list(rows):
            self._run(statement, rows)
