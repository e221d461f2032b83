"""Values that exist are valid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from omilink.errors import Invalid
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED, check_id, new_id, session_key
from omilink.models.message import Segment
from omilink.models.order import Moment
from omilink.models.session import Method, OmiSession

visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="/"), min_size=1)


@pytest.mark.parametrize("value", ["a", "Kq3vT9wZpLfB6xYhN0sRcU7dJm42", "session-123", "x" * 128, "dev_~!*", "null-1"])
def test_a_usable_id_is_itself(value: str) -> None:
    assert check_id(value, "session_id") == value


@pytest.mark.parametrize("value", ["", " ", "a b", "a/b", "x" * 129, "a\n", "\x00", "é", "\ud800", "\x7f", "a\u200b"])
def test_an_id_that_does_not_fit_into_a_path_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match="session_id"):
        check_id(value, "session_id")


@pytest.mark.parametrize(
    "value",
    ["null", "NULL", "nil", "None", "undefined", "NaN", "anonymous", "0", "-", "00000000-0000-0000-0000-000000000000"],
)
def test_a_placeholder_that_many_devices_send_is_refused_and_named(value: str) -> None:
    with pytest.raises(Invalid, match=value):
        check_id(value, "session_id")


@given(visible, visible, visible, visible)
def test_where_it_came_in_and_its_id_together_name_one_session(a: str, b: str, c: str, d: str) -> None:
    assert (session_key(a, b) == session_key(c, d)) == ((a, b) == (c, d))


def moment(order: int) -> Moment:
    return Moment(at=order, order=order)


def call(order: int, at: int | None = None) -> Delivery:
    received_at = order if at is None else at
    return Delivery(kind="transcript", session_id="kitchen", body=b"", order=order, received_at=received_at)


def test_linking_and_unlinking_are_changed_copies() -> None:
    new = OmiSession(omi_session_id="kitchen", created_at=1)
    linked = new.linked_to("ada", Method.MANUAL, moment(2))
    assert (linked.user_id, linked.method, linked.linked_at) == ("ada", Method.MANUAL, 2)
    left = linked.unlinked(moment(9))
    assert left.user_id is None
    assert [left.owner_at(call(order)) for order in (9, 10)] == [linked.user_id, None]
    suspended = linked.unlinked(moment(9), suspended=True)
    assert (suspended.user_id, suspended.method, suspended.suspended_user_id) == (None, None, "ada")
    assert suspended.linked_to("ben", Method.UID, moment(3)).suspended_user_id is None


def test_a_late_call_does_not_turn_last_seen_back() -> None:
    new = OmiSession(omi_session_id="kitchen", created_at=1)
    session = new.seen(call(50)).seen(call(20), bad_segments=2).seen(call(30), 1)
    assert (session.last_seen_at, session.bad_segments) == (50, 3)


def test_last_seen_follows_a_clock_that_is_set_back() -> None:
    session = OmiSession(omi_session_id="kitchen", created_at=1).seen(call(1, at=5000)).seen(call(2, at=40))
    assert session.last_seen_at == 40


def test_a_session_with_an_unusable_id_cannot_be_made() -> None:
    with pytest.raises(Invalid):
        OmiSession(omi_session_id="a/b", created_at=0)


@pytest.mark.parametrize(("start", "end"), [(1.0, None), (None, 1.0)])
def test_a_segment_is_placed_or_not(start: float | None, end: float | None) -> None:
    with pytest.raises(Invalid):
        Segment(text="hello", start=start, end=end)


def test_with_a_unique_id_a_segment_is_the_same_whatever_it_says() -> None:
    one, other = "5ac0cec9-53cf-5426-ac24-bb354bbb3071", "5ac0cec953cf5426ac24bb354bbb3072"
    assert Segment(id=one, text="yes", start=0.0, end=1.0).key == Segment(id=one, text="yes, please").key
    assert Segment(id=one, text="yes").key != Segment(id=other, text="yes").key


def test_with_a_counters_number_it_is_the_same_whatever_it_says_at_the_same_place() -> None:
    """The counter may begin again with every call."""
    seven = Segment(id="7", text="yes", start=0.0, end=1.0)
    assert seven.key == replace(seven, text="yes, please", end=2.0).key
    assert seven.key != replace(seven, id="8").key
    assert seven.key != replace(seven, start=5.0, end=6.0).key


def test_without_an_id_speaker_place_and_text_make_it_the_same() -> None:
    yes = Segment(text="yes", speaker="SPEAKER_0", start=1.0, end=2.0)
    others = [
        replace(yes, text="no"),
        replace(yes, speaker="SPEAKER_1"),
        replace(yes, speaker=None),
        replace(yes, start=0.5),
        replace(yes, end=2.5),
    ]
    assert len({segment.key for segment in [yes, *others]}) == 6
    assert replace(yes, is_user=True, person_id="ida").key == yes.key


def test_a_segments_id_cannot_pass_for_said_words() -> None:
    said = Segment(text="yes")
    assert Segment(id=said.key, text="no").key != said.key


def test_words_were_never_said_after_they_arrived() -> None:
    talk = Conversation(id="c", session_key="shared/k", user_id=None, created_at=0, last_at=0, zero_at=100_000)
    assert talk.spoken_at(5.0, at=200_000) == 105_000
    assert talk.spoken_at(500.0, at=200_000) == 200_000
    assert talk.spoken_at(None, at=200_000) == 200_000


def test_a_conversation_knows_the_public_id_of_its_session() -> None:
    key = session_key(SHARED, "kitchen")
    talk = Conversation(id="c", session_key=key, user_id=None, created_at=0, last_at=0)
    assert talk.omi_session_id == "kitchen"


def test_new_ids_differ_and_are_uuids_of_version_7() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(len(one) == 36 and one[14] == "7" and one[19] in "89ab" for one in ids)
    assert [one[:13] for one in ids] == sorted(one[:13] for one in ids)
