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
"""The most words of a term. More words in quotes are divided into several terms."""
TRIED = 16
"""The most terms that are searched in a text as characters, before the text is split into words."""
MOST_PLACES = 200
"""The most places of a term in a text that are found: more than a snippet has room for."""
Place = tuple[int, int]
"""From and to, in characters of the text."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that have to follow one another. `is_open`: the last word may be the beginning of a longer one."""

    words: tuple[Word, ...]
    is_open: bool

    def lookups(self) -> Iterator[tuple[str, bool]]:
        """The tokens that a text with this term has, each with whether it is only the beginning of a token. A text
        without the term can have these tokens too, in another order."""
        for word, after in pairwise((*self.words, None)):
            assert word
            if after and after.is_joined:
                yield token(word.text + after.text), False
            elif not (word.is_character and word.is_joined):
                yield token(word.text), word.is_character or (after is None and self.is_open)

    def places(self, text: "Text") -> Iterator[tuple[Place, bool]]:
        """Where the term stands, and whether as whole words."""
        first, length = self.words[0].text, len(self.words)
        is_beginning = length == 1 and self.is_open
        for number in text.beginning_with(first) if is_beginning else text.numbers.get(first, ()):
            found = text.words[number : number + length]
            if len(found) == length and all(map(_is_same, self.words[:-1], found)) and self._ends(found[-1]):
                yield (found[0].start, found[-1].end), found[-1].text == self.words[-1].text

    def _ends(self, word: Word) -> bool:
        last = self.words[-1]
        return _is_same(last, word) or (self.is_open and word.text.startswith(last.text))


class Text:
    """The words of a text. `numbers` has for each word its indexes in `words`, so that looking a word up reads no other
    word."""

    def __init__(self, text: str) -> None:
        self.words = words(text)
        self.numbers = defaultdict[str, list[int]](list)
        for number, word in enumerate(self.words):
            self.numbers[word.text].append(number)

    @cached_property
    def _in_order(self) -> list[str]:
        return sorted(self.numbers)

    def beginning_with(self, beginning: str) -> list[int]:
        """The indexes of the words with this beginning."""
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


def _term(in_order: Sequence[Word], *, is_open: bool) -> Term:
    """The term of these words, without their places, so that the same words are the same term."""
    bare = tuple(word._replace(start=0, end=0) for word in in_order)
    last = bare[-1]
    return Term(bare, is_open and not last.is_character and len(last.text) >= OPEN_FROM)


@dataclass(frozen=True, slots=True)
class Match:
    """Where all terms stand in a text, and how many of them as whole words."""

    places: tuple[Place, ...]
    whole: int


def match(wanted: Sequence[Term], text: str) -> Match | None:
    """Where the terms stand in the text; None if the text lacks one of them."""
    if text.isascii() and any(_is_missing(term.words, text.lower()) for term in wanted[:TRIED] if len(term.words) > 1):
        return None
    split = Text(text)
    places: list[Place] = []
    whole = 0
    for term in wanted:
        found = list(islice(term.places(split), MOST_PLACES))
        if not found:
            return None
        places += (place for place, _ in found)
        whole += any(is_whole for _, is_whole in found)
    return Match(tuple(_apart(sorted(places))), whole)


def _is_same(wanted: Word, word: Word) -> bool:
    return wanted.text == word.text and (word.is_joined or not wanted.is_joined)


def _is_missing(in_order: tuple[Word, ...], text: str) -> bool:
    """Whether a text of ASCII characters in lower case cannot have the words in this order. Most texts with the words
    have them in another order, and splitting a text into words takes ten times as long."""
    return not _pattern(in_order).search(text)


@lru_cache(256)
def _pattern(in_order: tuple[Word, ...]) -> re.Pattern[str]:
    return re.compile("[^a-z0-9]+".join(re.escape(word.text) for word in in_order))


def _apart(places: Sequence[Place]) -> Iterator[Place]:
    """The places in order, with those that overlap united."""
    start, end = places[0]
    for next_start, next_end in places[1:]:
        if next_start < end:
            end = max(end, next_end)
        else:
            yield start, end
            start, end = next_start, next_end
    yield start, end
