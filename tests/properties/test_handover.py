"""Words belong to whoever had the session when they were accepted, however late they are saved."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from histories import GAP, call, empty_store, say, verify
from sqlalchemy import Engine

from omilink import sessions
from omilink.adapters.sql_store import SqlTransaction
from omilink.model import User
from omilink.saving import save


@pytest.fixture
def tx(engine: Engine) -> Iterator[SqlTransaction]:
    with empty_store(engine) as tx:
        yield tx


def texts(tx: SqlTransaction, user_id: str) -> list[str]:
    found = tx.conversations_of(user_id, 100)
    return sorted(message.text for c in found for message in tx.messages(c.id, 100))


def test_words_in_flight_stay_with_the_owner_of_then(tx: SqlTransaction) -> None:
    for name in "ann", "zoe":
        tx.add_user(User(id=name, email=f"{name}@example.org", display_name=None, created_at=0), "hash")
    said = call(10, say("for ann", 0))
    at = said.received_at
    sessions.link(tx, "kitchen", "ann", at - 1000)
    sessions.unlink(tx, "kitchen", "ann", at + 1)
    sessions.link(tx, "kitchen", "zoe", at + 2)
    save(tx, [said, replace(call(11, say("for zoe", 2)), received_at=at + 3)], GAP)
    assert (texts(tx, "ann"), texts(tx, "zoe")) == (["for ann"], ["for zoe"])


def test_an_id_that_is_somebodys_uid_is_suspended_though_the_call_does_not_show_it(tx: SqlTransaction) -> None:
    for name in "ann", "zoe":
        tx.add_user(User(id=name, email=f"{name}@example.org", display_name=None, created_at=0), "hash")
    said = call(10, say("for ann", 0))
    sessions.link(tx, "kitchen", "zoe", said.received_at - 1000)
    verify(tx, "kitchen", "ann", said.received_at - 500)
    save(tx, [said], GAP)
    assert texts(tx, "zoe") == []
