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
BY_PLACE = r"^(-?[0-9]{1,15}(\.[0-9]{1,30})?~[0-9]{1,9})?$"
"""A position in a conversation, then a seq. The numbers have few enough digits for every database."""
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


def pack(number: float, second: int | str) -> str:
    last = second if isinstance(second, int) else second.encode().hex()
    return f"{Decimal(repr(number)):f}~{last}"


def by_number(cursor: str) -> tuple[int, str] | None:
    """The two values of a cursor, None if it is empty. Raises Invalid if it is no cursor."""
    parts = _parts(cursor, BY_NUMBER)
    return (int(parts[0]), bytes.fromhex(parts[1]).decode()) if parts else None


def by_place(cursor: str) -> tuple[float, int] | None:
    """The two values of a cursor, None if it is empty. Raises Invalid if it is no cursor."""
    parts = _parts(cursor, BY_PLACE)
    return (float(parts[0]), int(parts[1])) if parts else None


def _parts(cursor: str, pattern: str) -> tuple[str, str] | None:
    _check(cursor, pattern)
    number, _, second = cursor.partition("~")
    return (number, second) if cursor else None


def _check(cursor: str, pattern: str) -> None:
    if not re.fullmatch(pattern, cursor):
        raise Invalid("This cursor is not valid. Send nextCursor of the page before, or no cursor.")
