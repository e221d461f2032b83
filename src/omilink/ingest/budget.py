"""How much of what is sent is kept of one sender in a day. Beyond that nothing is refused, since OMI answers a refusal
by pausing the webhook for everybody: the words are not kept, and that is counted and told."""

from collections.abc import Collection, Iterable

from omilink.accounts.rate_limits import name_hash
from omilink.accounts.signing_in import DAY
from omilink.clock import Millis
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED
from omilink.models.ports import Transaction

MEGABYTE = 1_000_000
SEGMENT = 256
"""Bytes that a segment takes beside its own words."""
LIMIT = "kept"


class Budget:
    """A day's bytes of each sender, used up by what is kept and filled again evenly in the course of a day. What is
    used stands in the store as the moment of counted time when the budget is full again."""

    def __init__(self, tx: Transaction, daily_bytes: float, senders: Collection[str]) -> None:
        self._tx, self._daily = tx, daily_bytes
        self._full_at = tx.full_at_each(LIMIT, {name_hash(sender) for sender in senders})
        self._changed: set[str] = set()

    def use(self, sender: str, size: int, at: Millis) -> bool:
        """Whether there is room for it, which is then used up."""
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
    """When it is full again, seen from now: within a day. What lies much further ahead was written by a clock that was
    ahead, and tells nothing of what was used."""
    return at if full_at - at > 2 * DAY else min(max(full_at, at), at + DAY)


def sender(owner: str | None, delivery: Delivery) -> str:
    """Whose budget a call uses: its owner's; if it has none, that of its uid, or else of its session."""
    return owner or _nobodys(delivery.uid or delivery.session_id)


def senders(owners: Iterable[str | None], deliveries: Collection[Delivery]) -> set[str]:
    """All whose budgets these may use, if these are all who may own the words."""
    personal = {delivery.origin for delivery in deliveries if delivery.origin != SHARED}
    ids = {one for delivery in deliveries for one in (delivery.uid, delivery.session_id) if one}
    return {*filter(None, owners), *personal, *map(_nobodys, ids)}


def _nobodys(id: str) -> str:
    return f"{SHARED} {id}"
