"""What the product needs of a queue and of a bus. Each promise stands in one docstring and is kept by both
implementations: within one process, and over NATS."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Flag, auto
from typing import Protocol

from omilink.clock import Millis
from omilink.database.store import Transaction
from omilink.models.delivery import Delivery, Job
from omilink.models.event import Event
from omilink.models.order import Moment


class DeliveryQueue(Protocol):
    """Deliveries on their way to be saved: CONVERSATION_SAVE jobs. At least once, per session in the order of their
    acceptance, save that one that failed lets the others pass."""

    async def put(self, delivery: Delivery) -> None:
        """Durable on return. A delivery whose key is there already is ignored. Raises Unavailable."""
        ...

    async def moment(self, at: Millis) -> Moment:
        """The moment of what somebody does now, between what has been accepted before the call and what is accepted
        after it."""
        ...

    async def wait(self, seconds: float) -> None:
        """Until something new may be due, at most this many seconds."""
        ...

    async def take(self, limit: int, at: Millis) -> list[Delivery]:
        """The oldest that are due, senders in turns: at most `limit`, and beside the first together no larger than
        BATCH_BYTES. Those that are to be tried again later than LONGEST_WAIT from now are due as well, since a clock
        that was ahead put them there. They stay due until one of the following is called."""
        ...

    async def done(self, seqs: Collection[int], quarantined: Mapping[int, str]) -> None:
        """Finished: saved, or to be kept unsaved for the reason given."""
        ...

    async def remove(self, seqs: Collection[int]) -> None:
        """Finished, and nothing of it is kept."""
        ...

    def finish_within(
        self, tx: Transaction, seqs: Collection[int], quarantined: Mapping[int, str], removed: Collection[int]
    ) -> bool:
        """Finishes deliveries as `done` and `remove` do, in the transaction that saves them, so that both are on disk
        or neither. False, and nothing done, where the queue is outside the store."""
        ...

    async def failed(self, delivery: Delivery, error: str, *, retry_at: Millis | None) -> None:
        """Counts the attempt. Without `retry_at` it becomes a dead letter, which only `retry` brings back."""
        ...

    async def retry(self, seqs: Collection[int] | None) -> int:
        """Brings dead letters back, all of them for None. Returns how many."""
        ...

    async def jobs(self, state: str | None, session_key: str | None, limit: int) -> list[Job]:
        """For people: newest first, never with words."""
        ...

    async def counts(self, session_key: str | None = None) -> dict[str, int]:
        """State -> jobs: waiting, dead, quarantined."""
        ...

    async def counts_of(self, session_keys: Collection[str]) -> dict[str, dict[str, int]]:
        """Session key -> what `counts` tells of it; without those that have no job."""
        ...


EventsByUser = Mapping[str, Sequence[Event]]
NOTHING_NEW: EventsByUser = {}


class Hint(Flag):
    """Why a stream should look."""

    NEW_EVENTS = auto()
    RIGHTS = auto()
    DRAIN = auto()


class Subscriber(Protocol):
    """Whoever is told a user's hints: an open stream."""

    def notify(self, hint: Hint, new: Sequence[Event] = ()) -> None:
        """Called in the event loop, and returns at once. `new`: the user's events of a commit on this node, in order;
        empty where the database has to be asked."""
        ...


class Bus(Protocol):
    """Hints from commits to streams. A lost hint costs about a second, after which `event_log.watch` compares the
    logs."""

    def publish(self, user_ids: Iterable[str], hint: Hint = Hint.NEW_EVENTS, new: EventsByUser = NOTHING_NEW) -> None:
        """On every node. `new`: committed events by user, in order, which spare this node's streams a read."""
        ...

    def notify(self, user_ids: Iterable[str], hint: Hint = Hint.NEW_EVENTS, new: EventsByUser = NOTHING_NEW) -> None:
        """On this node."""
        ...

    def subscribe(self, user_id: str, subscriber: Subscriber) -> None:
        """Every hint from now on."""
        ...

    def unsubscribe(self, user_id: str, subscriber: Subscriber) -> None:
        """No hint any more. Does nothing when it is not subscribed."""
        ...

    def listeners(self) -> dict[str, int]:
        """User id -> subscribers on this node."""
        ...

    def drain(self) -> None:
        """Tells every subscriber that this node stops, and each that comes later."""
        ...
