"""Which conversation a piece of speech belongs to. Pure: values in, a value out.

OMI's cloud never says that a conversation ended. What a receiver sees are clocks: seconds since the conversation's
first words or first audio, beginning again with the next one. Several devices of one account come in under one session
id, each with a clock of its own (omi-protocol: when a conversation ends).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from omilink.clock import Millis
from omilink.conversations.identity import (
    LATE,
    SAME_START,
    claim_same_seconds,
    have_same_words,
    is_repeated,
    is_too_late,
)
from omilink.models.conversation import Conversation
from omilink.models.message import Message, Segment

OVERLAP = 2.0
"""Seconds by which people talk over each other."""
BACKLOG = 30.0
"""Seconds of speech in one call from which on it is a backlog, held up by a lost connection."""
MOST_RUNS = 20
"""Pieces that a call is cut into at most. A backlog of a whole day has fewer; what has more is made up."""
BACKLOG_LIMIT: Millis = 3_600_000
"""A backlog that was held up for longer starts a conversation of its own."""
MOST_COMPARED, MOST_PAIRS, MOST_READ = 100, 4_000, 50
"""Segments of a call of which each is compared with what is known, how many pairs that makes at most, and of how many
pairs the words are read. What contradicts does so early."""

SHORT = 10.0
"""Seconds. A conversation that spans no more may be of a clock that begins anew with every call …"""
RESTARTS = 5
"""… once there are at least this many such conversations …"""
SOON = 20.0
"""… and the next words come within this many seconds."""

SpokenIn = Callable[[Conversation, float, float], Sequence[Message]]
"""What was said in these seconds of a conversation's clock. It is asked only where the clock alone does not tell."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive segments of one call that belong together. `start` is None when all of them are unplaced."""

    segments: tuple[Segment, ...]
    start: float | None
    end: float | None


def runs(segments: Iterable[Segment], gap: float) -> Iterator[Run]:
    """Cuts a call where its clock starts anew or is silent for `gap` seconds, as a backlog's may."""
    pieces: list[Segment] = []
    end: float | None = None
    count = 1
    for segment in segments:
        if count < MOST_RUNS and not _is_next(end, segment, gap) and _breaks(pieces, segment, gap):
            yield _run(pieces)
            pieces, end = [], None
            count += 1
        pieces.append(segment)
        if segment.end is not None:
            end = segment.end if end is None else max(end, segment.end)
    if pieces:
        yield _run(pieces)


def place(
    run: Run, at: Millis, conversations: Sequence[Conversation], gap: float, spoken_in: SpokenIn
) -> Conversation | None:
    """The conversation on whose clock the run follows, or None for a new one.

    `at` is when the call was accepted, `gap` the seconds of silence that end a conversation. Of two clocks that fit,
    the one whose last words are nearest wins, or which shows that time now: so the words of two devices stay apart.
    """
    if run.start is None:
        fitting = [c for c in conversations if _silence(c, at) < gap]
        return max(fitting, key=lambda c: (c.last_order, c.last_at, c.id), default=None)
    nearest = sorted(conversations, key=lambda c: (_distance(c, run, at), -c.last_order, -c.last_at))
    return next((c for c in nearest if _follows(c, run, at, gap, spoken_in)), None)


def gone_on(run: Run, at: Millis, conversations: Sequence[Conversation]) -> Conversation | None:
    """The conversation that goes on though its clock begins anew with every call, so that it tells no place; None while
    that does not show. Else each call of such a device would be a conversation."""
    latest = max(conversations, key=lambda c: (c.last_order, c.last_at, c.id), default=None)
    if latest is None or latest.end is None or run.start is None or run.end is None:
        return None
    short = [c for c in conversations if is_short(c)]
    restarts = latest in short and 0 <= run.start < latest.end and run.end <= SHORT
    return latest if restarts and len(short) >= RESTARTS and _silence(latest, at) < SOON else None


def is_short(conversation: Conversation) -> bool:
    """Whether its clock has shown so little that it may begin anew with every call."""
    return (
        conversation.first is not None
        and conversation.end is not None
        and conversation.end - conversation.first <= SHORT
    )


def is_restarting(segment: Segment, at: Millis, conversations: Sequence[Conversation]) -> bool:
    """Whether clocks begin again and again where the segment does: then it is rather the next first word than another
    word for the last one."""
    begun = [c for c in conversations if is_short(c) and _silence(c, at) < SOON]
    starts = [c.first for c in begun if c.first is not None and segment.start is not None]
    return sum(abs(first - (segment.start or 0.0)) <= SAME_START for first in starts) > 1


