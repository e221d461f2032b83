"""Keeps OMI's summaries of days, and hands them over with their session."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations.batch import Batch
from omilink.database.store import Transaction
from omilink.models.day_summary import DaySummary, StoredDay
from omilink.models.event import DaySummaryChanged
from omilink.models.json import event_beginning
from omilink.models.session import OmiSession

LATEST_ZONE = timedelta(hours=14)
"""By how much the earliest time zone is ahead of UTC."""


def put(batch: Batch, day: StoredDay) -> None:
    """Stores the summary, with an event for its user. The same summary again changes nothing. A summary that an earlier
    owner got before the day had begun anywhere cannot be about the day, and is removed."""
    tx = batch.stored()
    before = {one.user_id: one for one in tx.summaries_of_day(day.session_key, day.date)}
    if day.user_id in before and before[day.user_id].content == day.content:
        return
    for one in before.values():
        if one.user_id not in (None, day.user_id) and day.date > latest_date(one.received_at):
            tx.remove_day_summary(one)
    tx.put_day_summary(day)
    if day.user_id:
        _tell(batch, day.user_id, [day])


def adopt(batch: Batch, session: OmiSession, user_id: str, since: Millis) -> None:
    """Gives the session's ownerless summaries that came at or after `since` to the user, with an event for each. If
    another user has had the session, they may be about that user, and stay ownerless."""
    if session.had_others(user_id):
        return
    tx = batch.stored()
    waiting = tx.ownerless_days(session.id, session.turn, since)
    tx.give_days(waiting, user_id)
    _tell(batch, user_id, waiting)


def give_back(batch: Batch, session: OmiSession, user_id: str) -> None:
    """Makes the summaries that the user took along with the session ownerless again. On open streams the summary of
    such a day becomes empty, and earlier events with its texts are removed."""
    tx = batch.stored()
    taken = tx.days_taken(session.id, session.turn, user_id, session.linked_at or 0)
    tx.give_days(taken, None)
    for day in taken:
        batch.remove_events_that_begin(user_id, event_beginning(DaySummaryChanged, "daySummary", date=day.date))
        batch.add_event(user_id, DaySummaryChanged(day_summary=DaySummary(date=day.date)))


def is_all_of(tx: Transaction, user_id: str, day: DaySummary) -> bool:
    """Whether the summary is proven to be about the user alone: it names every conversation that OMI counted that day,
    and all of them are the user's."""
    ids = day.omi_conversation_ids
    return 0 < day.conversation_count <= len(ids) == len(tx.conversations_by_omi_id(user_id, ids))


def latest_date(at: Millis) -> str:
    """The latest date that it is anywhere on earth at that time."""
    return (datetime.fromtimestamp(at / 1000, UTC) + LATEST_ZONE).date().isoformat()


def shown(tx: Transaction, user_id: str, days: Iterable[StoredDay]) -> list[DaySummary]:
    """The summaries, with the ids of the user's conversations."""
    summaries = [day.summary() for day in days]
    ids = tx.conversations_by_omi_id(user_id, {id for one in summaries for id in one.omi_conversation_ids})
    return [
        replace(one, conversation_ids=[ids[id] for id in one.omi_conversation_ids if id in ids]) for one in summaries
    ]


def _tell(batch: Batch, user_id: str, days: Iterable[StoredDay]) -> None:
    for summary in shown(batch.tx, user_id, days):
        batch.add_event(user_id, DaySummaryChanged(day_summary=summary))
