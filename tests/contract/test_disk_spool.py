"""Deliveries go to the stream, and while it takes none to this node's disk, from where they go on in order."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from lab.nats import NatsServer
from omilink.background import running
from omilink.database import migrate, sqlite
from omilink.database.queue import SqlQueue
from omilink.database.store import Store
from omilink.errors import Unavailable
from omilink.models.delivery import Delivery
from omilink.models.order import Way
from omilink.nats.connection import NatsLink
from omilink.nats.disk_spool import DiskSpool
from omilink.nats.stream import PARTITIONS, DeliveryStream, Reader, Reference, partition

pytestmark = pytest.mark.anyio

T = TypeVar("T")

LONG = 30.0


@pytest.fixture
def server(tmp_path: Path) -> NatsServer:
    return NatsServer(tmp_path / "nats")


class Acts:
    """What people do, as PostgreSQL numbers it, and whether it can be asked."""

    def __init__(self) -> None:
        self.number, self.away = 0, False

    async def newest(self) -> int:
        if self.away:
            raise Unavailable("The database cannot be used now.", 5)
        return self.number

    async def first_order(self, stream: str) -> int:
        return 1 << 40


@pytest.fixture
def acts() -> Acts:
    return Acts()


@asynccontextmanager
async def node(
    server: NatsServer, folder: Path, acts: Acts | None = None, store: Store | None = None
) -> AsyncIterator[tuple[DiskSpool, DeliveryStream, NatsLink]]:
    acts = acts or Acts()
    link = NatsLink(server.url)
    engine = sqlite.engine(folder / "spool.db")
    migrate.upgrade(engine)
    disk = sqlite.Sqlite(engine)
    stream = DeliveryStream(link, 1, acts.first_order, store or Store(disk))
    outbox = DiskSpool(stream, SqlQueue(disk), acts.newest)
    await outbox.look()
    async with running(link.run, outbox.run):
        yield outbox, stream, link
    await disk.close()


def delivery(number: int, session: str = "kitchen") -> Delivery:
    return Delivery(kind="transcript", session_id=session, body=str(number).encode(), received_at=number)


async def until_direct(outbox: DiskSpool) -> None:
    async with asyncio.timeout(LONG):
        while outbox.through_disk:  # noqa: ASYNC110 - it announces itself to nobody
            await asyncio.sleep(0.01)


async def numbers(stream: DeliveryStream, count: int, session: str = "kitchen") -> list[int]:
    """What the stream holds of a session, in its order, once it is so much."""
    return [int(d.body) for d in await deliveries(stream, count) if d.session_id == session]


async def deliveries(stream: DeliveryStream, count: int) -> list[Delivery]:
    """What the stream holds, once it is so much."""
    found: list[Delivery] = []
    async with asyncio.timeout(LONG):
        reader: Reader = await stream.read(range(PARTITIONS))
        while len(found) < count:
            await reader.wait(1)
            found += await reader.take(1000)
        await reader.close()
    return found


async def test_what_comes_while_nats_is_away_waits_on_the_disk_and_goes_on_in_order(
    server: NatsServer, tmp_path: Path
) -> None:
    with server:
        async with node(server, tmp_path) as (outbox, stream, link):
            assert await link.wait_until_up(LONG)
            await until_direct(outbox)
            await outbox.put(delivery(1))
            assert await outbox.waiting() == 0
            server.kill()
            for number in range(2, 30):
                await outbox.put(delivery(number))
            assert await outbox.waiting() == 28
            server.start()
            await until_direct(outbox)
            assert await outbox.waiting() == 0
            await outbox.put(delivery(30))
            assert await numbers(stream, 30) == list(range(1, 31))


async def test_what_goes_to_the_disk_tells_of_the_newest_act_and_whether_it_could_be_asked_for(
    server: NatsServer, tmp_path: Path, acts: Acts
) -> None:
    with server:
        async with node(server, tmp_path, acts) as (outbox, stream, link):
            assert await link.wait_until_up(LONG)
            await until_direct(outbox)
            await outbox.put(delivery(1))
            server.kill()
            acts.number = 5
            await outbox.put(delivery(2))
            acts.away = True
            await outbox.put(delivery(3))
            acts.away, acts.number = False, 9
            server.start()
            await until_direct(outbox)
            await outbox.put(delivery(4))
            arrived = await deliveries(stream, 4)
    ways = [(int(d.body), d.way, d.seen) for d in arrived]
    assert ways == [(1, Way.STRAIGHT, 0), (2, Way.DISK, 5), (3, Way.BLIND, 5), (4, Way.STRAIGHT, 5)]
    assert [d.order for d in arrived] == [(1 << 40) + d.seq for d in arrived]


async def test_a_node_knows_of_acts_without_being_cut_off(server: NatsServer, tmp_path: Path, acts: Acts) -> None:
    with server:
        async with node(server, tmp_path, acts) as (outbox, stream, link), running(outbox.watch_acts):
            assert await link.wait_until_up(LONG)
            acts.number = 7
            async with asyncio.timeout(LONG):
                while outbox._seen < 7:  # noqa: ASYNC110 - it announces itself to nobody
                    await asyncio.sleep(0.01)
            await outbox.put(delivery(1))
            (arrived,) = await deliveries(stream, 1)
    assert arrived.seen == 7


async def test_what_an_older_node_put_into_the_stream_tells_no_way(server: NatsServer, tmp_path: Path) -> None:
    with server:
        async with node(server, tmp_path) as (_, stream, link):
            assert await link.wait_until_up(LONG)
            await stream.put(delivery(1))
            client, subject = stream._client(), f"omilink.in.{partition(delivery(1).session_key)}.old"
            headers = {
                "Omilink": '{"kind": "transcript", "session_id": "kitchen", "received_at": 2}',
                "Nats-Msg-Id": "k",
            }
            await client.jetstream().publish(subject, b"2", headers=headers)
            _, old = await deliveries(stream, 2)
    assert (old.way, old.seen) == (Way.BLIND, 0)


async def test_what_the_last_run_left_goes_first(server: NatsServer, tmp_path: Path) -> None:
    async with node(server, tmp_path) as (outbox, _, _):
        for number in range(5):
            await outbox.put(delivery(number))
    with server:
        async with node(server, tmp_path) as (outbox, stream, _):
            await outbox.put(delivery(5))  # at once, while the others still lie there
            await until_direct(outbox)
            assert await numbers(stream, 6) == [0, 1, 2, 3, 4, 5]


async def test_a_delivery_that_was_taken_without_our_hearing_of_it_is_one(server: NatsServer, tmp_path: Path) -> None:
    with server:
        async with node(server, tmp_path) as (outbox, stream, link):
            assert await link.wait_until_up(LONG)
            await until_direct(outbox)
            keyed = Delivery(kind="transcript", session_id="kitchen", key="k", body=b"1", received_at=1)
            await stream.put(keyed)  # the stream has it, and its answer is lost
            await outbox.put(keyed)
            await outbox.put(delivery(2))
            assert await numbers(stream, 2) == [1, 2]


async def test_when_the_disk_fails_too_it_says_so(server: NatsServer, tmp_path: Path) -> None:
    async with node(server, tmp_path) as (outbox, _, _):
        with closing(sqlite3.connect(tmp_path / "spool.db")) as behind_its_back, behind_its_back:
            behind_its_back.execute("DROP TABLE deliveries")
        with pytest.raises(Unavailable):
            await outbox.put(delivery(1))


async def test_nothing_of_what_has_gone_on_stays_on_the_disk(server: NatsServer, tmp_path: Path) -> None:
    async with node(server, tmp_path) as (outbox, _, _):
        await outbox.put(delivery(1))
    with server:
        async with node(server, tmp_path) as (outbox, _, _):
            await until_direct(outbox)
    with closing(sqlite3.connect(tmp_path / "spool.db")) as spool:
        assert spool.execute("SELECT count(*) FROM deliveries").fetchone() == (0,)


async def test_what_no_message_can_hold_keeps_its_place_among_the_others(server: NatsServer, tmp_path: Path) -> None:
    with server:
        async with node(server, tmp_path) as (outbox, stream, link):
            assert await link.wait_until_up(LONG)
            assert link.client
            await outbox.put(delivery(1))
            body = b"x" * (link.client.max_payload - 100)  # fits by itself, and not with what is told of it
            large = Delivery(kind="transcript", session_id="kitchen", key="k", body=body, received_at=2)
            await outbox.put(large)
            await outbox.put(large)  # a retry
            await outbox.put(delivery(3))
            assert not outbox.through_disk
            first, reference, last = await deliveries(stream, 3)
            assert (first.body, reference.body, last.body) == (b"1", b"", b"3")
            assert isinstance(reference, Reference)
            whole = await stream.with_body(reference)
            assert whole and (whole.body, whole.key, whole.received_at) == (body, "k", 2)
            with closing(sqlite3.connect(tmp_path / "spool.db")) as spool:
                assert spool.execute("SELECT count(*) FROM large_bodies").fetchone() == (1,)
            await stream.forget_bodies([reference.body_id])
            assert await stream.with_body(reference) is None


async def test_what_no_message_can_hold_waits_alone_while_the_database_is_away(
    server: NatsServer, tmp_path: Path
) -> None:
    with server:
        store = AwayStore()
        async with node(server, tmp_path, store=store) as (outbox, stream, link):
            assert await link.wait_until_up(LONG)
            await until_direct(outbox)
            body = b"x" * (3 << 20)
            await outbox.put(Delivery(kind="conversation", session_id="kitchen", body=body, received_at=1))
            assert await outbox.waiting() == 1
            assert not outbox.through_disk
            await outbox.put(delivery(2))
            assert await numbers(stream, 1) == [2]
            store.is_back = True
            _, reference = await deliveries(stream, 2)
            assert isinstance(reference, Reference)
    assert list(store.bodies.values()) == [body]


class AwayStore(Store):
    """A store that takes nothing until it is back."""

    def __init__(self) -> None:
        self.is_back, self.bodies = False, dict[str, bytes]()

    async def write(self, fn: Callable[[Any], T]) -> T:
        if not self.is_back:
            raise Unavailable("The database cannot be used now.", 5)
        return fn(self)

    def add_large_body(self, id: str, body: bytes) -> None:
        self.bodies[id] = body
