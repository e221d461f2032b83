"""Every adapter that keeps the promises of `ports`, so that one suite asks all of them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from omilink.adapters import sql_migrate, sqlite
from omilink.adapters.local_bus import LocalBus
from omilink.adapters.sql_inbox import SqlInbox
from omilink.adapters.sql_store import SqlStore
from omilink.adapters.sqlite import Sqlite
from omilink.ports import Bus, Inbox, Store


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    engine = {"sqlite": lambda: sqlite.engine(tmp_path / "omilink.db")}[request.param]()
    sql_migrate.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
async def database(engine: Engine) -> AsyncIterator[Sqlite]:
    database = Sqlite(engine)
    yield database
    await database.close()


@pytest.fixture
def store(database: Sqlite) -> Store:
    return SqlStore(database)


@pytest.fixture
def inbox(database: Sqlite) -> Inbox:
    return SqlInbox(database)


@pytest.fixture(params=["local"])
def bus(request: pytest.FixtureRequest) -> Bus:
    return {"local": LocalBus}[request.param]()
