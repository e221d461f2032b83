"""The health of a user's sessions: what is wrong with a session, and what to do."""

from collections.abc import Mapping

from msgspec.structs import replace

from omilink.clock import DAY, Millis
from omilink.database.store import Transaction
from omilink.errors import NotFound
from omilink.linking.mistakes import ADVICE
from omilink.models.habits import habits_of
from omilink.models.ids import SHARED, is_id, session_key
from omilink.models.session import Alarm, Health, Jobs, Mistake, OmiSession, Session, Status

QUIET: Millis = 5 * 60_000
"""Milliseconds without a call after which a session counts as quiet. OMI's cloud calls every 1 to 3 s while somebody
talks (docs/reference/omi.md)."""
PAGE = 100
"""Sessions on a page, unless the reader asks for another number."""

REMEMBERED: Millis = 60 * 60_000
"""Milliseconds for which a sender's mistake is shown after it was last made …"""
REMEMBERED_RECORD: Millis = DAY
"""… and a record that was too large, since nobody looks while it comes."""

EVERY_FIELD = (
    "In the OMI app, Settings → Developer has three fields for the address: Real-time Transcript, Conversation Events "
    "and Day Summary. Fill in all of them and switch them on: titles, summaries, and words that did not come live "
    "arrive by the last two."
)
"""Where the webhook's address goes."""

MISSING_WORDS: Mapping[Alarm, tuple[Status, str, str]] = {
    Alarm.SILENT: (
        "failing",
        "Nothing has come from it for longer than in the weeks before.",
        "If it is in use, check that it is charged and connected, that the phone is online, that the OMI app may run "
        "in the background, and that OMI has not switched the webhook off. If it is not in use, all is well.",
    ),
    Alarm.WORDS_MISSING: (
        "failing",
        "{share} % of the words of the last day came only by OMI's record of their conversation, and not live.",
        "Check that Real-time Transcript is on in the OMI app, Settings → Developer, the phone's connection, and that "
        "the OMI app may run in the background. After five failed calls in a row OMI sends nothing live for 30 s, "
        "so ask the operator whether the server was away.",
    ),
    Alarm.NO_RECORD: (
        "ok",
        "Linked, and its words arrive. For a day no record of a conversation has come from OMI.",
        EVERY_FIELD,
    ),
}
"""For each alarm, what is wrong and what its user can check."""


def sessions_of(
    tx: Transaction, user_id: str, limit: int = PAGE, before: tuple[Millis, str] | None = None
) -> tuple[list[tuple[OmiSession, int]], tuple[Millis, str] | None]:
    """A page of the user's sessions, each with the number of messages that the user has from it: the session with the
    newest call first, suspended ones last. The second value is the `before` of the next page, or None after the last
    page. Only the database orders pages, since it may order ids differently from Python."""
    found = tx.sessions_page(user_id, limit + 1, before)
    page, last = found[:limit], found[limit - 1][0] if len(found) > limit else None
    return sorted(page, key=lambda one: _place(one[0])), (last.created_at, last.id) if last else None


def session_of(tx: Transaction, omi_session_id: str, user_id: str) -> tuple[OmiSession, int]:
    """The user's session of this id, and the number of messages that the user has from it, at the shared or the
    personal address: a linked session before a suspended one. Raises NotFound."""
    keys = [session_key(origin, omi_session_id) for origin in (SHARED, user_id)] if is_id(omi_session_id) else []
    theirs = [one for one in tx.sessions(keys).values() if user_id in (one.user_id, one.suspended_user_id)]
    if not theirs:
        raise NotFound("There is no session of that id that is linked to this account. Link it first.")
    session = min(theirs, key=_place)
    return session, tx.messages_saved([session.id], user_id).get(session.id, 0)


def _place(session: OmiSession) -> tuple[bool, int]:
    """The sort key of a session. A suspended session hides when it last called, so its place must not reveal that
    either."""
    newest = session.last_order or session.linked_order or 0
    return (False, -newest) if session.user_id else (True, session.created_at)


