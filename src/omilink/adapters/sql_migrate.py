"""Brings a database to this version's schema, from empty or from any released one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from omilink.adapters.sql_store import has_history, start_history


def upgrade(engine: Engine) -> None:
    """Foreign keys rest meanwhile: SQLite changes a table by making it anew, and dropping the old one would delete the
    rows that refer to it. They are checked at the end."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        connection.info["reads"] = True  # a command beside a running server must not wait for its writes
        newest = ScriptDirectory.from_config(config).get_current_head()
        current = MigrationContext.configure(connection).get_current_revision()
        if current == newest and has_history(connection):
            return
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with engine.begin() as connection:
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError(f"the migration left a row of {broken[0]} that refers to nothing")
        start_history(connection)
