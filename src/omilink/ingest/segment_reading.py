"""Reads the segments of calls, old and new, and those of devices that people program themselves
(docs/reference/omi.md). A field of a wrong type loses that field, a bad segment loses that segment.
"""

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from omilink.ingest.json_body import SESSION_NAMES, UID_NAMES
from omilink.models.delivery import DAY_SUMMARY, RECORD, TRANSCRIPT
from omilink.models.ids import digest, is_id, is_placeholder
from omilink.models.message import MAX_TEXT, Segment
from omilink.models.texts import storable

LONGEST_ID = 128
UNPLACED = -1.0
"""`start` and `end` of a segment whose place on the clock is unknown."""
LONGEST_CLOCK = 1e7
"""Seconds. A clock that shows more (115 days) is broken, and the segment unplaced."""
_ELSEWHERE = {
    *("content", "message", "segment", "segments", "sentence", "sentences", "text"),
    *("transcript", "transcripts", "utterances", "words"),
}
"""Keys, in small letters, under which self-made devices send words instead of under `segments` and `text`."""
OMIS_WEARER = "user"
_SIMPLE = (str, int, float, Decimal)
"""The types of values that can be read as a text or as a number; true and false cannot."""
_SHORT_WHOLE = re.compile(r"[0-9]{1,9}")
_SPEAKER = re.compile(r"\s*SPEAKER_0*(\d{1,9})\s*", re.IGNORECASE)


def read(content: Any) -> tuple[list[Segment], int]:
    """The segments that have words, and the number of unreadable ones: segments without a text, and words that stand
    under other keys than `segments`."""
    items = content if isinstance(content, list) else content.get("segments", ())
    found = list(_each(items))
    unreadable = sum(segment is None for segment in found)
    if not items and content and kind_of(content) == TRANSCRIPT:
        unreadable += _words_elsewhere(content) or ("segments" not in content and _unknown_pieces(content))
    return [segment for segment in found if segment is not None], unreadable


def kind_of(body: dict[str, Any]) -> str:
    """The kind of a call. A call with segments that are not blank is live, whatever else it holds."""
    if any(text_of(item) != "" for item in body.get("segments") or ()):
        return TRANSCRIPT
    if "transcript_segments" in body or "structured" in body:
        return RECORD
    return DAY_SUMMARY if "summary_json" in body or ("summary" in body and "segments" not in body) else TRANSCRIPT


def _words_elsewhere(content: Any) -> int:
    """The number of pieces of speech that an object without the right key seems to contain under other keys."""
    found = [value for name, value in content.items() if name.lower() in _ELSEWHERE]
    return sum(
        len(value) if isinstance(value, list) else value is not None and bool(str(value).strip()) for value in found
    )


def _unknown_pieces(content: dict[str, Any]) -> int:
    """The number of unknown pieces in a body without segments: lists, objects, and texts of several words."""
    known = {*UID_NAMES, *SESSION_NAMES}
    values = [value for name, value in content.items() if name not in known]
    lists = sum(len(value) for value in values if isinstance(value, list))
    return lists + sum(bool(v) if isinstance(v, dict) else isinstance(v, str) and len(v.split()) > 1 for v in values)


def _each(items: Sequence[Any]) -> Iterator[Segment | None]:
    """Yields each segment with text, and None for each that cannot be read; empty segments are skipped."""
    for item in items:
        text = text_of(item)
        if text is None:
            yield None
        elif words := text.strip():
            yield from _pieces(_segment(item, words))


def _pieces(segment: Segment) -> Iterator[Segment]:
    """Yields the segment, cut into pieces if it is longer than a message. Each piece has its share of the seconds."""
    if len(segment.text) <= MAX_TEXT:
        yield segment
        return
    said, length = 0, len(segment.text)
    for number, text in enumerate(_cut(segment.text), start=1):
        yield replace(
            segment,
            id=_id(f"{segment.id}/{number}") if segment.id and number > 1 else segment.id,
            text=text,
            start=_share(segment, said / length),
            end=_share(segment, (said + len(text)) / length),
        )
        said += len(text)


