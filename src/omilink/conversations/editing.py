"""Changes that users make to their conversations by hand. A later record respects them."""

from msgspec.structs import replace

from omilink.conversations import history, wholes
from omilink.conversations.batch import Batch, unit_of_work
from omilink.errors import Invalid
from omilink.models.by_hand import Act
from omilink.models.conversation import Conversation
from omilink.models.event import ConversationChanged, MessagesUpdated
from omilink.models.message import MAX_TEXT, Message
from omilink.models.texts import is_storable
from omilink.models.whole import as_shown

LONGEST_TITLE = 500
"""Characters."""


@unit_of_work
def rename(batch: Batch, conversation_id: str, user_id: str, title: str | None) -> Conversation:
    """Gives the conversation this title. An empty title or None gives back OMI's title, or the first
    words. Returns the conversation. Raises NotFound, and Invalid when the title is too long or cannot be stored."""
    if title is not None and not (len(title) <= LONGEST_TITLE and is_storable(title)):
        raise Invalid(
            f"title must be a text of at most {LONGEST_TITLE} characters. null gives back OMI's title, "
            "or the first words."
        )
    [[conversation, *_]] = wholes.locked(batch.tx, user_id, conversation_id)
    given = " ".join((title or "").split()) or None
    act = Act(kind="title", title=conversation.user_title)
    return _act(batch, conversation, replace(conversation, user_title=given), act)


@unit_of_work
def star(batch: Batch, conversation_id: str, user_id: str, starred: bool) -> Conversation:
    """Stars the conversation, or takes the star away. Returns the conversation. Raises NotFound."""
    [[conversation, *_]] = wholes.locked(batch.tx, user_id, conversation_id)
    act = Act(kind="starred", starred=conversation.starred)
    return _act(batch, conversation, replace(conversation, starred=starred), act)


@unit_of_work
def correct(batch: Batch, conversation_id: str, message_id: str, user_id: str, text: str | None) -> Message:
    """Gives the message this text; None gives back what was heard. A title that is the message's beginning follows.
    Returns the message. Raises NotFound, and Invalid when the text is blank, too long or cannot be stored."""
    if text is not None and not (0 < len(text.strip()) <= MAX_TEXT and is_storable(text)):
        raise Invalid(
            f"text must have words, and at most {MAX_TEXT:,} characters. null gives back what was heard; "
            "a message cannot be emptied."
        )
    [members] = wholes.locked(batch.tx, user_id, conversation_id)
    conversation, before = history.message(batch.tx, members, message_id)
    message = before.corrected(text and text.strip())
    if message is before:
        return as_shown(message, conversation)
    is_title = conversation.may_be_named_by(before) and batch.is_first_of_its_words(before)
    changed = conversation.retitled(message) if is_title else conversation
    batch.put_message(message)
    batch.put_conversation(changed)
    batch.add_event(user_id, MessagesUpdated(conversation=changed, messages=[message]))
    return as_shown(message, changed)


def locked(batch: Batch, conversation_id: str, user_id: str) -> Conversation:
    """The user's stored conversation, which no other transaction changes until this one ends. It may be a part of
    another one."""
    batch.tx.sessions([wholes.stored(batch.tx, conversation_id, user_id).session_key])
    return wholes.stored(batch.tx, conversation_id, user_id)


def put(batch: Batch, before: Conversation, after: Conversation) -> Conversation:
    """Writes the changed conversation, with an event for its user, and returns it."""
    if after != before:
        batch.put_conversation(after)
        batch.add_event(before.user_id or "", ConversationChanged(conversation=after))
    return after


def _act(batch: Batch, before: Conversation, after: Conversation, act: Act) -> Conversation:
    """As `put`, and the change can be undone."""
    noted = replace(after, by_hand=after.hand.with_act(act).text())
    return put(batch, before, before if after == before else noted)
