"""Notifications within one process."""

from collections.abc import Iterable

from omilink.live.bus import NOTHING_NEW, EventsByUser, Hint, Subscriber


class LocalBus:
    def __init__(self) -> None:
        self._subscribers: dict[str, tuple[Subscriber, ...]] = {}
        self._draining = False

    def publish(self, user_ids: Iterable[str], hint: Hint = Hint.NEW_EVENTS, new: EventsByUser = NOTHING_NEW) -> None:
        self.notify(user_ids, hint, new)

    def notify(self, user_ids: Iterable[str], hint: Hint = Hint.NEW_EVENTS, new: EventsByUser = NOTHING_NEW) -> None:
        for user_id in user_ids:
            for subscriber in self._subscribers.get(user_id, ()):
                subscriber.notify(hint, new.get(user_id, ()))

    def subscribe(self, user_id: str, subscriber: Subscriber) -> None:
        self._subscribers[user_id] = (*self._subscribers.get(user_id, ()), subscriber)
        if self._draining:
            subscriber.notify(Hint.DRAIN)

    def unsubscribe(self, user_id: str, subscriber: Subscriber) -> None:
        left = tuple(other for other in self._subscribers.pop(user_id, ()) if other is not subscriber)
        if left:
            self._subscribers[user_id] = left

    def listeners(self) -> dict[str, int]:
        return {user_id: len(subscribers) for user_id, subscribers in self._subscribers.items()}

    def drain(self) -> None:
        self._draining = True
        self.notify(list(self._subscribers), Hint.DRAIN)
