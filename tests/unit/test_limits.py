"""Token buckets, with a clock that the test turns."""

import pytest

from omilink.errors import RateLimited
from omilink.limits import Limit, Limits

THREE = Limit(burst=3, seconds=10)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def tries(limits: Limits, who: str = "192.0.2.1", limit: Limit = THREE) -> int:
    """How many tries are let through until one is refused, at most 100."""
    for count in range(100):
        try:
            limits.spend(limit, who)
        except RateLimited:
            return count
    return 100


def test_a_burst_is_let_through_and_then_one_more_every_ten_seconds() -> None:
    clock = Clock()
    limits = Limits(on=True, clock=clock)
    assert tries(limits) == 3
    clock.now += 9.9
    assert tries(limits) == 0
    clock.now += 0.1
    assert tries(limits) == 1
    clock.now += 3600
    assert tries(limits) == 3


def test_whoever_waits_as_long_as_told_gets_through() -> None:
    clock = Clock()
    limits = Limits(on=True, clock=clock)
    tries(limits)
    clock.now += 2.5
    with pytest.raises(RateLimited) as refused:
        limits.spend(THREE, "192.0.2.1")
    assert 0 < refused.value.retry_after <= 10
    assert str(refused.value.retry_after) in refused.value.message
    clock.now += refused.value.retry_after
    limits.spend(THREE, "192.0.2.1")


def test_being_refused_costs_nothing() -> None:
    clock = Clock()
    limits = Limits(on=True, clock=clock)
    assert [tries(limits) for _ in range(20)] == [3] + [0] * 19
    clock.now += 10
    assert tries(limits) == 1


def test_what_is_given_back_was_not_spent() -> None:
    limits = Limits(on=True, clock=Clock())
    for _ in range(100):
        limits.spend(THREE, "192.0.2.1")
        limits.give_back(THREE, "192.0.2.1")
    assert tries(limits) == 3


def test_everybody_and_every_subject_has_a_bucket() -> None:
    limits = Limits(on=True, clock=Clock())
    assert tries(limits, "192.0.2.1") == 3
    assert tries(limits, "192.0.2.2") == 3
    assert tries(limits, "192.0.2.1", Limit(burst=5, seconds=10)) == 5


def test_switched_off_there_is_no_limit() -> None:
    assert tries(Limits(on=False, clock=Clock())) == 100


def test_full_buckets_are_forgotten_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omilink.limits.MOST_KEPT", 10)
    clock = Clock()
    limits = Limits(on=True, clock=clock)
    for number in range(10):
        limits.spend(THREE, f"198.51.100.{number}")
    clock.now += 25
    assert tries(limits, "192.0.2.1") == 3
    assert tries(limits, "192.0.2.2") == 3
    assert tries(limits, "192.0.2.1") == 0
    assert len(limits._empty_until) == 2
