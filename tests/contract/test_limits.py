"""Token buckets, with a clock that the test turns."""

import asyncio

import pytest
from contract_support import prune

from omilink.accounts import rate_limits as all_limits
from omilink.accounts.rate_limits import PERSONAL_CALL, Limit, LocalLimits, SharedLimits
from omilink.clock import Millis
from omilink.database.store import Store
from omilink.errors import RateLimited

pytestmark = pytest.mark.anyio

THREE = Limit("three", burst=3, seconds=10)
ADA = "192.0.2.1"
DAY = 86_400.0
EVERY_LIMIT = [limit for limit in vars(all_limits).values() if isinstance(limit, Limit)]
AHEAD = [1.0, 60.0, 3_600.0, DAY, 2 * DAY, 365 * DAY]
"""Seconds that a clock may have been ahead before it was put right."""


class Clock:
    def __init__(self) -> None:
        self.now: Millis = 1_000_000

    def __call__(self) -> Millis:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(store: Store, clock: Clock) -> SharedLimits:
    return SharedLimits(store, on=True, clock=clock)


async def tries(limits: SharedLimits, who: str = ADA, limit: Limit = THREE) -> int:
    """How many tries are let through until one is refused, at most 20."""
    for count in range(20):
        try:
            await limits.spend((limit, who))
        except RateLimited:
            return count
    return 20


async def test_a_burst_is_let_through_and_then_one_more_every_ten_seconds(limits: SharedLimits, clock: Clock) -> None:
    assert await tries(limits) == 3
    clock.turn(9.9)
    assert await tries(limits) == 0
    clock.turn(0.1)
    assert await tries(limits) == 1
    clock.turn(3600)
    assert await tries(limits) == 3


async def test_whoever_waits_as_long_as_told_gets_through(limits: SharedLimits, clock: Clock) -> None:
    await tries(limits)
    clock.turn(2.5)
    with pytest.raises(RateLimited) as refused:
        await limits.spend((THREE, ADA))
    assert refused.value.retry_after == 8
    assert "8 seconds" in refused.value.message
    clock.turn(refused.value.retry_after)
    await limits.spend((THREE, ADA))


async def test_being_refused_costs_nothing(limits: SharedLimits, clock: Clock) -> None:
    assert [await tries(limits) for _ in range(5)] == [3, 0, 0, 0, 0]
    clock.turn(10)
    assert await tries(limits) == 1


async def test_two_limits_are_spent_together_or_not_at_all(limits: SharedLimits) -> None:
    one = Limit("one", burst=1, seconds=10)
    await limits.spend((THREE, ADA), (one, ADA))
    with pytest.raises(RateLimited):
        await limits.spend((THREE, ADA), (one, ADA))
    assert await tries(limits) == 2


async def test_what_is_given_back_was_not_spent(limits: SharedLimits) -> None:
    for _ in range(10):
        await limits.spend((THREE, ADA))
        await limits.give_back(THREE, ADA)
    assert await tries(limits) == 3


async def test_everybody_and_every_subject_has_a_bucket(limits: SharedLimits) -> None:
    assert await tries(limits) == 3
    assert await tries(limits, "192.0.2.2") == 3
    assert await tries(limits, ADA, Limit("five", burst=5, seconds=10)) == 5


async def test_switched_off_there_is_no_limit(store: Store, clock: Clock) -> None:
    assert await tries(SharedLimits(store, on=False, clock=clock)) == 20


async def test_it_holds_over_nodes_and_for_many_at_once(limits: SharedLimits, store: Store, clock: Clock) -> None:
    nodes = [limits, SharedLimits(store, on=True, clock=clock)]
    outcomes = await asyncio.gather(*(nodes[n % 2].spend((THREE, ADA)) for n in range(20)), return_exceptions=True)
    assert [outcome for outcome in outcomes if outcome is None] == [None] * 3
    assert all(isinstance(outcome, RateLimited) for outcome in outcomes if outcome)


async def test_full_buckets_are_forgotten_and_no_others(limits: SharedLimits, store: Store, clock: Clock) -> None:
    await limits.spend((THREE, ADA))
    clock.turn(5)
    for _ in range(2):
        await limits.spend((THREE, "192.0.2.2"))
    clock.turn(5)
    await store.write(lambda tx: prune(tx, now=clock.now))
    assert await store.read(lambda tx: tx.full_at("three", "")) == 0
    assert await tries(limits, "192.0.2.2") == 1
    assert await tries(limits) == 3


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize("limit", EVERY_LIMIT, ids=lambda limit: limit.name)
def test_no_wait_is_longer_than_the_limits_own_whatever_the_clock_did_before(limit: Limit, ahead: float) -> None:
    clock = Clock()
    tries = LocalLimits(on=True, clock=clock)
    clock.turn(ahead)
    for _ in range(limit.burst):
        tries.spend((limit, ADA))
    clock.turn(-ahead)
    try:
        tries.spend((limit, ADA))
    except RateLimited as refused:
        assert refused.retry_after <= limit.burst * limit.seconds
        clock.turn(refused.retry_after)
        tries.spend((limit, ADA))


@pytest.mark.parametrize("ahead", AHEAD)
async def test_a_clock_that_is_put_right_locks_nobody_out_after_a_restart_either(
    store: Store, clock: Clock, ahead: float
) -> None:
    clock.turn(ahead)
    assert await tries(SharedLimits(store, on=True, clock=clock)) == 3
    clock.turn(-ahead)
    restarted = SharedLimits(store, on=True, clock=clock)
    try:
        await restarted.spend((THREE, ADA))
    except RateLimited as refused:
        assert refused.retry_after <= 30
        clock.turn(refused.retry_after)
        await restarted.spend((THREE, ADA))
    assert await tries(restarted, "192.0.2.2") == 3


async def test_what_lies_a_day_ahead_in_the_database_holds_nobody_up(store: Store, limits: SharedLimits) -> None:
    await tries(limits)
    who = all_limits.name_hash(ADA)
    await store.write(lambda tx: tx.put_full_at("three", who, 1_000_000 + round(DAY * 1000)))
    assert await tries(limits) == 3
    assert await tries(limits) == 0


async def test_a_clock_that_jumps_ahead_gives_back_no_more_than_the_burst(limits: SharedLimits, clock: Clock) -> None:
    await tries(limits)
    clock.turn(2 * DAY)
    assert await tries(limits) == 3


def test_calls_at_the_own_address_are_limited_by_user(clock: Clock) -> None:
    calls = LocalLimits(on=True, clock=clock)
    for _ in range(PERSONAL_CALL.burst):
        calls.spend((PERSONAL_CALL, "ada"))
    with pytest.raises(RateLimited):
        calls.spend((PERSONAL_CALL, "ada"))
    calls.spend((PERSONAL_CALL, "ben"))
    clock.turn(PERSONAL_CALL.seconds)
    calls.spend((PERSONAL_CALL, "ada"))
