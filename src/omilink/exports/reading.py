"""Reads what a user takes along, page by page: a long read would hold up a busy database."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from anyio import from_thread, to_thread

from omilink.conversations import history, wholes
from omilink.database.store import Store, Transaction
from omilink.models.conversation import Conversation
from omilink.models.message import Message
from omilink.models.person import People

T = TypeVar("T")
CONVERSATIONS, MESSAGES = 20, 100
"""How many one transaction reads."""
_BEFORE_ALL: history.Place = (-math.inf, 0)


class Read(Protocol):
    """Runs a function of a transaction, and waits for it."""

    def __call__(self, of: Callable[[Transaction], T], /) -> T: ...


class StoreReader:
    """Reads the store from a thread of anyio."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, of: Callable[[Transaction], T], /) -> T:
        return from_thread.run(self._store.read, of)


async def in_thread(do: Callable[[Read], T], store: Store) -> T:
    return await to_thread.run_sync(do, StoreReader(store))


class Document(NamedTuple):
    """A conversation to take along. `pages` are its messages in spoken order, read as they are asked for; each message
    has the person who speaks after all merges."""

    conversation: Conversation
    people: People
    pages: Iterator[Sequence[Message]]

    def speaker(self, message: Message) -> str:
        """The name to show for whoever speaks."""
        if message.is_wearer:
            return "You"
        person = self.people.named(message.speaking_person_id) if message.speaking_person_id else None
        if person and person.name:
            return person.name
        _, is_numbered, number = (message.speaker or "").partition("SPEAKER_")
        return f"Speaker {int(number)}" if is_numbered and number.isdecimal() else message.speaker or "Someone"


def document(read: Read, user_id: str, conversation_id: str) -> Document:
    """The user's conversation of this id. Raises NotFound."""
    conversation, people = read(lambda tx: (history.one(tx, conversation_id, user_id), tx.people(user_id)))
    return _document(read, user_id, conversation, people)


def documents(read: Read, user_id: str) -> Iterator[Document]:
    """All conversations of the user, the newest first."""
    before = None
    while page := read(partial(_documents, read, user_id=user_id, before=before)):
        yield from page
        last = page[-1].conversation
        before = (last.first_order, last.id)


def _documents(read: Read, tx: Transaction, user_id: str, before: tuple[int, str] | None) -> list[Document]:
    people = tx.people(user_id)
    return [_document(read, user_id, each, people) for each in history.page(tx, user_id, CONVERSATIONS, before)]


def _document(read: Read, user_id: str, conversation: Conversation, people: People) -> Document:
    return Document(conversation, people, _pages(read, conversation.id, user_id, people))


def _pages(read: Read, conversation_id: str, user_id: str, people: People) -> Iterator[Sequence[Message]]:
    after = _BEFORE_ALL
    while page := read(partial(_page, conversation_id=conversation_id, user_id=user_id, after=after)):
        yield list(map(people.resolved, page))
        after = (page[-1].position, page[-1].seq)


def _page(tx: Transaction, conversation_id: str, user_id: str, after: history.Place) -> list[Message]:
    """Raises NotFound once the user has the conversation no more, so that nothing that lacks words seems whole."""
    return wholes.messages_after(tx, wholes.one(tx, conversation_id, user_id), MESSAGES, after)
