"""Changes that users make to their conversations by hand. A later record respects them."""

from msgspec.structs import replace

from omilink.conversations import history
from omilink.conversations.batch import Batch, unit_of_work
from omilink.errors import Invalid
from omilink.models.conversation import Conversation
from omilink.models.event import ConversationChanged
from omilink.models.texts import is_storable

LONGEST_TITLE = 500
"""Characters."""


@unit_of_work
def rename(batch: Batch, conversation_id: str, user_id: str, title: str | None) -> Conversation:
    """Gives the conversation this title. An empty title or None gives back the title that it had without one of its
    user's. Returns the conversation. Raises NotFound, and Invalid when the title is too long or cannot be stored."""
    if title is not None and not (len(title) <= LONGEST_TITLE and is_storable(title)):
        raise Invalid(
            f"title must be a text of at most {LONGEST_TITLE} characters. null gives back the title of before."
        )
    conversation = locked(batch, conversation_id, user_id)
    return put(batch, conversation, replace(conversation, user_title=" ".join((title or "").split()) or None))


@unit_of_work
def star(batch: Batch, conversation_id: str, user_id: str, starred: bool) -> Conversation:
    """Stars the conversation, or takes the star away. Returns the conversation. Raises NotFound."""
    conversation = locked(batch, conversation_id, user_id)
    return put(batch, conversation, replace(conversation, starred=starred))


def locked(batch: Batch, conversation_id: str, user_id: str) -> Conversation:
    """The user's conversation, which no other transaction changes until this one ends."""
    batch.tx.sessions([history.one(batch.tx, conversation_id, user_id).session_key])
    return history.one(batch.tx, conversation_id, user_id)


def put(batch: Batch, before: Conversation, after: Conversation) -> Conversation:
    """Writes the changed conversation, with an event for its user, and returns it."""
    if after != before:
        batch.put_conversation(after)
        batch.add_event(before.user_id or "", ConversationChanged(conversation=after))
    return after
