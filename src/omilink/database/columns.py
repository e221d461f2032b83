"""The columns of a noun's table, made of the noun's declaration."""

from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args

from msgspec import Struct
from msgspec.structs import fields
from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, String

from omilink.models.declaration import is_big, plain

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column that is declared INTEGER."""
KINDS = {str: String, bool: Boolean, int: Integer, float: Float, bytes: LargeBinary}
"""SQL types by Python types. Times and big numbers are BigInteger."""


def stored(noun: type[Struct], *by_hand: Column[Any]) -> Iterator[Column[Any]]:
    """The columns of a noun's table: those given by hand, and one for each other field of the declaration. Columns with
    a key, an index or a default, and columns that are not fields, are given by hand."""
    names = {column.name for column in by_hand}
    yield from by_hand
    for field in fields(noun):
        if field.encode_name not in names:
            yield _column(field.encode_name, field.type)


def _column(name: str, hint: Any) -> Column[Any]:
    choices = get_args(plain(hint)) or (plain(hint),)
    [python] = [plain(choice) for choice in choices if choice is not NoneType]
    kind = BigInteger if is_big(hint) else next(KINDS[each] for each in KINDS if issubclass(python, each))
    return Column(name, kind, nullable=NoneType in choices)
