"""Keeps the search index in step with what is stored, in the transaction that stores it.

The index holds the texts of conversations that belong to a user. Ownerless conversations are not in it.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from omilink.database.search import ACTION_ITEMS, SECTIONS, SUMMARY, TITLE, Change, Indexed, mark
from omilink.database.store import Transaction
from omilink.models.conversation import Conversation
from omilink.models.message import Message
from omilink.models.summary import details_of
from omilink.search.words import tokens

LONGEST = 20_000
"""Characters of a title, a summary or an action item that can be found. Messages are no longer; PostgreSQL takes a
megabyte of tokens for an entry."""
PIECE = 500
"""Messages of before that one transaction adds to the index."""


def update(
    tx: Transaction,
    new_conversations: Collection[Conversation],
    conversations: Collection[Conversation],
    new_messages: Collection[Message],
    messages: Collection[Message],
) -> None:
    """Changes the index for what the transaction is about to write: new and changed conversations and messages. A
    conversation that changes hands leaves the index at once; `catch_up` adds its words for the new owner."""
    touched = {one.id for one in (*new_conversations, *conversations)}
    known = tx.indexed(touched | {one.conversation_id for one in (*new_messages, *messages)})
    edits: list[_Edit] = []
    for conversation in new_conversations:
        edits += _edit_conversation(tx, known, conversation, reached=None)
    for conversation in conversations:
        edits += _edit_conversation(tx, known, conversation, reached=0)
    edits += [_Edit(known[one.conversation_id], one.seq, [], _said(one)) for one in new_messages if _is_in(known, one)]
    changed = [one for one in messages if _is_in(known, one)]
    stored = tx.known_messages([(one.conversation_id, one.key) for one in changed])
    for one in changed:
        old = stored[one.conversation_id, one.key]
        edits.append(_Edit(known[one.conversation_id], one.seq, _said(old), _said(one)))
    _write(tx, edits)


def texts_of(one: Conversation | Indexed) -> dict[int, str]:
    """The texts of a conversation that are no messages, by their place in the index."""
    details = details_of(one.details)
    texts = {TITLE: one.user_title or one.omi_title or one.title, SUMMARY: one.summary}
    texts |= zip(SECTIONS, (f"{section.heading}\n{section.text}" for section in details.sections), strict=False)
    texts |= zip(ACTION_ITEMS, (item.text for item in details.action_items), strict=False)
    return {place: text for place, text in texts.items() if text}


def forget(tx: Transaction, conversation_ids: Collection[str]) -> None:
    """Takes the conversations, whose texts are still stored, out of the index."""
    for its in tx.indexed(conversation_ids).values():
        texts = [*_about(its), *((one.seq, _said(one)) for one in tx.messages_by_seq(its.conversation_id))]
        _write(tx, [_Edit(its, place, tokens, []) for place, tokens in texts])
        tx.remove_indexed(its.conversation_id)


def catch_up(tx: Transaction) -> None:
    """Adds a piece of what was stored before its conversation was in the index, if there is any."""
    conversation_id = tx.next_to_index()
    if conversation_id is None:
        return
    conversation = tx.lock_conversation(conversation_id)
    its = tx.indexed([conversation_id]).get(conversation_id)
    if its is None or its.reached is None:  # another worker has added it meanwhile
        return
    if conversation is None or conversation.user_id != its.user_id:
        tx.remove_indexed(conversation_id)
    else:
        _add_piece(tx, its)


def _add_piece(tx: Transaction, its: Indexed) -> None:
    assert its.reached is not None
    messages = tx.messages_by_seq(its.conversation_id, its.reached, PIECE)
    texts = [(one.seq, _said(one)) for one in messages] + ([] if its.reached else _about(its))
    tx.set_reached(its.conversation_id, messages[-1].seq if len(messages) == PIECE else None)
    added = its._replace(reached=None)
    _write(tx, [_Edit(added, place, [], tokens) for place, tokens in texts])


class _Edit(NamedTuple):
    """What becomes of an entry's tokens."""

    its: Indexed
    place: int
    old: list[str]
    new: list[str]


def _edit_conversation(
    tx: Transaction, known: dict[str, Indexed], conversation: Conversation, *, reached: int | None
) -> Iterator[_Edit]:
    """The edits of title and summary. A conversation that is not known for its owner is added with this `reached`."""
    its = known.pop(conversation.id, None)
    if its and its.user_id != conversation.user_id:
        forget(tx, [conversation.id])
        its = None
    if conversation.user_id is None or conversation.deleted_at is not None:
        return
    known[conversation.id] = its = its or tx.put_indexed(conversation, conversation.user_id, reached)
    before, after = texts_of(its), texts_of(conversation)
    for place in (before | after) if before != after else ():
        yield _Edit(its, place, _written(before.get(place)), _written(after.get(place)))


def _is_in(known: dict[str, Indexed], message: Message) -> bool:
    return message.conversation_id in known


def _about(its: Indexed) -> list[tuple[int, list[str]]]:
    return [(place, _written(text)) for place, text in texts_of(its).items()]


def _written(text: str | None) -> list[str]:
    return tokens(text[:LONGEST]) if text else []


def _said(message: Message) -> list[str]:
    """The tokens of the words, and a mark for the person. Without words nothing is to be found."""
    words = tokens(message.text)
    return [*words, mark("person", message.person_id)] if words and message.person_id else words


def _write(tx: Transaction, edits: Collection[_Edit]) -> None:
    changes: list[Change] = []
    for its, place, old, new in edits:
        if old == new or not its.holds(place):
            continue
        marks = [mark("user", its.user_id), mark("session", its.omi_session_id)]
        if old:
            changes.append(Change(its.entry(place), False, [*marks, *old]))
        if new:
            changes.append(Change(its.entry(place), True, [*marks, *new]))
        if old and set(new) < set(old):  # a text that was reworded is no secret
            tx.note_erasure()
    tx.change_index(changes)
