"""Texts that a database can store: NUL and lone surrogates are refused by PostgreSQL and by UTF-8."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    return text.isprintable() or not _UNSTORABLE.search(text)


def storable(text: str) -> str:
    """The text with U+FFFD in the place of each character that cannot be stored."""
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)
