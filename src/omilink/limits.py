"""How often somebody may try: token buckets in memory, one per subject and address or account."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from omilink.errors import RateLimited

MOST_KEPT = 100_000
"""Buckets kept before the full ones, which say nothing, are dropped."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` tries at once, and one more every `seconds`."""

    burst: int
    seconds: float


REGISTER = Limit(burst=20, seconds=30)
LOGIN = Limit(burst=30, seconds=2)
WRONG_LOGIN = Limit(burst=10, seconds=15)
CLAIM = Limit(burst=60, seconds=10)


class Limits:
    def __init__(self, *, on: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._on, self._clock = on, clock
        self._empty_until: dict[tuple[Limit, str], float] = {}

    def spend(self, limit: Limit, who: str) -> None:
        """Raises RateLimited when nothing is left."""
        if not self._on:
            return
        wait = self._debt(limit, who) - limit.seconds * (limit.burst - 1)
        if wait > 0:
            seconds = int(wait) + 1
            raise RateLimited(f"Too many tries. Wait {seconds} seconds and try again.", seconds)
        if len(self._empty_until) > MOST_KEPT:
            now = self._clock()
            self._empty_until = {key: until for key, until in self._empty_until.items() if until > now}
        self._empty_until[limit, who] = self._clock() + self._debt(limit, who) + limit.seconds

    def give_back(self, limit: Limit, who: str) -> None:
        """What was spent turned out to be no try."""
        if (limit, who) in self._empty_until:
            self._empty_until[limit, who] -= limit.seconds

    def _debt(self, limit: Limit, who: str) -> float:
        """Seconds until the bucket is full again."""
        return max(0.0, self._empty_until.get((limit, who), 0.0) - self._clock())
