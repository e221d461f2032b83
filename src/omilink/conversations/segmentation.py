"""Decides which conversation a segment belongs to. Pure: values in, a value out.

OMI's cloud never says that a conversation has ended. A receiver sees only clocks: seconds since the first words or the
first audio of a conversation, which begin again with the next one. Several devices of one account call under one
session id, each with its own clock (docs/reference/omi.md: the end of a conversation).
"""

from bisect import bisect_right
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
"""Seconds by which speakers may overlap."""
BACKLOG = 30.0
"""Seconds of speech from which on a call counts as a backlog that a lost connection held up."""
MOST_RUNS = 20
"""Pieces into which a call is cut at most. A backlog of a whole day has fewer; a call with more is invented."""
BACKLOG_LIMIT: Millis = 3_600_000
"""Milliseconds. A backlog that was held up for longer starts its own conversation."""
MOST_COMPARED, MOST_PAIRS, MOST_READ = 100, 4_000, 50
"""Limits of the comparison of a call with known messages: segments of the call, pairs of a segment and a message, and
pairs whose words are read. A contradiction shows early."""

SHORT = 10.0
"""Seconds. A conversation that spans no more may come from a clock that begins anew with every call …"""
RESTARTS = 5
"""… if at least this number of such conversations exist …"""
SOON = 20.0
"""… and the next words come within this number of seconds."""

SpokenIn = Callable[[Conversation, float, float], Sequence[Message]]
"""Returns the messages of a conversation between two seconds of its clock. It is called only where the clock alone does
not decide."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive segments of one call that belong together. `start` is None when all segments are unplaced."""

    segments: tuple[Segment, ...]
    start: float | None
    end: float | None


def runs(segments: Iterable[Segment], gap: float, cuts: Sequence[float] = ()) -> Iterator[Run]:
    """Cuts a call where its clock starts anew, or where the clock is silent for `gap` seconds, as in a backlog; and at
    `cuts`, in ascending order, the seconds at which a user has split a conversation that may go on."""
    pieces: list[Segment] = []
    end: float | None = None
    count = 1
    for segment in segments:
        jumps = not _is_next(end, segment, gap) and _breaks(pieces, segment, gap)
        if count < MOST_RUNS and (jumps or _crosses(pieces, segment, cuts)):
            yield run_of(pieces)
            pieces, end = [], None
            count += 1
        pieces.append(segment)
        if segment.end is not None:
            end = segment.end if end is None else max(end, segment.end)
    if pieces:
        yield run_of(pieces)


def place(
    run: Run, at: Millis, conversations: Sequence[Conversation], gap: float, spoken_in: SpokenIn
) -> Conversation | None:
    """The conversation on whose clock the run follows, or None if the run begins a new conversation. Of the
    conversations that a user has split by hand, only the one that has the run's second fits.

    `at` is when the call was accepted, `gap` the seconds of silence that end a conversation. Of two clocks that fit,
    the clock wins whose last words are nearest or which shows the run's time now: so the words of two devices stay
    apart.
    """
    conversations = [c for c in conversations if c.may_hold(run.start)]
    if run.start is None:
        fitting = [c for c in conversations if not has_ended(c, at, gap)]
        return max(fitting, key=lambda c: (c.last_order, c.last_at, c.id), default=None)
    nearest = sorted(conversations, key=lambda c: (_distance(c, run, at), -c.last_order, -c.last_at))
    return next((c for c in nearest if _follows(c, run, at, gap, spoken_in)), None)


def gone_on(run: Run, at: Millis, conversations: Sequence[Conversation]) -> Conversation | None:
    """The conversation that continues although its device's clock begins anew with every call and so gives no place.
    None unless earlier conversations show such a clock. Without this rule each call of such a device would be a
    conversation."""
    latest = max(conversations, key=lambda c: (c.last_order, c.last_at, c.id), default=None)
    if latest is None or latest.end is None or run.start is None or run.end is None:
        return None
    short = [c for c in conversations if is_short(c)]
    restarts = latest in short and 0 <= run.start < latest.end and run.end <= SHORT
    return latest if restarts and len(short) >= RESTARTS and _silence(latest, at) < SOON else None


def has_ended(conversation: Conversation, at: Millis, gap: float) -> bool:
    """Whether the silence before `at` has ended the conversation. A backlog may still continue it (`place`)."""
    return _silence(conversation, at) >= gap


def is_short(conversation: Conversation) -> bool:
    """Whether the conversation is so short that its clock may begin anew with every call. A split by hand says nothing
    about the clock."""
    return (
        not conversation.is_split
        and conversation.first is not None
        and conversation.end is not None
        and conversation.end - conversation.first <= SHORT
    )


def is_restarting(segment: Segment, at: Millis, conversations: Sequence[Conversation]) -> bool:
    """Whether clocks begin again and again at the segment's place. Then the segment is more likely new speech than a
    correction of the last words."""
    begun = [c for c in conversations if is_short(c) and _silence(c, at) < SOON]
    starts = [c.first for c in begun if c.first is not None and segment.start is not None]
    return sum(abs(first - (segment.start or 0.0)) <= SAME_START for first in starts) > 1


