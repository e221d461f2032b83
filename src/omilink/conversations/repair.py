"""Finds the words of OMI's record that never came live, and their places among those that came. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby
from math import inf
from typing import TypeVar

from omilink.conversations.alignment import Alignment, Recorded, Steps, offset_of
from omilink.models.message import Message, Segment

AnySegment = TypeVar("AnySegment", bound=Segment)
JUST_BEFORE = 0.01
"""Seconds between missing words and the first known ones, if their times are in the wrong order."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Missing words: `text` is the part of the record's segment at index `segment`. `start` and `end` are on the clock
    of the known messages, and None if the segment is unplaced. `position` is where the words belong in spoken order.
    `after` is the index of the message before them, or of the message behind them if they are the first words; None if
    no message is known."""

    segment: int
    text: str
    start: float | None
    end: float | None
    position: float
    after: int | None


@dataclass(frozen=True, slots=True)
class Repair:
    """How a record and the known messages fit together. `holes` are in spoken order. `said_in` has for each segment of
    the record the indexes of the messages with its words. `said` is the number of letters of the messages, `matched` of
    those that both have, and `shift` the seconds by which the record's clock is ahead of the messages' clock. A
    comparison that takes more than MOST_STEPS is given up, and has no holes."""

    holes: Sequence[Hole]
    said_in: Sequence[Sequence[int]]
    said: int
    matched: int
    shift: float


def in_spoken_order(segments: Sequence[AnySegment]) -> list[AnySegment]:
    """The record's segments by their start. Segments without a place came after the conversation had ended."""
    return sorted(segments, key=lambda one: (one.start is None, one.start or 0.0, one.end or 0.0))


class Comparison:
    """Compares one record with messages. All of its comparisons share MOST_STEPS."""

    def __init__(self, record: Sequence[Segment]) -> None:
        """`record` has the record's segments, in spoken order."""
        self._record, self._steps = record, Steps()

    def repair(self, messages: Sequence[Message]) -> Repair:
        """Compares the record with these messages, which are in spoken order. Without messages everything is missing,
        however long the record is."""
        if not messages:
            return Repair(list(_all_missing(self._record)), [()] * len(self._record), said=0, matched=0, shift=0.0)
        found = Alignment(messages, self._recorded, self._steps)
        owners = [dict.fromkeys(found.owners_of(segment)) for segment in range(len(self._record))]
        return Repair(
            holes=[] if found.is_given_up() else list(_holes(found)),
            said_in=[[owner for owner in of_segment if owner is not None] for of_segment in owners],
            said=found.count_said(),
            matched=found.count_matched(),
            shift=found.shift,
        )

    def is_given_up(self) -> bool:
        """Whether a comparison took too many steps, so that what it found is not whole."""
        return self._steps.left < 0

    def count_letters(self) -> int:
        """The number of letters of the record; 0 if it is too long to be compared."""
        return len(self._recorded.letters)

    @cached_property
    def _recorded(self) -> Recorded:
        return Recorded(self._record, self._steps)


def compare_again(
    live: Sequence[Message], words: Sequence[Message], steps: Steps
) -> Sequence[Sequence[int | Hole]] | None:
    """Compares live messages with words that they may have said, both in spoken order and on one clock. Returns for
    each of the words, in the order of its letters, the indexes of the live messages that say them, and holes; None if
    the comparison takes too many steps. What comes late may be new: words that read differently are the same only if
    their segment has the same id."""
    starts = accumulate((-inf if one.start is None else one.start for one in words), max)
    placed = [
        Segment(id=one.segment_id, text=one.text)
        if one.start is None or one.end is None
        else Segment(id=one.segment_id, text=one.text, start=start, end=max(start, one.end))
        for one, start in zip(words, starts, strict=True)
    ]
    found = Alignment(live, Recorded(placed, steps), steps, is_one_clock=True)
    if found.is_given_up():
        return None
    holes = _holes(found)
    runs = (groupby(found.owners_of(segment)) for segment in range(len(words)))
    return [[next(holes) if owner is None else owner for owner, _ in of_segment] for of_segment in runs]


def _all_missing(record: Sequence[Segment]) -> Iterator[Hole]:
    """Every segment that says something, as `_holes` has them if no message is known."""
    position: float | None = None
    for number, segment in enumerate(record):
        if any(map(str.isalnum, segment.text)):
            start = end = None
            if segment.start is not None and segment.end is not None:
                start, end = round(segment.start, 3), round(max(segment.start, segment.end), 3)
            position = _between(position, None, start)
            yield Hole(number, segment.text.strip(), start, end, position, None)


def _holes(found: Alignment) -> Iterator[Hole]:
    """The missing words, in spoken order."""
    position: float | None = None
    for segment in range(len(found.record)):
        for low, high in found.missing(segment):
            hole = _hole(found, segment, low, high, position)
            position = hole.position
            yield hole


def _hole(found: Alignment, segment: int, low: int, high: int, at: float | None) -> Hole:
    """The missing letters from index `low` to `high` of one segment, after the position `at` of the hole before."""
    before, behind = found.before(low), found.behind(high)
    start, until = _seconds(found, segment, low), _seconds(found, segment, high)
    if start is not None and until is not None:
        first, end = found.letters.first[segment : segment + 2]
        if low > first and before is not None:  # the words go on where a known message of this segment ended …
            start = max(start, min(found.messages[before].end or start, until))
        if high < end and behind is not None:  # … until the next one begins
            until = max(until, min(found.messages[behind].start or until, _seconds(found, segment, end) or until))
        until = max(start, until)
    positions = [at, None if before is None else found.messages[before].position]
    least = max((position for position in positions if position is not None), default=None)
    most = None if behind is None else found.messages[behind].position
    position = _between(least, most, start)
    return Hole(segment, _text(found, segment, low, high), start, until, position, behind if before is None else before)


def _text(found: Alignment, segment: int, low: int, high: int) -> str:
    """The part of the segment's text that has these letters. To look for them in the text takes time."""
    whole = found.record[segment].text
    first, end = found.letters.first[segment : segment + 2]
    begin = offset_of(whole, low - first) if low > first else 0
    behind = offset_of(whole, high - first) if high < end else len(whole)
    return whole[begin:behind].strip()


def _seconds(found: Alignment, segment: int, index: int) -> float | None:
    """When the letter was said, on the messages' clock; for an index behind the segment, when the segment ended."""
    is_end = index == found.letters.first[segment + 1]
    time = found.record[segment].end if is_end else found.time(index)
    return None if time is None else round(time - found.shift, 3)


def _between(least: float | None, most: float | None, wanted: float | None) -> float:
    """The wanted position, or the nearest one from `least` on and before `most`. If these are in the wrong order,
    because two voices spoke at once, `least` counts."""
    if wanted is None:
        wanted = least if least is not None else most or 0.0
    if least is not None:
        wanted = max(wanted, least)
    if most is None or wanted < most:
        return wanted
    if least is None:
        return most - JUST_BEFORE
    return (least + most) / 2 if least < most else least
