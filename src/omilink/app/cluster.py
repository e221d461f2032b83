"""Wires PostgreSQL and NATS. A module of its own, because it needs the extra `cluster`."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator

from sqlalchemy import Engine

from omilink.app.services import Checks, Transport
from omilink.background import running
from omilink.database import migrate, postgres, sqlite
from omilink.database.leases import Partitions, workers_alive
from omilink.database.queue import SqlQueue
from omilink.database.store import Store
from omilink.errors import OmilinkError, Unavailable
from omilink.nats.connection import NatsLink
from omilink.nats.disk_spool import DiskSpool
from omilink.nats.notify import NatsBus
from omilink.nats.queue import NatsQueue
from omilink.nats.stream import PARTITIONS, DeliveryStream
from omilink.settings import Settings

START_WAIT = 2.0
"""Seconds to wait for NATS at the start; the node starts without NATS if it is unavailable."""

STOP_WAIT = 2.0
"""Seconds to give back leases and to send pending notifications when the node stops."""

log = logging.getLogger(__name__)


async def open_database(engine: Engine) -> postgres.Postgres:
    """The database with this version's schema. If PostgreSQL is unavailable, it is migrated when it is available again.
    Raises OmilinkError if PostgreSQL refuses the connection."""
    database = postgres.Postgres(engine, prepare=migrate.upgrade)
    try:
        await database.read(lambda connection: None)
    except postgres.AccessDenied as refused:
        await database.close()
        raise OmilinkError(refused.why) from None
    except Unavailable:
        log.warning("PostgreSQL is away; the start goes on without it")
    except BaseException:
        await database.close()
        raise
    return database


@contextlib.asynccontextmanager
async def open_transport(settings: Settings, database: postgres.Postgres, store: Store) -> AsyncIterator[Transport]:
    """The queue on JetStream, with a spool on this node's disk while NATS is unavailable, and notifications by NATS."""
    assert settings.nats_url
    link = NatsLink(settings.nats_url)
    kept = SqlQueue(database)
    stream, bus = DeliveryStream(link, settings.nats_replicas, kept.first_order, store), NatsBus(link)
    async with _spool(settings) as spool:
        outbox = DiskSpool(stream, spool, kept.newest_act)
        await outbox.look()
        partitions = Partitions(database, secrets.token_hex(8), PARTITIONS)
        queue = NatsQueue(stream, outbox, kept, partitions)
        checks = _checks(stream, outbox, database)
        async with running(link.run):
            if not await link.wait_until_up(START_WAIT):
                log.warning("NATS is away; the start goes on without it")
            try:
                on_web = (outbox.run, outbox.watch_acts)
                yield Transport(queue=queue, bus=bus, checks=checks, on_web=on_web, everywhere=(bus.run,))
            finally:
                with contextlib.suppress(TimeoutError):  # leases expire by themselves
                    async with asyncio.timeout(STOP_WAIT):
                        await queue.close()
                        await bus.flush()


@contextlib.asynccontextmanager
async def _spool(settings: Settings) -> AsyncIterator[SqlQueue]:
    engine = sqlite.engine(settings.data_dir / "spool.db")
    await asyncio.to_thread(migrate.upgrade, engine)
    disk = sqlite.Sqlite(engine)
    try:
        yield SqlQueue(disk)
    finally:
        await disk.close()


def _checks(stream: DeliveryStream, outbox: DiskSpool, database: postgres.Postgres) -> Checks:
    async def nats() -> None:
        await stream.waiting()
        if outbox.through_disk:
            raise Unavailable("The stream takes nothing now: calls go to this node's disk.", 5)

    async def spool() -> None:
        if waiting := await outbox.waiting():
            raise Unavailable(f"{waiting} calls wait on this node's disk until NATS takes them.", 5)

    async def workers() -> None:
        if not await workers_alive(database):
            raise Unavailable("No worker is alive. Start one: omilink worker.", 5)

    return {"nats": nats, "spool": spool, "workers": workers}
