"""Translations of pieces of speech, given to the messages that the pieces are made of."""

from omilink.models.translation import Translation, in_language, of_messages, stored


def into(**texts: str) -> list[Translation]:
    return [Translation(language=language, text=text) for language, text in texts.items()]


def test_a_piece_of_several_messages_has_its_translation_at_the_first() -> None:
    found = of_messages([(["a", "b"], into(de="Guten Morgen", fr="Bonjour")), (["c"], into(de="Ja"))])
    assert found == {
        "a": {"de": "Guten Morgen", "fr": "Bonjour"},
        "b": {"de": None, "fr": None},
        "c": {"de": "Ja"},
    }


def test_a_message_of_several_pieces_has_the_translations_that_begin_there() -> None:
    assert of_messages([(["a"], into(de="Guten")), (["a", "b"], into(de="Morgen")), (["b", "c"], into(de="Ja"))]) == {
        "a": {"de": "Guten Morgen"},
        "b": {"de": "Ja"},
        "c": {"de": None},
    }
    assert of_messages([([], into(de="Ja")), (["a"], [])]) == {}


def test_a_stored_text_gives_one_language() -> None:
    text = stored({"fr": None, "de": "Ja"})
    assert text == stored({"de": "Ja", "fr": None})
    assert in_language(text, "DE") == into(de="Ja")
    assert in_language(text, "fr") == [Translation(language="fr", text=None)]
    assert in_language(text, "en") == in_language(None, "de") == []
