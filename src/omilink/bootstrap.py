"""The one room where the product is wired. Production, commands and tests enter by the same doors."""

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from omilink import live
from omilink.accounts import DAY, new_secret
from omilink.adapters import sql_migrate, sqlite
from omilink.adapters.local_bus import LocalBus
from omilink.adapters.sql_inbox import SqlInbox
from omilink.adapters.sql_store import SqlStore
from omilink.errors import OmilinkError, Unavailable
from omilink.limits import Limits
from omilink.metrics import Metrics
from omilink.model import Millis, now
from omilink.passwords import Passwords
from omilink.ports import Bus, Inbox, Store
from omilink.saving import Saved
from omilink.settings import OnOff, Settings
from omilink.worker import Worker

WATCH = 2.0
"""Seconds between looks for what no hint told."""
TIDY = 3600.0
"""Seconds between removals of what has been kept long enough."""
FINISH = 5.0
"""Seconds that a stopping worker gets for what was accepted; the rest is on disk and saved at the next start."""

log = logging.getLogger(__name__)


class AlreadyRunning(OmilinkError):
    code = "already_running"


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """Everything that the outside needs of the running product."""

    settings: Settings
    store: Store
    inbox: Inbox
    bus: Bus
    webhook_secrets: tuple[str, ...]
    operator_token: str
    limits: Limits
    passwords: Passwords = field(default_factory=Passwords)
    metrics: Metrics = field(default_factory=Metrics)
    clock: Callable[[], Millis] = now


@contextlib.asynccontextmanager
async def run(settings: Settings) -> AsyncIterator[Product]:
    """The product, working until the block ends; then what was accepted is finished."""
    with _only_one(settings.data_dir):
        async with open_product(settings) as product:
            worker = Worker(
                product.store,
                product.inbox,
                product.bus,
                gap=settings.conversation_gap,
                clock=product.clock,
                count=_counter(product),
            )
            working = asyncio.create_task(worker.run(), name="worker")
            others = [asyncio.create_task(_watch(product)), asyncio.create_task(_tidy(product))]
            try:
                yield product
            finally:
                worker.stop()
                for task in others:
                    task.cancel()
                await asyncio.wait([working, *others], timeout=FINISH)
                working.cancel()
                await asyncio.gather(working, *others, return_exceptions=True)


@contextlib.asynccontextmanager
async def open_product(settings: Settings) -> AsyncIterator[Product]:
    """The product's parts, nothing of it running: for commands beside a running server."""
    _make_folder(settings.data_dir)
    engine = sqlite.engine(settings.database_path)
    await asyncio.to_thread(sql_migrate.upgrade, engine)
    database = sqlite.Sqlite(engine)
    try:
        yield Product(
            settings=settings,
            store=SqlStore(database),
            inbox=SqlInbox(database),
            bus=LocalBus(),
            webhook_secrets=webhook_secrets(settings),
            operator_token=_kept_secret(settings.data_dir / "operator_token"),
            limits=Limits(on=settings.rate_limits is OnOff.ON),
        )
    finally:
        await database.close()


def webhook_secrets(settings: Settings) -> tuple[str, ...]:
    """The secrets that open the webhook, never none: unless the settings have one, it is made in the data dir."""
    given = tuple(secret.get_secret_value() for secret in settings.webhook_secret)
    return given or (_kept_secret(settings.data_dir / "webhook_secret"),)


def _kept_secret(path: Path) -> str:
    _make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(new_secret())
    secret = path.read_text().strip()
    if not secret:
        raise OmilinkError(f"{path} is empty. Delete it, and a new secret is made at the next start.")
    return secret


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise OmilinkError(f"The data folder {path} cannot be made: {error.strerror}. Set OMILINK_DATA_DIR.") from None


@contextlib.contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Two workers on one SQLite file would save the same delivery at the same time."""
    _make_folder(data_dir)
    with (data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another omilink serves {data_dir} already. Stop it, or set OMILINK_DATA_DIR to another folder."
            ) from None
        yield


def _counter(product: Product) -> Callable[[Saved], None]:
    metrics = product.metrics

    def count(saved: Saved) -> None:
        metrics.messages.inc(saved.messages)
        metrics.bad_segments.inc(saved.bad_segments)
        metrics.quarantined.inc(len(saved.quarantined))
        for received_at in saved.received_at:
            metrics.save_seconds.observe((product.clock() - received_at) / 1000)

    return count


async def _watch(product: Product) -> None:
    marks: dict[str, tuple[int, int]] = {}

    async def look() -> None:
        nonlocal marks
        marks = await live.watch(product.store, product.bus, marks)

    await _every(WATCH, look)


async def _tidy(product: Product) -> None:
    settings = product.settings

    async def tidy() -> None:
        at = product.clock()
        deliveries_before = at - round(settings.keep_deliveries * DAY)
        events_before = at - round(settings.keep_events * DAY)
        await product.store.write(
            lambda tx: tx.prune(now=at, deliveries_before=deliveries_before, events_before=events_before)
        )

    await _every(TIDY, tidy)


async def _every(seconds: float, do: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await do()
        except Unavailable as error:
            log.warning("%s", error.message)
        except Exception:
            log.exception("a regular task failed; it is tried again in %s s", seconds)
        await asyncio.sleep(seconds)
