"""What the product needs of a bus, which carries hints from commits to streams. Two implementations keep these
promises: `live/local_bus` within one process, and `nats/notify` between nodes."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Flag, auto
from typing import Protocol

from omilink.models.event import Event

EventsByUser = Mapping[str, Sequence[Event]]
NOTHING_NEW: EventsByUser = {}


class Hint(Flag):
    """Why a stream should read its user's log or check its rights."""

    NEW_EVENTS = auto()
    RIGHTS = auto()
    DRAIN = auto()


class Subscriber(Protocol):
    """An open stream, which receives its user's hints."""

    def notify(self, hint: Hint, new: Sequence[Event] = ()) -> None:
        """Receives a hint in the event loop, and returns at once. `new` has the user's events of a commit on this node,
        in order; it is empty where the events must be read from the database."""
        ...


class Bus(Protocol):
    """Carries hints from commits to streams. A lost hint costs about a second, after which `event_log.watch` compares
    the logs."""

    def publish(self, user_ids: Iterable[str], hint: Hint = Hint.NEW_EVENTS, new: EventsByUser = NOTHING_NEW) -> None:
        """Notifies the users' streams on every node. `new` has committed events by user, in order, so that this node's
        streams need not read them."""
        ...

    def notify(self, user_ids: Iterable[str], hint: Hint = Hint.NEW_EVENTS, new: EventsByUser = NOTHING_NEW) -> None:
        """Notifies the users' streams on this node."""
        ...

    def subscribe(self, user_id: str, subscriber: Subscriber) -> None:
        """The subscriber receives every hint of the user from now on."""
        ...

    def unsubscribe(self, user_id: str, subscriber: Subscriber) -> None:
        """The subscriber receives no more hints. Does nothing if it is not subscribed."""
        ...

    def listeners(self) -> dict[str, int]:
        """The number of subscribers on this node, by user id."""
        ...

    def drain(self) -> None:
        """Notifies every subscriber, also later ones, that this node stops."""
        ...
