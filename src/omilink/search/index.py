"""Keeps the search index in step with what is stored.

New texts are added by `catch_up`, so that saving does not wait for the index. What the index holds is changed and
removed in the transaction that changes or removes the text. The index holds the texts of conversations that belong to a
user. Ownerless conversations are not in it.
"""

from collections.abc import Collection, Iterator
from operator import attrgetter
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
"""Messages that one transaction adds to the index."""
_parts = attrgetter("title", "omi_title", "user_title", "summary", "details")


def update(
    tx: Transaction,
    new_conversations: Collection[Conversation],
    conversations: Collection[Conversation],
    new_messages: Collection[Message],
    messages: Collection[Message],
) -> None:
    """Changes the index for what the transaction is about to write: new and changed conversations and messages. New
    texts are marked to be added by `catch_up`. A conversation that changes hands leaves the index at once, and is
    marked to be added for its new owner."""
    with_words = {one.conversation_id for one in new_messages}
    touched = with_words.union((one.id for one in conversations), (one.conversation_id for one in messages))
    known = tx.indexed(touched.difference(one.id for one in new_conversations))
    _leave(tx, known, conversations)
    begun = [one for one in (*new_conversations, *conversations) if one.id not in known and _is_somebodys(one)]
    tx.put_indexed(begun)
    tx.mark_waiting([*(one.id for one in begun), *(id for id in with_words if id in known and not known[id].waits)])
    edits = [edit for one in conversations if one.id in known for edit in _retitled(known[one.id], one)]
    changed = [one for one in messages if one.conversation_id in known and known[one.conversation_id].holds(one.seq)]
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
        texts = [*_about(its), *((one.seq, _said(one)) for one in tx.all_messages(its.conversation_id))]
        _write(tx, [_Edit(its, place, tokens, []) for place, tokens in texts])
        tx.remove_indexed(its.conversation_id)


def catch_up(tx: Transaction) -> bool:
    """Adds the next messages that wait, at most `PIECE`, and the other texts of their conversations. Returns whether
    more wait."""
    waiting = tx.lock_waiting(PIECE)
    known = {id: its for id, its in tx.indexed(waiting).items() if its.waits}  # another worker may have added some
    messages = tx.messages_not_held(known, PIECE)
    cut = known[messages[-1].conversation_id] if len(messages) == PIECE else None
    added = {id: its for id, its in known.items() if cut is None or its.number >= cut.number}
    reached = {id: its.reached or 0 for id, its in added.items()} | {one.conversation_id: one.seq for one in messages}
    now = {id: its._replace(reached=reached[id]) for id, its in added.items()}
    edits = [_Edit(now[one.conversation_id], one.seq, [], _said(one)) for one in messages]
    for id, its in added.items():
        if its.reached is None:
            edits += (_Edit(now[id], place, [], tokens) for place, tokens in _about(its))
    _write(tx, edits)
    tx.set_reached(reached)
    tx.unmark_waiting([id for id, its in added.items() if its is not cut])
    return tx.is_index_behind()


class _Edit(NamedTuple):
    """What becomes of an entry's tokens."""

    its: Indexed
    place: int
    old: list[str]
    new: list[str]


def _leave(tx: Transaction, known: dict[str, Indexed], conversations: Collection[Conversation]) -> None:
    """Takes conversations that change hands out of the index, and out of `known`."""
    for one in conversations:
        if one.id in known and known[one.id].user_id != one.user_id:
            forget(tx, [one.id])
            del known[one.id]


def _is_somebodys(conversation: Conversation) -> bool:
    return conversation.user_id is not None and conversation.deleted_at is None


def _retitled(its: Indexed, conversation: Conversation) -> Iterator[_Edit]:
    """The edits of the texts that are no messages."""
    if _parts(its) == _parts(conversation):
        return
    before, after = texts_of(its), texts_of(conversation)
    for place in before | after:
        yield _Edit(its, place, _written(before.get(place)), _written(after.get(place)))


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
