"""When users are off the record, and how many calls were not kept then."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import bindparam, delete, func, insert, or_, select

from omilink.clock import HOUR, Millis
from omilink.database import schema
from omilink.database.compiled import Query
from omilink.database.dialects import among, json_list, upsert
from omilink.database.rows import every, row_of
from omilink.database.work import Work
from omilink.models.recording import NotKept, OffRecord, Pause

pause = schema.pauses
calls = schema.calls_not_kept
SINCE = Query(
    select(pause).where(
        among(pause.c.user_id, "users"),
        or_(
            pause.c.until.is_(None),
            pause.c.until > bindparam("since"),
            pause.c.counted_until > bindparam("counted_since"),
        ),
    )
)


class Pauses(Work):
    def off_record(self, user_ids: Collection[str], since: Millis, counted_since: Millis) -> dict[str, OffRecord]:
        """By user, the pauses that had not ended by `since`, or by `counted_since` in counted time. Users without any
        are missing."""
        found: defaultdict[str, list[Pause]] = defaultdict(list)
        at = {"since": since, "counted_since": counted_since}
        for one in SINCE.nouns(Pause, self._connection, users=json_list(user_ids), **at) if user_ids else ():
            found[one.user_id].append(one)
        return {user_id: OffRecord(pauses) for user_id, pauses in found.items()}

    def open_pauses(self, user_id: str, at: Millis) -> list[Pause]:
        """The user's pauses that last at that time of the wall clock, the earliest first."""
        lasts = or_(pause.c.until.is_(None), pause.c.until > at)
        return every(Pause, self._run(select(pause).where(pause.c.user_id == user_id, lasts).order_by(pause.c.since)))

    def put_pause(self, new: Pause) -> None:
        """Stores the pause in the place of one that began at the same time."""
        self._run(delete(pause).where(pause.c.user_id == new.user_id, pause.c.since == new.since))
        self._run(insert(pause).values(row_of(new)))

    def add_not_kept(self, user_id: str, count: int, at: Millis) -> None:
        """Adds calls that came until that time and had words off the record."""
        row = {"user_id": user_id, "hour": at // HOUR, "calls": count, "last_at": at}
        more = {"calls": calls.c.calls + count, "last_at": at}
        self._run(upsert(calls).values(row).on_conflict_do_update(index_elements=["user_id", "hour"], set_=more))

    def not_kept(self, user_id: str) -> NotKept:
        """How many calls of the user had words off the record."""
        total = select(func.coalesce(func.sum(calls.c.calls), 0), func.max(calls.c.last_at))
        count, last_at = self._run(total.where(calls.c.user_id == user_id)).one()
        return NotKept(calls=int(count), last_at=last_at)
