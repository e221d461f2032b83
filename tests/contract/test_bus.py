"""Hints from commits to streams."""

from collections.abc import Sequence

import pytest

from omilink.live.bus import Bus, Hint
from omilink.models.event import Event

pytestmark = pytest.mark.anyio

NEWS = Event(user_id="ada", seq=1, data="{}")
JUST_LOOK = (Hint.NEW_EVENTS, ())


class Ear:
    """What a subscriber is told."""

    def __init__(self, bus: Bus, user_id: str) -> None:
        self.heard: list[tuple[Hint, Sequence[Event]]] = []
        bus.subscribe(user_id, self)

    def notify(self, hint: Hint, new: Sequence[Event] = ()) -> None:
        self.heard.append((hint, new))


async def test_a_hint_reaches_every_ear_of_its_user_and_nobody_else(bus: Bus) -> None:
    phone, page, ben = Ear(bus, "ada"), Ear(bus, "ada"), Ear(bus, "ben")
    bus.publish(["ada", "nobody"])
    assert (phone.heard, page.heard, ben.heard) == ([JUST_LOOK], [JUST_LOOK], [])


async def test_every_hint_is_heard_in_its_order(bus: Bus) -> None:
    ear = Ear(bus, "ada")
    for hint in Hint.RIGHTS, Hint.NEW_EVENTS, Hint.RIGHTS | Hint.NEW_EVENTS:
        bus.publish(["ada"], hint)
    assert [hint for hint, _ in ear.heard] == [Hint.RIGHTS, Hint.NEW_EVENTS, Hint.RIGHTS | Hint.NEW_EVENTS]


async def test_each_ear_gets_the_events_of_its_user_with_the_hint(bus: Bus) -> None:
    phone, page, ben = Ear(bus, "ada"), Ear(bus, "ada"), Ear(bus, "ben")
    bus.publish(["ada", "ben"], new={"ada": [NEWS]})
    assert phone.heard == page.heard == [(Hint.NEW_EVENTS, [NEWS])]
    assert ben.heard == [JUST_LOOK]


async def test_a_closed_ear_counts_no_more_and_hears_nothing(bus: Bus) -> None:
    phone, page = Ear(bus, "ada"), Ear(bus, "ada")
    assert bus.listeners() == {"ada": 2}
    bus.unsubscribe("ada", phone)
    assert bus.listeners() == {"ada": 1}
    bus.publish(["ada"])
    assert (phone.heard, page.heard) == ([], [JUST_LOOK])
    bus.unsubscribe("ada", page)
    bus.unsubscribe("ada", page)
    assert bus.listeners() == {}


async def test_an_ear_may_close_when_it_hears_something(bus: Bus) -> None:
    class Once(Ear):
        def notify(self, hint: Hint, new: Sequence[Event] = ()) -> None:
            super().notify(hint, new)
            bus.unsubscribe("ada", self)

    ears = [Once(bus, "ada") for _ in range(3)]
    bus.publish(["ada", "ada"])
    assert [ear.heard for ear in ears] == [[JUST_LOOK]] * 3


async def test_everybody_hears_that_the_node_drains_whoever_comes_later_too(bus: Bus) -> None:
    early = Ear(bus, "ada")
    bus.drain()
    late = Ear(bus, "ben")
    assert early.heard == late.heard == [(Hint.DRAIN, ())]
