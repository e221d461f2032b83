"""OMI's summary of a day."""

from collections.abc import Sequence

from msgspec import Struct, json

from omilink.clock import Millis
from omilink.models.declaration import Fixed, Shown


class Highlight(Struct, frozen=True, kw_only=True, gc=False):
    """One of the subjects of the day."""

    topic: Shown[str | None] = None
    emoji: Shown[str | None] = None
    text: Shown[str]


class DayItem(Struct, frozen=True, kw_only=True, gc=False):
    """Something to do, as the summary says it."""

    text: Shown[str]
    done: Shown[bool]


class DaySummary(Struct, frozen=True, kw_only=True, gc=False):
    """What OMI says about a day."""

    date: Shown[str]
    """The user's local date, for example `2026-10-14`."""
    headline: Shown[str | None] = None
    overview: Shown[str | None] = None
    emoji: Shown[str | None] = None
    highlights: Shown[Sequence[Highlight]] = ()
    action_items: Shown[Sequence[DayItem]] = ()
    decisions: Shown[Sequence[str]] = ()
    conversation_ids: Shown[Sequence[str]] = ()
    """Your conversations that the summary speaks of, as far as OMI's records of them have come."""
    omi_conversation_ids: Sequence[str] = ()
    """OMI's ids of the conversations that the summary speaks of."""
    conversation_count: int = 0
    """How many conversations OMI says that the day had; 0 if it says nothing."""


class StoredDay(Struct, frozen=True, kw_only=True, gc=False):
    """A day's summary as it is stored, as JSON in `content`. `user_id` is None while the session is unowned. `turn` is
    the session's when the summary came."""

    session_key: Fixed[str]
    date: Fixed[str]
    user_id: str | None
    turn: Fixed[int]
    received_at: Millis
    content: str

    def summary(self) -> DaySummary:
        return json.decode(self.content, type=DaySummary)


def content_of(summary: DaySummary) -> str:
    """The JSON to store."""
    return json.encode(summary).decode()
