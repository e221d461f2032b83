"""The sentence that proves, found again in whatever a recogniser makes of it, and in nothing else."""

import itertools
import math
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import in_soak

from omilink.linking.phrase import (
    DIGITS,
    WORDS,
    WORDS_SPOKEN,
    close_to,
    may_be_part,
    new_sentence,
    part_of,
    sentences_in,
)
from omilink_simulator import dialogue

LINES = in_soak(20_000, else_=4_000)
SENTENCE = "link amber falcon river maple seven"

sentences = st.builds(
    lambda words, digit: " ".join(["link", *words, digit]),
    st.lists(st.sampled_from(WORDS), min_size=WORDS_SPOKEN, max_size=WORDS_SPOKEN, unique=True),
    st.sampled_from(DIGITS),
)
fillers = st.sampled_from(["um", "uh", "well", "please", "and", "the", "like"])


def found(*texts: str) -> list[str]:
    return [sentence for sentence, _ in sentences_in(texts)]


def left(*texts: str, sentence: str = SENTENCE) -> list[str]:
    """What the sentence leaves of each text."""
    span = dict(sentences_in(texts))[sentence]
    return [span.cut(place, text) for place, text in enumerate(texts)]


# How hard it is to guess


def test_a_sentence_has_at_least_33_bits() -> None:
    assert len(set(WORDS)) == len(WORDS)
    assert math.log2(len(WORDS) ** WORDS_SPOKEN * len(DIGITS)) >= 33


def test_every_word_and_every_digit_is_drawn() -> None:
    drawn = [new_sentence().split() for _ in range(4000)]
    assert {sentence[0] for sentence in drawn} == {"link"}
    assert {word for sentence in drawn for word in sentence[1:-1]} == set(WORDS)
    assert {sentence[-1] for sentence in drawn} == set(DIGITS)


# How the words sound


def test_no_word_is_another_ones_plural_or_two_of_them_joined_or_a_digit() -> None:
    words = set(WORDS)
    assert not {word + "s" for word in words} & words
    assert not {a + b for a, b in itertools.product(words, repeat=2)} & words
    assert not {word + "es" for word in words} & words
    assert not words & {*DIGITS, "link", "to", "too", "for", "ate", "won", "oh"}


@pytest.mark.parametrize("word", [word for word in WORDS if not set(word[-2:]) & set("aeiouy")])
def test_a_word_has_more_than_one_syllable(word: str) -> None:
    assert len(re.findall("[aeiouy]+", word)) > 1


# How it is heard


@given(sentences, st.randoms(use_true_random=False))
def test_in_any_case_and_with_any_punctuation(sentence: str, chance: random.Random) -> None:
    words = [word.upper() if chance.random() < 0.3 else word.title() for word in sentence.split()]
    heard = "".join(word + chance.choice([" ", ", ", ". ", "! ", "; ", " – ", "… "]) for word in words)
    assert found(heard) == [sentence]


@pytest.mark.parametrize(
    ("digit", "heard"),
    [
        *((word, str(number)) for number, word in enumerate(DIGITS)),
        ("two", "to"),
        ("two", "too"),
        ("four", "for"),
        ("eight", "ate"),
        ("one", "won"),
        ("zero", "oh"),
        ("zero", "nought"),
        ("four", "fore"),
        ("nine", "nein"),
        ("seven", "VII"),
        ("four", "IV"),
    ],
)
def test_with_the_digit_as_a_figure_or_as_a_word_that_sounds_like_it(digit: str, heard: str) -> None:
    assert f"link amber falcon river maple {digit}" in found(f"Link amber falcon river maple {heard}.")


@given(sentences, st.data())
def test_split_over_texts_in_every_way(sentence: str, data: st.DataObject) -> None:
    words = sentence.split()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(words) - 1)), "cuts"))
    texts = [" ".join(words[a:b]) for a, b in itertools.pairwise([0, *cuts, len(words)])]
    assert found(*texts) == [sentence]
    assert left(*texts, sentence=sentence) == [""] * len(texts)


