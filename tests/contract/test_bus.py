"""Hints from commits to streams."""

import asyncio

import pytest

from omilink.models.event import Event
from omilink.ports import Bus, Hint

pytestmark = pytest.mark.anyio

LONG = 30.0
NEWS = Event(user_id="ada", seq=1, data="{}")
MOMENT = 0.01


async def test_a_hint_reaches_every_ear_of_its_user_and_nobody_else(bus: Bus) -> None:
    phone, page, ben = bus.subscribe("ada"), bus.subscribe("ada"), bus.subscribe("ben")
    bus.publish(["ada", "nobody"])
    assert await phone.wait(LONG) == Hint.NEW_EVENTS
    assert await page.wait(LONG) == Hint.NEW_EVENTS
    assert await ben.wait(MOMENT) == Hint(0)


async def test_a_hint_wakes_an_ear_that_waits(bus: Bus) -> None:
    subscription = bus.subscribe("ada")
    waiting = asyncio.create_task(subscription.wait(LONG))
    await asyncio.sleep(0)
    bus.publish(["ada"], Hint.RIGHTS)
    assert await waiting == Hint.RIGHTS


async def test_many_hints_between_two_waits_are_heard_once_each(bus: Bus) -> None:
    subscription = bus.subscribe("ada")
    for _ in range(1000):
        bus.publish(["ada"])
    bus.publish(["ada"], Hint.RIGHTS)
    assert await subscription.wait(LONG) == Hint.NEW_EVENTS | Hint.RIGHTS
    assert await subscription.wait(MOMENT) == Hint(0)


async def test_a_hint_between_joining_and_waiting_is_not_lost(bus: Bus) -> None:
    """A stream joins the bus, reads the database, and waits."""
    subscription = bus.subscribe("ada")
    bus.publish(["ada"])
    await asyncio.sleep(0)
    assert await subscription.wait(LONG) == Hint.NEW_EVENTS


async def test_an_ear_that_waits_gets_the_events_of_its_user_with_the_hint(bus: Bus) -> None:
    phone, ben = bus.subscribe("ada"), bus.subscribe("ben")
    waiting = [asyncio.create_task(subscription.wait(LONG)) for subscription in (phone, ben)]
    await asyncio.sleep(0)
    bus.publish(["ada", "ben"], new={"ada": [NEWS]})
    assert await asyncio.gather(*waiting) == [Hint.NEW_EVENTS, Hint.NEW_EVENTS]
    assert (phone.new(), ben.new()) == ([NEWS], ())
    assert phone.new() == ()


async def test_an_ear_that_does_not_wait_holds_no_events(bus: Bus) -> None:
    subscription = bus.subscribe("ada")
    bus.publish(["ada"], new={"ada": [NEWS]})
    assert (await subscription.wait(LONG), subscription.new()) == (Hint.NEW_EVENTS, ())


async def test_events_between_which_something_else_came_are_not_handed_over(bus: Bus) -> None:
    subscription = bus.subscribe("ada")
    for hint in Hint.NEW_EVENTS, Hint.RIGHTS:
        waiting = asyncio.create_task(subscription.wait(LONG))
        await asyncio.sleep(0)
        bus.publish(["ada"], new={"ada": [NEWS]})
        bus.publish(["ada"], hint)
        assert await waiting == hint | Hint.NEW_EVENTS
        assert subscription.new() == ()


async def test_an_ear_can_wait_again_after_nothing_came(bus: Bus) -> None:
    subscription = bus.subscribe("ada")
    assert await subscription.wait(MOMENT) == Hint(0)
    bus.publish(["ada"])
    assert await subscription.wait(LONG) == Hint.NEW_EVENTS


async def test_a_wait_that_is_cancelled_loses_no_hint(bus: Bus) -> None:
    subscription = bus.subscribe("ada")
    waiting = asyncio.create_task(subscription.wait(LONG))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    bus.publish(["ada"])
    assert await subscription.wait(LONG) == Hint.NEW_EVENTS


async def test_a_closed_ear_counts_no_more_and_hears_nothing(bus: Bus) -> None:
    phone, page = bus.subscribe("ada"), bus.subscribe("ada")
    assert bus.listeners() == {"ada": 2}
    phone.close()
    assert bus.listeners() == {"ada": 1}
    bus.publish(["ada"])
    assert await phone.wait(MOMENT) == Hint(0)
    assert await page.wait(LONG) == Hint.NEW_EVENTS
    page.close()
    page.close()
    assert bus.listeners() == {}


async def test_everybody_hears_that_the_node_drains_whoever_comes_later_too(bus: Bus) -> None:
    early = bus.subscribe("ada")
    bus.drain()
    late = bus.subscribe("ben")
    assert await early.wait(LONG) == Hint.DRAIN
    assert await late.wait(LONG) == Hint.DRAIN


async def test_one_ear_can_be_told_that_it_is_gone(bus: Bus) -> None:
    gone, other = bus.subscribe("ada"), bus.subscribe("ada")
    gone.notify(Hint.GONE)
    assert await gone.wait(LONG) == Hint.GONE
    assert await other.wait(MOMENT) == Hint(0)
