"""Limits the rate of tries with token buckets. They stand in the store where a limit has to hold on all nodes and after
restarts."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from omilink.clock import Millis
from omilink.database.store import Store, Transaction
from omilink.errors import RateLimited


@dataclass(frozen=True, slots=True)
class Limit:
    """Allows `burst` tries at once, and another one every `seconds`."""

    name: str
    burst: int
    seconds: float

    @property
    def step(self) -> Millis:
        return round(self.seconds * 1000)

    @property
    def longest(self) -> Millis:
        """The longest possible wait, in milliseconds."""
        return self.burst * self.step


REGISTER = Limit("register", burst=20, seconds=30)
LOGIN = Limit("login", burst=30, seconds=2)
WRONG_LOGIN = Limit("wrong_login", burst=10, seconds=15)
ROTATE = Limit("rotate", burst=20, seconds=60)
PAUSE = Limit("pause", burst=60, seconds=60)
CLAIM = Limit("claim", burst=60, seconds=10)
CLAIM_FROM = Limit("claim_from", burst=300, seconds=2)
START = Limit("start", burst=10, seconds=60)
START_FROM = Limit("start_from", burst=60, seconds=10)
PUSH = Limit("push", burst=5, seconds=600)
"""OMI accepts ten notifications an hour for each user of an app (docs/reference/omi.md)."""
CONFIRM = Limit("confirm", burst=30, seconds=10)
CONFIRM_FROM = Limit("confirm_from", burst=120, seconds=2)
WRONG_CODE = Limit("wrong_code", burst=5, seconds=900)
"""Refills more slowly than a code expires, so that no code ever gets more than five tries."""
PERSONAL_CALL = Limit("personal_call", burst=1_200, seconds=0.1)
"""OMI calls every 1 to 3 s for each device. Anybody who can sign up has a personal address."""
TICKET = Limit("ticket", burst=120, seconds=1)
TICKET_FROM = Limit("ticket_from", burst=600, seconds=0.1)
STREAM = Limit("stream", burst=120, seconds=1)
STREAM_FROM = Limit("stream_from", burst=1_200, seconds=0.05)


class SharedLimits:
    """The limits of the running server, which apply to all nodes; no limits when switched off."""

    def __init__(self, store: Store, *, on: bool, clock: Callable[[], Millis]) -> None:
        self._store, self._on, self._clock = store, on, clock

    async def spend(self, *tries: tuple[Limit, str]) -> None:
        """Spends one try of every limit, or none. Raises RateLimited when one of them has none left."""

        def spend_all(tx: Transaction) -> None:
            for limit, who in tries:
                spend(tx, limit, who, self._clock())

        if self._on:
            await self._store.write(spend_all)

    async def give_back(self, limit: Limit, who: str) -> None:
        if self._on:
            await self._store.write(lambda tx: give_back(tx, limit, who))


class LocalLimits:
    """Limits of this process alone, for events that are too frequent for the database."""

    def __init__(self, *, on: bool, clock: Callable[[], Millis]) -> None:
        self._on, self._clock = on, clock
        self._buckets = _Buckets()

    def spend(self, *tries: tuple[Limit, str]) -> None:
        """Spends one try of each limit, in this order. Raises RateLimited at the first limit that has none left."""
        for limit, who in tries if self._on else ():
            spend(self._buckets, limit, who, self._clock())


class _Buckets:
    """The buckets in memory, as the store keeps them, for the most recent users only."""

    MOST = 50_000

    def __init__(self) -> None:
        self._full_at: OrderedDict[tuple[str, str], Millis] = OrderedDict()

    def full_at(self, limit: str, who: str) -> Millis:
        return self._full_at.get((limit, who), 0)

    def put_full_at(self, limit: str, who: str, at: Millis) -> None:
        self._full_at.pop((limit, who), None)
        self._full_at[limit, who] = at
        if len(self._full_at) > self.MOST:
            self._full_at.popitem(last=False)


class Buckets(Protocol):
    def full_at(self, limit: str, who: str) -> Millis: ...
    def put_full_at(self, limit: str, who: str, at: Millis) -> None: ...


def spend(tx: Buckets, limit: Limit, who: str, at: Millis) -> None:
    """Spends one try. Raises RateLimited when none is left. `who` is stored as a hash."""
    full_at = max(at, tx.full_at(limit.name, name_hash(who)))
    wait = _wait(limit, full_at, at)
    if wait > limit.longest:  # a clock that was ahead wrote the time, which is meaningless
        full_at, wait = at, 0
    if wait > 0:
        seconds = -(-wait // 1000)
        raise RateLimited(f"Too many tries. Wait {seconds} seconds and try again.", seconds)
    tx.put_full_at(limit.name, name_hash(who), full_at + limit.step)


def _wait(limit: Limit, full_at: Millis, at: Millis) -> Millis:
    return full_at - at - limit.step * (limit.burst - 1)


def give_back(tx: Buckets, limit: Limit, who: str) -> None:
    """Gives a try back that should not have counted."""
    tx.put_full_at(limit.name, name_hash(who), tx.full_at(limit.name, name_hash(who)) - limit.step)


@lru_cache(4096)
def name_hash(who: str) -> str:
    """The hash under which the store keeps `who`."""
    return hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()
