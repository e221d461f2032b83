"""The inbox on JetStream: the stream holds what is new, the inbox table in PostgreSQL what failed or was put aside."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from omilink.adapters.nats_stream import DeliveryStream, Reader, partition
from omilink.adapters.outbox import Outbox
from omilink.adapters.sql_inbox import DEAD, QUARANTINED, WAITING, SqlInbox
from omilink.adapters.sql_partitions import Partitions
from omilink.errors import OmilinkError, Unavailable
from omilink.model import Delivery, Job, Millis

ROUND = 1.0
"""Seconds between two looks at leases, positions and retries."""
RETRIES = 0
"""Whoever holds this partition also works on what is to be tried again."""


class NatsInbox:
    def __init__(self, stream: DeliveryStream, outbox: Outbox, kept: SqlInbox, partitions: Partitions) -> None:
        self._stream, self._outbox, self._kept, self._partitions = stream, outbox, kept, partitions
        self._reader: Reader | None = None
        self._reads = ""  # the stream that the positions belong to
        self._finished: dict[int, int] = {}  # position by partition held
        self._dropped: dict[int, int] = {}
        self._batch: dict[int, Delivery] = {}  # handed out and not finished, by number: negative in the table
        self._next_round = 0.0

    async def put(self, delivery: Delivery) -> None:
        await self._outbox.put(delivery)

    async def wait(self, seconds: float) -> None:
        seconds = min(seconds, max(0.0, self._next_round - _time()))
        if self._reader:
            await self._reader.wait(seconds)
        else:
            await asyncio.sleep(seconds)

    async def take(self, limit: int, at: Millis) -> list[Delivery]:
        if _time() >= self._next_round:
            await self._round()
            retries = await self._kept.take(limit, at) if RETRIES in self._finished else ()
            again = {-delivery.seq: replace(delivery, seq=-delivery.seq) for delivery in retries}
            self._batch = again | {seq: delivery for seq, delivery in self._batch.items() if seq > 0}
        if self._reader and len(self._batch) < limit:
            new = await self._reader.take(limit - len(self._batch))
            self._batch |= {delivery.seq: delivery for delivery in new}
        return list(self._batch.values())[:limit]

    async def done(self, seqs: Collection[int], quarantined: Mapping[int, str]) -> None:
        if retried := [-seq for seq in seqs if seq < 0]:
            await self._kept.done(retried, {-seq: reason for seq, reason in quarantined.items()})
        for seq, reason in quarantined.items():
            if seq > 0:
                await self._kept.keep(self._batch[seq], QUARANTINED, reason)
        self._finish(seqs)

    async def failed(self, delivery: Delivery, error: str, *, retry_at: Millis | None) -> None:
        if delivery.seq < 0:
            await self._kept.failed(replace(delivery, seq=-delivery.seq), error, retry_at=retry_at)
        else:
            state = WAITING if retry_at else DEAD
            await self._kept.keep(delivery, state, error, attempts=delivery.attempts + 1, run_at=retry_at or 0)
        self._finish([delivery.seq])

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

    async def close(self) -> None:
        """Gives the partitions back."""
        if self._reads:
            with suppress(OmilinkError):
                await self._partitions.release(self._reads, self._finished)
        await self._stop_reading()

    async def _round(self) -> None:
        """Notes how far this worker is, learns which partitions it has, and reads those."""
        self._next_round = _time() + ROUND
        if self._reads != self._stream.id:  # the stream was made anew, or this is the first round
            self._finished, self._dropped = {}, {}
            self._reads = self._stream.id
            await self._stop_reading()
        if not self._reads:
            return
        held = await self._partitions.hold(self._reads, self._finished)
        if held.keys() != self._finished.keys():
            self._finished, self._batch = held, {}
            await self._stop_reading()
        if self._reader is None or self._reader.broken:
            self._batch = {}
            await self._stop_reading()
            self._reader = await self._stream.read(self._finished) if self._finished else None
        await self._drop({number: at for number, at in held.items() if at > self._dropped.get(number, 0)})

    async def _drop(self, finished: dict[int, int]) -> None:
        with suppress(Unavailable):  # the next holder does it
            await self._stream.drop(finished)
            self._dropped |= finished

    async def _stop_reading(self) -> None:
        reader, self._reader = self._reader, None
        if reader:
            await reader.close()

    def _finish(self, seqs: Collection[int]) -> None:
        """Deliveries are finished in their order, and what failed has been kept elsewhere: so the positions move."""
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
