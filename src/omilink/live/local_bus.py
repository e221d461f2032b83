"""Notifications within one process."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence

from omilink.models.event import Event
from omilink.ports import NOTHING_NEW, EventsByUser, Hint


class LocalSubscription:
    __slots__ = ("_bus", "_called", "_new", "_user_id", "_waiting")  # there may be thousands

    def __init__(self, bus: "LocalBus", user_id: str) -> None:
        self._bus, self._user_id = bus, user_id
        self._called = Hint(0)
        self._new: Sequence[Event] = ()
        self._waiting: asyncio.Future[None] | None = None

    def notify(self, hint: Hint, new: Sequence[Event] = ()) -> None:
        # set only for a stream that waits: a slow reader holds one flag and no backlog
        self._new = new if self._waiting and not self._waiting.done() else ()
        self._called |= hint
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    async def wait(self, seconds: float) -> Hint:
        self._new = ()
        if not self._called:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            alarm = loop.call_later(seconds, self.notify, Hint(0))
            try:
                await self._waiting
            finally:
                alarm.cancel()
                self._waiting = None
        called, self._called = self._called, Hint(0)
        return called

    def new(self) -> Sequence[Event]:
        new, self._new = self._new, ()
        return new

    def close(self) -> None:
        self._bus.forget(self._user_id, self)


class LocalBus:
    def __init__(self) -> None:
        self._subscriptions: defaultdict[str, set[LocalSubscription]] = defaultdict(set)
        self._draining = False

    def publish(self, user_ids: Iterable[str], hint: Hint = Hint.NEW_EVENTS, new: EventsByUser = NOTHING_NEW) -> None:
        self.notify(user_ids, hint, new)

    def notify(self, user_ids: Iterable[str], hint: Hint = Hint.NEW_EVENTS, new: EventsByUser = NOTHING_NEW) -> None:
        for user_id in user_ids:
            for subscription in self._subscriptions.get(user_id, ()):
                subscription.notify(hint, new.get(user_id, ()))

    def subscribe(self, user_id: str) -> LocalSubscription:
        subscription = LocalSubscription(self, user_id)
        self._subscriptions[user_id].add(subscription)
        if self._draining:
            subscription.notify(Hint.DRAIN)
        return subscription

    def listeners(self) -> dict[str, int]:
        return {user_id: len(subscriptions) for user_id, subscriptions in self._subscriptions.items()}

    def drain(self) -> None:
        self._draining = True
        self.notify(list(self._subscriptions), Hint.DRAIN)

    def forget(self, user_id: str, subscription: LocalSubscription) -> None:
        self._subscriptions[user_id].discard(subscription)
        if not self._subscriptions[user_id]:
            del self._subscriptions[user_id]
