"""Where the next page of a list begins: two values, packed into one word that means nothing to whoever holds it.

Every text of its pattern is a cursor, so that /openapi.json can tell what is one. Empty means none.
"""

import re
from decimal import Decimal
from typing import Annotated

from fastapi import Query
from pydantic import WithJsonSchema

from omilink.errors import Invalid

BY_NUMBER = "^(-?[0-9]{1,15}~([2-6][0-9a-f]|7[0-9a-e]){1,200})?$"
"""A moment or an order, and the bytes of an id in hexadecimal, which fits into an address whatever the id is."""
BY_PLACE = r"^(-?[0-9]{1,15}(\.[0-9]{1,30})?~[0-9]{1,9})?$"
"""A place in a conversation, and a count. Numbers have few enough digits for every database."""


def _described(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": "nextCursor of the page before"})


NumberCursor = Annotated[str, _described(BY_NUMBER)]
PlaceCursor = Annotated[str, _described(BY_PLACE)]
Limit = Annotated[int, Query(ge=1, le=200)]
"""Entries of a page."""


def pack(number: float, second: int | str) -> str:
    last = second if isinstance(second, int) else second.encode().hex()
    return f"{Decimal(repr(number)):f}~{last}"


def by_number(cursor: str) -> tuple[int, str] | None:
    """Raises Invalid for what is none of ours."""
    parts = _parts(cursor, BY_NUMBER)
    return (int(parts[0]), bytes.fromhex(parts[1]).decode()) if parts else None


def by_place(cursor: str) -> tuple[float, int] | None:
    """Raises Invalid for what is none of ours."""
    parts = _parts(cursor, BY_PLACE)
    return (float(parts[0]), int(parts[1])) if parts else None


def _parts(cursor: str, pattern: str) -> tuple[str, str] | None:
    if not re.fullmatch(pattern, cursor):
        raise Invalid("This cursor is none of ours. Take nextCursor of the page before, or none.")
    number, _, second = cursor.partition("~")
    return (number, second) if cursor else None
