"""Makes nouns of rows and rows of nouns, by the names of the columns."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct, convert, to_builtins
from sqlalchemy import Table

from omilink.models.declaration import columns, fixed_columns

N = TypeVar("N", bound=Struct)


def every(noun: type[N], rows: Iterable[Any]) -> list[N]:
    """Nouns of the rows of one statement. Columns that are no fields are ignored."""
    rows = list(rows)
    if not rows:
        return []
    return nouns(noun, [str(name) for name in rows[0]._fields], rows)  # msgspec takes no subclass of str


def nouns(noun: type[N], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[N]:
    """Nouns of rows with columns of these names. Columns that are no fields are ignored."""
    values = [dict(zip(names, row, strict=True)) for row in rows]
    return convert(values, list[noun], strict=False)  # type: ignore[valid-type]  # SQLite has no booleans


def as_noun(noun: type[N], row: Any) -> N:
    return every(noun, [row])[0]


def first(noun: type[N], rows: Iterable[Any]) -> N | None:
    return next(iter(every(noun, rows)), None)


def row_of(noun: Struct) -> dict[str, Any]:
    """The noun's row: values by columns."""
    row: dict[str, Any] = to_builtins(noun)
    return row


def changing(table: Table, noun: type[Struct]) -> list[str]:
    """The columns that an update of the noun writes: all but fixed fields and keys that are made of fields."""
    made = {column.name for column in table.primary_key}.difference(columns(noun))
    stays = made | fixed_columns(noun)
    return [column.name for column in table.c if column.name not in stays]
