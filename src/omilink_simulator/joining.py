"""Joins the segments of a conversation as OMI's newest version does for the record (docs/reference/omi.md). Pure. The
letters of all segments in a row stay the same."""

import re

from omilink_simulator.calls import Shape

JOINED_WITHIN = 3.0  # seconds between two segments of one voice, or of a sentence that goes on in the other voice
LONG_ENOUGH = 125  # characters of a segment to which no further whole sentence is added
_SENTENCE = re.compile(r"[^.?!]*[.?!]+\s*|[^.?!]+$")


def joined(segments: list[Shape]) -> list[Shape]:
    """The segments of the record; `segments` are those that came live, in order of their starts."""
    done: list[Shape] = []
    for segment in segments:
        done[-1:] = _pair(done[-1], dict(segment)) if done else [dict(segment)]
    return done


def _pair(a: Shape, b: Shape) -> list[Shape]:
    """What becomes of two neighbours: both, or the one that has the words of both."""
    is_near = b["start"] - a["end"] < JOINED_WITHIN
    if a["speaker"] == b["speaker"] or (a["is_user"] and b["is_user"]):
        goes_on = _is_unfinished(a["text"]) and b["text"][:1].islower()
        is_short = len(a["text"]) < LONG_ENOUGH or _is_unfinished(a["text"])
        return (
            [a | {"text": _glued(a["text"], b["text"]), "end": b["end"]}]
            if goes_on or (is_near and is_short)
            else [a, b]
        )
    return _over_voices(a, b) if is_near and _is_unfinished(a["text"]) else [a, b]


def _over_voices(a: Shape, b: Shape) -> list[Shape]:
    """Puts the sentence that `a` leaves unfinished together, under the voice with the longer part of it."""
    *before, tail = _SENTENCE.findall(a["text"])
    head, *rest = _SENTENCE.findall(b["text"])
    is_whole = not _is_unfinished(head) and head[:1].isupper()
    if len(head) < len(tail) and (rest or not is_whole):
        a = a | {"text": _glued(a["text"], head)}
        return [a, b | {"text": "".join(rest)}] if rest else [a]
    if len(tail) < len(b["text"]):
        b = b | {"text": _glued(tail, b["text"])}
        kept = "".join(before).strip()
        return [a | {"text": kept, "end": min(a["end"], b["start"])}, b] if kept else [b]
    return [a, b]


def _is_unfinished(text: str) -> bool:
    return text.rstrip()[-1:] not in (".", "?", "!")


def _glued(text: str, more: str) -> str:
    return f"{text.strip()} {more.strip()}"
