"""What a call changes, and the events about it."""

from dataclasses import dataclass, field

from omilink.ingest.batch import DeliveryBatch
from omilink.models.delivery import Delivery
from omilink.models.event import ConversationChanged, MessagesDeleted, MessagesUpdated, NewMessages
from omilink.models.message import Message


@dataclass(slots=True)
class Changes:
    """The changes of one call: the conversations that began, and by conversation the keys of new and of changed
    messages and the ids of removed ones. `of_before` is the number of segments that continue words of an earlier owner,
    and are not kept; `off_record` the number of segments that were said off the record."""

    began: set[str] = field(default_factory=set)
    new: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    removed: dict[str, list[str]] = field(default_factory=dict)
    of_before: int = 0
    off_record: int = 0
    moved: set[str] = field(default_factory=set)
    """Conversations whose clock has gone on without words."""

    def note_changed(self, message: Message) -> None:
        """Notes that a message has changed. A message that is new in this call is new in its event."""
        changed = self.changed.setdefault(message.conversation_id, [])
        if message.key not in (*changed, *self.new.get(message.conversation_id, ())):
            changed.append(message.key)

    def note_new(self, message: Message) -> None:
        self.new.setdefault(message.conversation_id, []).append(message.key)

    def note_removed(self, message: Message) -> None:
        """Notes that a message was removed. Nobody has heard of a message that is new in this call."""
        new, changed = (keys.get(message.conversation_id, []) for keys in (self.new, self.changed))
        if message.key in changed:
            changed.remove(message.key)
        if message.key in new:
            new.remove(message.key)
        else:
            self.removed.setdefault(message.conversation_id, []).append(message.id)


def add_events(batch: DeliveryBatch, delivery: Delivery, changes: Changes) -> None:
    """Adds events about the changes for the owner of the delivery's words, if there is one."""
    user_id = batch.owner(delivery)
    if user_id is None:
        return
    for conversation_id in dict.fromkeys([*changes.new | changes.changed | changes.removed, *changes.moved]):
        conversation = batch.conversation(delivery, conversation_id)
        if conversation_id in changes.began | changes.moved:
            batch.add_event(user_id, ConversationChanged(conversation=conversation))
        if gone := changes.removed.get(conversation_id):
            batch.add_event(user_id, MessagesDeleted(conversation_id=conversation.shown_id, message_ids=gone))
        for kind, keys in (NewMessages, changes.new), (MessagesUpdated, changes.changed):
            messages = [batch.message((conversation_id, key)) for key in keys.get(conversation_id, ())]
            if messages:
                batch.add_event(user_id, kind(conversation=conversation, messages=[one for one in messages if one]))
