"""Keeps the search index in step with what is stored.

New texts are added by `catch_up`, so that saving does not wait for the index. What the index holds is changed and
removed in the transaction that changes or removes the text. The index holds the texts of conversations that belong to a
user. Ownerless conversations are not in it.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from omilink.database.search_index import (
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
"""Characters of a title, a summary or an action item that are indexed. No message is longer. PostgreSQL limits the
tokens of an entry to a megabyte."""
PIECE = 500
"""Messages that one transaction adds to the index."""
_stored_texts = attrgetter("title", "omi_title", "user_title", "emoji", "summary", "details")


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
    added = [one for one in (*new_conversations, *conversations) if one.id not in known and _has_owner(one)]
    tx.put_indexed(added)
    tx.mark_waiting([*(one.id for one in added), *(id for id in with_words if id in known and not known[id].waits)])
    edits = [edit for one in conversations if one.id in known for edit in _retitled(known[one.id], one)]
    reworded = [(one, _message_tokens(one)) for one in messages]
    removed = [(one, "") for one in removed_messages]
    edits += _reworded(tx, known, reworded + removed)
    _write(tx, edits)


def forget(tx: Transaction, conversation_ids: Collection[str]) -> None:
    """Removes the conversations from the index. Their texts must still be stored."""
    for indexed in tx.indexed(conversation_ids).values():
        messages = tx.all_messages(indexed.conversation_id)
        held = [*_other_tokens(indexed), *((message.seq, _message_tokens(message)) for message in messages)]
        _write(tx, [_Edit(indexed, place, old, "") for place, old in held])
        tx.remove_indexed(indexed.conversation_id)


def forget_messages(tx: Transaction, messages: Collection[Message]) -> None:
    """Removes the messages, as they are stored, from the index."""
    known = tx.indexed({one.conversation_id for one in messages})
    held = [one for one in messages if one.conversation_id in known]
    _write(tx, [_Edit(known[one.conversation_id], one.seq, _message_tokens(one), "") for one in held])


def catch_up(tx: Transaction) -> bool:
    """Adds messages of marked conversations, at most `PIECE`, and the other texts of these conversations. Returns
    whether a conversation is still marked."""
    locked = tx.lock_waiting(PIECE)
    # another worker may have added some before they were locked
    waiting = {id: indexed for id, indexed in tx.indexed(locked).items() if indexed.waits}
    messages = tx.messages_not_held(waiting, PIECE)
    unfinished = waiting[messages[-1].conversation_id] if len(messages) == PIECE else None
    before = {id: one for id, one in waiting.items() if unfinished is None or one.number >= unfinished.number}
    reached = {id: indexed.reached or 0 for id, indexed in before.items()}
    reached |= {message.conversation_id: message.seq for message in messages}
    after = {id: indexed._replace(reached=reached[id]) for id, indexed in before.items()}
    edits = [_Edit(after[message.conversation_id], message.seq, "", _message_tokens(message)) for message in messages]
    for id, indexed in before.items():
        if indexed.reached is None:
            edits += (_Edit(after[id], place, "", new) for place, new in _other_tokens(indexed))
    _write(tx, edits)
    tx.set_reached(reached)
    tx.unmark_waiting([id for id, indexed in before.items() if indexed is not unfinished])
    return tx.is_index_behind()


def texts_of(one: Conversation | Indexed) -> dict[int, str]:
    """The texts of a conversation that are not messages, by their place in the index. The emoji stands before the
    title."""
    details = details_of(one.details)
    texts = {TITLE: _title_text(one.emoji, _own_title(one)), SUMMARY: one.summary}
    texts[PARTICIPANTS] = ", ".join(participant.name for participant in details.participants)
    texts |= zip(SECTIONS, (f"{section.heading}\n{section.text}" for section in details.sections), strict=False)
    texts |= zip(EVENTS, (f"{event.title}\n{event.description or ''}" for event in details.events), strict=False)
    texts |= zip(ACTION_ITEMS, (item.text for item in details.action_items), strict=False)
    return {place: text for place, text in texts.items() if text}


def texts_shown(one: Conversation, whole: Conversation) -> dict[int, str]:
    """The texts of a stored conversation that the whole shows. `texts_of` has also a title and a summary in whose place
    the whole shows those of another one of its conversations."""
    texts = texts_of(one)
    if not one.is_joined:
        return texts
    if _own_title(one) == whole.shown_title:
        texts[TITLE] = _title_text(whole.emoji, whole.shown_title)
    else:
        texts.pop(TITLE, None)
    if one.summary != whole.summary:
        texts.pop(SUMMARY, None)
    return texts


class _Edit(NamedTuple):
    """A change of an entry's tokens, which are separated by spaces."""

    indexed: Indexed
    place: int
    old: str
    new: str


