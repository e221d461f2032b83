"""Statements for the busiest moments: compiled once by SQLAlchemy, and run on the driver's own cursor.

SQLAlchemy spends about 10 µs on each row of an executemany and 40 µs on a small SELECT, which is more than SQLite does.
"""

from collections import namedtuple
from collections.abc import Callable, Collection
from contextlib import closing
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    bindparam,
    func,
    select,
)

Attributes = Callable[[Any], tuple[Any, ...]]


def to_values(*columns: str) -> dict[str, BindParameter[Any]]:
    """`to_x` for each column x: in an UPDATE a parameter may not have the name of a column."""
    return {column: bindparam(f"to_{column}") for column in columns}


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    """`column IN (…)` with a JSON list as its one parameter, so that lists of any length are one statement."""
    return column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value))


class Bulk:
    """An INSERT of all columns, or a statement with parameters `to_<attribute>` and `where_<attribute>`."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement

    def run(self, connection: Connection, values: Collection[Any]) -> None:
        """Writes the attributes of each value."""
        if values:
            sql, row = _bulk(self._statement, connection.dialect)
            with closing(connection.connection.cursor()) as cursor:
                cursor.executemany(sql, [row(value) for value in values])


class Query:
    """A SELECT with named parameters, whose rows are named tuples as the driver gives them."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._row: Any = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc]

    def run(self, connection: Connection, **parameters: Any) -> list[Any]:
        sql, names, fixed = _query(self._statement, connection.dialect)
        values = fixed | parameters
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(sql, tuple([values[name] for name in names]))
            return list(map(self._row._make, cursor.fetchall()))


@lru_cache
def _bulk(statement: ClauseElement, dialect: Dialect) -> tuple[str, Attributes]:
    sql, names, _ = _query(statement, dialect)
    return sql, attrgetter(*(name.removeprefix("to_").removeprefix("where_") for name in names))


@lru_cache
def _query(statement: ClauseElement, dialect: Dialect) -> tuple[str, list[str], dict[str, Any]]:
    compiled: Any = statement.compile(dialect=dialect)
    return str(compiled), compiled.positiontup or [], compiled.params
