"""Reads bodies and query strings of OMI's senders, old and new, and of devices that people program themselves
(docs/reference/omi.md).

Everything readable is kept: a field of a wrong type loses that field, a bad segment loses that segment. A call that no
OMI sender can make is refused, with a sentence for the programmer of the device.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

import orjson
from msgspec.structs import replace

from omilink.errors import Invalid, Malformed, TooLarge
from omilink.models.ids import check_id, is_account_id, is_placeholder
from omilink.models.message import Segment

MAX_SEGMENTS = 2_000
MAX_DEPTH = 64
"""OMI nests six levels deep. Deeper levels are dropped, so that no parser exhausts the stack."""
MOST_MARKS = 100_000
"""Brackets and quotation marks in a body that is nested so deep that its depth must be searched."""
MAX_TEXT = 20_000
"""Characters of a message: a quarter of an hour of speech. A longer text is cut into pieces, so that a page of messages
has a limited size."""
LONGEST_ID = 128
UNPLACED = -1.0
"""`start` and `end` of a segment whose place on the clock is unknown."""
LONGEST_CLOCK = 1e7
"""Seconds. A clock that shows more (115 days) is broken, and the segment unplaced."""

Query = Sequence[tuple[str, str]]

UID_NAMES = ("uid", "user_id", "userId")
SESSION_NAMES = ("session_id", "sessionId")
_WRITTEN = ("id", "text", "speaker", "person_id", "personId")
"""Fields of a segment in which a number keeps the digits as they were written."""
_ELSEWHERE = {
    *("content", "message", "segment", "segments", "sentence", "sentences", "text"),
    *("transcript", "transcripts", "utterances", "words"),
}
"""Keys, in small letters, under which self-made devices send words instead of under `segments` and `text`."""
_SIMPLE = (str, int, float, Decimal)
"""The types of values that can be read as a text or as a number; true and false cannot."""
_WHOLE = re.compile(r"-?[0-9]+")

TRANSCRIPT, RECORD, DAY_SUMMARY = "transcript", "conversation", "day_summary"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # databases and UTF-8 do not accept NUL and lone surrogates
_SHORT_WHOLE = re.compile(r"[0-9]{1,9}")
_SPEAKER = re.compile(r"\s*SPEAKER_0*(\d{1,9})\s*", re.IGNORECASE)
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Call:
    """The session and the uid that a webhook call is about. `contradiction` says why they cannot be known, for the
    quarantine."""

    kind: str
    session_id: str
    uid: str | None
    contradiction: str | None = None


def query(raw: bytes) -> list[tuple[str, str]]:
    """The pairs of a query string. Old senders append `?uid=` without checking, so a `?` separates as `&` does."""
    pairs = (part.partition("=") for part in re.split("[&?]", raw.decode("latin-1")) if part)
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]


def document(body: bytes) -> Any:
    """The body's JSON; levels below MAX_DEPTH are null. A number in the place of an id or a text keeps every digit.
    Raises Malformed."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _leniently(body)
    return _leniently(body) if _has_rounded(content) else content


def _has_rounded(content: Any) -> bool:
    """Whether the fast parser turned a number into a float that must stay as it was written. The parser rounds whole
    numbers of more than 19 digits, so that the ids of two devices would become equal."""
    body = content if isinstance(content, dict) else {}
    items = content if isinstance(content, list) else body.get("segments")
    written = [body.get(name) for name in (*UID_NAMES, *SESSION_NAMES)]
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            written += map(item.get, _WRITTEN)
    return float in map(type, written)


