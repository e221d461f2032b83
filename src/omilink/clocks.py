"""Which conversation a piece of speech belongs to. Pure: values in, a value out.

OMI's cloud never says that a conversation ended. What a receiver sees are clocks: seconds since the conversation's
first words, starting again near 0 with the next one. Several devices of one account come in under one session id, each
with a clock of its own (omi-protocol: when a conversation ends).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from omilink.model import Conversation, Millis, Segment

LATE = 40.0
"""Seconds that words may come late. The slowest retry of OMI's cloud comes after 36."""
OVERLAP = 2.0
"""Seconds by which people talk over each other."""
NEAR_ZERO = 5.0
"""A clock that shows less than this may have started anew …"""
FELL_BACK = 8.0
"""… if it fell back by more than this."""
BACKLOG = 30.0
"""Seconds of speech in one call from which on it is a backlog, held up by a lost connection."""
MOST_RUNS = 20
"""Pieces that a call is cut into at most. A backlog of a whole day has fewer; what has more is made up."""
BACKLOG_LIMIT: Millis = 3_600_000
"""A backlog that was held up for longer starts a conversation of its own."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive segments of one call that belong together. `start` is None when all of them are unplaced."""

    segments: tuple[Segment, ...]
    start: float | None
    end: float | None


def runs(segments: Iterable[Segment], gap: float) -> Iterator[Run]:
    """Cuts a call where its clock starts anew or is silent for `gap` seconds, as a backlog's may."""
    pieces: list[Segment] = []
    start = end = None
    count = 1
    for segment in segments:
        if count < MOST_RUNS and _breaks(start, end, segment, gap):
            yield Run(tuple(pieces), start, end)
            pieces, start, end = [], None, None
            count += 1
        pieces.append(segment)
        if segment.start is not None and segment.end is not None:
            start = segment.start if start is None else min(start, segment.start)
            end = segment.end if end is None else max(end, segment.end)
    if pieces:
        yield Run(tuple(pieces), start, end)


def place(run: Run, at: Millis, conversations: Sequence[Conversation], gap: float) -> Conversation | None:
    """The conversation on whose clock the run follows, or None for a new one.

    `at` is when the call was accepted, `gap` the seconds of silence that end a conversation. Of two clocks that fit,
    the one whose last words are nearest wins: so the words of two devices stay apart.
    """
    fitting = [c for c in conversations if _follows(c, run, at, gap)]
    if run.start is None:
        return max(fitting, key=lambda c: (c.last_at, c.id), default=None)
    start = run.start
    return min(fitting, key=lambda c: (abs(start - _end(c)), -c.last_at), default=None)


def _follows(conversation: Conversation, run: Run, at: Millis, gap: float) -> bool:
    silence = (at - conversation.last_at) / 1000
    if run.start is None or run.end is None or conversation.end is None or conversation.first is None:
        return silence < gap
    ahead = run.start - conversation.end
    if ahead >= gap or (silence >= gap and not _is_backlog(run, silence)):
        return False
    if ahead >= 0 or (ahead >= -OVERLAP and (run.start > conversation.first or silence <= LATE)):
        return True
    late = conversation.end + silence - run.end
    return late <= LATE and not _started_anew(conversation.first, conversation.end, run.start, run.end)


def _breaks(start: float | None, end: float | None, segment: Segment, gap: float) -> bool:
    if start is None or end is None or segment.start is None or segment.end is None:
        return False
    late = end - segment.end
    return segment.start - end >= gap or late > LATE or _started_anew(start, end, segment.start, segment.end)


def _started_anew(first: float, end: float, start: float, stop: float) -> bool:
    """Words near 0, well before what was said last. Those that end just where the clock's first known words begin are
    no new start but its first words, late."""
    is_late_head = -OVERLAP <= first - stop <= NEAR_ZERO and first > start
    return start < NEAR_ZERO and end - start > FELL_BACK and not is_late_head


def _is_backlog(run: Run, silence: float) -> bool:
    """A call that holds as much speech as there was silence: the connection was gone, the talk went on."""
    assert run.start is not None and run.end is not None
    return run.end - run.start >= max(BACKLOG, silence / 2) and silence * 1000 < BACKLOG_LIMIT


def _end(conversation: Conversation) -> float:
    return 0.0 if conversation.end is None else conversation.end