def _follows(conversation: Conversation, run: Run, at: Millis, gap: float, spoken_in: SpokenIn) -> bool:
    ended = has_ended(conversation, at, gap)
    if run.start is None or run.end is None or conversation.end is None or conversation.first is None:
        return not ended
    ahead = run.start - conversation.end
    if ahead >= gap or (ended and not _is_backlog(run, _silence(conversation, at))):
        return False
    if ahead >= 0:
        return True
    said = spoken_in(conversation, run.start - BACKLOG, run.end + BACKLOG)
    if _is_another_clock(run, said):
        return False
    is_next = ahead >= -OVERLAP and run.start > conversation.first
    return is_next or run.start < 0 or _is_all_repeated(run, at, said) or _late(conversation, run, at, said) <= LATE


def run_of(pieces: Sequence[Segment]) -> Run:
    starts = [piece.start for piece in pieces if piece.start is not None]
    ends = [piece.end for piece in pieces if piece.end is not None]
    return Run(tuple(pieces), min(starts, default=None), max(ends, default=None))


def _is_next(end: float | None, segment: Segment, gap: float) -> bool:
    """Whether the segment follows everything before it, so that it needs no comparison."""
    return end is not None and segment.start is not None and 0 <= segment.start - end < gap


def _crosses(pieces: Sequence[Segment], segment: Segment, cuts: Sequence[float]) -> bool:
    """Whether a cut lies between the segment and the one before it."""
    if not cuts or not pieces or segment.start is None or pieces[-1].start is None:
        return False
    return bisect_right(cuts, segment.start) != bisect_right(cuts, pieces[-1].start)


def _breaks(pieces: Sequence[Segment], segment: Segment, gap: float) -> bool:
    """Whether the clock jumps between the preceding segments of the call and this segment, or must be another clock."""
    if not pieces:
        return False
    before = run_of(pieces[-MOST_COMPARED:])
    if before.start is None or before.end is None or segment.start is None or segment.end is None:
        return False
    latest = max(piece.start for piece in before.segments if piece.start is not None)
    if segment.start - before.end >= gap or min(latest - segment.start, before.end - segment.end) > LATE:
        return True
    return segment.start < before.end and _contradicts((piece, segment) for piece in before.segments)


def _is_another_clock(run: Run, said: Sequence[Message]) -> bool:
    """Whether a voice would have said two things at the same time: then the run has the same seconds on another
    clock."""
    return _contradicts((message, segment) for segment in run.segments[:MOST_COMPARED] for message in said)


def _contradicts(pairs: Iterable[tuple[Message | Segment, Segment]]) -> bool:
    """Whether any pair contradicts. At most MOST_PAIRS pairs are compared; of pairs with the same seconds, the words of
    at most MOST_READ are read."""
    at_once = (pair for pair in islice(pairs, MOST_PAIRS) if claim_same_seconds(*pair))
    return any(not have_same_words(one.text, other.text, nearly_all=True) for one, other in islice(at_once, MOST_READ))


def may_begin_anew(conversation: Conversation, message: Message, at: Millis) -> bool:
    """Whether a segment that is alone in a call and equals the message may be new speech: because the segment has no
    place, or because it is the first of a clock that started anew while nobody spoke."""
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
    """Seconds by which the run came later than its time on the clock, or later than the call with the words around it:
    an interjection in a monologue cannot come before the monologue."""
    assert run.start is not None and run.end is not None
    around: dict[Millis, list[Message]] = {}
    for message in said:
        around.setdefault(message.created_at, []).append(message)
    came = [when for when, words in around.items() if _spans(words, run.end)]
    by_clock = lag(conversation, run.end, at)
    return min([by_clock, *((at - when) / 1000 for when in came)])


def _spans(words: Sequence[Message], moment: float) -> bool:
    starts = [message.start for message in words if message.start is not None]
    ends = [message.end for message in words if message.end is not None]
    return min(starts) - OVERLAP <= moment <= max(ends) + OVERLAP


def _distance(conversation: Conversation, run: Run, at: Millis) -> float:
    """Seconds between the run and the conversation's last words, or between the run and the time that the clock shows
    when the run comes."""
    if run.start is None or run.end is None or conversation.end is None:
        return 0.0 if run.start is None else abs(run.start)
    return min(abs(run.start - conversation.end), abs(lag(conversation, run.end, at)))


def lag(conversation: Conversation, end: float, at: Millis) -> float:
    """Seconds by which words that ended then are behind the time that the conversation's clock shows when they come."""
    assert conversation.end is not None
    return conversation.end + _silence(conversation, at) - end


def _silence(conversation: Conversation, at: Millis) -> float:
    return (at - conversation.last_at) / 1000


def _is_backlog(run: Run, silence: float) -> bool:
    """Whether the call holds as much speech as there was silence: the connection was lost and the talk continued."""
    assert run.start is not None and run.end is not None
    return run.end - run.start >= max(BACKLOG, silence / 2) and silence * 1000 < BACKLOG_LIMIT
