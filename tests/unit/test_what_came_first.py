"""What came first is told by numbers that only grow; where they cannot tell it, nobody can."""

import pytest
from msgspec.structs import replace

from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.order import Hands, Moment, Way, is_before
from omilink.models.session import Method, OmiSession

ANY_TIME = 1_790_000_000_000


def call(order: int, way: Way = Way.STRAIGHT, seen: int = 0) -> Delivery:
    return Delivery(
        kind="transcript", session_id="kitchen", body=b"", received_at=ANY_TIME, order=order, way=way, seen=seen
    )


@pytest.mark.parametrize(
    ("accepted", "order", "act", "answer"),
    [
        # one queue: its numbers
        (call(7), 7, None, True),
        (call(8), 7, None, False),
        # a cluster whose stream was asked: its numbers as well
        (call(7), 7, 3, True),
        (call(8), 7, 3, False),
        # what has seen the act came after it
        (call(8, seen=3), None, 3, False),
        (call(99, Way.DISK, seen=3), 100, 3, False),
        (call(99, Way.BLIND, seen=4), 100, 3, False),
        # by way of a disk it is late in the stream, and what its node had seen tells
        (call(99, Way.DISK, seen=2), 7, 3, True),
        (call(99, Way.DISK, seen=2), None, 3, True),
        # nobody can know
        (call(99, Way.BLIND, seen=2), 7, 3, None),
        (call(8), None, 3, None),
        # what a call did has its place in the stream's order, whatever ways calls took
        (call(99, Way.BLIND), 7, None, False),
        (call(7, Way.DISK, seen=9), 7, None, True),
        # what never was
        (call(7), None, None, False),
    ],
)
def test_whether_a_call_came_before_an_act(
    accepted: Delivery, order: int | None, act: int | None, answer: object
) -> None:
    assert is_before(accepted, order, act) is answer


def lent(method: Method = Method.MANUAL) -> OmiSession:
    """Ada's from 10 to 20, Ben's since 30."""
    new = OmiSession(omi_session_id="kitchen", created_at=1)
    adas = new.linked_to("ada", method, Moment(at=1, order=10, act=1))
    return adas.unlinked(Moment(at=1, order=20, act=2)).linked_to("ben", method, Moment(at=1, order=30, act=3))


@pytest.mark.parametrize(
    ("accepted", "hands"),
    [
        (call(10), Hands.EARLIER_OWNER),
        (call(11), Hands.LAST_OWNER),
        (call(20), Hands.LAST_OWNER),
        (call(21), Hands.PRESENT_OWNER),
        (call(31), Hands.PRESENT_OWNER),
        (call(99, Way.DISK, seen=0), Hands.EARLIER_OWNER),
        (call(99, Way.DISK, seen=1), Hands.LAST_OWNER),
        (call(99, Way.DISK, seen=2), Hands.PRESENT_OWNER),
        (call(99, Way.BLIND, seen=1), Hands.UNKNOWN),
        (call(99, Way.BLIND, seen=3), Hands.PRESENT_OWNER),
    ],
)
def test_in_whose_hands_it_was(accepted: Delivery, hands: Hands) -> None:
    assert lent().hands_at(accepted) is hands


@pytest.mark.parametrize(
    ("accepted", "hands"),
    [
        (call(30), Hands.NOBODY),
        (call(31), Hands.PRESENT_OWNER),
        (call(99, Way.DISK, seen=2), Hands.NOBODY),
        (call(99, Way.BLIND, seen=2), Hands.UNKNOWN),
    ],
)
def test_an_issued_device_is_in_nobodys_hands_after_one_user_and_before_the_next(
    accepted: Delivery, hands: Hands
) -> None:
    assert lent(Method.ISSUED).hands_at(accepted) is hands


def test_who_asked_earlier_and_is_carried_out_later_comes_later() -> None:
    """Two acts at once, of which the second had to wait for the first."""
    left = lent().unlinked(Moment(at=1, order=40))
    assert left.linked_to("cleo", Method.MANUAL, Moment(at=1, order=35)).linked_order == 40


def heard_until_now() -> Conversation:
    return Conversation(
        id="c", session_key="shared/kitchen", user_id="ada", created_at=1, last_at=ANY_TIME, last_order=5
    )


def test_words_go_on_where_they_were_when_the_clock_is_set_back() -> None:
    talk = Conversation(
        id="c", session_key="shared/kitchen", user_id="ada", created_at=1, last_at=ANY_TIME, last_order=5
    )
    back = replace(call(6), received_at=ANY_TIME - 3_600_000)
    assert talk.as_of(back).last_at == back.received_at
    assert talk.with_words([], back, named_by=None).last_at == back.received_at


def test_a_late_retry_turns_nothing_back() -> None:
    talk = Conversation(
        id="c", session_key="shared/kitchen", user_id="ada", created_at=1, last_at=ANY_TIME, last_order=5
    )
    late = replace(call(4), received_at=ANY_TIME - 60_000)
    assert talk.as_of(late) is talk
    assert talk.with_words([], late, named_by=None).last_at == ANY_TIME
