"""Finds a sentence that was to be said in what a wearable heard. It is no part of the talk, so it is taken out."""

from collections.abc import Sequence
from dataclasses import replace

from omilink import omi_accounts, wire
from omilink.desk import Desk
from omilink.model import LEFT_OUT, Conversation, Delivery, Message, Segment
from omilink.spoken import Span

EARLIER_MESSAGES = 6
"""In so many of the messages before a call a sentence may have begun."""
LONGEST = 20_000
"""Characters of a call that is listened to: a quarter of an hour of talk. The search takes time from everybody."""


def take_sentences_out(
    desk: Desk, delivery: Delivery, segments: Sequence[Segment], *, proves: bool
) -> Sequence[Segment]:
    """What is left of the segments without sentences that users were asked to say. One may have begun in an earlier
    call, or in an earlier version of a segment. If the call `proves` something, that is done as well."""
    if sum(len(segment.text) for segment in segments) > LONGEST:
        return segments
    session = desk.session(delivery)
    desk.put_session(replace(session, last_uid=delivery.uid) if proves else session)
    desk.show_uid(session, delivery.uid)
    desk.flush()
    before = _said_before(desk, delivery, segments)
    texts = [*(message.text for message in before), *(segment.text for segment in segments)]
    said = omi_accounts.find_said(desk.challenges(delivery), texts, len(before))
    if not said:
        return segments
    rests = [_without([span for _, span in said], place, text) for place, text in enumerate(texts)]
    near = desk.near(delivery)
    known = [_to_cut(desk.known(delivery, segment, near), segment) for segment in segments]
    for message, text, rest in zip([*before, *known], texts, rests, strict=True):
        if message and rest != text:
            _take_out(desk, delivery, message, rest or LEFT_OUT)
    desk.flush()
    for challenge in {challenge.user_id: challenge for challenge, _ in said if proves}.values():
        desk.users |= omi_accounts.meet(desk.tx, challenge, delivery)
    left = [replace(s, text=rest) for s, rest in zip(segments, rests[len(before) :], strict=True) if rest]
    desk.hear_instead(delivery, left)
    return left


def _said_before(desk: Desk, delivery: Delivery, segments: Sequence[Segment]) -> list[Message]:
    """In the conversation that goes on, if it is the same owner's."""
    keys = {segment.key for segment in segments}
    theirs = [conversation for conversation in desk.near(delivery) if conversation.user_id == desk.owner(delivery)]
    messages = desk.tx.messages(theirs[-1].id, EARLIER_MESSAGES) if theirs else []
    return [message for message in messages if message.key not in keys]


def _to_cut(known: Message | None, segment: Segment) -> Message | None:
    """Not one that has grown beyond the segment, which is a late retry then."""
    return None if known and (known.end or 0) > (segment.end or 0) else known


def _without(spans: Sequence[Span], place: int, text: str) -> str:
    for span in reversed(spans):  # from the end, so that the places of the others stay
        text = span.cut(place, text)
    return text


def _take_out(desk: Desk, delivery: Delivery, message: Message, rest: str) -> None:
    """What was saved for another owner, or deleted, is not touched any more."""
    conversation = desk.conversation(delivery, message.conversation_id)
    if conversation.deleted_at or conversation.user_id != desk.owner(delivery) or message.text == rest:
        return
    title = (conversation.title or "").removesuffix("…")
    if title and title in message.text and title not in rest:
        conversation = replace(conversation, title=None)
        desk.put_conversation(conversation)
    message = message.without(rest)
    desk.put_message(message)
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
