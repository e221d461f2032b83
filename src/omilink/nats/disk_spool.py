"""Stores accepted deliveries in the stream, or on this node's disk while the stream does not accept them."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress

from msgspec.structs import replace

from omilink.database.queue import SqlQueue
from omilink.errors import OmilinkError, Unavailable
from omilink.models.delivery import Delivery
from omilink.models.ids import new_id
from omilink.models.order import Way
from omilink.nats.stream import BodyNotStored, DeliveryStream

BATCH = 200
ELECTION = 6.0
"""Seconds that the stream gets to elect a leader before its deliveries go to the disk, where deliveries of another node
may overtake them. OMI waits for 15."""
AT_ONCE, AGAIN = 0.1, 0.5
"""Seconds between tries of one delivery, and between tries to send deliveries from the disk."""
ANY_TIME = 1 << 62
ACTS = 1.0
"""Seconds between queries for the newest act, and the longest wait for its answer before a delivery goes to the
disk."""

log = logging.getLogger(__name__)


class DiskSpool:
    """While the stream takes nothing and until the disk is empty, all further deliveries go to the disk, so that they
    stay in order. A delivery that is too large for a message waits there alone if the database does not take its
    body."""

    def __init__(self, stream: DeliveryStream, spool: SqlQueue, newest_act: Callable[[], Awaitable[int]]) -> None:
        """`newest_act` reads the newest act. Each delivery carries the newest act that its node knew, so that it can be
        ordered among the acts though it enters the stream late."""
        self._stream, self._spool, self._newest_act = stream, spool, newest_act
        self._seen = 0
        self._through_disk = False
        self._being_written = 0
        self._written = asyncio.Event()

    async def look(self) -> None:
        """Looks for deliveries that an earlier process left on the disk. Must be called before `put`."""
        self._through_disk = bool(await self._spool.take(1, ANY_TIME))

    @property
    def through_disk(self) -> bool:
        return self._through_disk

    async def put(self, delivery: Delivery) -> None:
        """Stores the delivery durably, in the stream or on this disk. Raises Unavailable when neither accepts it."""
        delivery = replace(delivery, key=delivery.key or new_id(), seen=self._seen)
        give_up = asyncio.get_running_loop().time() + ELECTION
        while not self._through_disk:
            try:
                return await self._stream.put(delivery)
            except BodyNotStored:
                break  # this delivery alone waits on the disk
            except Unavailable:
                if asyncio.get_running_loop().time() > give_up and not self._through_disk:
                    log.warning("the stream takes nothing: deliveries go to this node's disk")
                    self._through_disk = True
            await asyncio.sleep(AT_ONCE)
        await self._put_on_disk(delivery)

    async def _put_on_disk(self, delivery: Delivery) -> None:
        self._being_written += 1
        try:
            delivery = await self._stamped(delivery)
            await self._spool.put(delivery)
        except Unavailable:
            await self._stream.put(delivery)  # out of its turn rather than not at all
        finally:
            self._being_written -= 1
            self._written.set()

    async def _stamped(self, delivery: Delivery) -> Delivery:
        way = Way.DISK if await self._look_for_acts() else Way.BLIND
        return replace(delivery, seen=self._seen, way=way)

    async def _look_for_acts(self) -> bool:
        """Reads the newest act. Returns whether `_seen` is up to date."""
        try:
            async with asyncio.timeout(ACTS):
                self._seen = max(self._seen, await self._newest_act())
        except (OmilinkError, TimeoutError):
            return False
        return True

    async def watch_acts(self) -> None:
        """Keeps `_seen` up to date, until cancelled."""
        while True:
            await self._look_for_acts()
            await asyncio.sleep(ACTS)

    async def run(self) -> None:
        """Sends the deliveries on the disk to the stream, until cancelled."""
        while True:
            try:
                await self._send_on()
            except OmilinkError:
                await asyncio.sleep(AGAIN)
            except Exception:
                log.exception("sending on what is on the disk failed; it is tried again")
                await asyncio.sleep(AGAIN)

    async def _send_on(self) -> None:
        """Sends the deliveries on the disk; returns when new ones have been written to the disk."""
        self._written.clear()
        count = 0
        while deliveries := await self._spool.take(BATCH, ANY_TIME):
            await self._send(deliveries)
            count += len(deliveries)
        if count:
            log.info("%d deliveries went on from this node's disk to the stream", count)
        if not self._being_written and not self._written.is_set():
            self._through_disk = False
            await self._written.wait()

    async def _send(self, deliveries: list[Delivery]) -> None:
        """Sends several sessions at once, each in its order. Notes the sent deliveries before it raises an error of the
        stream."""
        sessions: defaultdict[str, list[Delivery]] = defaultdict(list)
        for delivery in deliveries:
            sessions[delivery.session_key].append(delivery)
        sent: list[int] = []
        outcomes = await asyncio.gather(
            *(self._send_all(one, sent) for one in sessions.values()), return_exceptions=True
        )
        if sent:
            await self._spool.remove(sent)
        for outcome in outcomes:
            if outcome:
                raise outcome

    async def _send_all(self, deliveries: list[Delivery], sent: list[int]) -> None:
        for delivery in deliveries:
            await self._stream.put(delivery)
            sent.append(delivery.seq)

    async def waiting(self) -> int:
        with suppress(Unavailable):
            return (await self._spool.counts()).get("waiting", 0)
        return 0