def _own_title(one: Conversation | Indexed) -> str | None:
    return one.user_title or one.omi_title or one.title


def _title_text(emoji: str | None, title: str | None) -> str:
    return " ".join(part for part in (emoji, title) if part)


def _leave(tx: Transaction, known: dict[str, Indexed], conversations: Collection[Conversation]) -> None:
    """Removes conversations that change hands from the index, and from `known`."""
    for one in conversations:
        if one.id in known and known[one.id].user_id != one.user_id:
            forget(tx, [one.id])
            del known[one.id]


def _has_owner(conversation: Conversation) -> bool:
    return conversation.user_id is not None and conversation.deleted_at is None


def _retitled(indexed: Indexed, conversation: Conversation) -> Iterator[_Edit]:
    """The edits of the texts that are not messages."""
    if _stored_texts(indexed) == _stored_texts(conversation):
        return
    before, after = texts_of(indexed), texts_of(conversation)
    for place in before | after:
        yield _Edit(indexed, place, _text_tokens(before.get(place)), _text_tokens(after.get(place)))


def _reworded(tx: Transaction, known: dict[str, Indexed], messages: Collection[tuple[Message, str]]) -> Iterator[_Edit]:
    """The edits of stored messages, each given with its new tokens."""
    held = [
        (message, new)
        for message, new in messages
        if message.conversation_id in known and known[message.conversation_id].holds(message.seq)
    ]
    stored = tx.known_messages([(message.conversation_id, message.key) for message, _ in held])
    for message, new in held:
        old = _message_tokens(stored[message.conversation_id, message.key])
        yield _Edit(known[message.conversation_id], message.seq, old, new)


def _other_tokens(indexed: Indexed) -> list[tuple[int, str]]:
    """The tokens of the conversation's texts that are not messages, by place."""
    return [(place, _text_tokens(text)) for place, text in texts_of(indexed).items()]


def _text_tokens(text: str | None) -> str:
    return " ".join(tokens(text[:LONGEST])) if text else ""


def _message_tokens(message: Message | Said) -> str:
    """The tokens of the words, and the mark of the person who speaks; none for a message without words."""
    words = " ".join(tokens(message.shown_text))
    person_id = message.speaking_person_id
    return f"{words} {mark('person', person_id)}" if words and person_id else words


def _write(tx: Transaction, edits: Collection[_Edit]) -> None:
    changes: list[Change] = []
    is_erased = False
    for indexed, place, old, new in edits:
        if old == new or not indexed.holds(place):
            continue
        entry_id = indexed.entry_id(place)
        marks = _marks(indexed.user_id, indexed.omi_session_id)
        if old:
            changes.append(Change(entry_id, False, f"{marks} {old}"))
        if new:
            changes.append(Change(entry_id, True, f"{marks} {new}"))
        # a text with other words instead is not secret
        is_erased |= bool(old) and set(new.split()) < set(old.split())
    tx.change_index(changes)
    if is_erased:
        tx.note_erasure()


@lru_cache(4096)
def _marks(user_id: str, omi_session_id: str) -> str:
    return f"{mark('user', user_id)} {mark('session', omi_session_id)}"
