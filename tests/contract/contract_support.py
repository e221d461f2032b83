"""What the contract tests share."""

from sqlalchemy import Engine

from omilink.adapters import postgres, sql_migrate, sqlite
from omilink.adapters.lanes import Lanes


def open_database(engine: Engine) -> Lanes:
    if engine.dialect.name == "sqlite":
        return sqlite.Sqlite(engine)
    return postgres.Postgres(engine, prepare=sql_migrate.upgrade)
