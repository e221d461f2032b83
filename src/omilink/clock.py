"""The wall clock, and a clock that nobody sets."""

import time
from typing import Annotated

MILLISECONDS = "milliseconds"
Millis = Annotated[int, MILLISECONDS]


def now() -> Millis:
    return time.time_ns() // 1_000_000


def monotonic() -> Millis:
    """Of a clock that nobody sets: it says how much time has passed in this process, and nothing else."""
    return time.monotonic_ns() // 1_000_000
