"""The differences of SQLite and PostgreSQL, side by side.

INSERT … ON CONFLICT is written in PostgreSQL's form, which SQLite has adopted.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    String,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from omilink.clock import Millis, now

upsert = insert


class each(FunctionElement[Any]):
    """A JSON list as a table with the column `value`."""

    name = "each"
    inherit_cache = True


class item(FunctionElement[str]):
    """The text at an index of a JSON list."""

    name = "item"
    type = String()
    inherit_cache = True

    def __init__(self, values: ColumnElement[Any], place: int) -> None:
        super().__init__(values, literal_column(str(place)))


@compiles(each, "sqlite")
def _(element: each, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(each, "postgresql")
def _(element: each, compiler: Any, **options: Any) -> str:
    return f"json_array_elements_text(({compiler.process(element.clauses, **options)})::json)"


@compiles(item, "sqlite")
def _(element: item, compiler: Any, **options: Any) -> str:
    values, place = element.clauses
    return f"json_extract({compiler.process(values, **options)}, '$[{compiler.process(place, **options)}]')"


@compiles(item, "postgresql")
def _(element: item, compiler: Any, **options: Any) -> str:
    values, place = element.clauses
    return f"(({compiler.process(values, **options)})::json ->> {compiler.process(place, **options)})"


def listed(name: str) -> Any:
    """The parameter of this name, a JSON list, as a table, so that one statement takes lists of any length."""
    return each(bindparam(name, type_=String())).table_valued("value", name=f"listed_{name}")


def json_list(values: Iterable[Any]) -> str:
    """The value of a parameter that is `listed`."""
    return orjson.dumps(list(values)).decode()


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    return column.in_(select(listed(name).c.value))


def recordset(name: str, types: Mapping[str, TypeEngine[Any]]) -> FromClause:
    """The parameter of this name, a JSON list of objects, as a table with these columns. Only for PostgreSQL, where
    writing from it is cheaper than a statement for each row; in SQLite it is not."""
    rows = func.json_to_recordset(cast(bindparam(name, type_=String()), JSON))
    return rows.table_valued(*(column(*each) for each in types.items()), name=name).render_derived(with_types=True)


# Advisory locks, because rows that are not there yet have to be locked as well; in one order, so that no two wait for
# each other.
_LOCK = text(
    "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(value, 0) AS key "
    "FROM json_array_elements_text((:names)::json) ORDER BY 1) AS keys"
)


def lock(connection: Connection, names: Collection[str]) -> None:
    """Until the transaction ends, no other transaction holds one of these names. SQLite has one writer and needs no
    lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"names": json_list(names)})


_PLAN = text("SET LOCAL plan_cache_mode = force_custom_plan")


def plan_each_time(connection: Connection) -> None:
    """PostgreSQL plans the statements of this transaction for the values that they get, since the best plan for a rare
    word takes a second for a common one, and the other way round."""
    if connection.dialect.name == "postgresql":
        connection.execute(_PLAN)


_WALL = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")


def wall_clock(connection: Connection) -> Millis:
    """The time of the database's clock, so that the clocks of nodes do not matter; with SQLite the machine's clock."""
    if connection.dialect.name == "postgresql":
        wall: Millis = connection.execute(_WALL).scalar_one()
        return wall
    return now()


# The sequence's own number, and not the greatest that is there: the newest row may have been removed.
_LAST_NUMBER = {
    "sqlite": text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'deliveries'"),
    "postgresql": text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM deliveries_seq_seq"),
}
_NUMBERS_AFTER = {
    "sqlite": (
        text(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'deliveries', 0 WHERE NOT EXISTS "
            "(SELECT 1 FROM sqlite_sequence WHERE name = 'deliveries')"
        ),
        text("UPDATE sqlite_sequence SET seq = :number WHERE name = 'deliveries'"),
    ),
    "postgresql": (text("SELECT setval('deliveries_seq_seq', :number)"),),
}


def last_number(connection: Connection) -> int:
    """The number of the newest delivery; 0 before the first one."""
    return int(connection.execute(_LAST_NUMBER[connection.dialect.name]).scalar_one())


def next_number(connection: Connection) -> int:
    """Takes a number that no delivery gets. Only for PostgreSQL, where every transaction sees it at once and no
    rollback returns it."""
    return int(connection.execute(text("SELECT nextval('deliveries_seq_seq')")).scalar_one())


def number_after(connection: Connection, number: int) -> None:
    """Ensures that the next delivery has a greater number than this one."""
    if number > last_number(connection):
        for statement in _NUMBERS_AFTER[connection.dialect.name]:
            connection.execute(statement, {"number": number} if ":number" in str(statement) else {})


def to_values(*columns: str) -> dict[str, BindParameter[Any]]:
    """Parameters `to_x` for each column x: in an UPDATE a parameter may not have the name of a column."""
    return {column: bindparam(f"to_{column}") for column in columns}
