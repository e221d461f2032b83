"""OMI's record of a conversation, as far as it could be read (docs/reference/omi.md: the conversation record)."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from omilink.clock import Millis
from omilink.models.message import Segment
from omilink.models.summary import CalendarEvent
from omilink.models.translation import Translation


class RecordedSegment(Segment, frozen=True, kw_only=True):
    """A segment with its translations."""

    translations: Sequence[Translation] = ()


class RecordedSection(Struct, frozen=True, kw_only=True):
    """A part of the summary, with the ids of the segments that it rests on."""

    heading: str
    text: str
    segment_ids: Sequence[str] = ()


class RecordedItem(Struct, frozen=True, kw_only=True):
    """An action item. OMI gives it no id."""

    text: str
    done: bool
    due_at: Millis | None = None
    owner: str | None = None
    segment_ids: Sequence[str] = ()


class Record(Struct, frozen=True, kw_only=True):
    """The record. `id` is OMI's id of the conversation. `started_at` is when the clock of the segments stood at 0, and
    None if the record does not say so. `segments` are in spoken order. Empty texts are None. `names` are the
    names of people, by OMI's ids of them. `is_discarded` means that
    OMI found too little in the conversation for a title. `unreadable` counts what could not be read."""

    id: str
    started_at: Millis | None = None
    finished_at: Millis | None = None
    segments: Sequence[RecordedSegment] = ()
    title: str | None = None
    summary: str | None = None
    emoji: str | None = None
    category: str | None = None
    sections: Sequence[RecordedSection] = ()
    action_items: Sequence[RecordedItem] = ()
    participants: Sequence[str] = ()
    names: Mapping[str, str] = {}
    events: Sequence[CalendarEvent] = ()
    is_discarded: bool = False
    unreadable: int = 0