@given(sentences, fillers, st.integers(1, 5), st.booleans())
def test_with_a_filler_word_anywhere(sentence: str, filler: str, place: int, alone: bool) -> None:
    words = sentence.split()
    words.insert(place, filler)
    texts = words if alone else [" ".join(words)]
    assert found(*texts) == [sentence]
    assert set(left(*texts, sentence=sentence)) == {""}


@pytest.mark.parametrize(
    ("sentence", "heard"),
    [
        ("link grapefruit falcon river maple seven", "link grape fruit falcon river maple seven"),
        ("link amber falcon river hedgehog seven", "link amber falcon river hedge hog 7"),
        ("link candle falcon pigeon maple seven", "links candles falcons pigeons maple seven"),
        ("link daisy cherry potato sandwich seven", "link daisies, cherries, potatoes, sandwiches, seven"),
        ("link harbor lasagna raccoon cactus seven", "link harbour lasagne racoon cacti seven"),
        ("link harbor hedgehog flower maple seven", "link harbours hedge hogs flour maple seven"),
        ("link scissors falcon river maple seven", "linked scissors falcon river maple seven"),
        ("link amber falcon river maple seven", "link amber falcon, um, falcon river river maple seven"),
        ("link amber falcon river maple seven", "link amber amber falcon river maple maple seven"),
    ],
)
def test_with_a_word_in_two_in_the_plural_or_twice(sentence: str, heard: str) -> None:
    assert found(heard) == [sentence]
    assert left(heard, sentence=sentence) == [""]


@pytest.mark.parametrize(
    "texts",
    [
        ["link amber grape", "fruit river maple seven"],
        ["link amber grape", "", "fruits", "river maple seven"],
        ["grape", "fruit amber river maple seven"],
        ["grape", "fruit", "amber", "river", "hedge", "hog", "seven"],
    ],
)
def test_with_a_word_in_two_texts(texts: list[str]) -> None:
    (sentence,) = found(*texts)
    assert "grapefruit" in sentence
    assert left(*texts, sentence=sentence) == [""] * len(texts)


def test_a_word_in_two_texts_takes_nothing_else_along() -> None:
    texts = ["Okay. grape", "fruit amber river hedge", "hog seven. And then?"]
    assert left(*texts, sentence="link grapefruit amber river hedgehog seven") == ["Okay.", "", "And then?"]


@pytest.mark.parametrize("place", range(2, 6))
def test_with_three_filler_words_in_a_row(place: int) -> None:
    words = SENTENCE.split()
    heard = " ".join([*words[:place], "um", "you", "know", *words[place:]])
    assert found(heard) == [SENTENCE]
    assert found(heard.replace("um", "um well")) == []


@pytest.mark.parametrize(
    "after", ["Now let us get some maple", "maple", "No, river maple", "Maple seven it is", "link amber falcon"]
)
def test_whoever_comes_back_to_a_word_has_said_it_all_the_same(after: str) -> None:
    assert found(f"{SENTENCE}. {after}")[0] == SENTENCE
    assert found(SENTENCE, after)[0] == SENTENCE


@pytest.mark.parametrize(
    "heard",
    [
        "Link âmber fálcon rivër maplé seven",
        "Link a\u0308mber falcon river maple ７",
        "äh link amber, ähm falcon – eh bien – river maple sieben",
        "link amber falcon river maple siete",
        "Link amber, falcon; river... maple: ٧",
    ],
)
def test_with_accents_and_in_the_company_of_other_languages(heard: str) -> None:
    assert SENTENCE in found(heard)
    assert not set(re.findall("[a-z]+", left(heard)[0].lower())) & {*SENTENCE.split(), "mber", "sieben", "siete"}


def test_without_the_word_link_that_a_recogniser_swallowed() -> None:
    assert found("amber falcon river maple seven") == [SENTENCE]


@pytest.mark.parametrize(
    ("said", "close"),
    [
        (["Link amber falcon reaver maple seven."], "amber falcon reaver maple seven"),
        (["Then I said amber", "falcon. And then seven of them"], "amber falcon and then seven"),
        (["link amber falcon river"], "amber falcon river"),
        (["falcon amber seven"], None),
        (["amber falcon"], None),
        (["amber falcon and then we went all the way down to the river"], None),
        ([], None),
    ],
)
def test_what_is_close_to_a_sentence(said: list[str], close: str | None) -> None:
    assert close_to(SENTENCE, said) == close


