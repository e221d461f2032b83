"""How often somebody may try: token buckets in the store, so that they hold over nodes and restarts."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from omilink.errors import RateLimited
from omilink.model import Millis
from omilink.ports import Store, Transaction


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` tries at once, and one more every `seconds`."""

    name: str
    burst: int
    seconds: float

    @property
    def step(self) -> Millis:
        return round(self.seconds * 1000)


REGISTER = Limit("register", burst=20, seconds=30)
LOGIN = Limit("login", burst=30, seconds=2)
WRONG_LOGIN = Limit("wrong_login", burst=10, seconds=15)
ROTATE = Limit("rotate", burst=20, seconds=60)
CLAIM = Limit("claim", burst=60, seconds=10)


class Limits:
    """The limits of a running product; none when switched off."""

    def __init__(self, store: Store, *, on: bool, clock: Callable[[], Millis]) -> None:
        self._store, self._on, self._clock = store, on, clock

    async def spend(self, *tries: tuple[Limit, str]) -> None:
        """All of them or, with RateLimited, none."""

        def spend_all(tx: Transaction) -> None:
            for limit, who in tries:
                spend(tx, limit, who, self._clock())

        if self._on:
            await self._store.write(spend_all)

    async def give_back(self, limit: Limit, who: str) -> None:
        if self._on:
            await self._store.write(lambda tx: give_back(tx, limit, who))


def spend(tx: Transaction, limit: Limit, who: str, at: Millis) -> None:
    """Raises RateLimited when nothing is left. `who` is kept as a hash."""
    full_at = max(at, tx.full_at(limit.name, _hash(who)))
    wait = full_at - at - limit.step * (limit.burst - 1)
    if wait > 0:
        seconds = -(-wait // 1000)
        raise RateLimited(f"Too many tries. Wait {seconds} seconds and try again.", seconds)
    tx.put_full_at(limit.name, _hash(who), full_at + limit.step)


def give_back(tx: Transaction, limit: Limit, who: str) -> None:
    """What was spent turned out to be no try."""
    tx.put_full_at(limit.name, _hash(who), tx.full_at(limit.name, _hash(who)) - limit.step)


def _hash(who: str) -> str:
    return hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()
