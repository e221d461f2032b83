"""Periodic work. Each function runs until it is cancelled."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic

from omilink.app.services import Services
from omilink.clock import DAY, Millis
from omilink.counted_time import NOTED_EVERY
from omilink.database.store import Transaction
from omilink.errors import Unavailable
from omilink.linking import sessions, watchdog
from omilink.live import event_log
from omilink.search import index as search_index

WATCH = 1.0
"""Seconds between checks for changes that no notification announced. So a stream ends within two seconds of its right
to be read."""
READ = 1.0
"""Seconds between readings of the monotonic clock; between two readings a limited time counts."""
SET: Millis = 1_000
"""Milliseconds; a wall clock that differs by more between two readings has been set."""
TIDY = 3600.0
"""Seconds between removals of rows whose time to be kept is over."""
TIDY_USERS = 100
"""Users whose old events are removed in one transaction."""
EXPIRE = 1.0
"""Seconds between checks for expired links."""
WATCH_OVER = 600.0
"""Seconds between looks for sessions whose user has to be told of missing words. Silence is counted in whole hours."""
INDEX = 0.4
"""Seconds between looks for words that the search index does not hold, so that they are found within a second."""
ERASE = 5.0
"""Seconds between looks for words that were removed from the search index: within 60 they are overwritten."""

SCRUB = 2.0
"""Seconds between attempts to overwrite removed rows on the disk, which wait while a reader uses an older state."""

log = logging.getLogger(__name__)


async def watch(services: Services) -> None:
    """Notifies streams of changes that another process made, and logs refused calls."""
    marks: dict[str, tuple[int, int]] = {}

    async def look() -> None:
        nonlocal marks
        services.refusals.log()
        marks = await event_log.watch(services.store, services.bus, marks)

    await _every(WATCH, look)


async def count(services: Services) -> None:
    """Advances counted time. Stores it every NOTED_EVERY seconds, and at once when the wall clock has been set, so that
    the next start knows how much time has passed since."""
    due, offset = 0.0, 0

    async def look() -> None:
        nonlocal due, offset
        is_set = services.counted.known and abs(_offset(services) - offset) > SET
        if not services.counted.known or is_set or monotonic() >= due:
            await services.store.write(lambda tx: tx.note_counted())
            due, offset = monotonic() + NOTED_EVERY, _offset(services)

    await _every(READ, look)


def _offset(services: Services) -> Millis:
    return services.clock() - services.counted()


async def tidy(services: Services) -> None:
    """Removes deliveries, unowned conversations and events whose time to be kept is over."""
    settings = services.settings

    async def remove() -> None:
        at = services.counted()
        before = {
            "deliveries_before": at - round(settings.keep_deliveries * DAY),
            "unlinked_before": at - round(settings.keep_unlinked * DAY),
            "events_before": at - round(settings.keep_events * DAY),
        }

        def prune(tx: Transaction) -> bool:
            return tx.prune(now=at, most=TIDY_USERS, **before)

        while await services.store.write(prune):
            pass

    await _every(TIDY, remove)


async def scrub(services: Services) -> None:
    """Overwrites removed words on the disk."""
    await _every(SCRUB, services.store.finish_scrubbing)


async def index(services: Services) -> None:
    """Adds to the search index what has been said since the last look, and what was stored before."""

    async def add() -> None:
        is_behind = await services.store.read(lambda tx: tx.is_index_behind())
        while is_behind:
            is_behind = await services.store.write(search_index.catch_up)

    await _every(INDEX, add)


async def erase_index(services: Services) -> None:
    """Overwrites what was removed from the search index."""

    async def erase() -> None:
        if await services.store.read(lambda tx: tx.is_erasure_due()):
            while await services.store.write(lambda tx: tx.erase_index()):
                pass
            await services.store.scrub()

    await _every(ERASE, erase)


async def watch_over(services: Services) -> None:
    """Tells users of sessions that fell silent unlike the weeks before, and when an alarm is over."""

    async def look() -> None:
        after: str | None = ""
        while after is not None:
            at = services.clock()
            keys, after = await services.store.read(partial(watchdog.due, after=after, at=at))
            if keys:
                services.bus.publish(await services.store.write(partial(watchdog.tell, session_keys=keys, at=at)))

    await _every(WATCH_OVER, look)


async def expire(services: Services, after: Millis) -> None:
    """Ends links of sessions that have been silent for `after` milliseconds."""

    async def end() -> None:
        since = services.counted() - after
        if not await services.store.read(lambda tx: tx.silent_sessions(since, 1)):
            return
        woken: set[str] | None = None
        while woken is None or woken:
            moment = await services.moment()
            woken = await services.store.write(
                partial(sessions.expire, silent_since=since, moment=moment, most=TIDY_USERS)
            )
            services.bus.publish(woken)

    await _every(EXPIRE, end)


async def _every(seconds: float, do: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await do()
        except Unavailable as error:
            log.warning("%s", error.message)
        except Exception:
            log.exception("periodic work failed; the next try is in %s s", seconds)
        await asyncio.sleep(seconds)
