"""Every adapter that keeps the promises of a store, a queue or a bus, so that one suite asks all of them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from contract_support import open_database
from sqlalchemy import Engine
from support import Turned

from lab.nats import NatsServer
from lab.postgres import Postgres as PostgresServer
from omilink.background import end, running
from omilink.clock import Millis
from omilink.database import migrate, postgres, sqlite
from omilink.database.leases import Partitions
from omilink.database.queue import SqlQueue
from omilink.database.store import Store
from omilink.database.threads import DatabaseThreads
from omilink.ingest.queue import DeliveryQueue
from omilink.live.bus import Bus
from omilink.live.local_bus import LocalBus
from omilink.models.delivery import Delivery
from omilink.nats import queue
from omilink.nats.connection import NatsLink
from omilink.nats.disk_spool import DiskSpool
from omilink.nats.notify import NatsBus
from omilink.nats.queue import NatsQueue
from omilink.nats.stream import PARTITIONS, STREAM, DeliveryStream

_names = count(1)
NO_PARAMETERS = SimpleNamespace(params={})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stream goes with PostgreSQL."""
    nonsense = {"dialect": "sqlite", "inbox": "stream"}.items()
    items[:] = [item for item in items if not nonsense <= getattr(item, "callspec", NO_PARAMETERS).params.items()]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def template(postgres_server: PostgresServer) -> str:
    """A migrated database, to be copied: that takes a tenth of the time."""
    engine = postgres.engine(postgres_server.create_database("template"))
    migrate.upgrade(engine)
    engine.dispose()
    return "template"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "omilink.db"
    engine = sqlite.engine(path)
    migrate.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if dialect == "sqlite":
        engine = copied(request, tmp_path / "omilink.db")
        yield engine
        engine.dispose()
    else:
        template = request.getfixturevalue("template")
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = f"contract{next(_names)}"
        server.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield postgres.engine(server.url(name))
        server.drop_database(name)


@pytest.fixture
def empty(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without a schema."""
    if dialect == "sqlite":
        engine = sqlite.engine(tmp_path / "empty.db")
        yield engine
        engine.dispose()
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = f"empty{next(_names)}"
        yield postgres.engine(server.create_database(name))
        server.drop_database(name)


@pytest.fixture
async def database(engine: Engine) -> AsyncIterator[DatabaseThreads]:
    database = open_database(engine)
    yield database
    await database.close()


@pytest.fixture
def counted() -> Turned:
    return Turned()


@pytest.fixture
def store(database: DatabaseThreads, counted: Turned) -> Store:
    return Store(database, counted)


@pytest.fixture
def table(database: DatabaseThreads) -> SqlQueue:
    return SqlQueue(database)


@pytest.fixture(params=["table", "stream"])
async def inbox(
    database: DatabaseThreads, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DeliveryQueue]:
    if request.param == "table":
        yield SqlQueue(database)
        return
    monkeypatch.setattr(queue, "ROUND", 0)
    link, connecting = await linked(request.getfixturevalue("nats_server"))
    kept = SqlQueue(database)
    stream = DeliveryStream(link, 1, kept.first_order, Store(database))
    engine = copied(request, tmp_path / "spool.db")
    disk = sqlite.Sqlite(engine)
    outbox = DiskSpool(stream, SqlQueue(disk), kept.newest_act)
    assert link.client
    await link.client.jetstream().delete_stream(STREAM) if await exists(link) else None
    await stream._ensure(link.client)
    inbox = ArrivedInbox(stream, outbox, kept, Partitions(database, "me", PARTITIONS))
    async with running(outbox.run):
        yield inbox
    await inbox.close()
    await end({connecting})
    await disk.close()


def copied(request: pytest.FixtureRequest, path: Path) -> Engine:
    """A migrated SQLite database of its own."""
    return sqlite.engine(shutil.copy(request.getfixturevalue("sqlite_template"), path))


class ArrivedInbox(NatsQueue):
    """Takes when everything that the stream has acknowledged has arrived: a worker would take it a moment later."""

    async def take(self, limit: int, at: Millis) -> list[Delivery]:
        await super().take(limit, at)
        assert self._stream._client()
        state = (await self._stream._client().jetstream().stream_info(STREAM)).state
        while state.messages and self._reader and self._reader.reached < state.last_seq:
            await self._reader.wait(10)
        return await super().take(limit, at)


@pytest.fixture(params=["local", "nats"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "local":
        yield LocalBus()
        return
    link, connecting = await linked(request.getfixturevalue("nats_server"))
    bus = NatsBus(link)
    async with running(bus.run):
        yield bus
    await end({connecting})


async def linked(server: NatsServer) -> tuple[NatsLink, "asyncio.Task[None]"]:
    link = NatsLink(server.url)
    connecting = asyncio.create_task(link.run())
    assert await link.wait_until_up(30)
    return link, connecting


async def exists(link: NatsLink) -> bool:
    assert link.client
    return STREAM in [info.config.name for info in await link.client.jetstream().streams_info()]