@pytest.mark.parametrize("cut", range(1, 6))
def test_either_half_of_a_sentence_is_known_to_be_one(cut: int) -> None:
    words = SENTENCE.split()
    assert all(may_be_part(" ".join(half), SENTENCE) for half in (words[:cut], words[cut:], ["um", *words[:cut]]))


@pytest.mark.parametrize(
    "text",
    [
        "Good evening.",
        "We were told so by eight people.",
        "The river is over there, where the boats are.",
        "Where is the hammer now?",
        "On the 7th we were seven people there.",
    ],
)
def test_ordinary_words_are_no_half_of_one(text: str) -> None:
    assert not may_be_part(text, SENTENCE)


@pytest.mark.parametrize(
    ("text", "least", "rest"),
    [
        ("river maple seven. And was that all?", 2, "And was that all?"),
        ("Okay, link amber. What is it?", 2, "Okay, What is it?"),
        ("seven. And then seven more", 1, "And then seven more"),
        ("seven people came at seven", 2, None),
        ("river people came", 2, None),
        ("good evening", 1, None),
    ],
)
def test_the_part_of_a_sentence_in_a_text(text: str, least: int, rest: str | None) -> None:
    part = part_of(SENTENCE, text, least)
    assert (part and part.cut(0, text)) == rest


# What it leaves


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("Link amber, falcon, river, maple, seven.", ""),
        ("Okay. Link amber falcon river maple seven. Did that work?", "Okay. Did that work?"),
        ("Okay, amber falcon river maple 7!", "Okay,"),
        ("link amber falcon river maple seven - and on we go", "and on we go"),
        ("Link um amber falcon river maple seven thanks", "thanks"),
    ],
)
def test_the_rest_of_a_text_stays(said: str, rest: str) -> None:
    assert left(said) == [rest]


def test_texts_around_it_stay_and_those_within_it_go() -> None:
    texts = ["good morning", "now: link amber", "um", "falcon river", "maple seven. done", "bye"]
    assert left(*texts) == ["good morning", "now:", "", "", "done", "bye"]


# What is none


@pytest.mark.soak
def test_ordinary_talk_never_holds_one() -> None:
    talk = dialogue.household(random.Random(1))
    assert found(*(line.text for line in itertools.islice(talk, LINES))) == []


@pytest.mark.soak
def test_nor_do_those_parts_of_it_that_may_be_parts_of_a_sentence() -> None:
    talk = [line.text for line in itertools.islice(dialogue.household(random.Random(2)), LINES)]
    common = [word for word in WORDS if any(word in line for line in talk)][:8]
    assert len(common) == 8
    sentence = " ".join(["link", *common[:4], "one"]), " ".join(["link", *common[4:], "two"])
    for asked in sentence:
        assert asked not in found(*(line for line in talk if may_be_part(line, asked)))


@given(st.lists(st.sampled_from([*WORDS[:40], "link", "um", "the", "went", "there"]), max_size=30))
def test_without_a_digit_there_is_none(words: list[str]) -> None:
    assert found(" ".join(words)) == []


@given(sentences, sentences)
def test_another_sentence_is_another(asked: str, said: str) -> None:
    assert (asked in found(said)) == (asked == said)


@given(sentences, st.integers(1, 4))
def test_a_sentence_with_a_word_missing_or_changed_is_none_of_its_kind(sentence: str, place: int) -> None:
    words = sentence.split()
    assert found(" ".join(words[:place] + words[place + 1 :])) == []
    other = "amber" if words[place] != "amber" else "falcon"
    assert sentence not in found(" ".join([*words[:place], other, *words[place + 1 :]]))


@given(sentences)
def test_a_digit_that_comes_much_later_is_no_part_of_it(sentence: str) -> None:
    *words, digit = sentence.split()
    assert found(" ".join([*words, "then we went there", digit])) == []
