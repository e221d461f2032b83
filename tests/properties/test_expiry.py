"""Links end when their session has been silent for long, and whoever made them can make them again."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from properties.histories import Said, at, call, empty_store, moment, save, say, texts, turn, verify
from sqlalchemy import Engine

from omilink.database.store import Transaction
from omilink.linking import health, sessions
from omilink.models.audit import OPERATOR
from omilink.models.session import Method

TTL = 60.0
"""Seconds that a link lasts without a call."""


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        yield tx


def expire(tx: Transaction, clock: float, most: int = 100) -> set[str]:
    """What the server does every few seconds."""
    turn(tx, clock)
    return sessions.expire(tx, at(clock - TTL), moment(clock), most)


def link(tx: Transaction, clock: float, session: str = "kitchen", user: str = "ada", **how: Any) -> None:
    turn(tx, clock)
    sessions.link(tx, session, user, moment(clock), **how)


def hear(tx: Transaction, clock: float, said: Said, **where: Any) -> None:
    turn(tx, clock)
    save(tx, call(clock, said, **where))


def owner(tx: Transaction, key: str = "shared/kitchen") -> tuple[str | None, Method | None]:
    session = tx.sessions([key])[key]
    return session.user_id, session.method


def test_a_link_lasts_from_the_last_call_or_from_linking(tx: Transaction) -> None:
    link(tx, 0)
    assert expire(tx, TTL) == set()
    hear(tx, TTL, say("still there", 0))
    assert expire(tx, 2 * TTL) == set()
    assert owner(tx) == ("ada", Method.MANUAL)
    assert expire(tx, 2 * TTL + 0.001) == {"ada"}
    assert owner(tx) == (None, None)
    assert expire(tx, 2 * TTL + 0.001) == set()


def test_the_owner_is_told_and_keeps_what_was_said(tx: Transaction) -> None:
    link(tx, 0)
    hear(tx, 1, say("adas", 0))
    expire(tx, 100)
    told = json.loads(tx.events_after("ada", 0, 100)[-1].data)
    assert (told["type"], told["reason"]) == ("session_unlinked", "expired")
    assert (told["session"]["id"], told["session"]["linked"]) == ("kitchen", False)
    assert tx.audit_entries(1, session_key="shared/kitchen")[0].rule == "expired"
    hear(tx, 101, say("nobodys yet", 2))
    assert (texts(tx, "ada"), texts(tx, None)) == ([["adas"]], [["nobodys yet"]])


def test_linking_again_brings_what_was_said_meanwhile(tx: Transaction) -> None:
    link(tx, 0)
    expire(tx, 100)
    hear(tx, 101, say("meanwhile", 0))
    link(tx, 102, again=True)
    hear(tx, 103, say("and now", 2))
    assert texts(tx, "ada") == [["meanwhile", "and now"]]
    assert expire(tx, 103 + TTL) == set()


def test_a_call_that_was_accepted_before_is_still_the_owners(tx: Transaction) -> None:
    link(tx, 0)
    expire(tx, 100)
    hear(tx, 99, say("on its way", 0))
    assert (texts(tx, "ada"), texts(tx, None)) == ([["on its way"]], [])


def test_a_verified_uid_links_again_by_itself(tx: Transaction) -> None:
    verify(tx, "wristband", "ada", at(0))
    hear(tx, 0, say("one", 0), uid="wristband")
    expire(tx, 100)
    assert owner(tx) == (None, None)
    hear(tx, 200, say("two", 200), uid="wristband")
    assert owner(tx) == ("ada", Method.UID)
    assert texts(tx, "ada") == [["one"], ["two"]]


def test_what_was_issued_and_what_comes_in_at_a_personal_url_lasts_for_ever(tx: Transaction) -> None:
    turn(tx, 0)
    sessions.issue(tx, ["kitchen"], "ada", moment(0), OPERATOR)
    hear(tx, 0, say("hello", 0), origin="ada")
    assert expire(tx, 1_000_000) == set()
    assert owner(tx) == ("ada", Method.ISSUED)
    assert owner(tx, "ada/kitchen") == ("ada", Method.PERSONAL)


def test_many_links_end_a_few_at_a_time(tx: Transaction) -> None:
    for number in range(5):
        link(tx, 0, f"device-{number}", "ada" if number % 2 else "ben")
    rounds = 0
    while expire(tx, 100, most=2):
        rounds += 1
    assert rounds == 3
    assert health.sessions_of(tx, "ada") == health.sessions_of(tx, "ben") == ([], None)
