"""When a user is off the record: nothing of what is said then is kept."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from omilink.clock import Millis
from omilink.models.declaration import Fixed, Shown


class Pause(Struct, frozen=True, kw_only=True, gc=False):
    """A time in which a user is off the record. It is kept for ever, since a record of the time may come late."""

    user_id: Fixed[str]
    since: Fixed[Millis]
    until: Millis | None
    """None while the user has neither ended it nor said when it ends."""
    counted_since: Millis | None = None
    counted_until: Millis | None = None
    """The same in counted time, in which a pause without a given end lasts too: a wall clock that is set back does not
    end it. A given end is a time of the wall clock alone."""

    def touches(self, since: Millis, until: Millis, ahead: Millis | None = None) -> bool:
        """Whether the pause has any moment of the span from `since` to `until`. `ahead` is by how much counted time is
        ahead of the clock that the span was read from; None if nothing but the wall clock tells of the span."""
        if self.since <= until and since < _end(self.until):
            return True
        if ahead is None or self.counted_since is None:
            return False
        return self.counted_since <= until + ahead and since + ahead < _end(self.counted_until)

    def is_open(self, at: Millis) -> bool:
        return self.until is None or at < self.until


class OffRecord(NamedTuple):
    """The pauses of a user that may touch the words at hand."""

    pauses: Sequence[Pause]

    def touches(self, since: Millis, until: Millis, ahead: Millis | None = None) -> bool:
        """As `Pause.touches`, of any pause."""
        return any(pause.touches(since, until, ahead) for pause in self.pauses)


class NotKept(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of calls that had words off the record."""

    calls: Shown[int] = 0
    """How many calls of the wearable, with repeats."""
    last_at: Shown[Millis | None] = None
    """When the last of them came."""


class Recording(Struct, frozen=True, kw_only=True, gc=False):
    """Whether what is said now is kept."""

    state: Shown[Literal["on", "paused"]]
    until: Shown[Millis | None] = None
    """When the pause ends by itself; null if the user ends it."""
    not_kept: Shown[NotKept]


def _end(until: Millis | None) -> float:
    return math.inf if until is None else until
