"""Cursors of lists: a cursor holds the two values after which the next page begins. Clients do not interpret it.

Every text that fits the pattern is a cursor, so /openapi.json can describe it. An empty text is no cursor.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from fastapi import Query
from pydantic import WithJsonSchema

from omilink.errors import Invalid

BY_NUMBER = "^(-?[0-9]{1,15}~([2-6][0-9a-f]|7[0-9a-e]){1,200})?$"
"""A time or an order, then an id as hexadecimal bytes, which any id can be written as in a URL."""
BY_PLACE = r"^(((older|newer)~)?-?[0-9]{1,15}(\.[0-9]{1,30})?~[0-9]{1,12})?$"
"""A position in a conversation, then a seq. The numbers have few enough digits for every database. A page around a
message has cursors into both directions, which say so."""
OLDER, NEWER = "older", "newer"
BY_RANK = "^([0-9]{1,18}(~[0-9]{1,18}~[0-9]{1,9}~[0-9]{1,18})?)?$"
"""Entries of the search index: the greatest, and if they are ranked, also the least, a rank, and the entry of it."""


def _described(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": "nextCursor of the page before"})


NumberCursor = Annotated[str, _described(BY_NUMBER)]
PlaceCursor = Annotated[str, _described(BY_PLACE)]
RankCursor = Annotated[str, _described(BY_RANK)]
Limit = Annotated[int, Query(ge=1, le=200)]
"""Entries of a page."""


def pack_all(numbers: Iterable[int | None]) -> str:
    return "~".join(str(number) for number in numbers if number is not None)


def by_rank(cursor: str) -> list[int]:
    """One number, or four, or none if it is empty. Raises Invalid if it is no cursor."""
    _check(cursor, BY_RANK)
    return [int(number) for number in cursor.split("~") if number]


def pack(number: float, second: int | str, direction: str = "") -> str:
    last = second if isinstance(second, int) else second.encode().hex()
    return f"{direction and direction + '~'}{Decimal(repr(number)):f}~{last}"


def by_number(cursor: str) -> tuple[int, str] | None:
    """The two values of a cursor, None if it is empty. Raises Invalid if it is no cursor."""
    _check(cursor, BY_NUMBER)
    number, _, second = cursor.partition("~")
    return (int(number), bytes.fromhex(second).decode()) if cursor else None


def by_place(cursor: str) -> tuple[str, tuple[float, int] | None]:
    """The direction of a cursor, which may be empty, and its two values, None if it is empty. Raises Invalid if it is
    no cursor."""
    _check(cursor, BY_PLACE)
    *direction, number, second = cursor.split("~") if cursor else ("", "")
    return "".join(direction), (float(number), int(second)) if cursor else None


def _check(cursor: str, pattern: str) -> None:
    if not re.fullmatch(pattern, cursor):
        raise Invalid("This cursor is not valid. Send nextCursor of the page before, or no cursor.")
