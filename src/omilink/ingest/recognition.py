"""Finds the message that a segment already is. What it looks up is weighed by the rules of `identity`."""

from collections.abc import Sequence

from omilink.conversations import identity, segmentation
from omilink.ingest.batch import MINUTE, DeliveryBatch
from omilink.linking.phrase import may_be_part
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.message import LEFT_OUT, Message, Segment

MOST_NUMBERED = 20
"""Messages of one number that a segment is compared with: more at the same second are no talk."""


def known(
    batch: DeliveryBatch,
    delivery: Delivery,
    segment: Segment,
    near: Sequence[Conversation],
    *,
    is_alone: bool = False,
) -> Message | None:
    """The message of these conversations that the segment already is, in a deleted one too. Without a unique id the
    same words at the same seconds may be said again in the next conversation, so then only one that has not fallen
    silent counts; without any, and if the segment `is_alone` in its call, only one that it may be a retry of."""
    found: list[tuple[Message, bool]] = []
    for conversation in near:
        if not segment.has_unique_id and delivery.received_at - conversation.last_at >= batch.gap_ms:
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
    """The conversation's message that the segment is. A counter's number is that only where it agrees otherwise, and so
    is a UUID that came with other words at another place: some devices send one for all that they record."""
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
    """Whether a segment that is alone in its call and looks like the message is another one."""
    conversation = batch.conversation(delivery, message.conversation_id)
    return segment.id is None and segmentation.may_begin_anew(conversation, message, delivery.received_at)


def _is_same_by_number(
    batch: DeliveryBatch, delivery: Delivery, message: Message, segment: Segment, conversation: Conversation
) -> bool:
    if identity.is_same_by_number(message, segment, delivery.received_at):
        return True
    if not identity.is_like_a_correction(message, segment, delivery.received_at):
        return False
    if conversation.deleted_at and message.text == LEFT_OUT:  # whose words nobody knows: it may have grown
        return True
    end = (message.end or 0.0) - identity.INEXACT
    return not (
        _is_part_of_a_sentence(batch, delivery, message, segment)
        or identity.has_gone_on(message, batch.around(conversation, end, end + MINUTE))
        or segmentation.is_restarting(segment, delivery.received_at, batch.open_to(delivery))
    )


def _is_part_of_a_sentence(batch: DeliveryBatch, delivery: Delivery, message: Message, segment: Segment) -> bool:
    """A part of a sentence that a user is to say is no correction of other words, nor are they one of it: a device may
    count anew in each call, with a clock that stands at 0 each time."""
    said = [one.say for one in batch.challenges(delivery)]
    return any(may_be_part(message.text, say) or may_be_part(segment.text, say) for say in said)


def _said_then(batch: DeliveryBatch, segment: Segment, conversation: Conversation) -> Sequence[Message]:
    """The conversation's messages that were said where the segment was, or that have no place if it has none."""
    if segment.start is None:
        return batch.unplaced(conversation)
    start, nearly = segment.start, identity.SAME_START
    stands_still = start == conversation.end == 0
    if conversation.end is None or (start >= conversation.end and not stands_still):
        return []
    there = batch.around(conversation, start - nearly, start + nearly)
    if segmentation.is_short(conversation):  # its clock may tell no place
        there += batch.unplaced(conversation)
    return there
