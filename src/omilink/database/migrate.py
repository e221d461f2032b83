"""Brings a database to this version's schema, from empty or from any released one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from omilink.database.history import has_history, start_history

LOCK = 6_018_251_105
"""Several nodes may start at once; one of them migrates."""


MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""Migrations by the version with which the file's name begins."""


def upgrade(engine: Engine, version: str = "head") -> None:
    with engine.connect() as connection:
        connection.info["reads"] = True  # a command beside a running server must not wait for its writes
        if _version(connection) == NEWEST and has_history(connection):
            return
    from alembic import command  # it takes a while to import, and most starts do without
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    guarded = {"sqlite": _without_foreign_keys, "postgresql": _one_at_a_time}[engine.dialect.name]
    with engine.connect() as connection, guarded(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        start_history(connection)
        connection.commit()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it again, and dropping the old table would delete the rows that refer to it. So
    foreign keys are not enforced during the migration, and are checked at its end."""
    connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
    yield
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise RuntimeError(f"the migration left a row of {broken[0]} that refers to nothing")


@contextmanager
def _one_at_a_time(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql("SET statement_timeout = 0")  # making an index may take long
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})")
        connection.commit()
