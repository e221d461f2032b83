"""Makes and connects the services. Servers, workers, commands and tests all start here."""

import asyncio
import contextlib
import fcntl
import importlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType

from sqlalchemy import Engine

from omilink.accounts.personal_webhook import PersonalUrlOwners
from omilink.accounts.rate_limits import LocalLimits, SharedLimits
from omilink.accounts.signing_in import new_secret
from omilink.app import maintenance
from omilink.app.services import Services, Transport
from omilink.background import end, running
from omilink.clock import DAY, monotonic, now
from omilink.counted_time import CountedTime
from omilink.database import migrate, sqlite
from omilink.database.queue import SqlQueue
from omilink.database.store import Store
from omilink.database.threads import DatabaseThreads
from omilink.errors import OmilinkError, Unavailable
from omilink.ingest.budget import MEGABYTE
from omilink.ingest.saving import Saved
from omilink.ingest.worker import Worker
from omilink.linking.notification import Notifications
from omilink.live.local_bus import LocalBus
from omilink.settings import OnOff, Settings

FINISH = 5.0
"""Seconds in which a stopping worker may save accepted calls; the next start saves the rest."""


class AlreadyRunning(OmilinkError):
    code = "already_running"


class NotInstalled(OmilinkError):
    """There is no installation at the place of the settings."""

    code = "not_installed"


@contextlib.asynccontextmanager
async def run(settings: Settings, *, web: bool = True, worker: bool = True) -> AsyncIterator[Services]:
    """The services of a running node: with `web` it may serve requests, with `worker` it saves calls. When the block
    ends, accepted calls are saved. Raises AlreadyRunning if another node serves the data folder."""
    with only_one(settings.data_dir) if web else contextlib.nullcontext():
        async with _opened(settings) as (services, transport):
            tasks = [*transport.everywhere, lambda: maintenance.count(services)]
            if web:
                tasks += [*transport.on_web, lambda: maintenance.watch(services), lambda: maintenance.scrub(services)]
                tasks += [lambda: maintenance.erase_index(services)]
            if worker:
                tasks += [lambda: maintenance.tidy(services), lambda: maintenance.index(services)]
                tasks += [lambda: maintenance.watch_over(services)]
            if worker and settings.link_ttl:
                after = round(settings.link_ttl * DAY)
                tasks += [lambda: maintenance.expire(services, after)]
            async with running(*tasks), _working(services) if worker else contextlib.nullcontext():
                yield services


@contextlib.asynccontextmanager
async def open_services(settings: Settings, *, makes: bool = False) -> AsyncIterator[Services]:
    """The services for a command: no worker and no periodic work. Raises NotInstalled if there is no installation and
    the command does not make one (`makes`)."""
    if not makes:
        check_installed(settings)
    async with _opened(settings) as (services, transport), running(*transport.everywhere):
        yield services


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[Services, Transport]]:
    make_folder(settings.data_dir)
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings))
        counted = CountedTime()
        store = Store(database, counted)
        with contextlib.suppress(Unavailable):  # else when it is available again
            await store.read(lambda tx: tx.counted())
        transport = await stack.enter_async_context(_open_transport(settings, database, store))

        async def database_works() -> None:
            await store.write(lambda tx: tx.note_ready(now()))

        yield (
            Services(
                settings=settings,
                store=store,
                queue=transport.queue,
                bus=transport.bus,
                webhook_secrets=webhook_secrets(settings),
                operator_token=_kept_secret(settings.data_dir / "operator_token"),
                personal_urls=PersonalUrlOwners(store, counted),
                counted=counted,
                limits=SharedLimits(store, on=settings.rate_limits is OnOff.ON, clock=counted),
                local_limits=LocalLimits(on=settings.rate_limits is OnOff.ON, clock=monotonic),
                notifications=_notifications(settings),
                checks={"database": database_works} | transport.checks,
            ),
            transport,
        )


@contextlib.asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[DatabaseThreads]:
    """The settings' database with this version's schema. If PostgreSQL is unavailable, it is migrated when it is
    available again."""
    if settings.postgres_url:
        database: DatabaseThreads = await _cluster().open_database(engine(settings))
    else:
        await asyncio.to_thread(migrate.upgrade, engine(settings))
        database = sqlite.Sqlite(engine(settings))
    try:
        yield database
    finally:
        await database.close()


