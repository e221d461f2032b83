"""Counts the webhook calls that were refused, by reason and address. It never keeps what the calls contained."""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

KEPT = 3_600.0
"""Seconds for which a refused call counts."""
LOG_EVERY = 60.0
"""Seconds between two lines in the log."""
MOST = 1_000
"""Combinations of minute, reason and address that are kept; beyond this number the oldest are dropped."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedCalls:
    """The number of calls that were refused for one reason (an error's code) from one address."""

    error: str
    address: str
    calls: int


class Refusals:
    """The refused calls of this process within the last hour. `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minutes: deque[tuple[int, Counter[tuple[str, str]]]] = deque()
        self._unlogged: Counter[tuple[str, str]] = Counter()
        self._next_line = 0.0

    def note(self, error: str, address: str) -> None:
        minute = int(self._clock() // 60)
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append((minute, Counter()))
        for counts in self._minutes[-1][1], self._unlogged:
            # a flood from many addresses makes one line, not one for each address
            known = (error, address) in counts or len(counts) < MOST
            counts[(error, address) if known else (error, "other addresses")] += 1
        while sum(len(counts) for _, counts in self._minutes) > MOST and len(self._minutes) > 1:
            self._minutes.popleft()
        self.log()

    def log(self) -> None:
        """Logs one line about the calls refused since the last line, at most once a minute."""
        if self._unlogged and self._clock() >= self._next_line:
            log.warning("webhook calls refused: %s", in_words(_counted(self._unlogged)))
            self._unlogged = Counter()
            self._next_line = self._clock() + LOG_EVERY

    def lately(self) -> list[RefusedCalls]:
        """The refused calls of the last hour, the largest number first."""
        since = int((self._clock() - KEPT) // 60)
        recent: Counter[tuple[str, str]] = Counter()
        for minute, counts in self._minutes:
            if minute >= since:
                recent.update(counts)
        return _counted(recent)


def in_words(refused: list[RefusedCalls], most: int = 5) -> str:
    """A summary such as `3 (bad_secret, from 10.0.0.7), 1 (too_large, from 10.0.0.8)`."""
    shown = [f"{one.calls} ({one.error}, from {one.address})" for one in refused[:most]]
    rest = sum(one.calls for one in refused[most:])
    return ", ".join([*shown, *([f"{rest} more"] if rest else [])])


def _counted(counts: "Counter[tuple[str, str]]") -> list[RefusedCalls]:
    return [RefusedCalls(error, address, calls) for (error, address), calls in counts.most_common()]
