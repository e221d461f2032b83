"""Each user's log of events."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace
from sqlalchemy import bindparam, delete, func, insert, select, update

from omilink.database import schema
from omilink.database.compiled import Bulk, Query
from omilink.database.dialects import among, json_list
from omilink.database.rows import every
from omilink.database.work import Work
from omilink.models.event import Event

user = schema.users
event = schema.events

PUT_EVENT = Bulk(insert(event), Event)
# FOR NO KEY UPDATE, since whoever writes a row that refers to the user locks the key. The lock makes commit order and
# number order the same, so "after N" never skips a late committer.
NUMBERS = Query(
    select(user.c.id, user.c.seq).where(among(user.c.id, "ids")).order_by(user.c.id).with_for_update(key_share=True)
)
SET_NUMBER = Bulk(update(user).where(user.c.id == bindparam("where_user_id")).values(seq=bindparam("to_seq")), Event)
EVENTS_AFTER = Query(
    select(event.c.seq, event.c.data)
    .where(event.c.user_id == bindparam("u"), event.c.seq > bindparam("after"))
    .order_by(event.c.seq)
    .limit(bindparam("most"))
)
MARKS = Query(select(user.c.id, user.c.seq, user.c.rights).where(among(user.c.id, "ids")))


class Events(Work):
    def remove_events(self, user_id: str, conversation_id: str) -> None:
        """Removes the user's events that carry words of the conversation."""
        self._run(delete(event).where(event.c.user_id == user_id, event.c.conversation_id == conversation_id))

    def lock_logs(self, user_ids: Collection[str]) -> None:
        """Until the end of the transaction no other transaction adds events for these users."""
        NUMBERS.run(self._connection, ids=json_list(user_ids))

    def remove_events_that_begin(self, user_id: str, beginning: str) -> None:
        """Removes the user's events about no conversation whose JSON text begins so."""
        begins = func.substr(event.c.data, 1, len(beginning)) == beginning
        self._run(delete(event).where(event.c.user_id == user_id, event.c.conversation_id.is_(None), begins))

    def events_with(self, user_id: str, conversation_id: str, part: str) -> list[Event]:
        """The user's events about the conversation whose JSON text has this part."""
        has_part = event.c.data.contains(part, autoescape=True)
        found = self._run(
            select(event).where(event.c.user_id == user_id, event.c.conversation_id == conversation_id, has_part)
        )
        return every(Event, found)

    def rewrite_event(self, rewritten: Event) -> None:
        """Writes the JSON text of a stored event anew."""
        is_it = (event.c.user_id == rewritten.user_id) & (event.c.seq == rewritten.seq)
        self._run(update(event).where(is_it).values(data=rewritten.data))

    def add_events(self, events: Sequence[Event]) -> None:
        """Numbers each user's events in order, under the lock of that user's row, and stores them."""
        if not events:
            return
        ids = sorted({e.user_id for e in events})
        numbers = {row.id: row.seq for row in NUMBERS.run(self._connection, ids=json_list(ids))}
        rows = []
        for e in events:
            numbers[e.user_id] += 1
            rows.append(replace(e, seq=numbers[e.user_id]))
        SET_NUMBER.run(self._connection, list({e.user_id: e for e in rows}.values()))
        PUT_EVENT.run(self._connection, rows, counted_at=self.counted())
        self._appended += rows

    def events_added(self) -> Sequence[Event]:
        """The events appended in this transaction, with their numbers: each user's in order and without a gap."""
        return self._appended

    def events_after(self, user_id: str, seq: int, limit: int) -> list[Event]:
        rows = EVENTS_AFTER.run(self._connection, u=user_id, after=seq, most=limit)
        return [Event(user_id=user_id, seq=number, data=data) for number, data in rows]

    def log_bounds(self, user_id: str) -> tuple[int, int]:
        """The number of the last event that was pruned, and the number of the newest event. A cursor is valid from the
        first to the second."""
        row = self._run(select(user.c.pruned, user.c.seq).where(user.c.id == user_id)).first()
        return (row.pruned, row.seq) if row else (0, 0)

    def log_versions(self, user_ids: Collection[str]) -> dict[str, tuple[int, int]]:
        """By user id, the number of the newest event, and how often a right of the user was withdrawn."""
        return {row.id: (row.seq, row.rights) for row in MARKS.run(self._connection, ids=json_list(user_ids))}
