"""Who waits takes turns, so that nobody who asks or sends much delays the others for long."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

SERVER = ""
"""Whose turn the server's own work is: taking webhook calls in, saving them, looking after itself."""

_whose: ContextVar[str] = ContextVar("whose", default=SERVER)


def whose() -> str:
    """For whom this task works, so that what it asks of the database waits in that one's line."""
    return _whose.get()


def work_for(name: str) -> None:
    """From now on this task works for somebody: a user, or a network as long as nobody is known."""
    _whose.set(name)


@contextmanager
def working_for(name: str) -> Iterator[None]:
    token = _whose.set(name)
    try:
        yield
    finally:
        _whose.reset(token)


SHARES = 4
"""A sender gets a quarter of a batch before all others that wait have had theirs."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that waits to be saved: its number, whose turn it needs, and its bytes."""

    seq: int
    whose: str
    size: int


def next_batch(waiting: Sequence[Waiting], most: int, most_bytes: int) -> list[int]:
    """The numbers of those that are next, of `waiting` in its order: at most `most`, and beside the first together no
    larger than `most_bytes`. The first is always among them, so that nothing is too large to be saved, and takes no
    room from the others. Of each sender those that came first, and of nobody more than a share while others wait."""
    if len(waiting) <= most and sum(one.size for one in waiting) <= most_bytes:
        return [one.seq for one in waiting]
    batch = _Batch(most, most_bytes)
    batch.fill(waiting, most // SHARES, most_bytes // SHARES)
    batch.fill(waiting, most, most_bytes)
    return sorted(batch.taken)


class _Batch:
    def __init__(self, most: int, most_bytes: int) -> None:
        self.taken: set[int] = set()
        self._most, self._bytes_left = most, most_bytes
        self._calls: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def fill(self, waiting: Iterable[Waiting], calls: int, size: int) -> None:
        """Takes what fits, of each sender at most `calls` and `size` bytes, or one call. Nobody's later call
        overtakes an earlier one."""
        held = set()
        for one in waiting:
            if len(self.taken) == self._most:
                return
            if one.seq in self.taken or one.whose in held:
                continue
            if self._fits(one, calls, size):
                self._take(one)
            else:
                held.add(one.whose)

    def _fits(self, one: Waiting, calls: int, size: int) -> bool:
        has_share = self._calls[one.whose] < calls and self._bytes[one.whose] + one.size <= size
        return not self.taken or (one.size <= self._bytes_left and (has_share or not self._calls[one.whose]))

    def _take(self, one: Waiting) -> None:
        self._bytes_left -= one.size if self.taken else 0
        self.taken.add(one.seq)
        self._calls[one.whose] += 1
        self._bytes[one.whose] += one.size
