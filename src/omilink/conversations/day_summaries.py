"""Keeps OMI's summaries of days, and hands them over with their session."""

from collections.abc import Iterable

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations.batch import Batch
from omilink.database.store import Transaction
from omilink.models.day_summary import DaySummary, StoredDay
from omilink.models.event import DaySummaryChanged
from omilink.models.session import OmiSession


def put(batch: Batch, day: StoredDay) -> None:
    """Stores the summary, with an event for its user. The same summary again changes nothing. A summary of an earlier
    owner's day is not replaced."""
    tx = batch.stored()
    before = tx.day_summary(day.session_key, day.date)
    if before and (before.content == day.content or before.user_id != day.user_id):
        return
    tx.put_day_summary(day)
    if day.user_id:
        _tell(batch, day.user_id, [day])


def adopt(batch: Batch, session: OmiSession, user_id: str, since: Millis) -> None:
    """Gives the session's ownerless summaries that came at or after `since` to the user, with an event for each."""
    tx = batch.stored()
    waiting = tx.ownerless_days(session.id, session.turn, since)
    tx.give_days(waiting, user_id)
    _tell(batch, user_id, waiting)


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
