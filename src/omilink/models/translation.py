"""Translations of what was said, as OMI's record has them: of a piece of speech, which may be several messages."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, json

from omilink.models.declaration import Shown

LANGUAGE = re.compile("[a-z]{2,8}(-[a-z0-9]{1,8}){0,3}")
"""A language tag in small letters."""
OfMessage = Mapping[str, str | None]
"""By language the translation that begins with a message; None if an earlier message's translation has its words."""


class Translation(Struct, frozen=True, kw_only=True, gc=False):
    """What was said, in another language."""

    language: Shown[str]
    """A language tag in small letters: `de`."""
    text: Shown[str | None]
    """Null if the translation of an earlier message has the words of this one too."""


def of_messages(pieces: Iterable[tuple[Sequence[str], Sequence[Translation]]]) -> dict[str, OfMessage]:
    """By message id what is stored of its translations. Each piece has the ids of its messages, in spoken order: the
    translation stands at the first of them. A message that is the first of several pieces has their translations in a
    row."""
    found: dict[str, dict[str, str | None]] = {}
    for ids, translations in pieces:
        for place, id in enumerate(ids):
            for one in translations:
                before = found.setdefault(id, {}).setdefault(one.language, None)
                if place == 0 and one.text:
                    found[id][one.language] = f"{before} {one.text}" if before else one.text
    return dict(found)


def stored(translations: OfMessage) -> str:
    """The JSON text to store."""
    return json.encode(dict(sorted(translations.items()))).decode()


def all_of(text: str | None) -> list[Translation]:
    """The translations in a stored text."""
    found: OfMessage = json.decode(text, type=dict[str, str | None]) if text else {}
    return [Translation(language=language, text=each) for language, each in found.items()]


def in_language(text: str | None, language: str) -> list[Translation]:
    """The translation into this language in a stored text, if there is one."""
    return [one for one in all_of(text) if one.language == language.lower()]