def _leniently(body: bytes) -> Any:
    """Reads a body that is not valid JSON but still readable: lone surrogates, NaN, a byte order mark, broken UTF-8,
    great depth and huge numbers. Numbers keep their digits as written. Raises Malformed."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        try:
            return _loads(text)
        except RecursionError:
            if sum(map(text.count, '[]{}"')) > MOST_MARKS:
                raise ValueError("too much to look through") from None
            return _loads(_prune(text))
    except (ValueError, RecursionError):
        raise Malformed('The body is not JSON. Send {"session_id": "…", "segments": […]}.') from None


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=_integer, parse_float=Decimal)


def call(content: Any, pairs: Query) -> Call:
    """The session and the uid that the call is about. Raises Invalid or TooLarge, with what the device has to
    change."""
    body = content if isinstance(content, dict) else {}
    if not isinstance(content, dict | list):
        raise Invalid('The body must be an object {"session_id": "…", "segments": […]} or a list of segments.')
    _check_segments(content)
    uid_names, session_names = _ids(pairs, body, UID_NAMES), _ids(pairs, body, SESSION_NAMES)
    named = uid_names | session_names
    uids = [value for value in uid_names if not is_placeholder(value)]
    sessions = [value for value in session_names if not (uids and is_placeholder(value))]
    for value in (*uids, *sessions):
        check_id(value, named[value])
    if not uids and not sessions:
        raise Invalid('Neither a session_id nor a uid was found. Send {"session_id": "…", "segments": […]}.')
    session_id = sessions[0] if sessions else uids[0]
    return Call(_kind(body), session_id, uids[0] if uids else None, _contradiction(sessions, uids))


def segments(content: Any) -> tuple[list[Segment], int]:
    """The segments that have words, and the number of unreadable ones: segments without a text, and words that stand
    under other keys than `segments`."""
    items = content if isinstance(content, list) else content.get("segments", ())
    read = list(_read(items))
    unreadable = sum(segment is None for segment in read)
    if not items and content and _kind(content) == TRANSCRIPT:
        unreadable += _words_elsewhere(content) or ("segments" not in content and _unknown_pieces(content))
    return [segment for segment in read if segment is not None], unreadable


def _words_elsewhere(content: Any) -> int:
    """The number of pieces of speech that an object without the right key seems to contain under other keys."""
    found = [value for name, value in content.items() if name.lower() in _ELSEWHERE]
    return sum(len(value) if isinstance(value, list) else bool(clean(value).strip()) for value in found)


def _unknown_pieces(content: dict[str, Any]) -> int:
    """The number of unknown pieces in a body without segments: lists, objects, and texts of several words."""
    known = {*UID_NAMES, *SESSION_NAMES}
    values = [value for name, value in content.items() if name not in known]
    lists = sum(len(value) for value in values if isinstance(value, list))
    return lists + sum(bool(v) if isinstance(v, dict) else isinstance(v, str) and len(v.split()) > 1 for v in values)


def _check_segments(content: dict[str, Any] | list[Any]) -> None:
    items = content if isinstance(content, list) else content.get("segments", [])
    if not isinstance(items, list):
        raise Invalid(f"segments must be a list of objects and is {_json_type(items)}. An empty list is fine.")
    if len(items) > MAX_SEGMENTS:
        raise TooLarge(f"{len(items)} segments in one call; {MAX_SEGMENTS} are the most. Send them in several calls.")


def _ids(pairs: Query, body: dict[str, Any], names: Sequence[str]) -> dict[str, str]:
    """The distinct ids under any of these names, those of the body first, each with its name. Empty ids count as
    absent."""
    found: dict[str, str] = {}
    for name, value in [(name, body[name]) for name in names if name in body] + [
        pair for pair in pairs if pair[0] in names
    ]:
        if text := value.strip() if isinstance(value, str) else _id_of(name, value):
            found.setdefault(text, name)
    return found


def _id_of(name: str, value: Any) -> str:
    """The id that is no text in JSON. Raises Invalid."""
    if isinstance(value, bool | list | dict):
        raise Invalid(f"{name} must be a string and is {_json_type(value)}.")
    text = "" if value is None else str(value)
    if isinstance(value, float | Decimal) and not (_WHOLE.fullmatch(text) or is_placeholder(text)):
        raise Invalid(f"{name} must be a string or a whole number and is a number with a point or an exponent.")
    return text


def _contradiction(sessions: list[str], uids: list[str]) -> str | None:
    if len(uids) > 1:
        return "The call shows several uids, so whose words these are cannot be known."
    if len(sessions) > 1:
        return "The call shows several session ids, so whose words these are cannot be known."
    if sessions and uids and sessions != uids and all(map(is_account_id, (sessions[0], uids[0]))):
        # OMI's cloud makes the session id equal to the uid, so somebody has put another uid into the URL
        return "The session id is one OMI account and the uid another, so whose words these are cannot be known."
    return None


def _kind(body: dict[str, Any]) -> str:
    """A call with segments that are not blank is live, whatever else it holds."""
    if any(_text(item) != "" for item in body.get("segments") or ()):
        return TRANSCRIPT
    if "transcript_segments" in body or "structured" in body:
        return RECORD
    return DAY_SUMMARY if "summary_json" in body or ("summary" in body and "segments" not in body) else TRANSCRIPT


def _read(items: Sequence[Any]) -> Iterator[Segment | None]:
    """Yields each segment with text, and None for each that cannot be read; empty segments are skipped."""
    for item in items:
        text = _text(item)
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


def _text(item: Any) -> str | None:
    """The item's text, which may be blank; None if it has none that can be read."""
    if not isinstance(item, dict):
        return None
    text = item.get("text")
    if text is None:
        return None if _words_elsewhere(item) else ""
    return clean(text) if _is_simple(text) else None


def _segment(item: dict[str, Any], text: str) -> Segment:
    start, end = _place(item)
    return Segment(
        id=_id(item.get("id")),
        text=text,
        speaker=_speaker(item),
        is_user=_truth(item.get("is_user", item.get("isUser"))),
        person_id=_id(item.get("person_id", item.get("personId"))),
        start=start,
        end=end,
    )


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
    return clean(value).strip()[:length] or None if _is_simple(value) else None


def _truth(value: Any) -> bool:
    return value.strip().lower() in ("true", "1", "yes") if isinstance(value, str) else value in (True, 1)


def _is_simple(value: Any) -> bool:
    return isinstance(value, _SIMPLE) and not isinstance(value, bool)


def clean(value: Any) -> str:
    """The value as a text without what databases and UTF-8 do not accept."""
    text = str(value if value is not None else "")
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)


def _integer(digits: str) -> int | Decimal:
    """The number; a Decimal where Python refuses integers of thousands of digits."""
    return int(digits) if len(digits) < 20 else Decimal(digits)


def _prune(text: str) -> str:
    """The JSON text without the levels below MAX_DEPTH."""
    kept, depth, copied = [], 0, 0
    for token in _STRUCTURE.finditer(text):
        mark = token[0]
        if mark in ("[", "{"):
            depth += 1
            if depth == MAX_DEPTH + 1:
                kept += [text[copied : token.start()], "null"]
        elif mark in ("]", "}"):
            depth -= 1
            if depth == MAX_DEPTH:
                copied = token.end()
    return "".join(kept) + text[copied:] if depth <= MAX_DEPTH else ""


def _json_type(value: Any) -> str:
    names = {bool: "a boolean", list: "a list", dict: "an object", str: "a string", type(None): "null"}
    return names.get(type(value), "a number")
