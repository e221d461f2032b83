"""Counted time: how much time has passed for this installation, whatever clocks were set to.

What expires is written and compared in it (docs/decisions/0015-time.md). It begins where the wall clock stands when the
database is new, and goes on by the monotonic clock of whoever works on the database, which nobody can set. What passed
while nobody did, only wall clocks tell; of that MOST counts. So no jump of a clock ages anything by more than MOST, and
nothing grows younger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from omilink.clock import Millis, monotonic
from omilink.errors import Unavailable

MOST: Millis = 5 * 60_000
"""Counts at most between two looks at a clock, and for the time that nobody worked on the database."""
NOTED_EVERY = 20.0
"""Seconds after which a running process notes in the database how far it has counted."""


@dataclass(frozen=True, slots=True)
class Noted:
    """How far somebody had counted, and what the database's wall clock showed then."""

    counted: Millis
    wall: Millis


class CountedTime:
    """This process's count. Threads share it."""

    def __init__(self, elapsed: Callable[[], Millis] = monotonic) -> None:
        self._elapsed, self._lock = elapsed, Lock()
        self._counted: Millis | None = None
        self._looked = 0

    @property
    def known(self) -> bool:
        """Whether the database has said where this installation's time stands."""
        return self._counted is not None

    def __call__(self) -> Millis:
        """Counted time now. Raises Unavailable while it is not known."""
        with self._lock:
            if self._counted is None:
                raise Unavailable("The database cannot be used now. Try again.", 5)
            return self._advance(self._counted)

    def go_on(self, noted: Noted | None, wall: Millis) -> Millis:
        """Counts on from what was noted, and never less than this process has counted already."""
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
    """Where the count goes on after nobody counted. Without a note it begins, and the wall clock is as good as any."""
    return noted.counted + _at_most(wall - noted.wall) if noted else wall


def _at_most(passed: Millis) -> Millis:
    return min(max(0, passed), MOST)
