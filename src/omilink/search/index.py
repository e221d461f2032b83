"""Keeps the search index in step with what is stored.

New texts are added by `catch_up`, so that saving does not wait for the index. What the index holds is changed and
removed in the transaction that changes or removes the text. The index holds the texts of conversations that belong to a
user. Ownerless conversations are not in it.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from omilink.database.search import (
    ACTION_ITEMS,
    EVENTS,
    PARTICIPANTS,
    SECTIONS,
    SUMMARY,
    TITLE,
    Change,
    Indexed,
    Said,
    mark,
)
from omilink.database.store import Transaction
from omilink.models.conversation import Conversation
from omilink.models.message import Message
from omilink.models.summary import details_of
from omilink.search.words import tokens

LONGEST = 20_000
"""Characters of a title, a summary or an action item that can be found. Messages are no longer; PostgreSQL takes a
megabyte of tokens for an entry."""
PIECE = 500
"""Messages that one transaction adds to the index."""
_parts = attrgetter("title", "omi_title", "user_title", "emoji", "summary", "details")


def update(
    tx: Transaction,
    new_conversations: Collection[Conversation],
    conversations: Collection[Conversation],
    new_messages: Collection[Message],
    messages: Collection[Message],
    removed_messages: Collection[Message],
) -> None:
    """Changes the index for what the transaction is about to write: new and changed conversations and messages, and
    messages that it removes. New texts are marked to be added by `catch_up`. A conversation that changes hands leaves
    the index at once, and is marked to be added for its new owner."""
    with_words = {one.conversation_id for one in new_messages}
    touched = with_words.union(one.id for one in conversations)
    touched |= {one.conversation_id for one in (*messages, *removed_messages)}
    known = tx.indexed(touched.difference(one.id for one in new_conversations))
    _leave(tx, known, conversations)
    begun = [one for one in (*new_conversations, *conversations) if one.id not in known and _is_somebodys(one)]
    tx.put_indexed(begun)
    tx.mark_waiting([*(one.id for one in begun), *(id for id in with_words if id in known and not known[id].waits)])
    edits = [edit for one in conversations if one.id in known for edit in _retitled(known[one.id], one)]
    edits += _reworded(tx, known, [*((one, _said(one)) for one in messages), *((one, "") for one in removed_messages)])
    _write(tx, edits)


def texts_of(one: Conversation | Indexed) -> dict[int, str]:
    """The texts of a conversation that are no messages, by their place in the index. The emoji stands before the
    title."""
    details = details_of(one.details)
    title = (one.emoji, one.user_title or one.omi_title or one.title)
    texts = {TITLE: " ".join(part for part in title if part), SUMMARY: one.summary}
    texts[PARTICIPANTS] = ", ".join(participant.name for participant in details.participants)
    texts |= zip(SECTIONS, (f"{section.heading}\n{section.text}" for section in details.sections), strict=False)
    texts |= zip(EVENTS, (f"{event.title}\n{event.description or ''}" for event in details.events), strict=False)
    texts |= zip(ACTION_ITEMS, (item.text for item in details.action_items), strict=False)
    return {place: text for place, text in texts.items() if text}


def forget(tx: Transaction, conversation_ids: Collection[str]) -> None:
    """Takes the conversations, whose texts are still stored, out of the index."""
    for indexed in tx.indexed(conversation_ids).values():
        texts = [*_about(indexed), *((one.seq, _said(one)) for one in tx.all_messages(indexed.conversation_id))]
        _write(tx, [_Edit(indexed, place, words, "") for place, words in texts])
        tx.remove_indexed(indexed.conversation_id)


def forget_messages(tx: Transaction, messages: Collection[Message]) -> None:
    """Takes these messages, which are still stored, out of the index."""
    known = tx.indexed({one.conversation_id for one in messages})
    _write(tx, list(_reworded(tx, known, [(one, "") for one in messages])))


def catch_up(tx: Transaction) -> bool:
    """Adds the next messages that wait, at most `PIECE`, and the other texts of their conversations. Returns whether
    more wait."""
    waiting = tx.lock_waiting(PIECE)
    # another worker may have added some
    known = {id: indexed for id, indexed in tx.indexed(waiting).items() if indexed.waits}
    messages = tx.messages_not_held(known, PIECE)
    cut = known[messages[-1].conversation_id] if len(messages) == PIECE else None
    added = {id: indexed for id, indexed in known.items() if cut is None or indexed.number >= cut.number}
    reached = {id: indexed.reached or 0 for id, indexed in added.items()}
    reached |= {one.conversation_id: one.seq for one in messages}
    now = {id: indexed._replace(reached=reached[id]) for id, indexed in added.items()}
    edits = [_Edit(now[one.conversation_id], one.seq, "", _said(one)) for one in messages]
    for id, indexed in added.items():
        if indexed.reached is None:
            edits += (_Edit(now[id], place, "", words) for place, words in _about(indexed))
    _write(tx, edits)
    tx.set_reached(reached)
    tx.unmark_waiting([id for id, indexed in added.items() if indexed is not cut])
    return tx.is_index_behind()


class _Edit(NamedTuple):
    """What becomes of an entry's tokens, which are in one text, with spaces between them."""

    indexed: Indexed
    place: int
    old: str
    new: str


