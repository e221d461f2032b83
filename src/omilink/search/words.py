"""Splits texts into the words that a search compares, and the tokens of them that the index holds.

Words are compared without case and accents. Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between
words, so that each of their characters is a word here, and the index holds pairs of them. Each emoji is a word.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

TOKEN_LENGTH = 32
"""The most characters of a token."""
OPEN_FROM = 2
"""Characters from which the beginning of a word finds the word. A single letter begins too many words."""
_ASCII_WORD = re.compile("[a-z0-9]+")
_ASCII = map(chr, range(128))
_PLAIN_ASCII = str.maketrans({character: character.lower() if character.isalnum() else " " for character in _ASCII})
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]"
)
"""Accents of Latin, Greek and Cyrillic letters, vowel points of Hebrew and Arabic ones, variation selectors, and the
keycaps and skin tones of emoji."""
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters with strokes and ligatures, which Unicode does not decompose."""
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # the marks of repeated and of the number zero in Chinese and Japanese
    (0x3040, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Chinese characters
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9D),  # halfwidth Katakana
    (0x20000, 0x3FFFF),
)
_SKIN_TONES = "".join(map(chr, range(0x1F3FB, 0x1F400)))
_MORE_MARKS = "\uff9e\uff9f" + _SKIN_TONES
"""Characters that change the one before them, as marks do, though Unicode has them in other categories."""
_FIRST_EMOJI = "\u2190"
"""Signs before this one, such as the degree sign, are not words."""
_LETTER, _CHARACTER, _EMOJI, _MARK = range(4)


class Word(NamedTuple):
    """A word of a text. `text` is compared; `start` and `end` are the word's place. `is_character`: the word is a
    character of a script without spaces. `is_joined`: another such character stands immediately before it."""

    text: str
    start: int
    end: int
    is_character: bool = False
    is_joined: bool = False


NO_WORD = Word("", 0, 0)


def words(text: str) -> list[Word]:
    """The words of the text, in their order."""
    if text.isascii():
        return [Word(found.group(), *found.span()) for found in _ASCII_WORD.finditer(text.lower())]
    return [word for word in map(lambda part: _word(text, *part), _parts(text)) if word.text]


def tokens(text: str) -> list[str]:
    """The tokens of the text, each once. In scripts without spaces each pair of characters is a token, and so is the
    last character of a run, so that every character begins a token."""
    if text.isascii():
        return list(dict.fromkeys([word[:TOKEN_LENGTH] for word in text.translate(_PLAIN_ASCII).split()]))
    in_order = words(text)
    pairs = zip(in_order, [*in_order[1:], NO_WORD], strict=False)
    return list(dict.fromkeys(token(word.text + after.text if after.is_joined else word.text) for word, after in pairs))


def token(text: str) -> str:
    """The token of a word or of a pair of characters."""
    return text[:TOKEN_LENGTH]


def _parts(text: str) -> Iterable[Sequence[int]]:
    """The start, the end, `is_character` and `is_joined` of each word."""
    parts: list[list[int]] = []
    kind_before, end_before = None, -1
    for place, character in enumerate(text):
        kind = _kind(character)
        if kind is None:
            continue
        is_adjacent = end_before == place
        if is_adjacent and (kind == _MARK or kind == kind_before == _LETTER):
            parts[-1][1] = place + 1
        elif kind != _MARK:
            is_character = kind == _CHARACTER
            parts.append([place, place + 1, is_character, is_character and is_adjacent and kind_before == kind])
            kind_before = kind
        else:
            continue
        end_before = place + 1
    return parts


def _word(text: str, start: int, end: int, is_character: int, is_joined: int) -> Word:
    return Word(_folded(text[start:end]), start, end, bool(is_character), bool(is_joined))


@lru_cache(16_384)
def _folded(text: str) -> str:
    """The text without case, accents and invisible differences; NFKC composes the characters that NFKD decomposed."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()))
    letters = "".join(_letters(plain.translate(_LETTERS)))
    return unicodedata.normalize("NFKC", letters)


def _letters(text: str) -> Iterator[str]:
    """The characters of words only: NFKD decomposes some characters into letters and spaces or signs."""
    return (character for character in text if _kind(character) is not None)


@lru_cache(65_536)
def _kind(character: str) -> int | None:
    category = unicodedata.category(character)
    if category == "So":
        return _EMOJI if character >= _FIRST_EMOJI else None
    if category.startswith("M") or character in _MORE_MARKS:
        return _MARK
    if not category.startswith(("L", "N")):
        return None
    return _CHARACTER if any(first <= ord(character) <= last for first, last in _WITHOUT_SPACES) else _LETTER
