"""What was done before what. Pure.

Clocks are set back, and those of two nodes differ, so that no time of day says what came first. What does: accepted
calls are numbered as they enter the queue, and every act of a person takes its place among these numbers
(docs/decisions/0014-order.md).
"""

from enum import Enum, StrEnum, auto
from typing import Protocol

from msgspec import Struct


class Way(StrEnum):
    """How a call came to the queue."""

    STRAIGHT = "straight"
    DISK = "disk"
    """By way of its node's disk, so later than it was accepted."""
    BLIND = "blind"
    """The same, while the node could not ask for the newest act."""


class Hands(Enum):
    """In whose hands a session was when a call was accepted."""

    OF_NOW = auto()  # those who have it now, or nobody's if nobody has it
    OF_BEFORE = auto()  # whoever had it last
    LONG_BEFORE = auto()  # somebody's before that, who is not known any more
    NOBODYS = auto()  # nobody's, after one user of an issued device and before the next
    UNKNOWN = auto()  # nobody can know


class Accepted(Protocol):
    """What is known of when a call was accepted. `order` is its place among the accepted calls, which only grows;
    `seen` the newest act that its node knew of."""

    @property
    def order(self) -> int: ...
    @property
    def seen(self) -> int: ...
    @property
    def way(self) -> Way: ...


class Moment(Struct, frozen=True, kw_only=True, gc=False):
    """When something is done.

    `at` is the time of day, in milliseconds, for people to read. What was accepted before has at most the `order`, what
    is accepted later a greater one; None while the queue cannot be asked. `act` numbers what people do in a cluster,
    and grows with each of their acts; None for what a call does.
    """

    at: int
    order: int | None
    act: int | None = None


def is_before(call: Accepted, order: int | None, act: int | None) -> bool | None:
    """Whether the call was accepted before what has this order and act; None when nobody can know. Nothing is before
    what never was, which has neither."""
    if order is None and act is None:
        return False
    if act is None:
        return order is not None and call.order <= order
    if call.seen >= act:
        return False
    if call.way == Way.STRAIGHT:
        return None if order is None else call.order <= order
    return True if call.way == Way.DISK else None