def _follows(conversation: Conversation, run: Run, at: Millis, gap: float, spoken_in: SpokenIn) -> bool:
    silence = _silence(conversation, at)
    if run.start is None or run.end is None or conversation.end is None or conversation.first is None:
        return silence < gap
    ahead = run.start - conversation.end
    if ahead >= gap or (silence >= gap and not _is_backlog(run, silence)):
        return False
    if ahead >= 0:
        return True
    said = spoken_in(conversation, run.start - BACKLOG, run.end + BACKLOG)
    if _is_another_clock(run, said):
        return False
    is_next = ahead >= -OVERLAP and run.start > conversation.first
    return is_next or run.start < 0 or _is_all_repeated(run, at, said) or _late(conversation, run, at, said) <= LATE


def _run(pieces: Sequence[Segment]) -> Run:
    starts = [piece.start for piece in pieces if piece.start is not None]
    ends = [piece.end for piece in pieces if piece.end is not None]
    return Run(tuple(pieces), min(starts, default=None), max(ends, default=None))


def _is_next(end: float | None, segment: Segment, gap: float) -> bool:
    """Whether the segment follows all that came before it: then it needs no comparison."""
    return end is not None and segment.start is not None and 0 <= segment.start - end < gap


def _breaks(pieces: Sequence[Segment], segment: Segment, gap: float) -> bool:
    """Whether the clock jumps between what came just before in the call and the segment, or cannot be the same."""
    if not pieces:
        return False
    before = _run(pieces[-MOST_COMPARED:])
    if before.start is None or before.end is None or segment.start is None or segment.end is None:
        return False
    latest = max(piece.start for piece in before.segments if piece.start is not None)
    if segment.start - before.end >= gap or min(latest - segment.start, before.end - segment.end) > LATE:
        return True
    return segment.start < before.end and _contradicts((piece, segment) for piece in before.segments)


def _is_another_clock(run: Run, said: Sequence[Message]) -> bool:
    """Whether a voice would have said two things at once: then these are the same seconds of another clock."""
    return _contradicts((message, segment) for segment in run.segments[:MOST_COMPARED] for message in said)


def _contradicts(pairs: Iterable[tuple[Message | Segment, Segment]]) -> bool:
    """Whether one of the pairs does. A bounded number is compared, and of those of the same seconds a smaller one is
    read."""
    at_once = (pair for pair in islice(pairs, MOST_PAIRS) if claim_same_seconds(*pair))
    return any(not have_same_words(one.text, other.text, nearly_all=True) for one, other in islice(at_once, MOST_READ))


def may_begin_anew(conversation: Conversation, message: Message, at: Millis) -> bool:
    """Whether a segment that is alone in a call and the same as the message may be said again: without a place, or as
    the first words of a clock that started anew while the talk was silent."""
    if not is_too_late(message, at):
        return False
    if message.start is None or conversation.first is None:
        return message.start is None
    return message.start <= conversation.first + SAME_START and _silence(conversation, at) > LATE


def _is_all_repeated(run: Run, at: Millis, said: Sequence[Message]) -> bool:
    some = run.segments[:MOST_COMPARED]
    if len(some) == 1:
        said = [message for message in said if not is_too_late(message, at)]
    texts = {message.text for message in said}
    if any(segment.text not in texts for segment in some):
        return False
    return all(any(is_repeated(message, segment) for message in said) for segment in some)


def _late(conversation: Conversation, run: Run, at: Millis, said: Sequence[Message]) -> float:
    """Seconds that the run came after its time, or after the call that told what was said around it: an interjection
    in a monologue can come no sooner than the monologue."""
    assert run.start is not None and run.end is not None
    around: dict[Millis, list[Message]] = {}
    for message in said:
        around.setdefault(message.created_at, []).append(message)
    heard = [when for when, words in around.items() if _spans(words, run.end)]
    by_clock = _lag(conversation, run, at)
    return min([by_clock, *((at - when) / 1000 for when in heard)])


def _spans(words: Sequence[Message], moment: float) -> bool:
    starts = [message.start for message in words if message.start is not None]
    ends = [message.end for message in words if message.end is not None]
    return min(starts) - OVERLAP <= moment <= max(ends) + OVERLAP


def _distance(conversation: Conversation, run: Run, at: Millis) -> float:
    """Seconds between the run and the last words, or between the run and what the clock shows when it comes."""
    if run.start is None or conversation.end is None:
        return 0.0 if run.start is None else abs(run.start)
    return min(abs(run.start - conversation.end), abs(_lag(conversation, run, at)))


def _lag(conversation: Conversation, run: Run, at: Millis) -> float:
    """Seconds by which the run's last words are behind what the conversation's clock shows when they come."""
    assert conversation.end is not None and run.end is not None
    return conversation.end + _silence(conversation, at) - run.end


def _silence(conversation: Conversation, at: Millis) -> float:
    return (at - conversation.last_at) / 1000


def _is_backlog(run: Run, silence: float) -> bool:
    """A call that holds as much speech as there was silence: the connection was gone, the talk went on."""
    assert run.start is not None and run.end is not None
    return run.end - run.start >= max(BACKLOG, silence / 2) and silence * 1000 < BACKLOG_LIMIT
