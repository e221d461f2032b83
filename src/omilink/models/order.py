"""The order of calls and acts. Pure.

Clocks are set back, and the clocks of two nodes differ, so that no time of day decides what came first. Numbers decide:
accepted calls are numbered as they enter the queue, and every act of a person has its place among these numbers
(docs/decisions/0014-order.md).
"""

from enum import Enum, StrEnum, auto
from typing import Protocol

from msgspec import Struct


class Way(StrEnum):
    """How a call came to the queue."""

    STRAIGHT = "straight"
    DISK = "disk"
    """By way of its node's disk, so later than the call was accepted."""
    BLIND = "blind"
    """By way of its node's disk, while the node could not read the newest act."""


class Hands(Enum):
    """Who had a session when a call was accepted."""

    PRESENT_OWNER = auto()  # the present owner, or nobody if the session has no owner
    LAST_OWNER = auto()  # the last owner
    EARLIER_OWNER = auto()  # an owner before the last one, who is not known any more
    NOBODY = auto()  # nobody, after one user of an issued device and before the next
    UNKNOWN = auto()  # nobody can know


class Accepted(Protocol):
    """What is known about when a call was accepted. `order` is its place among the accepted calls, which only grows;
    `seen` is the number of the newest act that its node knew."""

    @property
    def order(self) -> int: ...
    @property
    def seen(self) -> int: ...
    @property
    def way(self) -> Way: ...


class Moment(Struct, frozen=True, kw_only=True, gc=False):
    """When something is done.

    `at` is the time of day, in milliseconds, for people to read. Every call accepted before the moment has at most the
    moment's `order`, and every later call a greater one; `order` is None while the queue is unavailable. `act` is the
    number of a person's act in the cluster, which grows with each act; it is None for what a call does.
    """

    at: int
    order: int | None
    act: int | None = None


def is_before(call: Accepted, order: int | None, act: int | None) -> bool | None:
    """Whether the call was accepted before the moment with this order and act; None when nobody can know. A moment that
    never happened has neither, and then the answer is False."""
    if order is None and act is None:
        return False
    if act is None:
        return order is not None and call.order <= order
    if call.seen >= act:
        return False
    if call.way == Way.STRAIGHT:
        return None if order is None else call.order <= order
    return True if call.way == Way.DISK else None
