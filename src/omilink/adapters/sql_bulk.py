"""Statements that write many values at once, without SQLAlchemy's work per row.

SQLAlchemy spends about 10 µs on each row of an executemany, which is more than SQLite spends. So the statement is
compiled once for the dialect, and the rows are tuples of the values' attributes.
"""

from collections.abc import Callable, Collection
from operator import attrgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam
from sqlalchemy.sql.dml import UpdateBase


def to_values(*columns: str) -> dict[str, BindParameter[Any]]:
    """`to_x` for each column x: in an UPDATE a parameter may not have the name of a column."""
    return {column: bindparam(f"to_{column}") for column in columns}


class Bulk:
    """An INSERT of all columns, or an UPDATE with parameters `to_<attribute>` and `where_<attribute>`."""

    def __init__(self, statement: UpdateBase) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Callable[[Any], tuple[Any, ...]]]] = {}

    def run(self, connection: Connection, values: Collection[Any]) -> None:
        """Writes each value's attributes of the parameters' names."""
        if values:
            sql, row = self._for(connection)
            connection.exec_driver_sql(sql, [row(value) for value in values])

    def _for(self, connection: Connection) -> tuple[str, Callable[[Any], tuple[Any, ...]]]:
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            compiled = self._statement.compile(dialect=dialect)
            names = compiled.positiontup or ()
            attributes = [name.removeprefix("to_").removeprefix("where_") for name in names]
            self._compiled[dialect.name] = str(compiled), attrgetter(*attributes)
        return self._compiled[dialect.name]
