"""Verification phrases: sentences that prove, spoken into a wearable, that the wearable is the speaker's.

A sentence is "link", four words out of WORDS and a digit: there are 2^35 of them. A sentence is recognised in the
output of a speech recogniser: in any case, with any accents and punctuation, with digits as figures or as words of
several languages, with filler words in between, and split over segments.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, takewhile

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORDS_SPOKEN = 4
FILLERS = 3
"""Tokens that may stand before each word and before the digit. A higher number would find sentences in ordinary
talk."""
CLOSE = 3
"""Out of the four words and the digit, the number that a text must contain in order to be close to a sentence."""
APART = 6
"""Tokens from one word of a close text to the next, at most."""

# Common words of two syllables or more that do not sound alike.
WORDS: tuple[str, ...] = tuple(
    re.findall(
        "[a-z]+",
        """
    acorn airport almond amber anchor animal apple apron arrow artist august autumn avenue bacon badger baker balcony
    balloon bamboo banana banjo barrel basket beaver bedroom beetle bicycle biscuit blanket blossom bonfire bottle
    bracelet breakfast bridge broccoli bubble bucket buffalo bungalow butter button cabin cactus camel camera candle
    canyon captain caravan carpet carrot castle cathedral caterpillar cello chapter cherry chicken chimney chocolate
    cinnamon circus clover coconut coffee comet compass concert copper corner cottage cotton cousin cricket crocodile
    crystal cucumber curtain daisy desert diamond dinner doctor dolphin domino donkey dragon elbow elephant emerald
    engine evening falcon farmer feather fiddle flamingo flower forest fountain galaxy gallery garden garlic gazelle
    ginger giraffe glacier gorilla grandma granite grapefruit guitar hamburger hammer hammock harbor harvest hazelnut
    hedgehog helmet hockey holiday honey horizon hotel iceberg igloo island ivory jacket jaguar jasmine jelly jewel
    jungle kangaroo kettle kitchen kitten koala ladder lagoon lantern lasagna lavender lemon leopard library lilac
    lizard lobster locket lumber magnet mango maple marble market meadow medal melon mermaid microphone midnight mirror
    monkey monsoon morning mosquito mountain muffin museum mushroom napkin navy necklace noodle notebook november nutmeg
    oatmeal ocean octopus october olive onion orange orchard orchid organ ostrich otter oyster paddle palace pancake
    panda papaya parade parrot peacock peanut pebble pelican pencil penguin pepper piano picnic pigeon pillow pineapple
    pirate planet platypus pocket polar pony potato pumpkin puppet puzzle rabbit raccoon radio raisin raven ribbon river
    robin rocket saddle sailor salad salmon sandal sandwich satellite saxophone scissors season september shadow
    shampoo shelter
    """,
    )
)

_TOKEN = re.compile(r"[A-Za-z]+|[0-9]")
_PLACES = {word: place for place, word in enumerate(WORDS)}
_SPELLED = {
    "harbour": "harbor",
    "lasagne": "lasagna",
    "racoon": "raccoon",
    "scissor": "scissors",
    "flour": "flower",
    "cacti": "cactus",
    "octopi": "octopus",
}
"""Other spellings of the words, irregular plurals, and words that sound the same."""
_PLURALS = (("s", ""), ("es", ""), ("ies", "y"))
_HEARD_AS = {
    "to": "two",
    "too": "two",
    "for": "four",
    "fore": "four",
    "ate": "eight",
    "nein": "nine",
    "won": "one",
    "oh": "zero",
    "naught": "zero",
    "nought": "zero",
}
_ROMAN = {"ii": "two", "iii": "three", "iv": "four", "vi": "six", "vii": "seven", "viii": "eight", "ix": "nine"}
"""Numerals of one letter are left out, since they are words or names."""
# German, Spanish, French, Italian, Portuguese and Dutch, without accents; not the words that fill pauses.
_IN_OTHER_LANGUAGES = (
    "null cero nul nulo",
    "eins uno une een",
    "zwei zwo dos deux due dois duas twee",
    "drei tres trois tre drie",
    "vier cuatro quatre quattro quatro",
    "funf cinco cinq cinque vijf",
    "sechs seis six sei zes",
    "sieben siete sept sette sete zeven",
    "acht ocho huit otto oito",
    "neun nueve neuf nove negen",
)
_DIGIT = (
    {str(number): word for number, word in enumerate(DIGITS)}
    | {heard: DIGITS[number] for number, words in enumerate(_IN_OTHER_LANGUAGES) for heard in words.split()}
    | {word: word for word in DIGITS}
    | _HEARD_AS
    | _ROMAN
)
_BEGINS = ("link", "links", "linked", "linc", "lync")


@dataclass(frozen=True, slots=True)
class Span:
    """A range from a character of one text to a character of the same or a later text. `first` and `last` are the
    indexes of the texts, `start` and `end` the offsets in them."""

    first: int
    start: int
    last: int
    end: int

    def begins_in(self, other: "Span") -> bool:
        return (self.first, self.start) < (other.last, other.end)

    def cut(self, place: int, text: str) -> str:
        """The rest of the text at index `place` without the range; an empty text if only punctuation is left."""
        if not self.first <= place <= self.last:
            return text
        before = text[: self.start] if place == self.first else ""
        after = text[self.end :] if place == self.last else ""
        left = " ".join(filter(None, (before.strip(), after.lstrip(" .,;:!?-"))))
        return left if any(map(str.isalnum, left)) else ""


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or a digit, from offset `start` in the text at index `place` to offset `end` in the text at index
    `last`."""

    text: str
    place: int
    start: int
    last: int
    end: int