def _leave(tx: Transaction, known: dict[str, Indexed], conversations: Collection[Conversation]) -> None:
    """Takes conversations that change hands out of the index, and out of `known`."""
    for one in conversations:
        if one.id in known and known[one.id].user_id != one.user_id:
            forget(tx, [one.id])
            del known[one.id]


def _is_somebodys(conversation: Conversation) -> bool:
    return conversation.user_id is not None and conversation.deleted_at is None


def _retitled(indexed: Indexed, conversation: Conversation) -> Iterator[_Edit]:
    """The edits of the texts that are no messages."""
    if _parts(indexed) == _parts(conversation):
        return
    before, after = texts_of(indexed), texts_of(conversation)
    for place in before | after:
        yield _Edit(indexed, place, _written(before.get(place)), _written(after.get(place)))


def _reworded(tx: Transaction, known: dict[str, Indexed], messages: Collection[tuple[Message, str]]) -> Iterator[_Edit]:
    """The edits of stored messages, each given with the tokens that it is to have."""
    held = [
        (one, new)
        for one, new in messages
        if one.conversation_id in known and known[one.conversation_id].holds(one.seq)
    ]
    stored = tx.known_messages([(one.conversation_id, one.key) for one, _ in held])
    for one, new in held:
        yield _Edit(known[one.conversation_id], one.seq, _said(stored[one.conversation_id, one.key]), new)


def _about(indexed: Indexed) -> list[tuple[int, str]]:
    return [(place, _written(text)) for place, text in texts_of(indexed).items()]


def _written(text: str | None) -> str:
    return " ".join(tokens(text[:LONGEST])) if text else ""


def _said(message: Message | Said) -> str:
    """The tokens of the words, and a mark for the person. Without words nothing is to be found."""
    words = " ".join(tokens(message.shown_text))
    person_id = message.speaking_person_id
    return f"{words} {mark('person', person_id)}" if words and person_id else words


def _write(tx: Transaction, edits: Collection[_Edit]) -> None:
    changes: list[Change] = []
    for indexed, place, old, new in edits:
        if old == new or not indexed.holds(place):
            continue
        entry, marks = indexed.entry(place), _marks(indexed.user_id, indexed.omi_session_id)
        if old:
            changes.append(Change(entry, False, f"{marks} {old}"))
        if new:
            changes.append(Change(entry, True, f"{marks} {new}"))
        if old and set(new.split()) < set(old.split()):  # a text that was reworded is no secret
            tx.note_erasure()
    tx.change_index(changes)


@lru_cache(4096)
def _marks(user_id: str, omi_session_id: str) -> str:
    return f"{mark('user', user_id)} {mark('session', omi_session_id)}"
