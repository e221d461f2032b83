"""Texts for a database with much to search: words as often as words of a language are, and searches for them."""

import itertools
import random
from collections.abc import Callable, Sequence

_COMMON = (
    "the be to of and a in that have it for not on with he as you do at this but his by from they we say her she or an "
    "will my one all would there their what so up out if about who get which go me when make can like time no just him "
    "know take people into year your good some could them see other than then now look only come its over think also "
    "back after use two how our work first well way even new want because any these give day most us"
)
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri fro gla ste tri"
COMMON = _COMMON.split()
RARE = [*map("".join, itertools.product(_SYLLABLES.split(), repeat=3))]
EMOJI = "🎉🫖😀🚲🐈🎂🌧🍞"
WORDS_OF_A_TEXT, CHARACTERS_OF_A_TEXT = 12, 14
IN_CHINESE, WITH_EMOJI = 0.04, 0.02
"""Shares of the texts."""

_VOCABULARY = [*COMMON, *random.Random(1).sample(RARE, len(RARE))]
_CHARACTERS = [chr(0x4E00 + number) for number in range(2_000)]


def _odds(of: Sequence[str]) -> list[float]:
    """Sums of the odds by Zipf's law: the second word is half as frequent as the first, the third a third."""
    return [*itertools.accumulate(1 / rank for rank in range(1, len(of) + 1))]


_WORD_ODDS, _CHARACTER_ODDS = _odds(_VOCABULARY), _odds(_CHARACTERS)


def text(chance: random.Random) -> str:
    if chance.random() < IN_CHINESE:
        return "".join(chance.choices(_CHARACTERS, cum_weights=_CHARACTER_ODDS, k=CHARACTERS_OF_A_TEXT))
    words = " ".join(chance.choices(_VOCABULARY, cum_weights=_WORD_ODDS, k=WORDS_OF_A_TEXT))
    return f"{words} {chance.choice(EMOJI)}" if chance.random() < WITH_EMOJI else words


def _rare(chance: random.Random) -> str:
    return chance.choice(RARE)


def _common(chance: random.Random) -> str:
    return chance.choice(COMMON[:30])


SEARCHES: dict[str, Callable[[random.Random], str]] = {
    "a rare word": _rare,
    "a common word": _common,
    "two common words": lambda chance: f"{_common(chance)} {_common(chance)}",
    "a common and a rare word": lambda chance: f"{_common(chance)} {_rare(chance)}",
    "the beginning of a word": lambda chance: _rare(chance)[: chance.randint(2, 4)],
    "a phrase of common words": lambda chance: f'"{_common(chance)} {_common(chance)}"',
    "two Chinese characters": lambda chance: "".join(chance.choices(_CHARACTERS[:200], k=2)),
}
