"""Accepted deliveries as one JetStream stream, which is read in order.

A delivery is a message on `omilink.in.<partition>.<session>`: the message's data is the delivery's body, and a header
holds its other fields. A body that no message can hold is stored in the database, and the message refers to it. The
stream's numbers are the order of acceptance. A reader begins with the first message of the
stream, and `drop` removes finished messages. JetStream's own acknowledgements are not used, since they would deliver
newer messages before older ones after a reader has died (docs/decisions/0010-cluster.md).
"""

import asyncio
import hashlib
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from msgspec.structs import replace
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from omilink.database.queue import COLUMNS
from omilink.database.store import Store
from omilink.errors import OmilinkError, Unavailable
from omilink.models.delivery import BATCH_BYTES, Delivery
from omilink.models.ids import new_id
from omilink.models.order import Way
from omilink.nats.connection import NatsLink

STREAM = "omilink"
PARTITIONS = 32
REMEMBERED = 600
"""Seconds within which a delivery with a known key is the same message."""
PATIENCE = 2.0
"""Seconds that the stream gets to accept a delivery."""
AHEAD = 20_000
"""Deliveries that a reader fetches ahead, so that sessions can take turns."""
AHEAD_BYTES = 32 << 20
"""The most bytes of deliveries that a reader fetches ahead."""
ANY_SIZE = 1 << 62
ROOM = 500
"""Deliveries in one request of a reader."""
LOOK_BACK = 2000
"""The newest deliveries that are searched for deliveries of one session."""
PULL = 2.0
"""Seconds after which a reader's request ends, with an answer if the server can be reached."""

HEADERS = 512
"""Bytes of a message beside its body and its fields."""

LOST = (Error, TimeoutError, OSError, RuntimeError)
"""Errors of a lost connection or of a server that does not answer. RuntimeError is uvloop's, for a write to a
connection that is being closed."""

log = logging.getLogger(__name__)

_META = "Omilink"
_META_OF_REFERENCE = "Omilink-Reference"
"""Another name, since a node of an older version must not take the message for a call without words."""
_FIELDS = tuple(name for name in COLUMNS if name != "body")


class BodyNotStored(Unavailable):
    """The database does not take the body of a delivery now; the stream may take others."""


class Reference(Delivery, frozen=True, kw_only=True, gc=False):
    """A delivery whose body is in the database. `body` is empty until it is read."""

    body_id: str


