"""Words that come live after OMI's record has filled them in."""

from collections.abc import Iterable

from omilink.conversations import segmentation
from omilink.conversations.repair import LONG, contains, letters_of
from omilink.ingest.batch import DeliveryBatch
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.message import Segment

NEARBY = 10.0
"""Seconds between words that came live and the place where a record has filled them in."""


def is_filled_in(batch: DeliveryBatch, delivery: Delivery, segment: Segment, near: Iterable[Conversation]) -> bool:
    """Whether a record has filled in the words of a segment that comes live later. A short text may be said again at
    the same second of the next conversation, so it counts only while the conversation may go on."""
    if segment.start is None or segment.end is None:
        return False
    for conversation in near:
        is_repaired = conversation.omi_id is not None and conversation.repaired_count
        if not is_repaired or conversation.user_id != batch.owner(delivery):
            continue
        is_long = len(letters_of(segment.text)) >= LONG
        if is_long or not segmentation.has_ended(conversation, delivery.received_at, batch.gap):
            around = batch.around(conversation, segment.start - NEARBY, segment.end + NEARBY)
            there = sorted((m for m in around if m.start is not None), key=lambda m: (m.position, m.seq))
            if contains(there, segment):
                return True
    return False
