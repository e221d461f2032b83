"""Finds which letters of OMI's record belong to which message. Pure.

OMI's joining moves words across the border of neighbouring segments and changes blanks and punctuation, but no letter
and no digit (docs/reference/omi.md: the conversation record). So texts are compared by casefolded letters and digits.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate, islice
from statistics import median
from typing import NamedTuple

from omilink.models.message import Message, Segment

LONG = 12
"""A text of at least this many letters is found wherever it stands. A shorter text must be near its time or its
neighbours."""
NEAR, FAR = 2.0, 30.0
"""Seconds before and after a short and a long text in which the text is searched first."""
ALIKE = 0.6
"""Share of a text's letters that an edited text must still have."""
LONGEST_EDITED = 2_000
"""The most letters of an edited text that are compared. The comparison's time grows with the square of the length."""
MOST_PLACES = 200
"""The most places of one message that are tried. A text that repeats itself has a place at each of its letters."""
MOST_STEPS = 2_500_000
"""The most steps of a comparison: about half a second. A step compares two letters of edited texts."""
PLACE, SEARCHED = 25, 250
"""Steps for trying a place, and letters that are searched in one step."""
MADE, HELD = 2, 4
"""Steps for making a letter of a text, and letters of the record for which a comparison makes room in one step."""
MOST_TIMED = 100
"""The most long texts that are searched to measure the difference of the clocks."""
LETTER = 100.0
"""Score of a letter that both sides have. It outweighs the differences of time, which are at most FAR seconds."""
_WORD = re.compile(r"[^\W_]+")
"""A row of letters and digits, as `str.isalnum` has them."""
SAME_TIME = 0.01
"""Seconds by which equal times may differ."""


class Steps:
    """The steps that comparisons may still take together."""

    def __init__(self) -> None:
        self.left = MOST_STEPS

    def may_take(self, steps: int) -> bool:
        """Counts these steps as taken. Returns whether they are still allowed."""
        self.left -= steps
        return self.left >= 0

    def may_make(self, texts: Iterable[str]) -> bool:
        """Counts the steps for making the letters of these texts. Returns whether they are still allowed."""
        return self.may_take(MADE * sum(map(len, texts)))


def letters_of(text: str) -> str:
    """The casefolded letters and digits of the text."""
    return "".join(_words_of(text))


def offset_of(text: str, index: int) -> int:
    """The offset in the text of its letter of this index."""
    for word in _WORD.finditer(text):
        for offset, character in enumerate(word[0], word.start()):
            index -= len(_folded(character))
            if index < 0:
                return offset
    return len(text)


def _words_of(text: str) -> Iterable[str]:
    """The words of the text, folded."""
    return _WORD.findall(text.lower()) if text.isascii() else map(_folded, _WORD.findall(text))


def _folded(word: str) -> str:
    folded = word.casefold()
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


class Letters:
    """The letters and digits of all texts in a row, `text`. `first` has the index of each text's first letter, and at
    the end the number of all letters; `words` has the indexes at which a word begins or ends."""

    def __init__(self, texts: Sequence[str]) -> None:
        words: list[str] = []
        count, self.first, self.words = 0, [0], {0}
        for text in texts:
            for word in _words_of(text):
                words.append(word)
                count += len(word)
                self.words.add(count)
            self.first.append(count)
        self.text = "".join(words)

    def __len__(self) -> int:
        return len(self.text)

    def segment(self, index: int) -> int:
        """The index of the text that has the letter."""
        return bisect_right(self.first, index) - 1


class Recorded:
    """The segments of a record, in spoken order, with their letters, which several comparisons share. A record that
    takes too many steps has no letters, and every comparison with it is given up."""

    def __init__(self, segments: Sequence[Segment], steps: Steps) -> None:
        self.segments = segments
        texts = [segment.text for segment in segments]
        self.letters = Letters(texts if steps.may_make(texts) else [""] * len(texts))


