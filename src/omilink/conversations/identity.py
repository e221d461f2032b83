"""Decides whether a segment is a known message, and whether two segments can have been said on one clock. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from omilink.clock import Millis
from omilink.models.message import WEARER, Message, Segment, has_place, voice

LATE = 42.0
"""Seconds by which words may come late. The slowest retry of OMI's cloud comes after 36 s (docs/reference/omi.md), and
the network needs some seconds more."""
SAME_START = 0.5
"""Seconds by which the starts of two versions of one segment may differ."""
INEXACT = 0.1
"""Seconds by which segments of one voice may overlap and still follow one another."""
CORRECTED_WITHIN: Millis = 10_000
"""Milliseconds after a segment within which other words under the segment's number are a correction. Later they are
another segment with the same number."""

COMPARED = 500
"""Characters of a text that are compared word by word."""
MOST, NEARLY_ALL = 0.5, 0.75
"""The shares of words that two texts must have in common."""

_WORDS = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|\\w+")  # some scripts write no spaces between words


def is_same_by_number(message: Message, segment: Segment, at: Millis) -> bool:
    """Whether the segment is the message with the same counted number. `at` is when the segment came. Counters begin
    again with every call or with a restarted device, so the place on the clock and the words must agree too; without a
    place, the words alone decide."""
    if message.has_been(segment):
        return True
    if not _begin_together(message, segment):
        return False
    are_placed = has_place(message) and has_place(segment)
    if not message.text:  # a deleted message: only its place is known
        return are_placed or message.key == segment.key
    if message.knows(segment):
        return True
    if not are_placed:
        return _is_continued(message, segment, at)
    return have_same_words(message.text, segment.text) and _share_more_than_a_moment(message, segment)


def is_like_a_correction(message: Message, segment: Segment, at: Millis) -> bool:
    """Whether the segment may correct the message: it has the message's number and place, and comes at once. A message
    that has changed before is not corrected again by wholly different words."""
    are_placed = has_place(message) and has_place(segment)
    if not (are_placed and message.text and _begin_together(message, segment) and _comes_soon(message, at)):
        return False
    is_changed_anew = message.rev > 1 and not _share_a_word(message.text, segment.text)
    return not is_changed_anew and _may_be_one_voice(message, segment) and _share_most(message, segment)


def is_elsewhere(message: Message, segment: Segment) -> bool:
    """Whether the segment has the message's id, but other words at a different place on the clock. Of a deleted message
    only the place is known."""
    if not (has_place(message) and has_place(segment)) or _begin_together(message, segment):
        return False
    assert message.start is not None and message.end is not None
    assert segment.start is not None and segment.end is not None
    is_apart = segment.start >= message.end or message.start >= segment.end
    return is_apart and not (message.text and have_same_words(message.text, segment.text))


def is_repeated(message: Message, segment: Segment) -> bool:
    """Whether a segment without an id repeats the message with slightly different times. One voice does not say the
    same words twice at the same time, but it may say them twice in succession."""
    if segment.id or message.start is None or segment.start is None or message.text != segment.text:
        return False
    return voice(message) == voice(segment) and _begin_together(message, segment) and _share(message, segment) > 0.5


def is_too_late(message: Message, at: Millis) -> bool:
    """Whether a segment that says the same words, alone in a call, comes too late to be a retry of the message. The
    message may have grown since it first came."""
    length = 0.0 if message.start is None or message.end is None else message.end - message.start
    return at - max(message.created_at, message.spoken_at + round(length * 1000)) > LATE * 1000


def is_of_before(message: Message, segment: Segment, at: Millis) -> bool:
    """Whether a segment that came at `at` repeats or continues the message of an earlier owner, and is not new
    speech."""
    if not segment.may_be_counted or message.has_been(segment):
        return True
    if not message.text:
        return message.end == segment.end
    is_in_time = abs(at - message.created_at) <= LATE * 1000
    is_there = message.start == segment.start and voice(message) == voice(segment)
    texts = sorted((message.text, segment.text), key=len)
    return is_in_time and is_there and texts[1].startswith(texts[0])


def has_gone_on(message: Message, later: Iterable[Message]) -> bool:
    """Whether the message's voice has said more since. A recogniser corrects only its last words; other words at an
    earlier place come from a device that restarted."""
    end = (message.end or 0.0) - INEXACT
    return any(one.seq > message.seq and (one.start or 0.0) >= end and voice(one) == voice(message) for one in later)


def latest_alike(message: Message, unplaced: Iterable[Message]) -> Message:
    """The latest message with the same words. Without an id and a place, repeated words have the same key except for a
    number."""
    alike = [one for one in unplaced if one.segment_id and message.key == f"said:{one.segment_id}"]
    return max([message, *alike], key=lambda one: one.created_at)


def of_number(segment: Segment, there: Iterable[Message]) -> Sequence[Message]:
    """The messages that have the segment's id: the nearest first, or the latest first for a segment without a place."""
    same = [message for message in there if message.segment_id == segment.id]
    if segment.start is None:
        return sorted(same, key=lambda message: -message.seq)
    start = segment.start
    return sorted(same, key=lambda message: abs((message.start or 0.0) - start))


