"""The wall clock, and the monotonic clock."""

import time
from typing import Annotated

MILLISECONDS = "milliseconds"
Millis = Annotated[int, MILLISECONDS]
DAY: Millis = 86_400_000
HOUR = DAY // 24


def now() -> Millis:
    """Milliseconds since 1970 by the wall clock, which may be set back."""
    return time.time_ns() // 1_000_000


def monotonic() -> Millis:
    """Milliseconds of a clock that nobody can set. Only differences within this process mean anything."""
    return time.monotonic_ns() // 1_000_000
