"""Reads OMI's record of a conversation and its summary of a day, old and new (docs/reference/omi.md).

Whatever can be read is kept. A list that is no list, or a date that is no date, loses that list or date and is counted.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from omilink.clock import Millis
from omilink.conversations.people import LONGEST_NAME
from omilink.conversations.repair import in_spoken_order
from omilink.ingest import segment_reading
from omilink.models.day_summary import DayItem, DaySummary, Highlight
from omilink.models.ids import digest
from omilink.models.record import Record, RecordedItem, RecordedSection, RecordedSegment
from omilink.models.summary import CalendarEvent
from omilink.models.texts import is_storable, storable
from omilink.models.translation import LANGUAGE, Translation

MOST_SEGMENTS = 20_000
"""Segments of a record: more than a day of speech. Further ones are counted as unreadable."""
MOST_ENTRIES = 200
"""Entries of every other list, and conversations that a summary of a day names."""
LONGEST_LINE, LONGEST_TEXT = 500, 20_000
"""Characters of a title, and of a summary of a day."""
LONGEST_SUMMARY = 8 << 10
"""Bytes of a conversation's summary, in UTF-8. Every event of a conversation has the summary and the lists."""
MOST_DETAILS, ENTRY = 32 << 10, 128
"""Bytes of all sections, action items, participants and events of a record, and those that an entry takes beside its
texts. What does not fit is cut, the last events first, and further entries are counted as unreadable."""
LONGEST_EVENT = 525_600
"""Minutes: a year."""
MOST_TRANSLATED, MOST_LANGUAGES = 2 << 20, 10
"""Bytes of all translations of a record, and languages of a segment. What does not fit is counted as unreadable."""
LONGEST_LITERAL = 100_000
"""Characters of a summary that is written as Python."""
MOST_NAMES = 50
"""People whose names a record brings."""
_PLACEHOLDER = re.compile(r"Speaker\s*\d*", re.IGNORECASE)
"""OMI's name of somebody whom it does not know."""
_LISTS_OF_A_DAY = (
    *("highlights", "action_items", "unresolved_questions", "decisions_made", "knowledge_nuggets", "locations"),
)
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Dates outside are no dates of a conversation."""


def read_day(content: Any, at: Millis) -> DaySummary:
    """The day's summary in the body's JSON. Old senders write it as Python in `summary`. Without a date the summary is
    of the day on which it was made, or came."""
    body = content if isinstance(content, dict) else {}
    reader = _Reader(body)
    found = body.get("summary_json") or _python(body.get("summary"))
    return reader.day(found if isinstance(found, dict) else {}, at)


def read(content: Any) -> Record:
    """The record in the body's JSON. A record without an id gets one made of its dates, which its later editions have
    too."""
    reader = _Reader(content if isinstance(content, dict) else {})
    return reader.record()


class _Reader:
    """Reads fields of one record, and counts those that cannot be read."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body, self._unreadable = body, 0
        self._room, self._room_to_translate = MOST_DETAILS, MOST_TRANSLATED

    def record(self) -> Record:
        body, about = self._body, self._object(self._body.get("structured"))
        is_discarded = body.get("discarded") is True
        segments = self._segments()
        started_at, finished_at = self._date(body.get("started_at")), self._date(body.get("finished_at"))
        end = max((segment.end for segment in segments if segment.end is not None), default=0.0)
        if started_at is None and finished_at is not None:
            started_at = finished_at - round(end * 1000)
        return Record(
            id=_line(body.get("id"), segment_reading.LONGEST_ID)
            or f"made:{digest(body.get('created_at'), started_at)}",
            started_at=started_at,
            finished_at=finished_at,
            segments=segments,
            title=_line(about.get("title")),
            summary=_cut(_text(about.get("overview")), LONGEST_SUMMARY),
            emoji=None if is_discarded else _line(about.get("emoji"), 32),
            category=None if is_discarded else _line(about.get("category"), 64),
            sections=list(self._sections(about.get("sections"))),
            action_items=list(self._items(about.get("action_items"))),
            participants=list(self._names(about.get("participants"))),
            names=self._people(),
            events=list(self._events(about.get("events"))),
            is_discarded=is_discarded,
            unreadable=self._unreadable,
        )

    def day(self, day: Mapping[str, Any], at: Millis) -> DaySummary:
        made_at = self._date(day.get("created_at")) or self._date(self._body.get("created_at")) or at
        text = None if day else _text(self._body.get("summary"))
        return DaySummary(
            date=_day(day.get("date")) or datetime.fromtimestamp(made_at / 1000, UTC).date().isoformat(),
            headline=_line(day.get("headline")),
            overview=_text(day.get("overview")) or text,
            emoji=_line(day.get("day_emoji"), 32),
            highlights=[
                Highlight(topic=_line(one.get("topic")), emoji=_line(one.get("emoji"), 32), text=text)
                for one in self._entries(day.get("highlights"))
                if (text := _text(one.get("summary")) or _line(one.get("topic")))
            ],
            action_items=[
                DayItem(text=text, done=one.get("completed") is True)
                for one in self._entries(day.get("action_items"))
                if (text := _text(one.get("description")))
            ],
            decisions=[
                text for one in self._entries(day.get("decisions_made")) if (text := _text(one.get("decision")))
            ],
            omi_conversation_ids=list(dict.fromkeys(self._conversations(day)))[:MOST_ENTRIES],
            conversation_count=_count(self._object(day.get("stats")).get("total_conversations")),
        )

    def _conversations(self, day: Mapping[str, Any]) -> Iterator[str]:
        """OMI's ids of the conversations that the lists of the day name. An id that no database can store is none."""
        for name in _LISTS_OF_A_DAY:
            for entry in self._entries(day.get(name)):
                ids = [entry.get("conversation_id"), entry.get("source_conversation_id")]
                listed = entry.get("conversation_ids")
                ids += listed[:MOST_ENTRIES] if isinstance(listed, list) else []
                texts = (id for id in ids if isinstance(id, str) and is_storable(id))
                yield from (id[: segment_reading.LONGEST_ID] for id in texts if id)

    def _segments(self) -> Sequence[RecordedSegment]:
        items = self._list(self._body.get("transcript_segments"), MOST_SEGMENTS)
        segments = [segment for item in items for segment in self._pieces(item)]
        text = _text(self._object(self._body.get("external_data")).get("text"))
        if not segments and text:  # made of a text by an integration
            return [RecordedSegment(text=text)]
        return in_spoken_order(segments)

    def _pieces(self, item: Any) -> Iterator[RecordedSegment]:
        """The item's segment; several if it is longer than a message. The translations stand at the first."""
        pieces, unreadable = segment_reading.read([item])
        self._unreadable += unreadable
        for number, one in enumerate(pieces):
            translations = [] if number else self._translations(item)
            yield RecordedSegment(**one.speech(), id=one.id, translations=translations)

    def _translations(self, item: Mapping[str, Any]) -> list[Translation]:
        """Those into languages whose tag can be read, each language once."""
        found: dict[str, Translation] = {}
        for one in self._list(item.get("translations"), MOST_LANGUAGES):
            language, text = (_text(one.get(name)) if isinstance(one, dict) else None for name in ("lang", "text"))
            tag = (language or "").lower()
            size = len((text or "").encode())
            if text and LANGUAGE.fullmatch(tag) and size <= self._room_to_translate:
                self._room_to_translate -= size
                found.setdefault(tag, Translation(language=tag, text=text))
            else:
                self._unreadable += 1
        return list(found.values())

    def _sections(self, value: Any) -> Iterator[RecordedSection]:
        for section in self._entries(value):
            text = _text(section.get("body_markdown"))
            heading = _line(section.get("heading"))
            if (text or heading) and self._fits():
                heading, text = self._fitting(heading), self._fitting(text)
                ids = self._ids(section)
                yield RecordedSection(heading=heading or "", text=text or "", segment_ids=ids)

    def _items(self, value: Any) -> Iterator[RecordedItem]:
        for item in self._entries(value):
            text = _text(item.get("description"))
            if text and item.get("deleted") is not True and self._fits():
                yield RecordedItem(
                    text=self._fitting(text) or "",
                    done=item.get("completed") is True,
                    due_at=self._date(item.get("due_at")),
                    owner=self._fitting(_line(item.get("owner_name"))),
                    segment_ids=self._ids(item),
                )

    def _names(self, value: Any) -> Iterator[str]:
        for participant in self._entries(value):
            if (name := _line(participant.get("name"))) and self._fits():
                yield self._fitting(name) or ""

    def _people(self) -> dict[str, str]:
        """The names of the people who speak, by OMI's ids of them. A placeholder such as `Speaker 1` is no name, and
        the wearer is no person."""
        segments = self._body.get("transcript_segments")
        found: dict[str, str] = {}
        for one in segments[:MOST_SEGMENTS] if isinstance(segments, list) else ():
            name = _line(one.get("speaker_name"), LONGEST_NAME) if isinstance(one, dict) else None
            id = segment_reading.person_id(one) if name and one.get("is_user") is not True else None
            if name and id and len(found) < MOST_NAMES and not _PLACEHOLDER.fullmatch(name):
                found[id] = name
        return found

    def _events(self, value: Any) -> Iterator[CalendarEvent]:
        for event in self._entries(value):
            title, description = _line(event.get("title")), _text(event.get("description"))
            if (title or description) and self._fits():
                yield CalendarEvent(
                    title=self._fitting(title) or "",
                    description=self._fitting(description),
                    starts_at=self._date(event.get("start")),
                    minutes=self._minutes(event.get("duration")),
                )

    def _minutes(self, value: Any) -> int | None:
        if value is None:
            return None
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        if is_number and 0 <= value <= LONGEST_EVENT:
            return int(value)
        self._unreadable += 1
        return None

    def _fits(self) -> bool:
        """Whether there is room for a further entry, which is taken."""
        if self._room < 2 * ENTRY:  # so that some of its text fits too
            self._unreadable += 1
            return False
        self._room -= ENTRY
        return True

    def _fitting(self, text: str | None) -> str | None:
        """As much of the text as there is room for."""
        fitting = _cut(text, self._room)
        self._room -= len((fitting or "").encode())
        return fitting

    def _ids(self, entry: Mapping[str, Any]) -> list[str]:
        ids = self._list(entry.get("source_segment_ids"), MOST_ENTRIES)
        return [id for id in ids if isinstance(id, str)]

    def _entries(self, value: Any) -> Iterator[dict[str, Any]]:
        for entry in self._list(value, MOST_ENTRIES):
            if isinstance(entry, dict):
                yield entry
            else:
                self._unreadable += 1

    def _object(self, value: Any) -> dict[str, Any]:
        self._unreadable += value is not None and not isinstance(value, dict)
        return value if isinstance(value, dict) else {}

    def _list(self, value: Any, most: int) -> list[Any]:
        if not isinstance(value, list):
            self._unreadable += value is not None
            return []
        self._unreadable += max(0, len(value) - most)
        return value[:most]

    def _date(self, value: Any) -> Millis | None:
        """The time; one without a zone is in UTC."""
        if value is None:
            return None
        try:
            time = datetime.fromisoformat(value)
            time = time if time.tzinfo else time.replace(tzinfo=UTC)
            if EARLIEST < time < LATEST:
                return round(time.timestamp() * 1000)
        except (TypeError, ValueError, OverflowError):
            pass
        self._unreadable += 1
        return None


def _python(value: Any) -> Any:
    """The value of a literal in Python; None if the text is none."""
    if not isinstance(value, str) or len(value) > LONGEST_LITERAL:
        return None
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _day(value: Any) -> str | None:
    """The date, if the text is one."""
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return None


def _count(value: Any) -> int:
    """The number; 0 if it is none."""
    return value if type(value) is int and 0 < value < 1_000_000 else 0


def _line(value: Any, most: int = LONGEST_LINE) -> str | None:
    """The text in one line; None if there is none."""
    text = _text(value)
    return " ".join(text.split())[:most] if text else None


def _text(value: Any) -> str | None:
    return storable(value).strip()[:LONGEST_TEXT] or None if isinstance(value, str) else None


def _cut(text: str | None, most: int) -> str | None:
    """The text, or its beginning of at most so many bytes; None if nothing is left."""
    return text.encode()[:most].decode(errors="ignore").rstrip() or None if text else None
