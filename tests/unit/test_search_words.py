"""Words of a text, terms of a search, and the snippet that is shown."""

import pytest

from omilink.search.query import LONGEST_TERM, MOST_PLACES, match, terms
from omilink.search.snippet import LENGTH, snippet
from omilink.search.words import TOKEN_LENGTH, tokens, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The kettle, the KETTLE!", ["the", "kettle"]),
        ("it's 3.50", ["it", "s", "3", "50"]),
        ("snake_case", ["snake", "case"]),
        ("Straße Ærø Łódź İstanbul", ["strasse", "aero", "lodz", "istanbul"]),
        ("ﬁne ½", ["fine", "12"]),
        ("北京大学", ["北京", "京大", "大学", "学"]),
        ("北京,大学", ["北京", "京", "大学", "学"]),
        ("我的iPhone手机", ["我的", "的", "iphone", "手机", "机"]),
        ("ｶﾞﾗｽ", ["ガラ", "ラス", "ス"]),
        ("🎉 … ¤", ["🎉"]),
        ("👍🏽 tea🫖👍", ["👍", "tea", "🫖"]),
        ("❤️ 1️⃣ 20°C ©", ["❤", "1", "20", "c"]),
        ("👩\u200d🚀", ["👩", "🚀"]),
        ("🏽\u200d\ufe0f", []),
        ("\u0301 a\u0301", ["a"]),
        ("\ud800x", ["x"]),
    ],
)
def test_tokens_are_what_the_index_holds(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_ascii_text_has_the_same_words_by_the_short_way() -> None:
    text = "Hello, World-Wide 42 times; x" + "y" * 40
    with_accent = tokens(text + " é")
    assert tokens(text) == with_accent[:-1]
    assert len(tokens(text)[-1]) == TOKEN_LENGTH
    assert words(text) == words(text + " é")[:-1]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("red tea", [("red", True), ("tea", True)]),
        ('"red tea" pot', [("red tea", False), ("pot", True)]),
        ('a "red te', [("a", False), ("red te", True)]),
        ("tea TEA Téa", [("tea", True)]),
        ("e-mail", [("e mail", True)]),
        ("茶", [("茶", False)]),
        ('""', []),
        ("* - ( \\", []),
    ],
)
def test_terms_of_a_search(q: str, expected: list[tuple[str, bool]]) -> None:
    assert [(" ".join(word.text for word in term.words), term.is_open) for term in terms(q)] == expected


def test_a_snippet_shows_the_text_around_the_first_hit() -> None:
    before, after = "word " * 40, " more" * 40
    text = f"{before}the kettle{after}"
    found = match(terms("kettle"), text)
    assert found
    part = snippet(text, found.places)
    assert part.text.startswith("…word word")
    assert part.text.endswith(" more…")
    assert len(part.text) <= LENGTH + 2
    [(from_, to)] = part.highlights
    assert part.text[from_:to] == "kettle"


def test_highlights_count_as_javascript_does() -> None:
    text = "🎉🎉 tea 🫖 and Teas, 北京"
    found = match(terms("tea 北京"), text)
    assert found
    part = snippet(text, found.places)
    units = part.text.encode("utf-16-le")
    assert [units[2 * from_ : 2 * to].decode("utf-16-le") for from_, to in part.highlights] == ["tea", "Teas", "北京"]


def test_a_highlighted_emoji_has_its_skin_tone() -> None:
    text = "well done 👍🏽, and 👩\u200d🚀!"
    found = match(terms("👍 👩\u200d🚀"), text)
    assert found
    assert [text[from_:to] for from_, to in found.places] == ["👍🏽", "👩\u200d🚀"]


@pytest.mark.parametrize("text", ["not the, to!", "THE-TO", "the to", "the__to", "the totem", "bathe to"])
def test_words_in_quotes_are_the_same_in_ascii_and_in_other_texts(text: str) -> None:
    for q in '"the to"', '"the to', '"the tote':
        wanted = terms(q)
        assert (match(wanted, text) is None) == (match(wanted, text + " é") is None)


def test_a_word_longer_than_a_snippet_is_cut() -> None:
    text = "x" * 500
    part = snippet(text, [(0, 500)])
    assert part.text == "x" * LENGTH + "…"
    assert part.highlights == [(0, LENGTH)]


def test_hits_that_overlap_are_one_highlight() -> None:
    found = match(terms('"red tea" tea'), "a red tea")
    assert found
    assert found.places == ((2, 9),)


def test_a_long_term_in_quotes_is_compared_in_parts() -> None:
    many = [f"word{number}" for number in range(2 * LONGEST_TERM + 10)]
    wanted = terms(f'"{" ".join(many)}"')
    assert max(len(term.words) for term in wanted) == LONGEST_TERM
    assert match(wanted, " ".join(many))
    assert not match(wanted, " ".join(many[:-1]))


def test_a_text_of_one_word_again_and_again_has_few_places() -> None:
    found = match(terms("te tea"), "tea " * 5_000)
    assert found
    assert len(found.places) == MOST_PLACES
