"""Reads the session, the uid and the kind of a call from its body and its query string (docs/reference/omi.md). A call
that no OMI sender can make is refused, with a sentence for the programmer of the device.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus

from omilink.errors import Invalid, TooLarge
from omilink.ingest import segment_reading
from omilink.ingest.json_body import SESSION_NAMES, UID_NAMES
from omilink.models.ids import check_id, is_account_id, is_placeholder

MAX_SEGMENTS = 2_000
Query = Sequence[tuple[str, str]]
_WHOLE = re.compile(r"-?[0-9]+")


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
    return Call(segment_reading.kind_of(body), session_id, uids[0] if uids else None, _contradiction(sessions, uids))


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


def _json_type(value: Any) -> str:
    names = {bool: "a boolean", list: "a list", dict: "an object", str: "a string", type(None): "null"}
    return names.get(type(value), "a number")
