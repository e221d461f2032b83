"""Summaries of days."""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.dialects import among, json_list
from omilink.database.rows import every, row_of
from omilink.database.work import Work
from omilink.models.day_summary import StoredDay

day = schema.day_summaries
conversation = schema.conversations


class DaySummaries(Work):
    def summaries_of_day(self, session_key: str, date: str) -> list[StoredDay]:
        """The session's summaries of that day: one for each of its owners, and an ownerless one."""
        return every(StoredDay, self._run(select(day).where(day.c.session_key == session_key, day.c.date == date)))

    def put_day_summary(self, summary: StoredDay) -> None:
        """Stores the summary. A summary of the session and the same user for the same day is replaced."""
        self.remove_day_summary(summary)
        self._run(insert(day).values(row_of(summary) | {"counted_at": self.counted()}))

    def remove_day_summary(self, summary: StoredDay) -> None:
        """Removes what is stored for the same session, user and day."""
        self._run(delete(day).where(_is(summary.session_key, summary.date, summary.user_id)))

    def ownerless_days(self, session_key: str, turn: int, since: Millis) -> list[StoredDay]:
        """The session's ownerless summaries that came at or after `since`, after the last owner left."""
        c = day.c
        waiting = (c.session_key == session_key) & c.user_id.is_(None) & (c.turn == turn) & (c.received_at >= since)
        return every(StoredDay, self._run(select(day).where(waiting).order_by(c.date)))

    def days_taken(self, session_key: str, turn: int, user_id: str, until: Millis) -> list[StoredDay]:
        """The user's summaries that came with the session until that time, after the last owner left."""
        c = day.c
        taken = (c.session_key == session_key) & (c.user_id == user_id) & (c.turn == turn) & (c.received_at <= until)
        return every(StoredDay, self._run(select(day).where(taken).order_by(c.date)))

    def give_days(self, summaries: Iterable[StoredDay], user_id: str | None) -> None:
        """Makes these summaries the user's; ownerless if the user is None. A summary of the same day that has been the
        user's is replaced."""
        for one in summaries:
            self._run(delete(day).where(_is(one.session_key, one.date, user_id)))
            self._run(update(day).where(_is(one.session_key, one.date, one.user_id)).values(user_id=user_id))

    def days_of(self, user_id: str, limit: int, since: str = "", until: str = "", before: str = "") -> list[StoredDay]:
        """At most `limit` of the user's summaries from the date `since` to the date `until` and before the date
        `before`, the latest first. Of a day with summaries of several sessions, the one that came last."""
        c, newer = day.c, day.alias("newer")
        is_newer = or_(
            newer.c.received_at > c.received_at,
            (newer.c.received_at == c.received_at) & (newer.c.session_key > c.session_key),
        )
        is_replaced = select(newer.c.date).where(newer.c.user_id == user_id, newer.c.date == c.date, is_newer).exists()
        query = select(day).where(c.user_id == user_id, ~is_replaced).order_by(c.date.desc()).limit(limit)
        for bound in (c.date >= since if since else None, c.date <= until if until else None,
                      c.date < before if before else None):  # fmt: skip
            query = query if bound is None else query.where(bound)
        return every(StoredDay, self._run(query))

    def conversations_by_omi_id(self, user_id: str, omi_ids: Collection[str]) -> dict[str, str]:
        """OMI's id -> the id of the user's conversation that OMI's record with this id describes, or of the one whose
        part that is."""
        c = conversation.c
        shown = func.coalesce(c.part_of, c.id)
        known = select(c.omi_id, shown).where(among(c.omi_id, "ids"), c.user_id == user_id, c.deleted_at.is_(None))
        found = self._run(known.order_by(c.id.desc()), {"ids": json_list(omi_ids)})
        return {omi_id: id for omi_id, id in found}


def _is(session_key: str, date: str, user_id: str | None) -> ColumnElement[bool]:
    return (day.c.session_key == session_key) & (day.c.date == date) & day.c.user_id.is_not_distinct_from(user_id)
