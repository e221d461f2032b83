"""Recognises mistakes of senders that lose words or split conversations, so that users can be informed. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.models.conversation import Conversation
from omilink.models.message import Segment
from omilink.models.session import Mistake

SLOW: float = 200.0
"""Times slower than people speak. A longer segment was not measured in seconds: a pause in a sentence stays far below
this factor, and milliseconds exceed it."""
CHARACTERS_PER_SECOND = 15.0
"""How fast people speak."""
MILLISECONDS: float = 1_000.0
"""A clock in milliseconds exceeds this value after its first second."""
LONG = 60.0
"""Seconds. A short word, with the pause around it, hardly takes longer."""
LONGEST_SENTENCE = 300.0
"""Seconds."""
MANY_CONVERSATIONS = 5
"""Conversations that begin within `HURRY` only if the clock starts again and again."""
LEAP = 100.0
"""Seconds."""
HURRY = 600.0
"""Seconds."""


ADVICE = {
    Mistake.UNREADABLE: (
        "Some of what it sends could not be read and is not kept.",
        'Send {"session_id": "…", "segments": [{"text": "…", "start": 0, "end": 2}]}: every text under `text`, in a '
        "list under `segments`.",
    ),
    Mistake.MILLISECONDS: (
        "Its clock runs about 1,000 times too fast, so its talk may fall apart into many conversations.",
        "Send `start` and `end` in seconds, not in milliseconds.",
    ),
    Mistake.RESTARTING: (
        "Its clock starts at 0 again and again, so its talk falls apart into many conversations.",
        "Let `start` and `end` count on from the first words of a conversation, in every call.",
    ),
    Mistake.OF_EARLIER_OWNER: (
        "Some of what it sends goes on with words of whoever had it before, and is not kept.",
        "Nothing has to be done if that was just after it changed hands. Else give every segment a UUID as its `id`.",
    ),
    Mistake.TOO_MUCH: (
        "It sends more than this server keeps of one account in a day, and what is beyond that is not kept.",
        "Send every segment once. There is room again as the day goes on; the operator can give more.",
    ),
    Mistake.RECORD_TOO_LARGE: (
        "OMI's record of a conversation was too large to be taken, so its title, its summary and words that did not "
        "come live are missing.",
        "Nothing has to be done; what came live is there. A record may have 16 MiB, and photos make it large.",
    ),
}
"""For each mistake, what is wrong and what the programmer of the device has to change."""


MENDED = (Mistake.UNREADABLE, Mistake.MILLISECONDS, Mistake.OF_EARLIER_OWNER, Mistake.TOO_MUCH)
"""Mistakes that are visible in every call: if no call shows the mistake …"""
MENDED_AFTER: Millis = 60_000
"""… for this many milliseconds, the device has been mended."""


def of_call(segments: Sequence[Segment], unreadable: int) -> Mistake | None:
    """The mistake that one call shows by itself, or None."""
    if unreadable:
        return Mistake.UNREADABLE
    return Mistake.MILLISECONDS if _is_in_milliseconds(segments) else None


def of_conversations(begun: Sequence[Conversation]) -> Mistake | None:
    """The mistake that a session's conversations show which began within `HURRY`, the oldest first, or None: a clock
    that starts again and again, or a clock that leaps over silences that were not kept. If both happened, the device
    has been mended since."""
    if len(begun) < MANY_CONVERSATIONS:
        return None
    leaps = [(later.first or 0.0) - (earlier.first or 0.0) >= LEAP for earlier, later in pairwise(begun)]
    if all(leaps):
        return Mistake.MILLISECONDS
    return None if any(leaps) else Mistake.RESTARTING


def in_seconds(segments: list[Segment]) -> list[Segment]:
    """The segments of a call with their times in seconds. Times count as milliseconds if, in seconds, a sentence would
    take five minutes or more."""
    lengths = [s.end - s.start for s in segments if s.start is not None and s.end is not None]
    if max(lengths, default=0.0) < LONGEST_SENTENCE or not _is_in_milliseconds(segments):
        return segments
    return [
        segment if segment.start is None or segment.end is None else _divided(segment, segment.start, segment.end)
        for segment in segments
    ]


def _divided(segment: Segment, start: float, end: float) -> Segment:
    return replace(segment, start=start / 1000, end=end / 1000)


def _is_in_milliseconds(segments: Sequence[Segment]) -> bool:
    """Whether every sentence, in seconds, would take longer than any sentence takes."""
    placed = [(s, s.start, s.end) for s in segments if s.start is not None and s.end is not None]
    return bool(placed) and all(
        end >= MILLISECONDS and end - start >= max(LONG, SLOW * len(segment.text) / CHARACTERS_PER_SECOND)
        for segment, start, end in placed
    )
