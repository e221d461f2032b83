"""Notices that words are missing upstream, and tells the session's user once: words that only records have, records
that do not come, and a silence that is unlike the weeks before.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from omilink.clock import DAY, HOUR, Millis
from omilink.conversations.batch import Batch, unit_of_work
from omilink.database.store import Transaction
from omilink.linking.health import with_health
from omilink.models.event import SessionHealthChanged
from omilink.models.habits import HOURS, WEEKS, Habits, habits_of
from omilink.models.session import Alarm, OmiSession

LEAST_SILENT = 5
"""Usual hours without a call that are an unusual silence, at least."""
SILENT_DAYS = 1.5
"""Busiest days without a call that are an unusual silence: one day without the wearable is nothing unusual."""
MISSING, STILL_MISSING = 0.05, 0.02
"""Share of the words of the last day that only records had, from which on words are missing, and below which they are
not missing any more."""
FEW_WORDS = 100
"""Fewer words than that, which only records had, say nothing about a share."""
UNRECORDED_AFTER: Millis = DAY
UNRECORDED_WORDS = 100
"""A day, and words, without a record: OMI makes no record of a very short conversation."""
PAGE = 500
"""Sessions that are judged in one transaction."""
FORGOTTEN_AFTER: Millis = WEEKS * HOURS * HOUR
"""A session that has been silent for longer has no usual hours any more."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A session as it is judged at the time `at`, `counted` in counted time. `quiet_for` is the counted time since its
    last call: while no server runs, nobody can call."""

    session: OmiSession
    habits: Habits
    at: Millis
    counted: Millis
    quiet_for: Millis


def alarm_of(
    session: OmiSession, habits: Habits, at: Millis, counted: Millis, called_at: Millis | None = None
) -> Alarm | None:
    """What is amiss with the user's session of these habits at the time `at`, which is `counted` in counted time, by
    the first rule that holds. `called_at` is the counted time of the last call; None means now."""
    quiet_for = 0 if called_at is None else counted - called_at
    seen = Seen(session, habits, at, counted, quiet_for)
    return next((alarm for alarm, holds in RULES.items() if holds(seen)), None)


def _is_silent(seen: Seen) -> bool:
    """No call in usual hours, in a row, of more than a day's number."""
    if seen.quiet_for < LEAST_SILENT * HOUR:
        return False
    since = max(seen.session.last_seen_at or 0, seen.at - seen.quiet_for)
    silent = seen.habits.usual_hours_between(since, seen.at)
    return silent >= LEAST_SILENT and silent >= SILENT_DAYS * seen.habits.busiest_day(seen.at)


def _misses_words(seen: Seen) -> bool:
    if not seen.habits.recorded and not seen.habits.recorded_before:
        return False
    live, recorded = seen.habits.words_of_last_day(seen.at)
    is_told = seen.session.alarm is Alarm.WORDS_MISSING
    share, few = (STILL_MISSING, FEW_WORDS / 2) if is_told else (MISSING, FEW_WORDS)
    return recorded >= few and recorded >= share * (live + recorded)


def _has_no_record(seen: Seen) -> bool:
    """Only OMI's cloud sends records, and it names the session after the account's uid."""
    since, is_of_omi = seen.habits.unrecorded_since, seen.session.last_uid == seen.session.omi_session_id
    is_long = since is not None and seen.counted - since >= UNRECORDED_AFTER
    return is_of_omi and is_long and seen.habits.unrecorded >= UNRECORDED_WORDS


RULES: Mapping[Alarm, Callable[[Seen], bool]] = {
    Alarm.SILENT: _is_silent,
    Alarm.WORDS_MISSING: _misses_words,
    Alarm.NO_RECORD: _has_no_record,
}
"""The first one that holds counts."""


def due(tx: Transaction, after: str, at: Millis) -> tuple[list[str], str | None]:
    """Of the next linked sessions behind the key `after`, the keys of those whose user has to be told something else
    than was told last, and the key to go on with; None at the end."""
    counted = tx.counted()
    page = tx.watched(after, counted - FORGOTTEN_AFTER, PAGE)
    changed = (session.id for session, called_at in page if _judged(session, at, counted, called_at) != session)
    return list(changed), page[-1][0].id if page else None


@unit_of_work
def tell(batch: Batch, session_keys: Collection[str], at: Millis) -> set[str]:
    """Judges the sessions again and tells their users what has changed. Returns the ids of the users whose streams have
    new events. The sessions are locked, so that of several nodes one tells."""
    counted = batch.tx.counted()
    for session, called_at in batch.tx.watched_now(session_keys):
        judged = _judged(session, at, counted, called_at)
        if judged != session:
            batch.put_alarm(judged)
            add_event(batch, judged, at)
    return batch.users


def add_event(batch: Batch, session: OmiSession, at: Millis) -> None:
    """Adds the event with the session's health for its user, if it has one."""
    if session.user_id:
        saved = batch.stored().messages_saved([session.id], session.user_id).get(session.id, 0)
        shown = with_health(session, saved, at, {})
        batch.add_event(session.user_id, SessionHealthChanged(session=shown))


def _judged(session: OmiSession, at: Millis, counted: Millis, called_at: Millis) -> OmiSession:
    return replace(session, alarm=alarm_of(session, habits_of(session.habits), at, counted, called_at))
