"""What the product needs of the queue of deliveries. Two implementations keep these promises: `database/queue` in a
table, and `nats/queue` in a stream."""

from collections.abc import Collection, Mapping
from typing import Protocol

from omilink.clock import Millis
from omilink.database.store import Transaction
from omilink.models.delivery import Delivery, Job
from omilink.models.order import Moment


class DeliveryQueue(Protocol):
    """Deliveries that wait to be saved; saving one is a job. Each is delivered at least once, those of a session in
    the order of their acceptance; a delivery that fails does not hold up later ones."""

    async def put(self, delivery: Delivery) -> None:
        """Stores the delivery durably. A delivery whose key is known is ignored. Raises Unavailable."""
        ...

    async def moment(self, at: Millis) -> Moment:
        """The moment of a person's act now: after all deliveries accepted before this call, and before all that are
        accepted after it."""
        ...

    async def wait(self, seconds: float) -> None:
        """Waits until a delivery may be due, at most this many seconds."""
        ...

    async def take(self, limit: int, at: Millis) -> list[Delivery]:
        """The oldest due deliveries, senders in turns: at most `limit`, and all but the first together at most
        BATCH_BYTES. Deliveries whose next try is later than LONGEST_WAIT from now are due as well, since a clock that
        was ahead set that time. A delivery stays due until one of the following methods is called for it."""
        ...

    async def done(self, seqs: Collection[int], quarantined: Mapping[int, str]) -> None:
        """Finishes deliveries: they are saved, or quarantined for the reason given."""
        ...

    async def remove(self, seqs: Collection[int]) -> None:
        """Finishes deliveries, of which nothing is kept."""
        ...

    def finish_within(
        self, tx: Transaction, seqs: Collection[int], quarantined: Mapping[int, str], removed: Collection[int]
    ) -> bool:
        """Finishes deliveries as `done` and `remove` do, in the transaction that saves them, so that both are on disk
        or neither. Returns False, and does nothing, if the queue is outside the store."""
        ...

    async def failed(self, delivery: Delivery, error: str, *, retry_at: Millis | None) -> None:
        """Counts a failed attempt. Without `retry_at` the delivery becomes a dead letter, which only `retry` makes due
        again."""
        ...

    async def retry(self, seqs: Collection[int] | None) -> int:
        """Makes dead letters due again, all of them for None. Returns their number."""
        ...

    async def jobs(self, state: str | None, session_key: str | None, limit: int) -> list[Job]:
        """The jobs, newest first, without words: all, or those with a state or of a session."""
        ...

    async def counts(self, session_key: str | None = None) -> dict[str, int]:
        """The numbers of jobs by state: waiting, dead, quarantined."""
        ...

    async def counts_of(self, session_keys: Collection[str]) -> dict[str, dict[str, int]]:
        """By session key, the numbers that `counts` returns; sessions without a job are missing."""
        ...
