"""Words belong to whoever had the session when they were accepted, however late they are saved."""

from collections.abc import Iterator

import pytest
from histories import GAP, call, empty_store, moment, say, verify
from sqlalchemy import Engine

from omilink.database.store import Transaction
from omilink.ingest.saving import save_all
from omilink.linking import sessions
from omilink.models.audit import OPERATOR
from omilink.models.delivery import Delivery
from omilink.models.session import Device
from omilink.models.user import User


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        yield tx


def texts(tx: Transaction, user_id: str) -> list[str]:
    found = tx.conversations_of(user_id, 100)
    return sorted(message.text for c in found for message in tx.messages(c.id, 100))


def test_words_in_flight_stay_with_the_owner_of_then(tx: Transaction) -> None:
    for name in "ann", "zoe":
        tx.add_user(User(id=name, email=f"{name}@example.org", display_name=None, created_at=0), "hash")
    said = call(10, say("for ann", 0))
    sessions.link(tx, "kitchen", "ann", moment(9))
    sessions.unlink(tx, "kitchen", "ann", moment(10.001))
    sessions.link(tx, "kitchen", "zoe", moment(10.002))
    save_all(tx, [said, call(10.003, say("for zoe", 2))], GAP)
    assert (texts(tx, "ann"), texts(tx, "zoe")) == (["for ann"], ["for zoe"])


def test_an_id_that_is_somebodys_uid_is_suspended_though_the_call_does_not_show_it(tx: Transaction) -> None:
    for name in "ann", "zoe":
        tx.add_user(User(id=name, email=f"{name}@example.org", display_name=None, created_at=0), "hash")
    said = call(10, say("for ann", 0))
    sessions.link(tx, "kitchen", "zoe", moment(9))
    verify(tx, "kitchen", "ann", said.received_at - 500)
    save_all(tx, [said], GAP)
    assert texts(tx, "zoe") == []


# A device goes from hand to hand


def hear(tx: Transaction, clock: float, text: str) -> dict[int, str]:
    """What was put aside of it, by which rule."""
    return save_all(tx, [call(clock, say(text, clock))], GAP).quarantined


def issue(tx: Transaction, user: str, clock: float) -> None:
    sessions.issue(tx, ["kitchen"], user, moment(clock), OPERATOR)


def hand_over(tx: Transaction, user: str, clock: float) -> None:
    sessions.hand_over(tx, "kitchen", user, moment(clock), OPERATOR)


def test_a_device_that_is_handed_over_leaves_behind_what_was_accepted_before(tx: Transaction) -> None:
    issue(tx, "ada", 0)
    late = call(10, say("adas", 10))
    hand_over(tx, "ben", 11)
    save_all(tx, [late], GAP)
    hear(tx, 12, "bens")
    assert (texts(tx, "ada"), texts(tx, "ben")) == (["adas"], ["bens"])


def test_also_what_was_nobodys_since_its_user_unlinked_it(tx: Transaction) -> None:
    issue(tx, "ada", 0)
    sessions.unlink(tx, "kitchen", "ada", moment(5))
    hear(tx, 10, "nobodys")
    late = call(10.5, say("on its way", 10.5))
    hand_over(tx, "ben", 11)
    save_all(tx, [late], GAP)
    assert texts(tx, "ben") == []


def test_issuing_it_again_to_its_user_changes_nothing(tx: Transaction) -> None:
    issue(tx, "ada", 0)
    hear(tx, 1, "adas")
    before = tx.sessions(["shared/kitchen"]), tx.audit_entries(10), tx.log_bounds("ada")
    issue(tx, "ada", 5)
    assert (tx.sessions(["shared/kitchen"]), tx.audit_entries(10), tx.log_bounds("ada")) == before


@pytest.mark.parametrize("how", [Device.RETURNED, Device.LOST])
def test_what_a_device_sends_after_its_end_is_put_aside_until_it_is_issued_again(tx: Transaction, how: Device) -> None:
    issue(tx, "ada", 0)
    hear(tx, 1, "adas")
    late = call(9, say("adas too", 9))
    sessions.end(tx, "kitchen", how, moment(10), OPERATOR)
    assert set(hear(tx, 11, "whose").values()) == {"device-out-of-use"}
    assert save_all(tx, [late], GAP).quarantined == {}
    issue(tx, "ben", 20)
    hear(tx, 21, "bens")
    assert (texts(tx, "ada"), texts(tx, "ben")) == (["adas", "adas too"], ["bens"])


def test_whoever_gets_a_returned_device_does_not_get_what_was_nobodys_on_it(tx: Transaction) -> None:
    issue(tx, "ada", 0)
    sessions.unlink(tx, "kitchen", "ada", moment(5))
    hear(tx, 6, "ada goes on wearing it")
    sessions.end(tx, "kitchen", Device.RETURNED, moment(10), OPERATOR)
    issue(tx, "ben", 20)
    assert texts(tx, "ben") == []


def test_what_waited_while_it_went_through_several_hands_is_put_aside(tx: Transaction) -> None:
    """A dead letter, for example, that an operator brings back after days."""
    issue(tx, "ada", 0)
    late: list[Delivery] = [call(1, say("adas", 1))]
    hand_over(tx, "ben", 10)
    hand_over(tx, "cleo", 20)
    assert set(save_all(tx, late, GAP).quarantined.values()) == {"accepted-for-somebody-before"}
    assert (texts(tx, "ben"), texts(tx, "cleo")) == ([], [])