def _cut(text: str) -> Iterator[str]:
    """Yields pieces of at most MAX_TEXT characters, cut between two words where possible."""
    while len(text) > MAX_TEXT:
        place = text.rfind(" ", 1, MAX_TEXT + 1)
        piece = text[: place if place > 0 else MAX_TEXT]
        yield piece
        text = text[len(piece) :].lstrip()
    yield text


def _share(segment: Segment, part: float) -> float | None:
    if segment.start is None or segment.end is None:
        return None
    return round(segment.start + part * (segment.end - segment.start), 3)


def text_of(item: Any) -> str | None:
    """The item's text, which may be blank; None if it has none that can be read."""
    if not isinstance(item, dict):
        return None
    text = item.get("text")
    if text is None:
        return None if _words_elsewhere(item) else ""
    return storable(str(text)) if _is_simple(text) else None


def _segment(item: dict[str, Any], text: str) -> Segment:
    start, end = _place(item)
    return Segment(
        id=_id(item.get("id")),
        text=text,
        speaker=_speaker(item),
        is_user=_truth(item.get("is_user", item.get("isUser"))),
        person_id=person_id(item),
        start=start,
        end=end,
    )


def person_id(item: dict[str, Any]) -> str | None:
    """The person's id; a hash of one that does not fit into a path. OMI's `user` is the wearer, and no person."""
    id = _id(item.get("person_id", item.get("personId")))
    if id is None or id == OMIS_WEARER or is_placeholder(id):
        return None
    return id if is_id(id) else f"person-{digest(id)}"


def _place(item: dict[str, Any]) -> tuple[float, float] | tuple[None, None]:
    """The start and end in seconds, or twice None. Words from before the clock's zero have a place too, below 0."""
    start, end = _seconds(item.get("start")), _seconds(item.get("end"))
    if start is None or (start == UNPLACED and end in (None, UNPLACED)):
        return None, None
    return start, max(start, start if end is None else end)


def _seconds(value: Any) -> float | None:
    """Seconds, rounded to milliseconds, since 45.879999999999995 and 45.88 are the same moment; -0.0 becomes 0.0."""
    if not _is_simple(value):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return round(seconds, 3) + 0.0 if math.isfinite(seconds) and abs(seconds) < LONGEST_CLOCK else None


def _speaker(item: dict[str, Any]) -> str | None:
    """The speaker's name. SPEAKER_0 and SPEAKER_00 are the same person; a name that a device made up stays as it is. If
    `speaker_id` is another number than the one in the name, `speaker_id` counts: after a reconnect the name may be
    another voice's (docs/reference/omi.md: a segment)."""
    return _speaker_named(_label(item.get("speaker"), 64) or "", _whole(item.get("speaker_id", item.get("speakerId"))))


def _whole(value: Any) -> int | None:
    """A whole number, also if the device writes it as a text or with a decimal point; else None."""
    if isinstance(value, str) and _SHORT_WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float | Decimal):
        number = float(value)
        return int(number) if number.is_integer() and abs(number) < 10**9 else None
    return value if type(value) is int else None


@lru_cache(4096)
def _speaker_named(name: str, number: int | None) -> str | None:
    numbered = _SPEAKER.fullmatch(name)
    if number is not None and 0 <= number < 10**9 and (numbered or not name):
        return f"SPEAKER_{number}"
    return f"SPEAKER_{int(numbered[1])}" if numbered else name or None


def _id(value: Any) -> str | None:
    """The id as a text. An id that is too long becomes a hash of the whole id, since two such ids may differ only at
    the end."""
    id = _label(value, None)
    return id if id is None or len(id) <= LONGEST_ID else hashlib.sha256(id.encode()).hexdigest()


def _label(value: Any, length: int | None) -> str | None:
    return storable(str(value)).strip()[:length] or None if _is_simple(value) else None


def _truth(value: Any) -> bool:
    return value.strip().lower() in ("true", "1", "yes") if isinstance(value, str) else value in (True, 1)


def _is_simple(value: Any) -> bool:
    return isinstance(value, _SIMPLE) and not isinstance(value, bool)