def _notifications(settings: Settings) -> Notifications | None:
    if not (settings.omi_app_id and settings.omi_api_key):
        return None
    return Notifications(settings.omi_api_url, settings.omi_app_id, settings.omi_api_key.get_secret_value())


def engine(settings: Settings) -> Engine:
    """The engine of the settings' database, without a migration."""
    if settings.postgres_url:
        made: Engine = _cluster().postgres.engine(settings.postgres_url)
        return made
    make_folder(settings.data_dir)
    return sqlite.engine(settings.database_path)


@contextlib.asynccontextmanager
async def _open_transport(settings: Settings, database: DatabaseThreads, store: Store) -> AsyncIterator[Transport]:
    if settings.nats_url:
        async with _cluster().open_transport(settings, database, store) as transport:
            yield transport
    else:
        yield Transport(queue=SqlQueue(database), bus=LocalBus())


def _cluster() -> ModuleType:
    try:
        return importlib.import_module("omilink.app.cluster")
    except ModuleNotFoundError as error:
        raise OmilinkError(f"PostgreSQL and NATS need {error.name}: pip install 'omilink[cluster]'.") from None


@contextlib.asynccontextmanager
async def _working(services: Services) -> AsyncIterator[None]:
    """Runs a worker until the block ends, then saves accepted calls."""
    worker = Worker(
        services.store,
        services.queue,
        services.bus,
        gap=services.settings.conversation_gap,
        daily_bytes=services.settings.daily_megabytes * MEGABYTE,
        clock=services.counted,
        count=_counter(services),
    )
    working = asyncio.create_task(worker.run(), name="worker")
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait([working], timeout=FINISH)
        await end({working})


def check_installed(settings: Settings) -> None:
    """Raises NotInstalled with the place of the settings: a command in the wrong folder must make no installation."""
    if not is_installed(settings):
        place = settings.data_dir if settings.postgres_url else settings.database_path
        raise NotInstalled(
            f"There is no installation here: {place.absolute()} does not exist. Run this in the folder where the "
            "server was started, or set OMILINK_DATA_DIR to its data folder. `omilink serve` makes a new installation."
        )


def is_installed(settings: Settings) -> bool:
    """Whether a server has been started with these settings: its database is there, or, where that is PostgreSQL, its
    data folder."""
    return settings.data_dir.is_dir() if settings.postgres_url else settings.database_path.is_file()


def webhook_secrets(settings: Settings) -> tuple[str, ...]:
    """The secrets of the shared webhook: those of the settings, else one that is made and kept in the data folder."""
    given = tuple(secret.get_secret_value() for secret in settings.webhook_secret)
    return given or (_kept_secret(settings.data_dir / "webhook_secret"),)


def _kept_secret(path: Path) -> str:
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(new_secret())
    secret = path.read_text().strip()
    if not secret:
        raise OmilinkError(f"{path} is empty. Delete it, and a new secret is made at the next start.")
    return secret


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise OmilinkError(f"The data folder {path} cannot be made: {error.strerror}. Set OMILINK_DATA_DIR.") from None


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Holds the lock of the data folder: two servers would save the same deliveries at the same time. Raises
    AlreadyRunning if another server holds it."""
    make_folder(data_dir)
    with (data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another omilink serves {data_dir} already. Stop it, or set OMILINK_DATA_DIR to another folder."
            ) from None
        yield


def _counter(services: Services) -> Callable[[Saved], None]:
    metrics = services.metrics

    def count(saved: Saved) -> None:
        metrics.messages.inc(saved.messages)
        metrics.bad_segments.inc(saved.bad_segments)
        metrics.of_before.inc(saved.of_before)
        metrics.not_kept.inc(saved.not_kept)
        metrics.quarantined.inc(len(saved.quarantined))
        for received_at in saved.received_at:
            metrics.save_seconds.observe(max(0, services.clock() - received_at) / 1000)

    return count
