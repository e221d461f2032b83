"""Statements for the busiest moments: compiled once by SQLAlchemy, and run on the driver's own cursor.

SQLAlchemy spends about 10 µs on each row of an executemany and 40 µs on a small SELECT, which is more than SQLite does.
Both drivers take their parameters by position.
"""

from collections import namedtuple
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from operator import attrgetter
from typing import Any

import orjson
from msgspec import Struct
from msgspec.structs import fields
from sqlalchemy import (
    BindParameter,
    ClauseElement,
    ColumnElement,
    CompoundSelect,
    Connection,
    Delete,
    Dialect,
    FromClause,
    Insert,
    Select,
    Update,
    select,
)
from sqlalchemy.sql.visitors import replacement_traverse

from omilink.database.dialects import recordset
from omilink.database.rows import N, nouns

Attributes = Callable[[Any], tuple[Any, ...]]


class Bulk:
    """An INSERT of all columns of a noun's table, or an UPDATE or DELETE with parameters `to_<column>` and
    `where_<column>`. On PostgreSQL several rows are one JSON parameter, unless `as_json` is False."""

    def __init__(self, statement: Insert | Update | Delete, noun: type[Struct], *, as_json: bool = True) -> None:
        self._statement, self._noun, self._as_json = statement, noun, as_json

    def run(self, connection: Connection, values: Collection[Any], **same: Any) -> None:
        """Writes the attributes of each value, no row twice; `same` are parameters that are the same in each row."""
        if not values:
            return
        with closing(connection.connection.cursor()) as cursor:
            if self._as_json and len(values) > 1 and connection.dialect.name == "postgresql":
                sql, names = _at_once(self._statement, connection.dialect)
                rows = [dict(zip(names, row, strict=True)) for row in _rows(self._noun, names, values, same)]
                cursor.execute(sql, [orjson.dumps(rows).decode()])
            else:
                sql, names, _ = _query(self._statement, connection.dialect)
                cursor.executemany(sql, _rows(self._noun, names, values, same))


class Query:
    """A SELECT with named parameters."""

    def __init__(self, statement: Select[Any] | CompoundSelect[Any]) -> None:
        self._statement = statement
        self._row: Any = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc]

    def run(self, connection: Connection, **parameters: Any) -> list[Any]:
        """The rows, as named tuples with what the driver gives."""
        return list(map(self._row._make, self._rows(connection, parameters)))

    def nouns(self, noun: type[N], connection: Connection, **parameters: Any) -> list[N]:
        """The rows, as nouns."""
        return nouns(noun, self._row._fields, self._rows(connection, parameters))

    def _rows(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        sql, names, fixed = _query(self._statement, connection.dialect)
        values = {**fixed, **parameters}
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(sql, tuple([values[name] for name in names]))
            rows: Sequence[Sequence[Any]] = cursor.fetchall()
        return rows


class Command:
    """A statement with named parameters and without rows."""

    def __init__(self, statement: Insert | Delete) -> None:
        self._statement = statement

    def run(self, connection: Connection, **parameters: Any) -> None:
        sql, names, _ = _query(self._statement, connection.dialect)
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(sql, tuple([parameters[name] for name in names]))


def _rows(
    noun: type[Struct], names: Sequence[str], values: Collection[Any], same: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    own = _attributes(noun, tuple(name for name in names if name not in same))
    if not same:
        return [own(value) for value in values]
    rows = [list(own(value)) for value in values]
    for place, name in enumerate(names):
        if name in same:
            for row in rows:
                row.insert(place, same[name])
    return rows


@lru_cache
def _at_once(statement: Insert | Update, dialect: Dialect) -> tuple[str, list[str]]:
    """One statement for all rows, with one parameter."""
    compiled: Any = statement.compile(dialect=dialect)
    types = {str(name): parameter.type for name, parameter in compiled.binds.items()}
    rows = recordset("rows", types)
    if isinstance(statement, Insert):
        at_once: Any = statement.from_select(list(types), select(rows))
    else:
        at_once = replacement_traverse(statement, {}, lambda part, **_: _column_for(part, rows))  # type: ignore[call-overload]
    return _query(at_once, dialect)[0], list(types)


def _column_for(part: Any, rows: FromClause) -> ColumnElement[Any] | None:
    return rows.c[part.key] if isinstance(part, BindParameter) else None


@lru_cache
def _attributes(noun: type[Struct], parameters: tuple[str, ...]) -> Attributes:
    attributes = {field.encode_name: field.name for field in fields(noun)}
    columns = (name.removeprefix("to_").removeprefix("where_") for name in parameters)
    return attrgetter(*(attributes.get(column, column) for column in columns))


@lru_cache
def _query(statement: ClauseElement, dialect: Dialect) -> tuple[str, list[str], dict[str, Any]]:
    compiled: Any = statement.compile(dialect=dialect)
    return str(compiled), compiled.positiontup or [], compiled.params
