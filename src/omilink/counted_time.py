"""Counted time: how much time has passed for this installation, independent of how clocks are set.

Everything that expires is stored and compared in counted time (docs/decisions/0015-time.md). Counted time begins at the
wall clock's time when the database is new, and advances by the monotonic clock of the processes that work on the
database, which nobody can set. For a time in which no process worked, only wall clocks can tell how long it was; at
most MOST of it counts. So a jump of a clock ages nothing by more than MOST, and nothing gets younger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from omilink.clock import Millis, monotonic
from omilink.errors import Unavailable

MOST: Millis = 5 * 60_000
"""Milliseconds that count at most between two readings of a clock, and for a time in which no process worked on the
database."""
NOTED_EVERY = 20.0
"""Seconds after which a running process stores its count in the database."""


@dataclass(frozen=True, slots=True)
class Noted:
    """The count that a process stored, and the wall clock of the database at that time. Both in milliseconds."""

    counted: Millis
    wall: Millis


class CountedTime:
    """The count of this process, shared by its threads."""

    def __init__(self, elapsed: Callable[[], Millis] = monotonic) -> None:
        self._elapsed, self._lock = elapsed, Lock()
        self._counted: Millis | None = None
        self._looked = 0

    @property
    def known(self) -> bool:
        """Whether this process has read the installation's counted time from the database."""
        return self._counted is not None

    def __call__(self) -> Millis:
        """The counted time now, in milliseconds. Raises Unavailable while it is not known."""
        with self._lock:
            if self._counted is None:
                raise Unavailable("The database cannot be used now. Try again.", 5)
            return self._advance(self._counted)

    def go_on(self, noted: Noted | None, wall: Millis) -> Millis:
        """Continues from the stored count, and never below the count that this process has reached. Returns the counted
        time now."""
        with self._lock:
            if self._counted is None:
                self._looked = self._elapsed()
                self._counted = resumed(noted, wall)
            return self._advance(max(self._counted, noted.counted if noted else 0))

    def _advance(self, counted: Millis) -> Millis:
        before, self._looked = self._looked, self._elapsed()
        self._counted = counted + _at_most(self._looked - before)
        return self._counted


def resumed(noted: Noted | None, wall: Millis) -> Millis:
    """The count at which to continue after a time in which no process worked. Without a stored count it begins at the
    wall clock's time."""
    return noted.counted + _at_most(wall - noted.wall) if noted else wall


def _at_most(passed: Millis) -> Millis:
    return min(max(0, passed), MOST)
