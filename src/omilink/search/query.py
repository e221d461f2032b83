"""What somebody searches for, and where it stands in a text."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice, pairwise, takewhile

from omilink.search.words import OPEN_FROM, Word, token, words

QUOTES = re.compile('["“”„‟«»]')
LONGEST_TERM = 32
"""Words that are compared in order. The words behind them in quotes are another term."""
TRIED = 16
"""Terms that are tried on the characters of a text, before the text is split into words."""
MOST_PLACES = 200
"""Places of a term in a text that are looked at: more than a snippet has room for."""
Place = tuple[int, int]
"""From and to, in characters of the text."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that have to follow one another. `is_open`: the last one may be the beginning of a word."""

    words: tuple[Word, ...]
    is_open: bool

    def lookups(self) -> Iterator[tuple[str, bool]]:
        """The tokens that a text with this term has, and whether each is only the beginning of one. A text that has
        them may still not have the term: the index knows of no order."""
        for word, after in pairwise((*self.words, None)):
            assert word
            if after and after.is_joined:
                yield token(word.text + after.text), False
            elif not (word.is_character and word.is_joined):
                yield token(word.text), word.is_character or (after is None and self.is_open)

    def places(self, text: "Text") -> Iterator[tuple[Place, bool]]:
        """Where the term stands, and whether as whole words."""
        first, length = self.words[0].text, len(self.words)
        for number in text.beginning_with(first) if length == 1 and self.is_open else text.numbers.get(first, ()):
            found = text.words[number : number + length]
            if len(found) == length and all(map(_is_same, self.words[:-1], found)) and self._ends(found[-1]):
                yield (found[0].start, found[-1].end), found[-1].text == self.words[-1].text

    def _ends(self, word: Word) -> bool:
        last = self.words[-1]
        return _is_same(last, word) or (self.is_open and word.text.startswith(last.text))


class Text:
    """The words of a text, and `numbers`: which of them each word is. A look-up costs no walk through the text."""

    def __init__(self, text: str) -> None:
        self.words = words(text)
        self.numbers = defaultdict[str, list[int]](list)
        for number, word in enumerate(self.words):
            self.numbers[word.text].append(number)

    @cached_property
    def _in_order(self) -> list[str]:
        return sorted(self.numbers)

    def beginning_with(self, beginning: str) -> list[int]:
        """The numbers of the words that begin so."""
        first = bisect_left(self._in_order, beginning)
        longer = takewhile(lambda word: word.startswith(beginning), islice(self._in_order, first, None))
        return sorted(number for word in longer for number in self.numbers[word])


def terms(q: str) -> list[Term]:
    """The terms of a search, all of which a text must have. What stands in quotes is one term of whole words. Any other
    word may be a beginning, and so may the last word in quotes that are not closed yet. No sign means anything else."""
    parts = QUOTES.split(q)
    found: dict[Term, None] = {}
    for number, part in enumerate(parts):
        is_quoted, is_last = number % 2 == 1, number == len(parts) - 1
        for phrase in [part] if is_quoted else part.split():
            in_order = words(phrase)
            for first in range(0, len(in_order), LONGEST_TERM):
                found[_term(in_order[first : first + LONGEST_TERM], is_open=not is_quoted or is_last)] = None
    return list(found)


def _term(its: Sequence[Word], *, is_open: bool) -> Term:
    """Without places, so that the same words are the same term."""
    bare = tuple(word._replace(start=0, end=0) for word in its)
    return Term(bare, is_open and not bare[-1].is_character and len(bare[-1].text) >= OPEN_FROM)


def _is_same(wanted: Word, word: Word) -> bool:
    return wanted.text == word.text and (word.is_joined or not wanted.is_joined)


@dataclass(frozen=True, slots=True)
class Match:
    """Where all terms stand in a text, and how many of them as whole words."""

    places: tuple[Place, ...]
    whole: int


def match(wanted: Sequence[Term], text: str) -> Match | None:
    """None where the text lacks a term."""
    if text.isascii() and any(_is_missing(term.words, text.lower()) for term in wanted[:TRIED] if len(term.words) > 1):
        return None
    its = Text(text)
    places: list[Place] = []
    whole = 0
    for term in wanted:
        found = list(islice(term.places(its), MOST_PLACES))
        if not found:
            return None
        places += (place for place, _ in found)
        whole += any(is_whole for _, is_whole in found)
    return Match(tuple(_apart(sorted(places))), whole)


def _is_missing(in_order: tuple[Word, ...], text: str) -> bool:
    """Whether a text of ASCII characters in lower case surely lacks the words in this order. Most texts that have the
    words lack the order, and splitting a text into words takes ten times as long."""
    return not _pattern(in_order).search(text)


@lru_cache(256)
def _pattern(in_order: tuple[Word, ...]) -> re.Pattern[str]:
    return re.compile("[^a-z0-9]+".join(re.escape(word.text) for word in in_order))


def _apart(places: Sequence[Place]) -> Iterator[Place]:
    """Those that overlap as one."""
    start, end = places[0]
    for next_start, next_end in places[1:]:
        if next_start < end:
            end = max(end, next_end)
        else:
            yield start, end
            start, end = next_start, next_end
    yield start, end
