"""Words that come live after OMI's record has filled them in: the live message takes their place."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from omilink.conversations import identity, segmentation, wholes
from omilink.conversations.alignment import LONG, Steps, letters_of
from omilink.conversations.late_words import Left, left_after
from omilink.ingest.batch import DeliveryBatch
from omilink.ingest.changes import Changes
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.message import Message, Segment, Speech
from omilink.models.summary import details_of

NEARBY = 10.0
"""Seconds between words that came live and the place where a record has filled them in."""


def take(
    batch: DeliveryBatch,
    delivery: Delivery,
    segment: Segment,
    near: Iterable[Conversation],
    changes: Changes,
    steps: Steps,
) -> bool:
    """Adds the segment to a conversation in which a record has filled in its words, in their place, unless they stay in
    a message that its user has corrected. False if there is no such conversation. A text may be said again at the same
    second of the next conversation, so it counts only if no later conversation has a clock that shows its time now, and
    a short text only while the conversation may go on."""
    if steps.left < 0:
        return False
    near = list(near)
    is_long = len(letters_of(segment.text)) >= LONG
    for one in near:
        before = batch.conversation(delivery, one.id)
        if before.user_id != batch.owner(delivery) or not _is_repaired(before):
            continue
        if not is_long and segmentation.has_ended(before, delivery.received_at, batch.gap):
            continue
        if is_of_a_later(before, near, segment, delivery):
            continue
        conversation, seq = before.with_words([segment], delivery, named_by=None), before.last_seq + 1
        message = batch.new_message(delivery, conversation, segment, seq, is_placed=True, behind=before.end)
        left = left_after(message, around(batch, before, message), seq + 1, steps)
        if left and left.live:
            batch.put_message(conversation.attributed(left.live), new=True)
            changes.note_new(left.live)
            counted = replace(conversation, message_count=conversation.message_count + 1, last_seq=seq)
            batch.put_conversation(_without(batch, counted, left, changes))
            _lead_others(batch, delivery, counted, left)
        if left:
            return True
    return False


def is_of_a_later(
    conversation: Conversation, near: Sequence[Conversation], segment: Segment, delivery: Delivery
) -> bool:
    """Whether the segment is of a conversation that began later, whose clock shows the time of the segment now."""
    if segment.end is None or conversation.end is None:
        return False
    end, at = segment.end, delivery.received_at
    later = [one for one in near if one.first_order > conversation.first_order and one.user_id == conversation.user_id]
    late = abs(segmentation.lag(conversation, end, at))
    lags = (abs(segmentation.lag(one, end, at)) for one in later if one.end is not None and not one.deleted_at)
    return any(lag < min(late, identity.LATE) for lag in lags)


def take_added(batch: DeliveryBatch, delivery: Delivery, before: Message, changes: Changes, steps: Steps) -> None:
    """Takes the words that a known message says now, after the call has changed it, out of the messages that a record
    has filled in."""
    conversation = batch.conversation(delivery, before.conversation_id)
    message = batch.message((before.conversation_id, before.key))
    if message is None or message.text == before.text or steps.left < 0 or not _is_repaired(conversation):
        return
    there = [before if one.key == message.key else one for one in around(batch, conversation, message)]
    left = left_after(message, there, conversation.last_seq + 1, steps)
    if left and left.live:
        if left.live != message:
            batch.put_message(conversation.attributed(left.live))
        batch.put_conversation(_without(batch, conversation, left, changes))
        _lead_others(batch, delivery, conversation, left)


def _is_repaired(conversation: Conversation) -> bool:
    return conversation.repaired_count > 0 and conversation.deleted_at is None


def around(batch: DeliveryBatch, conversation: Conversation, words: Speech) -> list[Message]:
    """The messages around these words, in spoken order; those without a place if the words have none."""
    if words.start is None or words.end is None:
        there = batch.unplaced(conversation)
    else:
        there = batch.around(conversation, words.start - NEARBY, words.end + NEARBY)
    return sorted(there, key=lambda one: (one.position, one.seq))


def _without(batch: DeliveryBatch, conversation: Conversation, left: Left, changes: Changes) -> Conversation:
    """Writes what is left of filled-in messages, and returns their conversation."""
    batch.words_filled_in -= left.words
    for one in left.removed:
        batch.remove_message(one)
        changes.note_removed(one)
    for one in left.changed:
        batch.put_message(replace(one, spoken_at=conversation.spoken_at(one.start, one.created_at)))
        changes.note_changed(one)
    for one in left.new:
        batch.put_message(replace(one, spoken_at=conversation.spoken_at(one.start, one.created_at)), new=True)
        changes.note_new(one)
    return replace(
        conversation,
        message_count=conversation.message_count + len(left.new) - len(left.removed),
        last_seq=conversation.last_seq + len(left.new),
        repaired_count=max(0, conversation.repaired_count - left.words),
        details=conversation.details and details_of(conversation.details).leading_to(left.now_in).text(),
    )


def _lead_others(batch: DeliveryBatch, delivery: Delivery, conversation: Conversation, left: Left) -> None:
    """Other conversations may lead to the messages that lost words, since OMI's record may be about several."""
    others = [one for one in batch.near(delivery) if one.user_id == conversation.user_id]
    known = {one.id for one in others}
    if conversation.is_joined and conversation.user_id:
        [members] = wholes.locked(batch.stored(), conversation.user_id, conversation.shown_id)
        others += [one for one in members if one.id not in known]
    for one in others:
        if one.id != conversation.id and one.details:
            led = replace(one, details=details_of(one.details).leading_to(left.now_in).text())
            if led != one:
                batch.put_conversation(led)
