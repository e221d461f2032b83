"""Finds the stored message that a segment repeats or continues. It loads the candidates; `identity` has the rules."""

from collections.abc import Sequence

from omilink.conversations import identity, segmentation
from omilink.ingest.batch import MINUTE, DeliveryBatch
from omilink.linking.phrase import may_be_part
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.message import LEFT_OUT, Message, Segment

MOST_NUMBERED = 20
"""Messages with one number that are compared with a segment: more at the same second are no conversation."""


def known(
    batch: DeliveryBatch,
    delivery: Delivery,
    segment: Segment,
    near: Sequence[Conversation],
    *,
    is_alone: bool = False,
) -> Message | None:
    """The message of these conversations, deleted ones included, that the segment repeats or continues, or None.

    The same words at the same seconds may be said again in the next conversation. So without a unique id only
    conversations that have not ended by silence count. Without any id, and if the segment `is_alone` in its call, the
    message counts only if the segment may be a retry of it.
    """
    found: list[tuple[Message, bool]] = []
    for conversation in near:
        if not segment.has_unique_id and segmentation.has_ended(conversation, delivery.received_at, batch.gap):
            continue
        message, is_deleted = same(batch, delivery, segment, conversation), conversation.deleted_at is not None
        if message is None or (is_deleted and message.has_grown_from_left_out(segment)):
            continue
        if is_alone and is_said_again(batch, delivery, segment, message):
            continue
        is_theirs = conversation.user_id == batch.owner(delivery)
        if is_theirs or identity.is_of_before(message, segment, delivery.received_at):
            found.append((message, is_deleted))
    return identity.most_alike(found, segment)


def same(batch: DeliveryBatch, delivery: Delivery, segment: Segment, conversation: Conversation) -> Message | None:
    """The conversation's message that the segment repeats or continues, or None. A counter's number identifies a
    message only where the rest agrees. The same holds for a UUID with other words at another place, since some devices
    send one UUID for everything that they record."""
    message = batch.message((conversation.id, segment.key))
    if message and segment.id is None and segment.start is None:
        if not identity.is_too_late(message, delivery.received_at):
            return message
        return identity.latest_alike(message, batch.unplaced(conversation))
    if not segment.may_be_counted and not (message and identity.is_elsewhere(message, segment)):
        return message
    if message and _is_same_by_number(batch, delivery, message, segment, conversation):
        return message
    numbered = identity.of_number(segment, _said_then(batch, segment, conversation))[:MOST_NUMBERED]
    return next((one for one in numbered if _is_same_by_number(batch, delivery, one, segment, conversation)), None)


def is_said_again(batch: DeliveryBatch, delivery: Delivery, segment: Segment, message: Message) -> bool:
    """Whether a segment that is alone in its call and looks like the message is new speech."""
    conversation = batch.conversation(delivery, message.conversation_id)
    return segment.id is None and segmentation.may_begin_anew(conversation, message, delivery.received_at)


def _is_same_by_number(
    batch: DeliveryBatch, delivery: Delivery, message: Message, segment: Segment, conversation: Conversation
) -> bool:
    if identity.is_same_by_number(message, segment, delivery.received_at):
        return True
    if not identity.is_like_a_correction(message, segment, delivery.received_at):
        return False
    if conversation.deleted_at and message.text == LEFT_OUT:  # the words are unknown, and may have grown
        return True
    end = (message.end or 0.0) - identity.INEXACT
    return not (
        _is_part_of_a_sentence(batch, delivery, message, segment)
        or identity.has_gone_on(message, batch.around(conversation, end, end + MINUTE))
        or segmentation.is_restarting(segment, delivery.received_at, batch.open_to(delivery))
    )


def _is_part_of_a_sentence(batch: DeliveryBatch, delivery: Delivery, message: Message, segment: Segment) -> bool:
    """Whether the message or the segment may be a part of a phrase that a user is to say. Such a part does not correct
    other words, and other words do not correct it: a device may count anew in each call, with a clock that starts at 0
    each time."""
    said = [one.say for one in batch.challenges(delivery)]
    return any(may_be_part(message.text, say) or may_be_part(segment.text, say) for say in said)


def _said_then(batch: DeliveryBatch, segment: Segment, conversation: Conversation) -> Sequence[Message]:
    """The conversation's live messages at the segment's place, or those without a place if the segment has none."""
    if segment.start is None:
        return [message for message in batch.unplaced(conversation) if message.source == "omi"]
    start, nearly = segment.start, identity.SAME_START
    stands_still = start == conversation.end == 0
    if conversation.end is None or (start >= conversation.end and not stands_still):
        return []
    there = batch.came_live(conversation, start - nearly, start + nearly)
    if segmentation.is_short(conversation):  # its clock may not give a place
        there += [message for message in batch.unplaced(conversation) if message.source == "omi"]
    return there
