"""Limits the bytes that are kept of one sender in a day. A call beyond the limit is accepted, since OMI answers a
refusal by pausing the webhook for everybody (docs/reference/omi.md); its words are not kept, and its owner can see the
number of such calls."""

from collections.abc import Collection, Iterable

from omilink.accounts.rate_limits import name_hash
from omilink.accounts.signing_in import DAY
from omilink.clock import Millis
from omilink.database.store import Transaction
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED

MEGABYTE = 1_000_000
SEGMENT = 256
"""Bytes that a segment takes in addition to its words."""
LIMIT = "kept"


class Budget:
    """The daily bytes of each sender, which kept words use up and which refill evenly within a day. The store keeps the
    counted time at which a sender's budget will be full again."""

    def __init__(self, tx: Transaction, daily_bytes: float, senders: Collection[str]) -> None:
        self._tx, self._daily = tx, daily_bytes
        self._full_at = tx.full_at_each(LIMIT, {name_hash(sender) for sender in senders})
        self._changed: set[str] = set()

    def use(self, sender: str, size: int, at: Millis) -> bool:
        """Uses up `size` bytes of the sender's budget and returns True, or returns False if the budget has too little
        left."""
        who = name_hash(sender)
        before = filled(self._full_at.get(who, 0), at)
        after = before + round(size * DAY / self._daily)
        has_room = after - at <= DAY
        self._full_at[who] = after if has_room else before
        self._changed.add(who)
        return has_room

    def flush(self) -> None:
        self._tx.put_full_at_each(LIMIT, {who: self._full_at[who] for who in sorted(self._changed)})
        self._changed.clear()


def filled(full_at: Millis, at: Millis) -> Millis:
    """The counted time when the budget will be full again: at most a day from `at`. A time much further ahead was
    written by a clock that was ahead, and is ignored."""
    return at if full_at - at > 2 * DAY else min(max(full_at, at), at + DAY)


def sender(owner: str | None, delivery: Delivery) -> str:
    """The sender whose budget a call uses: its owner, or else its uid, or else its session."""
    return owner or _nobodys(delivery.uid or delivery.session_id)


def senders(owners: Iterable[str | None], deliveries: Collection[Delivery]) -> set[str]:
    """All senders whose budgets these deliveries may use, if `owners` are all possible owners of the words."""
    personal = {delivery.origin for delivery in deliveries if delivery.origin != SHARED}
    ids = {one for delivery in deliveries for one in (delivery.uid, delivery.session_id) if one}
    return {*filter(None, owners), *personal, *map(_nobodys, ids)}


def _nobodys(id: str) -> str:
    return f"{SHARED} {id}"