def most_alike(found: Sequence[tuple[Message, bool]], segment: Segment) -> Message | None:
    """The best match among messages, each with whether its conversation is deleted: the message to which the segment
    adds nothing, else a deleted message, since its words must not come back, else the first. None if `found` is
    empty."""
    if len(found) > 1:  # seldom, and a hash is expensive
        return max(found, key=lambda one: (one[0].knows(segment), one[1]))[0]
    return found[0][0] if found else None


def claim_same_seconds(message: Message | Segment, segment: Segment) -> bool:
    """Whether the message and the segment would make one voice speak twice at the same time. Touching seconds, and an
    overlap of at most INEXACT, do not count. If either has no named voice, both count as one voice's only if they begin
    together or share most of the longer one's seconds."""
    if message.start is None or segment.start is None or not _may_be_one_voice(message, segment):
        return False
    assert message.end is not None and segment.end is not None
    shared = min(message.end, segment.end) - max(message.start, segment.start)
    if shared < 0:
        return False
    if message.start == segment.start or _is_point_within(message, segment):
        return True
    lengths = message.end - message.start, segment.end - segment.start
    if voice(message) and voice(segment):
        return shared > max(INEXACT, min(lengths) / 2)
    return shared > INEXACT and (shared > max(lengths) / 2 or _begin_together(message, segment))


def have_same_words(one: str, other: str, *, nearly_all: bool = False) -> bool:
    """Whether one text begins with the other, or most of their words agree. With `nearly_all`, for cases without other
    evidence, nearly all words must agree: two versions of one sentence differ in little."""
    if one.startswith(other) or other.startswith(one):
        return True
    ours, theirs = _words(one[:COMPARED]), _words(other[:COMPARED])
    shorter = min(len(ours), len(theirs))
    if shorter and ours[:shorter] == theirs[:shorter]:
        return True
    shared = 2 * (Counter(ours) & Counter(theirs)).total()
    share = NEARLY_ALL if nearly_all else MOST
    return shared > share * (len(ours) + len(theirs))


def _share_a_word(one: str, other: str) -> bool:
    return not set(_words(one[:COMPARED])).isdisjoint(_words(other[:COMPARED]))


@lru_cache(4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(text.casefold()))


def _comes_soon(message: Message, at: Millis) -> bool:
    return abs(at - message.created_at) <= CORRECTED_WITHIN


def _may_be_one_voice(one: Message | Segment, other: Message | Segment) -> bool:
    """Whether one speaker may have said both. A voice without a name may be anybody's, except that of a wearer whom the
    device distinguishes from others."""
    if voice(one) == voice(other):
        return True
    return not (voice(one) and voice(other)) and WEARER not in (voice(one), voice(other))


def _begin_together(one: Message | Segment, other: Segment) -> bool:
    if one.start is None or other.start is None:
        return one.start is other.start
    return abs(one.start - other.start) <= SAME_START


def _is_continued(message: Message, segment: Segment, at: Millis) -> bool:
    """Whether the segment is the message with more words, or comes at once with nearly the same words."""
    if segment.text.startswith(message.text):
        return True
    return _comes_soon(message, at) and have_same_words(message.text, segment.text, nearly_all=True)


def _share_more_than_a_moment(one: Message, other: Segment) -> bool:
    return one.start == other.start or _shared(one, other) > min(INEXACT, _shorter(one, other) / 2)


def _share_most(one: Message, other: Segment) -> bool:
    return one.start == other.start or _shared(one, other) > _shorter(one, other) / 2


def _shared(one: Message | Segment, other: Segment) -> float:
    """Seconds that both have in common, rounded to milliseconds; a negative number is the gap between them."""
    assert one.start is not None and one.end is not None and other.start is not None and other.end is not None
    return round(min(one.end, other.end) - max(one.start, other.start), 3)


def _shorter(one: Message | Segment, other: Segment) -> float:
    assert one.start is not None and one.end is not None and other.start is not None and other.end is not None
    return min(one.end - one.start, other.end - other.start)


def _share(one: Message | Segment, other: Segment) -> float:
    """The share of the longer one's seconds that both have in common."""
    assert one.start is not None and one.end is not None and other.start is not None and other.end is not None
    longer, shared = max(one.end - one.start, other.end - other.start), _shared(one, other)
    return shared / longer if longer else float(shared == 0)


def _is_point_within(one: Message | Segment, other: Segment) -> bool:
    """Whether one of them has no length, as from a device that sends no end, and lies inside the other."""
    assert one.start is not None and one.end is not None and other.start is not None and other.end is not None
    return one.start < other.start == other.end < one.end or other.start < one.start == one.end < other.end