def new_sentence() -> str:
    """A random sentence, for example `link amber falcon river maple seven`."""
    words = secrets.SystemRandom().sample(WORDS, WORDS_SPOKEN)  # recognisers write a repeated word once
    return " ".join(["link", *words, secrets.choice(DIGITS)])


def sentences_in(texts: Sequence[str]) -> Iterator[tuple[str, Span]]:
    """Yields every sentence that the texts may contain, in their order, with its range."""
    heard = _tokens(texts)
    words = [n for n, token in enumerate(heard) if token.text in _PLACES and not _is_said_again(heard, n)]
    for first in range(len(words) - WORDS_SPOKEN + 1):
        spoken = words[first : first + WORDS_SPOKEN]
        if any(after - before > 1 + FILLERS for before, after in pairwise(spoken)):
            continue
        for last in heard[spoken[-1] + 1 : spoken[-1] + 2 + FILLERS]:
            if digit := _DIGIT.get(last.text):
                said = [heard[number].text for number in spoken]
                begin = _beginning(heard, spoken[0])
                yield " ".join(["link", *said, digit]), Span(begin.place, begin.start, last.last, last.end)


def close_to(sentence: str, texts: Sequence[str]) -> str | None:
    """The words of the texts that are close to the sentence, in small letters and without punctuation, or None. The
    answer has only words from the first matching word to the last one, and no other words of the texts."""
    wanted = sentence.split()[1:]
    heard = [token.text for token in _tokens(texts)]
    known = [n for n, token in enumerate(heard) if token in wanted or _DIGIT.get(token) == wanted[-1]]
    best: list[int] = []
    for group in _near_one_another(known, APART):
        in_order = _in_order([_DIGIT.get(heard[n], heard[n]) for n in group], wanted)
        if len(in_order) >= max(CLOSE, len(best)):
            best = [group[place] for place in in_order]
    return " ".join(heard[best[0] : best[-1] + 1]) if best else None


def begins(text: str) -> bool:
    """Whether the first word is the word with which sentences begin."""
    return any(token.text in _BEGINS for token in _tokens([text])[:1])


def may_be_part(text: str, sentence: str) -> bool:
    """Whether the text may be a part of the sentence: two words of the sentence stand near each other in it, or it has
    few other words."""
    link, *words, digit = sentence.split()
    heard = _heard_for(digit, _tokens([text]))
    parts = [n for n, word in enumerate(heard) if word in (link, *words, digit)]
    is_close = any(b - a <= 1 + FILLERS and heard[a] != heard[b] for a, b in pairwise(parts))
    return is_close or (bool(parts) and len(heard) <= len(parts) + FILLERS)


def may_hold_part(text: str, sentence: str) -> bool:
    """Whether the text may be a part of the sentence, or begins or ends with a word of the sentence."""
    _, *words, digit = sentence.split()
    heard = [token.text for token in _tokens([text])]
    ends = [*heard[:1], *heard[-1:]]
    return may_be_part(text, sentence) or any(word in words or _DIGIT.get(word) == digit for word in ends)