class DeliveryStream:
    """The stream, over the present connection. Every method raises Unavailable while there is none."""

    def __init__(
        self, link: NatsLink, replicas: int | None, first_order: Callable[[str], Awaitable[int]], store: Store
    ) -> None:
        """`first_order` returns the order before the first delivery of a stream of this name. `store` keeps bodies that
        no message can hold."""
        self._link, self._replicas, self._first_order, self._store = link, replicas, first_order, store
        self._first_orders: dict[str, int] = {}
        link.when_connected(self._ensure)

    @property
    def there(self) -> bool:
        """Whether there is a connection now."""
        return self._link.client is not None and not self._link.client.is_closed

    def fits(self, delivery: Delivery) -> bool:
        """Whether a message can hold the delivery; else the server would drop the connection."""
        return len(delivery.body) + len(_meta(delivery)) + HEADERS <= self._client().max_payload

    async def put(self, delivery: Delivery) -> None:
        """Stores the delivery in the stream; a delivery with a known key is stored once. Raises BodyNotStored."""
        if self.fits(delivery):
            await self._publish(delivery, delivery.body, {_META: _meta(delivery)})
            return
        id = new_id()
        try:
            await self._store.write(lambda tx: tx.add_large_body(id, delivery.body))
        except Unavailable as error:
            raise BodyNotStored(error.message, error.retry_after) from None
        is_new = await self._publish(delivery, b"", {_META_OF_REFERENCE: _meta(delivery, body_id=id)})
        if not is_new:
            await self.forget_bodies([id])

    async def _publish(self, delivery: Delivery, data: bytes, headers: dict[str, str]) -> bool:
        """Returns whether the stream did not know the delivery's key."""
        headers["Nats-Msg-Id"] = delivery.key or new_id()
        try:
            js = self._client().jetstream()
            answer = await js.publish(_subject(delivery.session_key), data, PATIENCE, STREAM, headers)
        except LOST:
            raise _away() from None
        return not answer.duplicate

    async def with_body(self, reference: Reference) -> Reference | None:
        """The delivery with its body; None if it has been saved before."""
        body = await self._store.read(lambda tx: tx.large_body(reference.body_id))
        return None if body is None else replace(reference, body=body)

    async def forget_bodies(self, ids: Collection[str]) -> None:
        """Removes bodies of saved deliveries."""
        if ids:
            await self._store.write(lambda tx: tx.remove_large_bodies(ids))

    async def read(self, partitions: Collection[int]) -> "Reader":
        """A reader of these partitions: it reads all stored deliveries, and then new ones."""
        reader, _ = await self._reader([f"omilink.in.{number}.>" for number in sorted(partitions)], 1)
        reader.orders_after, _ = await self._stand()  # of the stream that its consumer reads, or it gets nothing
        await reader.start()
        return reader

    async def newest_order(self) -> int:
        """The order of the newest delivery in the stream."""
        before, last = await self._stand()
        return before + last

    async def _stand(self) -> tuple[int, int]:
        """The order before the stream's first delivery, and the number of its last message. A stream is identified by
        the time of its making, so that a stream that is made again is another one."""
        try:
            info = await self._client().jetstream(timeout=PATIENCE).stream_info(STREAM)
        except LOST:
            raise _away() from None
        name = str(info.created)
        if name not in self._first_orders:
            self._first_orders[name] = await self._first_order(name)
        return self._first_orders[name], info.state.last_seq

    async def newest(self, session_key: str | None, limit: int) -> list[Delivery]:
        """The newest deliveries, newest first and without bodies: of the whole stream, or those of a session among the
        newest."""
        subject = _subject(session_key) if session_key else "omilink.in.>"
        try:
            last = (await self._client().jetstream().stream_info(STREAM)).state.last_seq
        except LOST:
            raise _away() from None
        start = max(1, last - max(LOOK_BACK, limit) + 1)
        reader, pending = await self._reader([subject], start, headers_only=True)
        found: list[Delivery] = []
        try:
            await reader.start()
            while len(found) < pending:
                await reader.wait(PULL)
                if not (more := await reader.take(pending)):
                    break  # the rest has been saved meanwhile
                found += more
        finally:
            await reader.close()
        return sorted(found, key=lambda delivery: -delivery.seq)[:limit]

    async def _reader(self, subjects: list[str], start: int, *, headers_only: bool = False) -> tuple["Reader", int]:
        """A reader that has not started, and the number of messages that wait for it."""
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=start,
            filter_subjects=subjects,
            ack_policy=AckPolicy.NONE,
            headers_only=headers_only,
            inactive_threshold=30.0,
            mem_storage=True,
            num_replicas=1,
        )
        client = self._client()
        try:
            consumer = await client.jetstream().add_consumer(STREAM, config)
        except LOST:
            raise _away() from None
        return Reader(client, consumer.name), consumer.num_pending or 0

    async def drop(self, finished: Mapping[int, int]) -> None:
        """Removes finished deliveries: in each partition all up to a number."""
        try:
            for number, last in finished.items():
                await self._client().jetstream().purge_stream(STREAM, seq=last + 1, subject=f"omilink.in.{number}.>")
        except LOST:
            raise _away() from None

    async def waiting(self, session_key: str | None = None) -> int:
        """The number of deliveries in the stream: waiting ones, and for a moment those that have just been saved."""
        try:
            js = self._client().jetstream()
            if session_key is None:
                return (await js.stream_info(STREAM)).state.messages
            subject = _subject(session_key)
            found = await js.stream_info(STREAM, subjects_filter=subject)
            return (found.state.subjects or {}).get(subject, 0)
        except LOST:
            raise _away() from None

    async def waiting_of(self, session_keys: Collection[str]) -> dict[str, int]:
        """By session key, the numbers of waiting deliveries; sessions without any are missing. The stream is usually
        empty, which one request tells."""
        if not session_keys or not await self.waiting():
            return {}
        counts = await asyncio.gather(*(self.waiting(key) for key in session_keys))
        return {key: count for key, count in zip(session_keys, counts, strict=True) if count}

    def _client(self) -> Client:
        if self._link.client is None or self._link.client.is_closed:
            raise _away()
        return self._link.client

    async def _ensure(self, client: Client) -> None:
        """Makes the stream if there is none, and sets its replicas if the settings name their number."""
        js = client.jetstream()
        config = StreamConfig(
            name=STREAM,
            subjects=["omilink.in.>"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            num_replicas=self._replicas or 1,
            duplicate_window=REMEMBERED,
        )
        try:
            info = await js.stream_info(STREAM)
        except NotFoundError:
            await js.add_stream(config)
        else:
            if self._replicas and info.config.num_replicas != self._replicas:
                log.warning("the stream had %s replicas, and gets %d", info.config.num_replicas, self._replicas)
                await js.update_stream(config)


class Reader:
    """Reads each session's deliveries in the stream's order. Sessions take turns, so that a session with few deliveries
    does not wait for a session with many. `broken` means that a delivery may have been missed: the reader must be made
    again."""

    def __init__(self, client: Client, consumer: str) -> None:
        self._client = client
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{consumer}"
        self._arrived: dict[str, deque[Delivery]] = {}  # by session, the next one first
        self._count, self._bytes, self._wanted, self._last = 0, 0, 0, 0
        self.reached = 0  # the last number in the stream that was heard of
        self.orders_after = 0
        self._asked_at = 0.0
        self._news = asyncio.Event()
        self.broken = False

    async def start(self) -> None:
        self._inbox = self._client.new_inbox()
        try:
            self._subscription = await self._client.subscribe(self._inbox, cb=self._hear)
        except LOST:
            raise _away() from None
        await self._ask()

    async def wait(self, seconds: float) -> None:
        """Waits for a delivery, at most this many seconds."""
        await self._ask()
        if not self._arrived and not self.broken:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()

    async def take(self, limit: int, size: int = ANY_SIZE) -> list[Delivery]:
        """The deliveries that have arrived, together at most `size` bytes. Does not wait."""
        taken: list[Delivery] = []
        while len(taken) < limit and self._arrived and self._next_size() <= size:
            taken.append(self._pop())
            size -= len(taken[-1].body)
        self._count -= len(taken)
        self._bytes -= sum(len(delivery.body) for delivery in taken)
        await self._ask()
        return taken

    def firsts(self) -> list[Delivery]:
        """The first waiting delivery of each session."""
        return [waiting[0] for waiting in self._arrived.values()]

    def _next_size(self) -> int:
        first = next(iter(self._arrived.values()))[0]
        return BATCH_BYTES + 1 if isinstance(first, Reference) else len(first.body)

    def _pop(self) -> Delivery:
        session = next(iter(self._arrived))
        waiting = self._arrived.pop(session)
        delivery = waiting.popleft()
        if waiting:
            self._arrived[session] = waiting  # behind the others
        return delivery

    async def close(self) -> None:
        with suppress(Exception):
            await self._subscription.unsubscribe()

    async def _ask(self) -> None:
        """Keeps one request open at the server while there is room for its deliveries."""
        now = asyncio.get_running_loop().time()
        if self._client.is_closed or (self._wanted and now - self._asked_at > PULL * 3):
            self.broken = True
        room = AHEAD - self._count
        if self.broken or self._wanted or room < ROOM or self._bytes > AHEAD_BYTES // 2:
            return
        self._wanted, self._asked_at = room, now
        request = {"batch": room, "max_bytes": AHEAD_BYTES - self._bytes, "expires": round(PULL * 1e9)}
        try:
            await self._client.publish(self._next, json.dumps(request).encode(), self._inbox)
        except LOST:
            self.broken = True

    def _read(self, message: Msg, number: int) -> Delivery | None:
        """The delivery of a message. None, and the reader stops, for a message that this version cannot read: such a
        message must not be removed as if it were saved."""
        try:
            return _delivery(message, number, self.orders_after + number)
        except (KeyError, TypeError, ValueError, OmilinkError) as error:
            log.error(
                "message %d of the stream cannot be read, and holds up what follows: %s", number, type(error).__name__
            )
            self.broken = True
            return None

    async def _hear(self, message: Msg) -> None:
        if message.headers and "Status" in message.headers:
            # the request has ended, with or without having brought everything that it asked for
            self._wanted = 0
            self.broken = self.broken or not _ended_well(message.headers)
            self._news.set()
            await self._ask()
            return
        place = message.metadata.sequence
        if place.consumer != self._last + 1:
            self.broken = True
        self._last, self.reached = place.consumer, place.stream
        self._wanted = max(0, self._wanted - 1)
        if not self.broken and (delivery := self._read(message, place.stream)):
            self._bytes += len(delivery.body)
            self._arrived.setdefault(delivery.session_key, deque()).append(delivery)
            self._count += 1
        self._news.set()
        await self._ask()


def _ended_well(headers: Mapping[str, str]) -> bool:
    """Whether a request ended as expected: no message, time over, or enough bytes. All else, such as a server that
    stops, breaks the reader."""
    full = headers["Status"] == "409" and "MaxBytes" in headers.get("Description", "")
    return full or headers["Status"] in ("404", "408")


def partition(session_key: str) -> int:
    return int(_hash(session_key), 16) % PARTITIONS


def _subject(session_key: str) -> str:
    return f"omilink.in.{partition(session_key)}.{_hash(session_key)}"


def _hash(session_key: str) -> str:
    return hashlib.blake2b(session_key.encode(), digest_size=10).hexdigest()


def _meta(delivery: Delivery, **more: str) -> str:
    return json.dumps({name: getattr(delivery, name) for name in _FIELDS} | more)


def _delivery(message: Msg, number: int, order: int) -> Delivery:
    headers: Any = message.headers
    is_reference = _META_OF_REFERENCE in headers
    meta = json.loads(headers[_META_OF_REFERENCE if is_reference else _META])
    known = {name: meta[name] for name in _FIELDS if name in meta}  # a newer node's may have more
    known |= {"key": headers["Nats-Msg-Id"], "way": Way(known.get("way", Way.BLIND))}  # an older node's tells no way
    if is_reference:
        return Reference(seq=number, order=order, body=b"", body_id=meta["body_id"], **known)
    return Delivery(seq=number, order=order, body=message.data, **known)


def _away() -> Unavailable:
    return Unavailable("NATS cannot be used now.", 5)
