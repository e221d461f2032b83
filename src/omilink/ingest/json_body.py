"""Reads the JSON of a call's body, valid or not. Numbers in the place of an id or a text keep every digit."""

import json
import re
from decimal import Decimal
from typing import Any

import orjson

from omilink.errors import Malformed

MAX_DEPTH = 64
"""OMI nests six levels deep. Deeper levels are dropped, so that no parser exhausts the stack."""
MOST_MARKS = 100_000
"""Brackets and quotation marks in a body that is nested so deep that its depth must be searched."""
UID_NAMES = ("uid", "user_id", "userId")
SESSION_NAMES = ("session_id", "sessionId")
_WRITTEN = ("id", "text", "speaker", "person_id", "personId")
"""Fields of a segment in which a number keeps the digits as they were written."""
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


def read(body: bytes) -> Any:
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