def part_of(sentence: str, text: str, least: int) -> Span | None:
    """Where the text contains words of the sentence in their order, with at most filler words in between; None if it
    contains fewer than `least` of them."""
    link, *words, digit = sentence.split()
    tokens = _tokens([text])
    heard = _heard_for(digit, tokens)
    known = [n for n, word in enumerate(heard) if word in (link, *words, digit)]
    groups = _near_one_another(known, 1 + FILLERS)
    parts = [[group[n] for n in _in_order([heard[n] for n in group], [link, *words, digit])] for group in groups]
    longest = max(parts, key=len, default=[])
    return Span(0, tokens[longest[0]].start, 0, tokens[longest[-1]].end) if len(longest) >= least else None


def _heard_for(digit: str, tokens: Sequence[_Token]) -> list[str]:
    """The words of the tokens, with the digit and the first word of a sentence in their standard spelling."""
    return [digit if _DIGIT.get(t.text) == digit else "link" if t.text in _BEGINS else t.text for t in tokens]


def _near_one_another(numbers: Sequence[int], apart: int) -> Iterator[list[int]]:
    group: list[int] = []
    for number in numbers:
        if group and number - group[-1] > apart:
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def _in_order(heard: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """The indexes in `heard` of the longest part of `wanted` that occurs there in order: a longest common
    subsequence."""
    best: list[list[int]] = [[] for _ in range(len(wanted) + 1)]  # by the number of words of `wanted` compared
    for place, word in enumerate(heard):
        for n in range(len(wanted), 0, -1):
            if wanted[n - 1] == word and len(best[n - 1]) + 1 > len(best[n]):
                best[n] = [*best[n - 1], place]
        for n in range(1, len(wanted) + 1):
            best[n] = max(best[n - 1], best[n], key=len)
    return best[-1]


def _tokens(texts: Sequence[str]) -> list[_Token]:
    """The words and digits of the texts. As recognisers split and inflect words, "grape fruit" becomes one word and
    "candles" becomes "candle"."""
    tokens: list[_Token] = []
    for token in (token for place, text in enumerate(texts) for token in _letters(place, text)):
        before = tokens[-1] if tokens else None
        joined = _known(before.text + token.text) if before and before.text not in _PLACES else None
        if before and joined:
            tokens[-1] = replace(before, text=joined, last=token.last, end=token.end)
        else:
            tokens.append(replace(token, text=_known(token.text) or token.text))
    return tokens


def _letters(place: int, text: str) -> Iterator[_Token]:
    plain, places = _without_accents(text)
    for match in _TOKEN.finditer(plain):
        yield _Token(match[0].lower(), place, places[match.start()], place, places[match.end()])


@lru_cache(4096)
def _known(word: str) -> str | None:
    """The word of WORDS that this word is, also in another spelling or in the plural; None if it is none of them."""
    if word in _PLACES:
        return word
    single = [word.removesuffix(ending) + instead for ending, instead in _PLURALS if word.endswith(ending)]
    spelled = [_SPELLED.get(one, one) for one in (word, *single)]
    return next((one for one in spelled if one in _PLACES), None)


def _without_accents(text: str) -> tuple[str, Sequence[int]]:
    """The text in plain letters and digits, and for each of them its offset in the original text."""
    if text.isascii():
        return text, range(len(text) + 1)
    plain = [
        (_plain(letter), place)
        for place, character in enumerate(text)
        for letter in unicodedata.normalize("NFKD", character)
        if not unicodedata.combining(letter)
    ]
    return "".join(letter for letter, _ in plain), [*(place for _, place in plain), len(text)]


def _plain(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def _is_said_again(heard: Sequence[_Token], number: int) -> bool:
    """Whether the speaker repeats this word: the next word of the list, after at most FILLERS other tokens, is the
    same."""
    nearby = takewhile(lambda token: token.text not in _DIGIT, heard[number + 1 : number + 2 + FILLERS])
    following = (token.text for token in nearby if token.text in _PLACES)
    return next(following, None) == heard[number].text


def _beginning(heard: Sequence[_Token], first: int) -> _Token:
    """The word "link", if it stands shortly before the first word; else the first word."""
    near = [token for token in heard[max(0, first - 1 - FILLERS) : first] if token.text in _BEGINS]
    return near[-1] if near else heard[first]
