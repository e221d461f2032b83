"""Turns for work that waits, so that a user or sender with much work does not delay the others for long."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

SERVER = ""
"""The name under which the server's own work waits: accepting webhook calls, saving them, maintenance."""

_whose: ContextVar[str] = ContextVar("whose", default=SERVER)


def whose() -> str:
    """The user or network for which the current task works; the task's database work waits in that line."""
    return _whose.get()


def work_for(name: str) -> None:
    """Sets the user for whom the current task works, or the network while no user is known."""
    _whose.set(name)


@contextmanager
def working_for(name: str) -> Iterator[None]:
    """Sets the user for whom the current task works, within the block."""
    token = _whose.set(name)
    try:
        yield
    finally:
        _whose.reset(token)


SHARES = 4
"""Before all other waiting senders have had their share, a sender gets at most a quarter of a batch."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that waits to be saved: its number, the sender whose turn it needs, and its size in bytes."""

    seq: int
    whose: str
    size: int


def next_batch(waiting: Sequence[Waiting], most: int, most_bytes: int) -> list[int]:
    """The numbers of the calls to save next, out of `waiting` in its order: at most `most`, of which all but the first
    have together at most `most_bytes`. The first call is always included, so that no call is too large to be saved. Of
    each sender the oldest calls come first, and no sender gets more than a share while others wait."""
    if len(waiting) <= most and sum(one.size for one in waiting) <= most_bytes:
        return [one.seq for one in waiting]
    selection = _Selection(most, most_bytes)
    selection.fill(waiting, most // SHARES, most_bytes // SHARES)
    selection.fill(waiting, most, most_bytes)
    return sorted(selection.taken)


class _Selection:
    def __init__(self, most: int, most_bytes: int) -> None:
        self.taken: set[int] = set()
        self._most, self._bytes_left = most, most_bytes
        self._calls: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def fill(self, waiting: Iterable[Waiting], calls: int, size: int) -> None:
        """Takes the calls that fit: of each sender at most `calls` calls and `size` bytes, or one call. A sender's
        later call never overtakes an earlier one."""
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
