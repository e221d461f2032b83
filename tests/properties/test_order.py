"""Clocks are set forwards and back, and whose words are whose, what is current and what is listed stays the same."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from properties.histories import GAP, at, call, empty_store, moment, save, say, talks, texts, verify
from sqlalchemy import Engine

from omilink.database.store import Transaction
from omilink.linking import health, sessions
from omilink.linking.omi_accounts import bring_earlier, leave_earlier
from omilink.linking.omi_accounts import unlink as disown
from omilink.models.audit import OPERATOR, By
from omilink.models.order import Way

MINUTE, HOUR, DAY = 60.0, 3600.0, 24 * 3600.0
JUMPS = (-2 * DAY, -6 * HOUR, -10 * MINUTE, -1, 1, 10 * MINUTE, 6 * HOUR, 2 * DAY)


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        yield tx


@pytest.mark.parametrize("ahead", JUMPS)
def test_a_clock_that_is_wrong_while_somebody_unlinks_gives_nobody_elses_words_away(
    tx: Transaction, ahead: float
) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(1, say("adas", 0)))
    late = call(1.5, say("adas too", 2))
    sessions.unlink(tx, "kitchen", "ada", moment(2, wall=2 + ahead))
    sessions.link(tx, "kitchen", "ben", moment(3))
    saved = save(tx, late, call(4, say("bens", 0, id="1")))
    assert not saved.quarantined
    assert ([w for t in texts(tx, "ada") for w in t], texts(tx, "ben")) == (["adas", "adas too"], [["bens"]])


@pytest.mark.parametrize("ahead", JUMPS)
def test_nor_where_a_device_is_handed_over(tx: Transaction, ahead: float) -> None:
    sessions.issue(tx, ["kitchen"], "ada", moment(0), OPERATOR)
    late = call(1, say("adas", 0))
    sessions.hand_over(tx, "kitchen", "ben", moment(2, wall=2 + ahead), OPERATOR)
    save(tx, late, call(3, say("bens", 0), wall=3 - ahead))
    assert (texts(tx, "ada"), texts(tx, "ben")) == ([["adas"]], [["bens"]])


@pytest.mark.parametrize("ahead", JUMPS)
def test_what_an_owner_did_not_take_along_goes_to_no_later_one(tx: Transaction, ahead: float) -> None:
    save(tx, call(0, say("nobodys", 0)))
    verify(tx, "wristband", "ada", at(1))
    disown(tx, "wristband", "ada", moment(1), By("ada"))
    sessions.issue(tx, ["kitchen"], "ada", moment(2), OPERATOR)
    left = texts(tx, "ada")
    save(tx, call(3, say("adas", 9, id="1")))
    sessions.unlink(tx, "kitchen", "ada", moment(4, wall=4 - ahead))
    save(tx, call(5, say("nobodys again", 0, id="2"), wall=5 + ahead))
    sessions.link(tx, "kitchen", "ben", moment(6))
    assert left == [["nobodys"]]
    assert texts(tx, "ben") == [["nobodys again"]]


@pytest.mark.parametrize("back", [10 * MINUTE, 6 * HOUR, 2 * DAY])
def test_a_talk_goes_on_when_the_clock_is_set_back(tx: Transaction, back: float) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(10, say("before", 0), wall=10))
    save(tx, call(15, say("after", 5), wall=15 - back))
    save(tx, call(20, say("and on", 10), wall=20 - back))
    assert texts(tx, "ada") == [["before", "after", "and on"]]
    ((session, _),), _ = health.sessions_of(tx, "ada")
    assert session.last_seen_at == talks(tx, "ada")[0].last_at == at(20 - back)


@pytest.mark.parametrize("back", [10 * MINUTE, 6 * HOUR, 2 * DAY])
def test_the_current_conversation_is_that_whose_words_were_accepted_last(tx: Transaction, back: float) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(10, say("the old one", 0), wall=10))
    save(tx, call(1000, say("the new one", 0), wall=1000 - back))
    old, new = sorted(talks(tx, "ada"), key=lambda talk: talk.first_order)
    assert tx.latest_conversation("ada") == new
    assert [one.id for one in tx.conversations_of("ada", 10)] == [new.id, old.id]


def test_words_that_go_on_in_an_old_conversation_move_it_to_no_other_page(tx: Transaction) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    for number in range(4):
        save(tx, call(10 + number * 2 * GAP, say(f"talk {number}", number * 2 * GAP), session="kitchen"))
    first_page = tx.conversations_of("ada", 2)
    save(tx, call(11 + 6 * GAP, say("it goes on", 6 * GAP + 4)))
    last = first_page[-1]
    rest = tx.conversations_of("ada", 10, (last.first_order, last.id))
    assert {one.id for one in [*first_page, *rest]} == {one.id for one in talks(tx, "ada")}
    assert len(first_page) + len(rest) == 4


def test_what_was_brought_can_be_left_whatever_order_clocks_had(tx: Transaction) -> None:
    save(tx, call(0, say("before", 0), uid="wristband", wall=HOUR))
    verify(tx, "wristband", "ada", at(0))
    sessions.link(tx, "kitchen", "ada", moment(2))
    save(tx, call(3, say("with a proof", 999), uid="wristband"))
    assert bring_earlier(tx, "wristband", "ada", moment(4), By("ada")) == 0
    assert leave_earlier(tx, "wristband", "ada", moment(5), By("ada")) == 0


# A node that was cut off


def test_words_by_way_of_a_disk_are_of_whoever_had_it_when_they_were_accepted(tx: Transaction) -> None:
    sessions.link(tx, "kitchen", "ada", replace(moment(0), act=1))
    sessions.unlink(tx, "kitchen", "ada", replace(moment(10), act=2))
    sessions.link(tx, "kitchen", "ben", replace(moment(11), act=3))
    said = [
        replace(call(20, say("adas", 0, id="1")), way=Way.DISK, seen=1),
        replace(call(21, say("bens", 2, id="2")), way=Way.DISK, seen=3),
        replace(call(22, say("whose", 4, id="3")), way=Way.BLIND, seen=2),
        replace(call(23, say("bens too", 6, id="4")), way=Way.BLIND, seen=3),
    ]
    assert save(tx, *said).quarantined == {}
    assert (texts(tx, "ada"), texts(tx, "ben")) == ([["adas"]], [["bens", "whose", "bens too"]])


def test_what_nobody_can_place_is_put_aside_and_shown_to_nobody(tx: Transaction) -> None:
    sessions.link(tx, "kitchen", "ada", replace(moment(0), act=1))
    sessions.unlink(tx, "kitchen", "ada", replace(moment(10), act=2))
    sessions.link(tx, "kitchen", "ben", replace(moment(11), act=3))
    blind = replace(call(20, say("whose", 0)), way=Way.BLIND, seen=1)
    assert save(tx, blind).quarantined == {blind.seq: "accepted-about-when-it-changed-hands"}
    assert (texts(tx, "ada"), texts(tx, "ben"), texts(tx, None)) == ([], [], [])


def test_an_act_without_the_queues_order_is_told_by_its_number(tx: Transaction) -> None:
    sessions.link(tx, "kitchen", "ada", replace(moment(0), act=1))
    sessions.unlink(tx, "kitchen", "ada", replace(moment(10), order=None, act=2))
    sessions.link(tx, "kitchen", "ben", replace(moment(11), order=None, act=3))
    unseen = call(9, say("whose", 0))
    by_disk = replace(call(21, say("adas", 2, id="1")), way=Way.DISK, seen=1)
    seen = replace(call(22, say("bens", 4, id="2")), seen=3)
    assert save(tx, unseen, by_disk, seen).quarantined == {unseen.seq: "accepted-about-when-it-changed-hands"}
    assert (texts(tx, "ada"), texts(tx, "ben")) == ([["adas"]], [["bens"]])


def test_what_follows_a_call_on_the_same_disk_comes_after_what_that_call_changed(tx: Transaction) -> None:
    """The first shows that the claim was one of a stranger, who gets none of those that follow."""
    sessions.link(tx, "kitchen", "ben", replace(moment(0), act=1))
    calls = [
        replace(call(20 + number, say(f"word {number}", number * 2), uid="kitchen"), way=Way.DISK, seen=1)
        for number in range(3)
    ]
    save(tx, *calls)
    assert (texts(tx, "ben"), texts(tx, None)) == ([], [["word 0", "word 1", "word 2"]])