def judged(session: OmiSession, saved: int, at: Millis, jobs: Mapping[str, int]) -> Health:
    """The health of a session with `saved` messages at the time `at`. `jobs` has the number of its deliveries by the
    state of their job."""
    if session.suspended_user_id:
        return Health(
            status="suspended",
            message="This is an OMI user id, which anybody may know. Show that it is yours.",
            next_step="Link your OMI account, for example by saying a sentence into the wearable.",
        )
    if jobs.get("dead"):
        return Health(
            status="failing",
            message=f"{jobs['dead']} of its calls could not be saved; they are kept.",
            next_step="Ask the operator to look at `omilink jobs list` and to run `omilink jobs retry`.",
        )
    if mistake := mistake_of(session, at):
        message, next_step = mistake
        return Health(status="failing", message=message, next_step=next_step)
    if session.alarm:
        return of_alarm(session, session.alarm, at)
    if session.last_seen_at is None:
        return Health(
            status="waiting",
            message="Linked, and nothing has come from it yet.",
            next_step="Check that the webhook URL is set in the device or in the OMI app, then say something.",
        )
    if not saved:
        return Health(
            status="waiting",
            message="Linked. It has called, and its next words appear under Live.",
            next_step="Say something. If nothing appears, the device may be sending empty batches.",
        )
    if at - session.last_seen_at > QUIET:
        return Health(
            status="quiet",
            message="Linked. Quiet while nobody talks.",
            next_step="If somebody is talking, check the device's connection and whether OMI has paused the webhook.",
        )
    return Health(status="ok", message="Linked, and its calls arrive.")


def of_alarm(session: OmiSession, alarm: Alarm, at: Millis) -> Health:
    """What the user of the session is told about the alarm."""
    status, message, next_step = MISSING_WORDS[alarm]
    return Health(status=status, message=message.format(share=share_missed(session, at)), next_step=next_step)


def share_missed(session: OmiSession, at: Millis) -> int:
    """Of the words of the last day, the per cent that did not come live and that only records had."""
    live, recorded = habits_of(session.habits).words_of_last_day(at)
    return round(100 * recorded / max(1.0, live + recorded))


def mistake_of(session: OmiSession, at: Millis) -> tuple[str, str] | None:
    """What the session's sender does wrong, and what to change; None if the last mistake is too old to be shown."""
    remembered = REMEMBERED_RECORD if session.mistake is Mistake.RECORD_TOO_LARGE else REMEMBERED
    if session.mistake is None or not 0 <= at - (session.mistake_at or 0) <= remembered:
        return None
    message, next_step = ADVICE[session.mistake]
    counts = {
        Mistake.UNREADABLE: f" Unreadable pieces until now: {session.bad_segments}.",
        Mistake.TOO_MUCH: f" Calls until now: {session.not_kept}.",
    }
    return message + counts.get(session.mistake, ""), next_step


def with_health(session: OmiSession, saved: int, at: Millis, jobs: Mapping[str, int]) -> Session:
    """The session as its user sees it in a list. A suspended session shows nothing that only its owner may know."""
    health = judged(session, saved, at, jobs)
    if session.suspended_user_id:
        session = session.by_its_id_alone()
    return replace(
        Session.of(session, has_conversations=saved > 0),
        messages_saved=saved,
        unreadable=session.bad_segments,
        calls_not_kept=session.not_kept,
        health=health,
    )


def in_full(session: OmiSession, saved: int, at: Millis, jobs: Mapping[str, int], streams_open: int) -> Session:
    """The session as its user sees it alone. `streams_open` is the number of the user's open streams."""
    shown = with_health(session, saved, at, jobs)
    if session.suspended_user_id:
        return shown
    return replace(
        shown,
        last_webhook_at=session.last_seen_at,
        jobs=Jobs(waiting=jobs.get("waiting", 0), failed=jobs.get("dead", 0)),
        streams_open=streams_open,
    )
