"""Reads, hands over and deletes a user's conversations."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations import parts, people, wholes
from omilink.conversations.batch import Batch, unit_of_work
from omilink.conversations.wholes import SNAPSHOT
from omilink.database.store import Transaction
from omilink.errors import NotFound
from omilink.models.conversation import Conversation
from omilink.models.event import ConversationDeleted, SessionLinked
from omilink.models.message import Message
from omilink.models.order import Moment
from omilink.models.person import People
from omilink.models.session import OmiSession, Session
from omilink.models.summary import details_of
from omilink.models.whole import as_shown, place_shown
from omilink.search import index

Place = tuple[float, int]
"""A message's position and seq."""
_SEQ = re.compile("[0-9]{1,9}")


def current(tx: Transaction, user_id: str) -> tuple[Conversation | None, list[Message], str | None]:
    """The user's latest conversation, its newest messages in spoken order, and the id of its session. Without a
    conversation the id is that of the user's latest session, if there is one."""
    conversation = tx.latest_conversation(user_id)
    if conversation is None:
        latest = tx.latest_session(user_id)
        return None, [], latest.omi_session_id if latest else None
    shown = wholes.shown(tx, conversation)
    messages = resolved(tx, user_id, wholes.messages(tx, conversation, SNAPSHOT))
    return shown, messages, shown.omi_session_id


def resolved(tx: Transaction, user_id: str, messages: Sequence[Message]) -> list[Message]:
    """The messages of the user, each with the person who speaks after all merges."""
    if all(message.speaking_person_id is None for message in messages):
        return list(messages)
    return list(map(tx.people(user_id).resolved, messages))


def one(tx: Transaction, conversation_id: str, user_id: str) -> Conversation:
    """The user's conversation of this id, as it is shown. Raises NotFound when the user has none or has deleted it."""
    return wholes.shown(tx, wholes.one(tx, conversation_id, user_id))


def page(tx: Transaction, user_id: str, limit: int, before: tuple[int, str] | None = None) -> list[Conversation]:
    """As `Transaction.conversations_of`, as the conversations are shown."""
    return tx.shown(tx.conversations_of(user_id, limit, before))


class Page(NamedTuple):
    """Messages in spoken order, and whether the conversation has older and newer ones."""

    messages: list[Message]
    has_older: bool
    has_newer: bool


def message(tx: Transaction, members: Sequence[Conversation], message_id: str) -> tuple[Conversation, Message]:
    """Of the stored conversations that are shown as one, the one that has the message of this id, and the message as it
    is stored. Raises NotFound."""
    of, _, seq = message_id.rpartition(".")
    for one in members:
        found = tx.message(one.id, int(seq)) if of == one.id and _SEQ.fullmatch(seq) else None
        if found:
            return one, found
    raise NotFound("There is no message of that id in this conversation.")


def older(tx: Transaction, conversation: Conversation, limit: int, before: Place | None = None) -> Page:
    """The last `limit` messages, or the last ones before a place."""
    found = wholes.messages(tx, conversation, limit + 1, before)
    return Page(found[-limit:], len(found) > limit, before is not None)


def newer(tx: Transaction, conversation: Conversation, limit: int, after: Place) -> Page:
    """The first `limit` messages after a place."""
    found = wholes.messages_after(tx, conversation, limit + 1, after)
    return Page(found[:limit], True, len(found) > limit)


