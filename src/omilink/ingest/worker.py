"""Takes deliveries from the queue and saves them."""

import asyncio
import logging
import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor

from omilink.clock import Millis
from omilink.database.store import Store, Transaction
from omilink.errors import Unavailable
from omilink.ingest import saving
from omilink.ingest.queue import DeliveryQueue
from omilink.live.bus import Bus, EventsByUser
from omilink.models.delivery import LONGEST_WAIT, RECORD, Delivery
from omilink.models.event import Event

BATCH = 200
MAX_ATTEMPTS = 8
CROWD = 8
"""After a batch of at least this size the worker lets calls gather for the next one, since a call in a large batch
costs an eighth less …"""
GATHER = 0.015
"""… for this number of seconds."""
IDLE = 1.0
"""Seconds between checks for retries that are due."""
AGAIN = 0.25
"""Seconds between tries while saving fails altogether."""

log = logging.getLogger(__name__)


class Worker:
    """Saves deliveries from `run` until `stop`; a delivery that was taken is finished first."""

    def __init__(
        self,
        store: Store,
        queue: DeliveryQueue,
        bus: Bus,
        *,
        gap: float,
        daily_bytes: float = math.inf,
        clock: Callable[[], Millis],
        count: "Count",
    ) -> None:
        self._store, self._queue, self._bus = store, queue, bus
        self._gap, self._daily_bytes, self._clock, self._count = gap, daily_bytes, clock, count
        self._stopping = False
        self._reader = ThreadPoolExecutor(1)  # always the same thread: each has memory of its own

    def stop(self) -> None:
        self._stopping = True

    async def run(self) -> None:
        """Saves deliveries until `stop` is called and no delivery is due. A failing store or queue is logged and tried
        again."""
        waits = False
        while True:
            try:
                deliveries = await self._queue.take(BATCH, self._clock())
                if deliveries:
                    await self.save_or_split(deliveries)
                    waits = False
                    if CROWD <= len(deliveries) < BATCH:
                        await asyncio.sleep(GATHER)
                    if len(deliveries) >= CROWD or self._stopping:  # else `wait` knows whether there is more
                        continue
                elif self._stopping:
                    return
                await self._queue.wait(IDLE)
            except Exception as error:  # no delivery is at fault: the failure does not count as an attempt
                if not waits:
                    why = error.message if isinstance(error, Unavailable) else type(error).__name__
                    log.warning("saving waits: %s", why)
                waits = True
                if self._stopping:
                    return
                await asyncio.sleep(AGAIN)

    async def save_or_split(self, deliveries: Sequence[Delivery]) -> None:
        """Saves the batch. If the batch fails, saves each half separately, so that a delivery that cannot be saved
        harms no other."""
        try:
            await self._commit(deliveries)
        except Unavailable:
            raise
        except Exception as error:
            if len(deliveries) == 1:
                await self._fail(deliveries[0], error)
                return
            middle = len(deliveries) // 2
            await self.save_or_split(deliveries[:middle])
            await self.save_or_split(deliveries[middle:])

    async def _commit(self, deliveries: Sequence[Delivery]) -> None:
        seqs, is_record = {delivery.seq for delivery in deliveries}, any(one.kind == RECORD for one in deliveries)
        loop = asyncio.get_running_loop()
        records = await loop.run_in_executor(self._reader, saving.read_records, deliveries) if is_record else {}

        def save_and_finish(tx: Transaction) -> tuple[saving.Saved, bool, EventsByUser]:
            saved = saving.save_all(tx, deliveries, self._gap, self._daily_bytes, records)
            kept = sorted(seqs - saved.dropped)
            is_finished = self._queue.finish_within(tx, kept, saved.quarantined, saved.dropped)
            return saved, is_finished, _by_user(tx.events_added())

        saved, is_finished, new = await self._store.write(save_and_finish)
        if saved.off_record:
            self._store.scrub_soon()
        self._bus.publish(saved.users, new=new)
        if not is_finished:
            await self._finish(seqs, saved)
        self._count(saved)

    async def _finish(self, seqs: Set[int], saved: saving.Saved) -> None:
        await self._queue.done(sorted(seqs - saved.dropped), saved.quarantined)
        if saved.dropped:
            await self._queue.remove(saved.dropped)

    async def _fail(self, delivery: Delivery, error: Exception) -> None:
        """Counts a failed attempt. Only the error's type is stored and logged, since its text may hold spoken words. A
        call that came while its user was off the record is not kept for another attempt."""
        what = type(error).__name__
        if await self._is_off_record(delivery):
            log.error("a delivery could not be saved, and is removed, since its user is off the record: %s", what)
            await self._queue.remove([delivery.seq])
            self._store.scrub_soon()
            return
        attempt = delivery.attempts + 1
        retry_at = None if attempt >= MAX_ATTEMPTS else self._clock() + backoff(attempt)
        log.error("a delivery could not be saved, attempt %d of %d: %s", attempt, MAX_ATTEMPTS, what)
        await self._queue.failed(delivery, what, retry_at=retry_at)

    async def _is_off_record(self, delivery: Delivery) -> bool:
        try:
            return await self._store.read(lambda tx: saving.is_off_record(tx, delivery, self._gap))
        except Unavailable:
            raise
        except Exception:  # it cannot be read for the same reason that it cannot be saved
            return False


Count = Callable[[saving.Saved], None]


def _by_user(events: Sequence[Event]) -> EventsByUser:
    by_user: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_user[event.user_id].append(event)
    return by_user


def backoff(attempt: int) -> Millis:
    """Milliseconds before the next attempt: about 2, 4, 8, … seconds, varied by half at random, at most
    LONGEST_WAIT."""
    return min(LONGEST_WAIT, round((1000 << attempt) * random.uniform(0.5, 1.5)))
