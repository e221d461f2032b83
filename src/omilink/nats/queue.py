"""The queue on JetStream: the stream holds new deliveries, a table in PostgreSQL failed and quarantined ones."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.database.deliveries import DEAD, QUARANTINED, WAITING
from omilink.database.leases import Partitions
from omilink.database.queue import SqlQueue
from omilink.database.store import Transaction
from omilink.errors import OmilinkError, Unavailable
from omilink.models.delivery import BATCH_BYTES, Delivery, Job
from omilink.models.order import Moment
from omilink.nats.disk_spool import DiskSpool
from omilink.nats.stream import DeliveryStream, Reader, Reference, partition

ROUND = 1.0
"""Seconds between two checks of leases and retries, and after which finished deliveries are removed from the stream."""
RETRIES = 0
"""The worker with this partition also retries failed deliveries."""


class NatsQueue:
    def __init__(self, stream: DeliveryStream, outbox: DiskSpool, kept: SqlQueue, partitions: Partitions) -> None:
        self._stream, self._outbox, self._kept, self._partitions = stream, outbox, kept, partitions
        self._reader: Reader | None = None
        self._held: set[int] = set()
        self._finished: dict[int, int] = {}  # by partition, the last number that is finished and not dropped
        self._batch: dict[int, Delivery] = {}  # handed out and not finished, by number: negative in the table
        self._next_round = 0.0

    async def put(self, delivery: Delivery) -> None:
        await self._outbox.put(delivery)

    async def moment(self, at: Millis) -> Moment:
        """The moment has no order while the stream cannot be reached; then the act's number tells which calls were
        accepted before it."""
        act = await self._kept.new_act()
        try:
            return Moment(at=at, order=await self._stream.newest_order(), act=act)
        except Unavailable:
            return Moment(at=at, order=None, act=act)

    async def wait(self, seconds: float) -> None:
        seconds = min(seconds, max(0.0, self._next_round - _time()))
        if self._reader:
            await self._reader.wait(seconds)
        else:
            await asyncio.sleep(seconds)

    async def take(self, limit: int, at: Millis) -> list[Delivery]:
        if _time() >= self._next_round:
            await self._round()
            retries = await self._kept.take(limit, at) if RETRIES in self._held else ()
            again = {-delivery.seq: replace(delivery, seq=-delivery.seq) for delivery in retries}
            self._batch = again | {seq: delivery for seq, delivery in self._batch.items() if seq > 0}
        if self._reader and len(self._batch) < limit:
            size = sum(len(delivery.body) for delivery in self._batch.values())
            new = await self._reader.take(limit - len(self._batch), BATCH_BYTES - size)
            if not new and not self._batch:
                new = await self._reader.take(1)
            self._batch |= {delivery.seq: delivery for delivery in new}
        await self._read_large()
        return list(self._batch.values())[:limit]

    async def done(self, seqs: Collection[int], quarantined: Mapping[int, str]) -> None:
        if retried := [-seq for seq in seqs if seq < 0]:
            await self._kept.done(retried, {-seq: reason for seq, reason in quarantined.items()})
        for seq, reason in quarantined.items():
            if seq > 0:
                await self._kept.keep(self._batch[seq], QUARANTINED, reason)
        await self._finish(seqs)

    async def remove(self, seqs: Collection[int]) -> None:
        if retried := [-seq for seq in seqs if seq < 0]:
            await self._kept.remove(retried)
        await self._finish(seqs)

    def finish_within(
        self, tx: Transaction, seqs: Collection[int], quarantined: Mapping[int, str], removed: Collection[int]
    ) -> bool:
        return False  # the stream is no part of the transaction

    async def failed(self, delivery: Delivery, error: str, *, retry_at: Millis | None) -> None:
        if delivery.seq < 0:
            await self._kept.failed(replace(delivery, seq=-delivery.seq), error, retry_at=retry_at)
        else:
            state = WAITING if retry_at else DEAD
            await self._kept.keep(delivery, state, error, attempts=delivery.attempts + 1, run_at=retry_at or 0)
        await self._finish([delivery.seq])

    async def retry(self, seqs: Collection[int] | None) -> int:
        return await self._kept.retry(seqs)

    async def jobs(self, state: str | None, session_key: str | None, limit: int) -> list[Job]:
        kept = await self._kept.jobs(state, session_key, limit)
        if state not in (None, WAITING):
            return kept
        with suppress(Unavailable):
            waiting = await self._stream.newest(session_key, limit)
            return [*map(_job, waiting), *kept][:limit]
        return kept

    async def counts(self, session_key: str | None = None) -> dict[str, int]:
        counts = await self._kept.counts(session_key)
        with suppress(Unavailable):
            if waiting := await self._stream.waiting(session_key):
                counts[WAITING] = counts.get(WAITING, 0) + waiting
        return counts

    async def counts_of(self, session_keys: Collection[str]) -> dict[str, dict[str, int]]:
        counts = await self._kept.counts_of(session_keys)
        with suppress(Unavailable):
            for key, waiting in (await self._stream.waiting_of(session_keys)).items():
                of_session = counts.setdefault(key, {})
                of_session[WAITING] = of_session.get(WAITING, 0) + waiting
        return counts

    async def close(self) -> None:
        with suppress(OmilinkError):
            await self._drop()
        with suppress(OmilinkError):
            await self._give_back()

    async def _round(self) -> None:
        """Removes finished deliveries, renews the leases, and reads this worker's partitions."""
        self._next_round = _time() + ROUND
        if not self._stream.there:
            await self._give_back()
            return
        with suppress(Unavailable):  # what is not dropped is saved again, which changes nothing
            await self._drop()
        held = await self._partitions.hold()
        if held == self._held and self._reader and not self._reader.broken:
            return
        await self._stop_reading()
        self._held, self._finished, self._batch = held, {}, {}
        try:
            self._reader = await self._stream.read(held) if held else None
        except Unavailable:
            await self._give_back()
            raise

    async def _give_back(self) -> None:
        """Returns the partitions, so that other workers need not wait until the leases end."""
        await self._stop_reading()
        if self._held:
            self._held, self._finished, self._batch = set(), {}, {}
            await self._partitions.release()

    async def _drop(self) -> None:
        """Removes all deliveries before the first unfinished one. Sessions take turns, so later ones may be finished
        too."""
        last = dict(self._finished)
        for delivery in [*self._batch.values(), *(self._reader.firsts() if self._reader else ())]:
            number = partition(delivery.session_key)
            if delivery.seq > 0 and number in last:
                last[number] = min(last[number], delivery.seq - 1)
        await self._stream.drop(last)
        self._finished = {number: seq for number, seq in self._finished.items() if seq > last[number]}

    async def _stop_reading(self) -> None:
        reader, self._reader = self._reader, None
        if reader:
            await reader.close()

    async def _read_large(self) -> None:
        """Reads the bodies of deliveries whose bodies are not in the stream. A delivery whose body has been removed was
        saved just before a worker died."""
        for seq, delivery in list(self._batch.items()):
            if isinstance(delivery, Reference) and not delivery.body:
                if whole := await self._stream.with_body(delivery):
                    self._batch[seq] = whole
                else:
                    await self._finish([seq])

    async def _finish(self, seqs: Collection[int]) -> None:
        """Marks deliveries as finished for the stream. Failed ones count too, since the table keeps them."""
        finished = [self._batch[seq] for seq in seqs if seq in self._batch]
        await self._stream.forget_bodies([one.body_id for one in finished if isinstance(one, Reference)])
        for delivery in [self._batch.pop(seq) for seq in seqs if seq in self._batch]:
            if delivery.seq > 0:
                number = partition(delivery.session_key)
                self._finished[number] = max(self._finished.get(number, 0), delivery.seq)


def _job(waiting: Delivery) -> Job:
    return Job(
        seq=waiting.seq,
        kind=waiting.kind,
        session_id=waiting.session_id,
        state=WAITING,
        attempts=0,
        received_at=waiting.received_at,
        error=None,
    )


def _time() -> float:
    return asyncio.get_running_loop().time()
