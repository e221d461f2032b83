"""Limits the bytes that are kept of one sender in a day. A call beyond the limit is accepted, since OMI answers a
refusal by pausing the webhook for everybody (docs/reference/omi.md); its words are not kept, and its owner can see the
number of such calls."""

from collections.abc import Collection, Iterable

from omilink.accounts.rate_limits import name_hash
from omilink.clock import DAY, Millis
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

    def __init__(self, tx: Transaction, daily_bytes: float, expected: Iterable[str]) -> None:
        """The budgets of the senders that are `expected` are read at once, any other when it is used."""
        self._tx, self._daily = tx, daily_bytes
        self._full_at: dict[str, Millis] = {}
        self._changed: set[str] = set()
        self._load({name_hash(sender) for sender in expected})

    def use(self, sender: str, size: int, at: Millis) -> bool:
        """Uses up `size` bytes of the sender's budget and returns True, or returns False if the budget has too little
        left."""
        who = name_hash(sender)
        if who not in self._full_at:
            self._load([who])
        before = filled(self._full_at[who], at)
        after = before + round(size * DAY / self._daily)
        has_room = after - at <= DAY
        self._full_at[who] = after if has_room else before
        self._changed.add(who)
        return has_room

    def flush(self) -> None:
        self._tx.put_full_at_each(LIMIT, {who: self._full_at[who] for who in sorted(self._changed)})
        self._changed.clear()

    def _load(self, whos: Collection[str]) -> None:
        self._full_at |= dict.fromkeys(whos, 0) | self._tx.full_at_each(LIMIT, whos)


def filled(full_at: Millis, at: Millis) -> Millis:
    """The counted time when the budget will be full again: at most a day from `at`. A time much further ahead was
    written by a clock that was ahead, and is ignored."""
    return at if full_at - at > 2 * DAY else min(max(full_at, at), at + DAY)


def sender(owner: str | None, delivery: Delivery) -> str:
    """The sender whose budget a call uses: its owner, or else its uid, or else its session."""
    return owner or f"{SHARED} {delivery.uid or delivery.session_id}"
