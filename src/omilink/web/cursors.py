"""Where the next page of a list begins: two values, packed into one word that means nothing to whoever holds it."""

import base64
import binascii
from collections.abc import Callable
from typing import TypeVar

from omilink.errors import Invalid

A = TypeVar("A")
B = TypeVar("B")

LONGEST, DIGITS = 200, 40
"""Characters of a text in a cursor, and of a number."""


def pack(number: float, second: int | str) -> str:
    return base64.urlsafe_b64encode(f"{number}|{second}".encode()).decode().rstrip("=")


def unpack(cursor: str, first: Callable[[str], A], second: Callable[[str], B]) -> tuple[A, B]:
    """Raises Invalid for what is none of ours, and for what a database does not take."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        a, _, b = text.partition("|")
        if not text.isprintable() or not b:
            raise ValueError
        if second is int and abs(int(b[:DIGITS])) >= 1 << 31:  # what PostgreSQL does not take
            raise ValueError
        return _value(a, first), _value(b, second)
    except (ValueError, binascii.Error):
        raise Invalid("This cursor is none of ours. Take nextCursor of the page before, or none.") from None


def _value(text: str, kind: Callable[[str], A]) -> A:
    value = kind(text)
    if len(text) > (DIGITS if isinstance(value, int | float) else LONGEST):
        raise ValueError
    if isinstance(value, int | float) and ("_" in text or not abs(value) < 1 << 53):
        raise ValueError
    return value
