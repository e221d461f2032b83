"""Sentences that prove, spoken into a wearable, whose it is.

A sentence is "link", four words out of WORDS and a digit: 2^35 of them. It is found again in what a speech recogniser
makes of it: in any case, with any punctuation, digits as figures or words, with filler words in between, and split over
segments. It is kept as a hash.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORDS_SPOKEN = 4
FILLERS = 2
"""Tokens that may stand before the digit; before that, whatever is no word of the list counts as nothing."""

# Common, of two syllables or more, and unlike one another to the ear.
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

_TOKEN = re.compile(r"[a-z]+|[0-9]")
_PLACES = {word: place for place, word in enumerate(WORDS)}
_HEARD_AS = {"to": "two", "too": "two", "for": "four", "ate": "eight", "won": "one", "oh": "zero"}
_DIGIT = {str(number): word for number, word in enumerate(DIGITS)} | {word: word for word in DIGITS} | _HEARD_AS


def new_sentence() -> str:
    """`link amber falcon river maple seven`"""
    words = [secrets.choice(WORDS) for _ in range(WORDS_SPOKEN)]
    return " ".join(["link", *words, secrets.choice(DIGITS)])


def fingerprint(sentence: str) -> str:
    return hashlib.sha256(sentence.encode()).hexdigest()


def sentences_in(texts: Sequence[str]) -> Iterator[tuple[str, range]]:
    """Every sentence that may have been spoken in these texts, in their order, and which of the texts it stands in."""
    heard = [(token, place) for place, text in enumerate(texts) for token in _TOKEN.findall(text.lower())]
    words = [number for number, (token, _) in enumerate(heard) if token in _PLACES]
    for first in range(len(words) - WORDS_SPOKEN + 1):
        spoken = words[first : first + WORDS_SPOKEN]
        rest = heard[spoken[-1] + 1 : spoken[-1] + 2 + FILLERS]
        for token, place in rest:
            if digit := _DIGIT.get(token):
                said = [heard[number][0] for number in spoken]
                yield " ".join(["link", *said, digit]), range(_start(heard, spoken[0]), place + 1)


def _start(heard: Sequence[tuple[str, int]], first: int) -> int:
    """The text of "link", if that was said shortly before the first word; else the first word's."""
    for token, place in heard[max(0, first - 1 - FILLERS) : first]:
        if token in ("link", "links", "linked"):
            return place
    return heard[first][1]
