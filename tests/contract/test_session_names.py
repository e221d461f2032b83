"""The name that a user gives a session, on both databases: it is shown with the session's conversations."""

from collections.abc import Iterator

import pytest
from properties.histories import NOON, call, empty_store, moment, save, say, talks
from sqlalchemy import Engine
from test_record import events_of

from omilink.conversations import history
from omilink.conversations.batch import unit_of_work
from omilink.database.store import Transaction
from omilink.errors import Invalid, NotFound
from omilink.linking import sessions
from omilink.models.ids import session_key


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    """A store where ada has linked a session that has heard something."""
    with empty_store(engine) as tx:
        sessions.link(tx, "kitchen", "ada", moment(0))
        save(tx, call(10.0, say("good morning", 1.0)))
        yield tx


def name(tx: Transaction, name: str | None, user: str = "ada") -> str | None:
    return sessions.name(tx, "kitchen", user, name, NOON).name


def names(tx: Transaction, user: str = "ada") -> list[str | None]:
    return [conversation.session_name for conversation in talks(tx, user)]


def test_a_name_is_shown_with_earlier_and_later_conversations(tx: Transaction) -> None:
    count = len(events_of(tx))
    assert name(tx, "  Ada's\n pendant ") == "Ada's pendant"
    save(tx, call(1_000.0, say("good evening", 1.0)))
    assert names(tx) == ["Ada's pendant"] * 2
    assert name(tx, "Watch") == name(tx, "Watch") == "Watch"
    assert names(tx) == ["Watch"] * 2
    for nothing in None, " ":
        assert name(tx, nothing) is None
        assert names(tx) == [None, None]
    changes = [event["session"] for event in events_of(tx)[count:] if event["type"] == "session_changed"]
    assert [(one["id"], one["hasConversations"], one.get("name")) for one in changes] == [
        ("kitchen", True, given) for given in ("Ada's pendant", "Watch", None)
    ]


def test_a_name_stays_with_its_user_when_the_session_goes(tx: Transaction) -> None:
    name(tx, "Ada's pendant")
    sessions.unlink(tx, "kitchen", "ada", moment(100))
    sessions.link(tx, "kitchen", "ben", moment(200))
    save(tx, call(1_000.0, say("hello from ben", 1.0)))
    assert (names(tx), names(tx, "ben")) == (["Ada's pendant"], [None])
    name(tx, "Ben's", "ben")
    assert (names(tx), names(tx, "ben")) == (["Ada's pendant"], ["Ben's"])
    with pytest.raises(NotFound):
        name(tx, "Mine")
    assert "Ada" not in repr(tx.sessions([session_key("shared", "kitchen")])) + repr(events_of(tx, "ben"))


def test_a_name_goes_with_its_conversation_and_is_not_given_back(tx: Transaction) -> None:
    save(tx, call(1_000.0, say("good evening", 1.0)))
    name(tx, "Ada's pendant")
    gone, given = talks(tx, "ada")
    history.delete(tx, gone.id, "ada", NOON + 2_000_000)
    unit_of_work(history.give_back)(tx, given)
    name(tx, "Hers")
    [ownerless] = tx.ownerless_conversations(session_key("shared", "kitchen"))
    assert ownerless.session_name is None
    assert "pendant" not in repr(tx.conversations_at(given.session_key, 0, NOON * 2, 9))


@pytest.mark.parametrize("odd", ["x" * 101, "a\x00", "\ud800"])
def test_a_name_that_is_too_long_or_cannot_be_stored_is_refused(tx: Transaction, odd: str) -> None:
    with pytest.raises(Invalid):
        name(tx, odd)
    assert names(tx) == [None]


def test_only_a_session_of_ones_own_is_named(tx: Transaction) -> None:
    with pytest.raises(NotFound):
        name(tx, "Mine", "ben")
    with pytest.raises(NotFound):
        sessions.name(tx, "kitchen", "ada", "Mine", NOON, personal=True)
    with pytest.raises(NotFound):
        sessions.name(tx, "never-seen", "ada", "Mine", NOON)
    assert names(tx) == [None]