def around(tx: Transaction, conversation: Conversation, limit: int, message_id: str) -> Page:
    """`limit` messages with this one in their middle, or as near to it as the conversation's ends allow. Raises
    NotFound."""
    stored_in, found = message(tx, wholes.members(tx, conversation), message_id)
    middle, place = as_shown(found, stored_in), place_shown(found, stored_in)
    before = wholes.messages(tx, conversation, limit, place)
    after = wholes.messages_after(tx, conversation, limit, place)
    count = min(len(before), max((limit - 1) // 2, limit - 1 - len(after)))
    rest = limit - 1 - count
    shown = [*before[len(before) - count :], middle, *after[:rest]]
    return Page(shown, len(before) > count, len(after) > rest)


def adopt(
    batch: Batch, session: OmiSession, user_id: str, ownerless: Sequence[Conversation], brought: Moment | None
) -> None:
    """Gives these conversations of the session to the user, and adds events about the session and the conversations.
    `brought` is the moment when a proof took the conversations along, or None when the session's id did."""
    for one in ownerless:
        people.learn(batch, user_id, details_of(one.details).names)
    known = batch.stored().people(user_id) if ownerless else People(())
    theirs = (_brought(replace(c, user_id=user_id), brought) for c in ownerless)
    conversations = [people.with_participants(known, c) for c in theirs]
    for conversation in conversations:
        batch.put_conversation(conversation)
    has_conversations = bool(batch.stored().messages_saved([session.id], user_id))
    batch.add_event(user_id, SessionLinked(session=Session.of(session, has_conversations=has_conversations)))
    for conversation in conversations:
        parts.announce(batch, user_id, [conversation])


def waiting(tx: Transaction, session: OmiSession, since: Millis = 0) -> list[Conversation]:
    """The session's ownerless conversations that began at or after `since` and after the last owner left. Conversations
    that an owner did not take along never go to a later owner."""
    return [c for c in tx.ownerless_conversations(session.id) if c.turn == session.turn and c.created_at >= since]


def give_back(batch: Batch, conversation: Conversation) -> None:
    """Makes the conversation ownerless again, without what its user has written: a title, a star, action items,
    corrections, the name of the session and who speaks. It disappears from the user's streams, and from what its user
    has joined it with."""
    user_id = conversation.user_id
    assert user_id
    conversation = _uncorrected(batch, parts.release(batch, conversation))
    details = details_of(conversation.details).as_of_omi().text()
    by_hand = replace(conversation.hand, acts=()).text()
    ownerless = replace(conversation, user_id=None, brought_at=None, brought_order=None)
    plain = replace(
        ownerless, user_title=None, starred=False, session_name=None, details=details, speakers=None, by_hand=by_hand
    )
    batch.put_conversation(plain)
    for message in batch.stored().all_messages(plain.id) if conversation.speakers else ():
        batch.put_message(plain.attributed(message))
    batch.remove_events(user_id, conversation.id)
    batch.add_event(user_id, ConversationDeleted(conversation_id=conversation.id))


@unit_of_work
def delete(batch: Batch, conversation_id: str, user_id: str, at: Millis) -> None:
    """Deletes every word of the conversation, with an event for open streams. A tombstone stays, so that a retry of a
    call does not restore the words. Raises NotFound."""
    [members] = wholes.locked(batch.tx, user_id, conversation_id)  # no other transaction adds words now
    for member in members:
        batch.remove_words(member)
        batch.put_conversation(member.deleted(at))
    batch.add_event(user_id, ConversationDeleted(conversation_id=conversation_id))


def remove_user(tx: Transaction, user_id: str, moment: Moment) -> None:
    """Removes the user, as `Transaction.remove_user` does, and the user's words from the search index."""
    tx.lock_account(user_id)
    index.forget(tx, tx.indexed_of(user_id))
    tx.remove_user(user_id, moment)


def _brought(conversation: Conversation, moment: Moment | None) -> Conversation:
    """The conversation with the moment when it was taken along. If the moment has no order, all words of the
    conversation count as accepted before the moment."""
    if moment is None:
        return replace(conversation, brought_at=None, brought_order=None)
    order = conversation.last_order if moment.order is None else moment.order
    return replace(conversation, brought_at=moment.at, brought_order=order)


def _uncorrected(batch: Batch, conversation: Conversation) -> Conversation:
    """The conversation, after its messages got back the texts that were heard."""
    for corrected in batch.stored().corrected_messages(conversation.id):
        heard = corrected.corrected(None)
        batch.put_message(heard)
        if conversation.may_be_named_by(corrected):
            conversation = conversation.retitled(heard)
    return conversation