class Alignment:
    """Which letters of the record belong to which message. `owners` has the index of the message for each letter, or
    None for a letter of no message. `shift` are the seconds by which the record's clock is ahead of the messages'
    clock."""

    def __init__(
        self, messages: Sequence[Message], recorded: Recorded, steps: Steps, *, is_one_clock: bool = False
    ) -> None:
        self._steps, self._is_one_clock = steps, is_one_clock
        self.messages, self.record, self.letters = messages, recorded.segments, recorded.letters
        record, texts = self.record, [message.text for message in messages]
        is_allowed = steps.may_make(texts) and steps.may_take(len(self.letters) // HELD)
        self._said = list(map(letters_of, texts)) if is_allowed else [""] * len(texts)
        self._starts = [segment.start for segment in record if segment.start is not None]
        self._ends = list(accumulate((segment.end or 0.0 for segment in record[: len(self._starts)]), max))
        self._of_id: dict[str | None, int] = {segment.id: number for number, segment in enumerate(record) if segment.id}
        self.owners: list[int | None] = [None] * len(self.letters)
        self._taken = bytearray(len(self.letters))
        self._spans: dict[int, tuple[int, int]] = {}
        self._placed: list[int] = []
        self.shift = 0.0 if is_one_clock else self._measured_shift()
        self._place_in_order()
        for number in sorted(range(len(messages)), key=lambda n: -len(self._said[n])):
            if number not in self._spans:
                self._place_out_of_order(number)
        for number in range(len(messages)):
            if self._said[number] and number not in self._spans:
                self._place_edited(number)

    def is_given_up(self) -> bool:
        """Whether the comparison took too many steps."""
        return self._steps.left < 0

    def count_said(self) -> int:
        """The number of letters of the messages; 0 if the comparison was given up before they were made."""
        return sum(map(len, self._said))

    def count_matched(self) -> int:
        """The number of letters of the record that belong to a message."""
        return self._taken.count(1)

    def owners_of(self, segment: int) -> Sequence[int | None]:
        """The owners of the letters of this segment of the record."""
        first, end = self.letters.first[segment : segment + 2]
        return self.owners[first:end]

    def before(self, index: int) -> int | None:
        """The message with the latest letter before this one that belongs to a message."""
        at = self._taken.rfind(1, 0, index)
        return None if at < 0 else self.owners[at]

    def behind(self, index: int) -> int | None:
        """The message with the first letter from this one on that belongs to a message."""
        at = self._taken.find(1, index)
        return None if at < 0 else self.owners[at]

    def missing(self, segment: int) -> Iterator[tuple[int, int]]:
        """Where letters of this segment belong to no message: the index of the first one, and the index behind the
        last one."""
        first, end = self.letters.first[segment : segment + 2]
        low = self._taken.find(0, first, end)
        while low >= 0:
            high = self._taken.find(1, low, end)
            high = end if high < 0 else high
            yield low, high
            low = self._taken.find(0, high, end)

    def time(self, index: int) -> float | None:
        """When the letter was said, on the record's clock: in its segment's time, in proportion to its place."""
        number = min(self.letters.segment(index), len(self.record) - 1)
        segment = self.record[number]
        if segment.start is None or segment.end is None:
            return None
        first, end = self.letters.first[number], self.letters.first[number + 1]
        return segment.start + (segment.end - segment.start) * (index - first) / max(1, end - first)

    # the clock

    def _measured_shift(self) -> float:
        """The difference of the clocks, from segments that both sides know by their id or by a long unique text. Within
        a joined segment the time of a word is a guess, so such words count only where the clocks differ by far."""
        by_id = list(self._shifts_by_id())
        if by_id:
            return round(median(by_id), 3)
        by_text = list(self._shifts_by_text())
        exact = [shift for shift, is_exact in by_text if is_exact]
        guess = median([shift for shift, _ in by_text]) if by_text else 0.0
        return round(median(exact) if exact else guess if abs(guess) > FAR else 0.0, 3)

    def _shifts_by_id(self) -> Iterator[float]:
        for message, said in zip(self.messages, self._said, strict=True):
            number = self._of_id.get(message.segment_id)
            start = None if number is None else self.record[number].start
            if number is None or start is None or message.start is None or not said:
                continue
            if self.letters.text.startswith(said, self.letters.first[number]):
                yield start - message.start

    def _shifts_by_text(self) -> Iterator[tuple[float, bool]]:
        """The differences, each with whether the time in the record is exact."""
        spoken = zip(self.messages, self._said, strict=True)
        timed = [(message.start, said) for message, said in spoken if message.start is not None and len(said) >= LONG]
        for start, said in timed[:: 1 + len(timed) // MOST_TIMED]:
            index = self.letters.text.find(said)
            if index >= 0 and self.letters.text.find(said, index + 1) < 0:
                time = self.time(index)
                if time is not None:
                    yield time - start, index == self.letters.first[self.letters.segment(index)]

    def _index(self, time: float) -> int:
        """The letter that was said at this time."""
        number = max(0, bisect_right(self._starts, time) - 1)
        if number >= len(self._starts):
            return len(self.letters)
        segment, (first, end) = self.record[number], self.letters.first[number : number + 2]
        length = (segment.end or 0.0) - (segment.start or 0.0)
        share = (time - (segment.start or 0.0)) / length if length else 0.0
        return first + round(min(1.0, max(0.0, share)) * (end - first))

    def _window(self, start: float, end: float, around: float) -> tuple[int, int]:
        """The indexes of the letters of all segments around these seconds of the messages' clock, and of one segment
        more on each side, since joining moves words there."""
        low = bisect_left(self._ends, start + self.shift - around)
        high = bisect_right(self._starts, end + self.shift + around)
        return self.letters.first[max(0, low - 1)], self.letters.first[min(max(low, high) + 1, len(self.record))]

    # placing messages

    def _place_in_order(self) -> None:
        """Places messages in the order of the record, so that most letters are known, and of the places that fit
        equally those nearest in time."""
        best, links = _BestBefore(len(self.letters)), list[_Link]()
        for number, said in enumerate(self._said):
            found = [self._link(number, at, best.until(at)) for at in self._candidates(number, said)]
            for link in found:
                best.add(link.end, link.score, len(links))
                links.append(link)
        last = best.until(len(self.letters))[1]
        while last is not None:
            link = links[last]
            self._take(link.number, link.at, link.end)
            last = link.before

    def _link(self, number: int, at: int, before: tuple[float, int | None]) -> "_Link":
        said, message, score = self._said[number], self.messages[number], 0.0
        own, time = self._of_id.get(message.segment_id), self.time(at)
        if time is not None and message.start is not None:
            score -= min(FAR, abs(time - self.shift - message.start))
        if own is not None and self.letters.segment(at) == own:
            score += FAR
        score += NEAR * len({at, at + len(said)} & self.letters.words)
        return _Link(number, at, at + len(said), before[0] + score + LETTER * len(said), before[1])

    def _candidates(self, number: int, said: str) -> list[int]:
        """Where the letters of the message may stand in the record: near its time; a long text anywhere."""
        message = self.messages[number]
        if not said:
            return []
        if message.start is None or message.end is None:
            return self._occurrences(said, 0, len(self.letters))
        is_long = len(said) >= LONG
        found = self._occurrences(said, *self._window(message.start, message.end, FAR if is_long else NEAR))
        return found or (self._occurrences(said, 0, len(self.letters)) if is_long else [])

    def _occurrences(self, said: str, low: int, high: int) -> list[int]:
        """Those of the first MOST_PLACES places of these letters where no letter belongs to a message."""
        places = islice(self._places(said, low, high), MOST_PLACES)
        return [at for at in places if self._is_free(at, at + len(said))]

    def _places(self, said: str, low: int, high: int) -> Iterator[int]:
        while self._steps.may_take(PLACE):
            at = self.letters.text.find(said, low, high)
            searched = (high if at < 0 else at) - low + len(said)
            if not self._steps.may_take(searched // SEARCHED) or at < 0:
                return
            yield at
            low = at + 1

    def _place_out_of_order(self, number: int) -> None:
        """Places a message that the record has in another order, as when two voices spoke at once."""
        found = [self._link(number, at, (0.0, None)) for at in self._candidates(number, self._said[number])]
        if found:
            link = max(found, key=lambda link: link.score)
            self._take(number, link.at, link.end)

    def _is_free(self, low: int, high: int) -> bool:
        return self._taken.find(1, low, high) < 0

    def _between(self, number: int) -> tuple[int, int]:
        """The letters between those of the nearest placed messages before and behind this one."""
        place = bisect_left(self._placed, number)
        low = self._spans[self._placed[place - 1]][1] if place else 0
        high = self._spans[self._placed[place]][0] if place < len(self._placed) else len(self.letters)
        return (low, high) if low <= high else (high, low)

    def _take(self, number: int, low: int, high: int) -> None:
        if self._is_free(low, high):
            self.owners[low:high] = [number] * (high - low)
        else:
            for index in range(low, high):
                if not self._taken[index]:
                    self.owners[index] = number
        self._taken[low:high] = b"\1" * (high - low)
        self._spans[number] = (low, high)
        insort(self._placed, number)

    def _place_edited(self, number: int) -> None:
        """Places a message whose words read differently in the record, because somebody edited them there."""
        message = self.messages[number]
        own = self._own(number)
        if own is None:
            own = self._begun_with(message)
        low, high = self._between(number)
        if own is not None:
            low, high = self.letters.first[own : own + 2]
        elif message.start is not None and message.end is not None:
            first, end = self._window(message.start, message.end, NEAR)
            low, high = max(low, first), min(high, end)
        is_edited = own is not None or not self._is_one_clock
        find = self._alike if is_edited else self._within
        span = find(self._said[number], low, high) if low < high else None
        if span is None and own is not None and message.start is not None and message.end is not None:
            first, end = (self._index(time + self.shift) for time in (message.start, message.end))
            span = max(low, min(first, high)), min(max(first + 1, end), high)
        if span:
            self._take(number, *span)

    def _own(self, number: int) -> int | None:
        """The segment with the id of the message."""
        return self._of_id.get(self.messages[number].segment_id)

    def _begun_with(self, message: Message) -> int | None:
        """The segment that begins and ends with the message, and none of whose words are known."""
        if message.start is None or message.end is None:
            return None
        number = bisect_left(self._starts, message.start + self.shift - SAME_TIME)
        if number == len(self._starts) or self._starts[number] > message.start + self.shift + SAME_TIME:
            return None
        is_as_long = abs((self.record[number].end or 0.0) - message.end - self.shift) <= SAME_TIME
        return number if is_as_long and self._is_free(*self.letters.first[number : number + 2]) else None

    def _alike(self, said: str, low: int, high: int) -> tuple[int, int] | None:
        """Where most letters of the text are found in their order, or else a long part of the text."""
        there = self.letters.text[low : min(high, low + LONGEST_EDITED)]
        blocks = self._common(said[:LONGEST_EDITED], there)
        length = blocks[-1].b + blocks[-1].size - blocks[0].b if blocks else 0
        if sum(block.size for block in blocks) < ALIKE * max(len(said), length):
            return self._longest(blocks, low)
        first, last = blocks[0], blocks[-1]
        rest = len(said) - last.a - last.size
        return max(low, low + first.b - first.a), min(high, low + last.b + last.size + rest)

    def _within(self, said: str, low: int, high: int) -> tuple[int, int] | None:
        """The longest row of whole segments that the text holds."""
        block = max(self._common(said[:LONGEST_EDITED], self.letters.text[low:high]), key=_size, default=None)
        if block is None or block.size < LONG:
            return None
        borders = [at for at in self.letters.first if low + block.b <= at <= low + block.b + block.size]
        return (borders[0], borders[-1]) if len(borders) > 1 and borders[-1] - borders[0] >= LONG else None

    def _longest(self, blocks: Sequence[Match], low: int) -> tuple[int, int] | None:
        """The longest of these blocks, as far as it has whole words."""
        block = max(blocks, key=_size, default=None)
        if block is None or block.size < LONG:
            return None
        borders = [at for at in range(low + block.b, low + block.b + block.size + 1) if at in self.letters.words]
        return (borders[0], borders[-1]) if borders and borders[-1] - borders[0] >= LONG else None

    def _common(self, said: str, there: str) -> list[Match]:
        """The longest text that both have, and in turn the longest ones before and behind it, as `difflib` finds them,
        but none of one or two letters only: looking for these takes a time that grows with the cube of the length."""
        if not self._steps.may_take(len(there)):
            return []
        matcher = SequenceMatcher(None, said, there, autojunk=False)
        count = Counter(there)
        steps = [0, *accumulate(1 + count[letter] for letter in said)]
        found, least, unsearched = list[Match](), min(3, len(said)), [(0, len(said), 0, len(there))]
        while unsearched:
            low, high, there_low, there_high = unsearched.pop()
            if not self._steps.may_take(steps[high] - steps[low]):
                return []
            match = matcher.find_longest_match(low, high, there_low, there_high)
            if match.size >= least:
                found.append(match)
                unsearched.append((low, match.a, there_low, match.b))
                unsearched.append((match.a + match.size, high, match.b + match.size, there_high))
        return sorted(found)


class _Link(NamedTuple):
    """A message at a place of the record, and the link before it in a chain."""

    number: int
    at: int
    end: int
    score: float
    before: int | None


class _BestBefore:
    """Finds the chain with the best score among those that end before an index: a Fenwick tree of maxima."""

    def __init__(self, length: int) -> None:
        self._best: list[tuple[float, int | None]] = [(0.0, None)] * (length + 2)

    def add(self, end: int, score: float, link: int) -> None:
        index = end + 1
        while index < len(self._best):
            if score > self._best[index][0]:
                self._best[index] = (score, link)
            index += index & -index

    def until(self, end: int) -> tuple[float, int | None]:
        """The best score of the chains that end at or before this index, and the last link of that chain."""
        index, best = end + 1, self._best[0]
        while index:
            if self._best[index][0] > best[0]:
                best = self._best[index]
            index -= index & -index
        return best


def _size(block: Match) -> int:
    return block.size
