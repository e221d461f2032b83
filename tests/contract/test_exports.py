"""What is exported while it changes, on both databases."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from properties.histories import NOON, call, empty_store, save, say, talks, verify
from sqlalchemy import Engine

from omilink.conversations import history
from omilink.database.store import Transaction
from omilink.errors import NotFound
from omilink.exports.reading import MESSAGES, document

T = TypeVar("T")
A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        yield tx


def test_a_conversation_that_is_deleted_meanwhile_does_not_seem_whole(tx: Transaction) -> None:
    def read(of: Callable[[Transaction], T], /) -> T:
        return of(tx)

    save(tx, call(900, *(say(f"sentence {number}", 2 * number) for number in range(MESSAGES + 1)), session=A, uid=A))
    [talk] = talks(tx, "ada", A)
    pages = document(read, "ada", talk.id).pages
    assert len(next(pages)) == MESSAGES
    history.delete(tx, talk.id, "ada", NOON)
    with pytest.raises(NotFound):
        next(pages)
