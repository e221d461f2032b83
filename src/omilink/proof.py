"""Finds a sentence that was to be said in what a wearable heard. It is no part of the talk, so it is taken out."""

from collections.abc import Sequence
from dataclasses import replace

from omilink import omi_accounts, wire
from omilink.desk import Desk
from omilink.model import Conversation, Delivery, Message, Segment

EARLIER_MESSAGES = 6
"""In so many of the messages before a call a sentence may have begun."""
LEFT_OUT = "…"
"""What stands for a message that was nothing but a part of the sentence: its key has to stay, or a retry of it would be
taken for new words."""


def listen(desk: Desk, delivery: Delivery, segments: Sequence[Segment]) -> Sequence[Segment]:
    """What is left of the segments when a sentence has been found in them that a user was asked to say. It may have
    begun in an earlier call, or in an earlier version of a segment."""
    desk.put_session(desk.session(delivery))
    desk.show_uid(desk.session(delivery), delivery.uid)
    desk.flush()
    before = _said_before(desk, delivery, segments)
    texts = [*(message.text for message in before), *(segment.text for segment in segments)]
    heard = omi_accounts.listen(desk.challenges(delivery), texts, len(before))
    if heard is None:
        return segments
    challenge, span = heard
    cut = [replace(s, text=span.cut(place, s.text)) for place, s in enumerate(segments, len(before))]
    left = [segment for segment in cut if segment.text]
    known = [desk.known(delivery, segment) for segment in segments]
    for place, message in enumerate([*before, *known]):
        if message and (rest := span.cut(place, texts[place])) != texts[place]:
            _take_out(desk, delivery, message, rest or LEFT_OUT)
    desk.flush()
    desk.users |= omi_accounts.meet(desk.tx, challenge, delivery)
    desk.hear_instead(delivery, left)
    return left


def _said_before(desk: Desk, delivery: Delivery, segments: Sequence[Segment]) -> list[Message]:
    near, keys = desk.near(delivery), {segment.key for segment in segments}
    messages = desk.tx.messages(near[-1].id, EARLIER_MESSAGES) if near else []
    return [message for message in messages if message.key not in keys]


def _take_out(desk: Desk, delivery: Delivery, message: Message, rest: str) -> None:
    conversation = desk.conversation(delivery, message.conversation_id)
    if conversation.deleted_at or message.text == rest:
        return
    message = message.without(rest)
    desk.put_message(message)
    if conversation.title and conversation.title.removesuffix("…") not in message.text:
        conversation = replace(conversation, title=None)
        desk.put_conversation(conversation)
    if _is_nothing_else(desk, conversation, message):
        _bury(desk, delivery, conversation)
    elif conversation.user_id:
        shown = {"conversationId": conversation.id, "conversation": wire.conversation(conversation)}
        words = [wire.message(message)]
        desk.tell(conversation.user_id, "messages_updated", conversation.id, **shown, messages=words)


def _is_nothing_else(desk: Desk, conversation: Conversation, changed: Message) -> bool:
    if conversation.message_count > EARLIER_MESSAGES:
        return False
    stored = desk.tx.messages(conversation.id, EARLIER_MESSAGES)
    return all((desk.message((conversation.id, one.key)) or one).text == LEFT_OUT for one in [*stored, changed])


def _bury(desk: Desk, delivery: Delivery, conversation: Conversation) -> None:
    """A conversation that was nothing but the sentence."""
    desk.put_conversation(replace(conversation, message_count=0, deleted_at=delivery.received_at))
    if conversation.user_id:
        desk.tx.forget_events(conversation.user_id, conversation.id)
        desk.tell(conversation.user_id, "conversation_deleted", conversation.id, conversationId=conversation.id)
