"""Reads conversations as they are shown: those that their user has joined as one, with the words of all of them.

Saving, recognising and repairing words work on stored conversations. What a user is shown, in answers and in events,
passes through here.
"""

from msgspec.structs import replace

from omilink.database.store import Transaction
from omilink.errors import NotFound
from omilink.models.conversation import Conversation
from omilink.models.event import Content, MessagesDeleted, MessagesUpdated, NewMessages, OfConversation
from omilink.models.message import Message
from omilink.models.whole import as_shown

SNAPSHOT = 50
"""Messages in the answer about the current conversation, and in one event about many messages."""


def stored(tx: Transaction, conversation_id: str, user_id: str) -> Conversation:
    """The user's stored conversation of this id, which may be a part of another one. Raises NotFound when the user has
    none or has deleted it."""
    conversation = tx.conversation(conversation_id, user_id) if conversation_id.isprintable() else None
    if conversation is None:
        raise NotFound("There is no conversation of that id in this account; it may have been deleted.")
    return conversation


def one(tx: Transaction, conversation_id: str, user_id: str) -> Conversation:
    """As `stored`, and NotFound too for a part of another conversation."""
    conversation = stored(tx, conversation_id, user_id)
    if conversation.part_of is not None:
        raise NotFound("This conversation was joined to another one, which has its words now.")
    return conversation


def members(tx: Transaction, conversation: Conversation) -> list[Conversation]:
    """The stored conversations that are shown together with this one: first the one with the id, then its parts."""
    if not conversation.is_joined:
        return [conversation]
    id = conversation.shown_id
    return tx.members([id])[id]


def shown(tx: Transaction, conversation: Conversation) -> Conversation:
    """The conversation as it is shown; for a part, the whole."""
    return tx.shown([conversation])[0]


def messages(
    tx: Transaction, conversation: Conversation, limit: int, before: tuple[float, int] | None = None
) -> list[Message]:
    """The last `limit` messages before (position, seq) of the conversation as it is shown, in spoken order."""
    if not conversation.is_joined:
        return tx.messages(conversation.id, limit, before)
    by_id = {one.id: one for one in members(tx, conversation)}
    found = tx.messages_of_whole(by_id.values(), limit, before)
    return [as_shown(message, by_id[message.conversation_id]) for message in found]


def messages_after(tx: Transaction, conversation: Conversation, limit: int, after: tuple[float, int]) -> list[Message]:
    """The first `limit` messages after (position, seq) of the conversation as it is shown, in spoken order."""
    if not conversation.is_joined:
        return tx.messages_after(conversation.id, limit, after)
    by_id = {one.id: one for one in members(tx, conversation)}
    found = tx.messages_of_whole_after(by_id.values(), limit, after)
    return [as_shown(message, by_id[message.conversation_id]) for message in found]


def locked(tx: Transaction, user_id: str, *conversation_ids: str) -> list[list[Conversation]]:
    """The `members` of each of these conversations, which no other transaction changes until this one ends. Raises
    NotFound as `one` does."""
    sessions: set[str] = set()
    while True:
        found = [members(tx, one(tx, id, user_id)) for id in conversation_ids]
        needed = {member.session_key for each in found for member in each}
        if needed <= sessions:
            return found
        tx.sessions(needed)  # all at once, in one order; a conflict with another order runs the transaction again
        sessions |= needed


def for_streams(tx: Transaction, user_id: str, content: Content) -> Content:
    """The event about a stored conversation as its user sees it."""
    if isinstance(content, MessagesDeleted):
        of = tx.conversation(content.conversation_id, user_id)
        return content if of is None else replace(content, conversation_id=of.shown_id)
    if not isinstance(content, OfConversation):
        return content
    conversation = content.conversation
    if isinstance(content, NewMessages | MessagesUpdated):
        content = replace(content, messages=[as_shown(message, conversation) for message in content.messages])
    return replace(content, conversation=shown(tx, conversation))
