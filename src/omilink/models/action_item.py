"""Action items over all conversations, and those without a conversation."""

from msgspec import Struct

from omilink.clock import Millis
from omilink.models.conversation import Conversation
from omilink.models.declaration import Fixed, Shown
from omilink.models.summary import ActionItem


class OwnItem(Struct, frozen=True, kw_only=True, gc=False):
    """An action item that a user has added without a conversation, as it is stored."""

    user_id: Fixed[str]
    id: Fixed[str]
    text: str
    done: bool = False
    due_at: Millis | None = None


class ListedItem(ActionItem, frozen=True, kw_only=True, gc=False):
    """An action item in the list over all conversations."""

    conversation_id: Shown[str | None] = None
    """Its conversation; null for an item that you have added without one."""


def items_of(conversation: Conversation, shown: Conversation) -> list[ListedItem]:
    """The action items of the conversation, in their order there. `shown`: the conversation as it is shown; for a part,
    the whole."""
    return [
        ListedItem(
            id=item.id,
            text=item.text,
            done=item.done,
            due_at=item.due_at,
            owner=item.owner,
            message_ids=item.message_ids,
            conversation_id=shown.id,
        )
        for item in conversation.items_within(shown.stored_ids)
    ]


def listed(item: OwnItem) -> ListedItem:
    return ListedItem(id=item.id, text=item.text, done=item.done, due_at=item.due_at)
