"""The half of the room where PostgreSQL and NATS are wired. Apart, since it needs the extra `cluster`."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator

from sqlalchemy import Engine

from omilink.app.services import Checks, Queue
from omilink.background import running
from omilink.database import migrate, postgres, sqlite
from omilink.database.leases import Partitions, workers_alive
from omilink.database.queue import SqlQueue
from omilink.errors import OmilinkError, Unavailable
from omilink.nats.connection import NatsLink
from omilink.nats.disk_spool import DiskSpool
from omilink.nats.notify import NatsBus
from omilink.nats.queue import NatsQueue
from omilink.nats.stream import PARTITIONS, DeliveryStream
from omilink.settings import Settings

GREETING = 2.0
"""Seconds that NATS gets to be there at the start; after that it is away, which is no reason not to start."""

FAREWELL = 2.0
"""Seconds for giving back what this node holds."""

log = logging.getLogger(__name__)


async def open_database(engine: Engine) -> postgres.Postgres:
    """Brought to this version's schema; if it is away, that is done as soon as it is there."""
    database = postgres.Postgres(engine, prepare=migrate.upgrade)
    try:
        await database.read(lambda connection: None)
    except postgres.Refused as refused:
        await database.close()
        raise OmilinkError(refused.why) from None
    except Unavailable:
        log.warning("PostgreSQL is away; the start goes on without it")
    except BaseException:
        await database.close()
        raise
    return database


@contextlib.asynccontextmanager
async def open_queue(settings: Settings, database: postgres.Postgres) -> AsyncIterator[Queue]:
    """Deliveries by JetStream, with this node's disk behind it, and hints by NATS."""
    assert settings.nats_url
    link = NatsLink(settings.nats_url)
    kept = SqlQueue(database)
    stream, bus = DeliveryStream(link, settings.nats_replicas, kept.first_order), NatsBus(link)
    async with _spool(settings) as spool:
        outbox = DiskSpool(stream, spool, kept.newest_act)
        await outbox.look()
        partitions = Partitions(database, secrets.token_hex(8), PARTITIONS)
        inbox = NatsQueue(stream, outbox, kept, partitions)
        checks = _checks(stream, outbox, database)
        async with running(link.run):
            if not await link.wait_until_up(GREETING):
                log.warning("NATS is away; the start goes on without it")
            try:
                on_web = (outbox.run, outbox.watch_acts)
                yield Queue(inbox=inbox, bus=bus, checks=checks, on_web=on_web, everywhere=(bus.run,))
            finally:
                with contextlib.suppress(TimeoutError):  # leases end by themselves
                    async with asyncio.timeout(FAREWELL):
                        await inbox.close()
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
