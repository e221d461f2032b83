"""What was said: a user's conversations to read, hand over and delete."""

from collections.abc import Sequence

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.errors import NotFound
from omilink.models import wire
from omilink.models.conversation import Conversation
from omilink.models.order import Moment
from omilink.models.ports import Transaction
from omilink.models.session import OmiSession

SNAPSHOT = 50
"""Messages in the answer about the current conversation, and in one event about conversations that come along."""


def current(tx: Transaction, user_id: str) -> tuple[wire.Json, int]:
    """The answer about the user's latest conversation, and the number of the last event that it contains."""
    conversation = tx.latest_conversation(user_id)
    messages = tx.messages(conversation.id, SNAPSHOT) if conversation else []
    answer = {
        "conversation": wire.conversation(conversation) if conversation else None,
        "messages": [wire.message(message) for message in messages],
        "sessionId": conversation.omi_session_id if conversation else _latest_session(tx, user_id),
    }
    return answer, tx.log_bounds(user_id)[1]


def one(tx: Transaction, conversation_id: str, user_id: str) -> Conversation:
    conversation = tx.conversation(conversation_id, user_id) if conversation_id.isprintable() else None
    if conversation is None:
        raise NotFound("There is no conversation of that id in this account; it may have been deleted.")
    return conversation


def adopt(
    tx: Transaction, session: OmiSession, user_id: str, ownerless: Sequence[Conversation], brought: Moment | None
) -> None:
    """Makes these conversations of the session the user's, and tells the user's streams of both. `brought`: when they
    came along with a proof, and not with the session's id."""
    conversations = [_brought(replace(c, user_id=user_id), brought) for c in ownerless]
    tx.put_conversations((), conversations)
    shown = wire.session(session, has_conversations=bool(tx.messages_saved([session.id], user_id)))
    tx.append([wire.event(user_id, "session_linked", session=shown)])
    for conversation in conversations:
        _announce(tx, user_id, conversation)


def waiting(tx: Transaction, session: OmiSession, since: Millis = 0) -> list[Conversation]:
    """The session's ownerless conversations that began since then, and since somebody else had the session: what an
    owner did not take along goes to no later one."""
    return [c for c in tx.ownerless(session.id) if c.turn == session.turn and c.created_at >= since]


def give_back(tx: Transaction, conversation: Conversation) -> None:
    """Makes it nobody's again: it disappears from its user's streams."""
    assert conversation.user_id
    tx.put_conversations((), [replace(conversation, user_id=None, brought_at=None, brought_order=None)])
    tx.forget_events(conversation.user_id, conversation.id)
    gone = wire.event(conversation.user_id, "conversation_deleted", conversation.id, conversationId=conversation.id)
    tx.append([gone])


def delete(tx: Transaction, conversation_id: str, user_id: str, at: Millis) -> None:
    """Removes every word of it. The tombstone keeps retries from bringing them back; open streams are told."""
    tx.sessions([one(tx, conversation_id, user_id).session_id])  # from now on nobody adds words to it
    conversation = one(tx, conversation_id, user_id)
    tx.forget_words(conversation)
    tombstone = replace(conversation, title=None, summary=None, message_count=0, deleted_at=at)
    tx.put_conversations((), [tombstone])
    tx.append([wire.event(user_id, "conversation_deleted", conversation.id, conversationId=conversation.id)])


def _brought(conversation: Conversation, moment: Moment | None) -> Conversation:
    """Where the moment has no order, everything that the conversation has was accepted before it."""
    if moment is None:
        return replace(conversation, brought_at=None, brought_order=None)
    order = conversation.last_order if moment.order is None else moment.order
    return replace(conversation, brought_at=moment.at, brought_order=order)


def _announce(tx: Transaction, user_id: str, conversation: Conversation) -> None:
    shown = {"conversationId": conversation.id, "conversation": wire.conversation(conversation)}
    tx.append([wire.event(user_id, "conversation_changed", conversation.id, **shown)])
    words = [wire.message(message) for message in tx.all_messages(conversation.id)]
    pages = [words[at : at + SNAPSHOT] for at in range(0, len(words), SNAPSHOT)]
    tx.append([wire.event(user_id, "new_messages", conversation.id, **shown, messages=page) for page in pages])


def _latest_session(tx: Transaction, user_id: str) -> str | None:
    latest = tx.latest_session(user_id)
    return latest.omi_session_id if latest else None
