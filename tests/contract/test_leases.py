"""Workers share the partitions evenly, and somebody takes over from whoever has died."""

import asyncio

import pytest
from sqlalchemy import Engine, select, text, update

from omilink.database import schema
from omilink.database.leases import LEASE, NOW, Partitions, workers_alive
from omilink.database.threads import DatabaseThreads

pytestmark = pytest.mark.anyio

COUNT = 8
ALL = set(range(COUNT))
ROUNDS = 10
"""In each of them every worker holds once, in an order that nobody knows. Three are usually enough."""


@pytest.fixture
def dialect() -> str:
    return "postgresql"  # leases are PostgreSQL's: on SQLite there is one worker


def workers(database: DatabaseThreads, *names: str) -> list[Partitions]:
    return [Partitions(database, name, COUNT) for name in names]


def age(engine: Engine, *workers: str) -> None:
    """Makes their leases end."""
    held, alive = schema.partitions, schema.workers
    with engine.begin() as connection:
        connection.execute(update(held).where(held.c.holder.in_(workers)).values(held_until=0))
        connection.execute(update(alive).where(alive.c.id.in_(workers)).values(alive_until=0))


async def test_one_worker_has_all_of_them(database: DatabaseThreads) -> None:
    (one,) = workers(database, "one")
    assert await one.hold() == ALL
    assert await one.hold() == ALL
    assert await workers_alive(database) == 1


async def test_a_second_worker_gets_its_share_and_nobody_shares_one(database: DatabaseThreads) -> None:
    one, two = workers(database, "one", "two")
    await one.hold()
    assert await two.hold() == set()
    mine = await one.hold()
    assert await two.hold() == ALL - mine
    assert len(mine) == COUNT // 2
    assert await one.hold() == mine


async def test_three_that_start_at_once_share_all_of_them(database: DatabaseThreads) -> None:
    crew = workers(database, "one", "two", "three")
    held: list[set[int]] = [set()]
    for _ in range(ROUNDS):
        if set.union(*held) != ALL or not all(held):
            held = await asyncio.gather(*(worker.hold() for worker in crew))
    assert set.union(*held) == ALL
    assert sum(map(len, held)) == COUNT
    assert all(held)


async def test_who_waits_for_another_worker_takes_nothing_from_it(database: DatabaseThreads, engine: Engine) -> None:
    """The lease of the other one ends later than any that could be given when the wait began."""
    first, second = workers(database, "first", "second")
    await first.hold()
    held, alive = schema.partitions, schema.workers
    with engine.begin() as connection:
        connection.execute(select(held).with_for_update())
        waiting = asyncio.create_task(second.hold())
        await _until_a_lock_is_waited_for(engine)
        connection.execute(update(held).values(held_until=NOW + LEASE))
        connection.execute(update(alive).where(alive.c.id == "first").values(alive_until=NOW + LEASE))
    assert await waiting == set()
    assert len(await first.hold()) == COUNT // 2


async def _until_a_lock_is_waited_for(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        async with asyncio.timeout(30):
            while not connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):  # noqa: ASYNC110
                await asyncio.sleep(0.001)


async def test_who_ends_gives_back_at_once(database: DatabaseThreads) -> None:
    one, two = workers(database, "one", "two")
    for _ in range(2):
        await one.hold()
        await two.hold()
    await one.release()
    assert await two.hold() == ALL
    assert await workers_alive(database) == 1


async def test_who_dies_is_followed_when_the_lease_has_ended(database: DatabaseThreads, engine: Engine) -> None:
    dead, alive = workers(database, "dead", "alive")
    for _ in range(2):
        await dead.hold()
        await alive.hold()
    assert len(await alive.hold()) == COUNT // 2
    age(engine, "dead")
    assert await alive.hold() == ALL
    assert await dead.hold() == set()  # it was not dead, and gets its share again as anybody would
    assert len(await alive.hold()) == COUNT // 2
    assert len(await dead.hold()) == COUNT // 2


async def test_after_an_outage_everybody_goes_on_with_what_they_had(database: DatabaseThreads, engine: Engine) -> None:
    one, two = workers(database, "one", "two")
    for _ in range(2):
        before = [await one.hold(), await two.hold()]
    age(engine, "one", "two")
    assert [await one.hold(), await two.hold()] == before
    assert [await one.hold(), await two.hold()] == before


async def test_leases_of_a_clock_that_was_a_day_ahead_have_ended(database: DatabaseThreads, engine: Engine) -> None:
    """Else whatever a worker held that died meanwhile would be nobody's for a day."""
    dead, alive = workers(database, "dead", "alive")
    for _ in range(2):
        await dead.hold()
        await alive.hold()
    put_off(engine, 86_400_000)
    assert await workers_alive(database) == 0
    mine = await alive.hold()
    assert len(mine) == COUNT // 2  # the other one may live, and gets a round to say so
    assert await alive.hold() == ALL
    assert await workers_alive(database) == 1


async def test_when_the_clock_is_put_right_everybody_goes_on_with_what_they_had(
    database: DatabaseThreads, engine: Engine
) -> None:
    one, two = workers(database, "one", "two")
    for _ in range(2):
        before = [await one.hold(), await two.hold()]
    put_off(engine, 86_400_000)
    for _ in range(2):
        assert [await one.hold(), await two.hold()] == before


def put_off(engine: Engine, by: int) -> None:
    """All leases seem to last for so much longer: PostgreSQL's clock was ahead, and is put right now."""
    held, alive = schema.partitions, schema.workers
    with engine.begin() as connection:
        connection.execute(update(held).values(held_until=held.c.held_until + by))
        connection.execute(update(alive).values(alive_until=alive.c.alive_until + by))
