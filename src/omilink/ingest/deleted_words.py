"""Recognises words that come live after OMI's record had filled them in and their user deleted them."""

from collections.abc import Sequence

from omilink.conversations.identity import LATE
from omilink.conversations.late_words import filled_in_then
from omilink.conversations.traces import have_words
from omilink.ingest import record_late
from omilink.ingest.batch import DeliveryBatch
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.ids import is_uuid
from omilink.models.message import Message, Segment
from omilink.search.words import words

MANY = 8
"""Words that are recognised a few seconds beside their place too. Fewer words may be among the others by accident."""


def are(batch: DeliveryBatch, delivery: Delivery, segment: Segment, near: Sequence[Conversation]) -> bool:
    """Whether the segment's words stood in a filled-in message of a conversation that its owner has deleted. The key of
    such a message is not the segment's: its words were joined with others, and the id is that of the first of them."""
    return any(_stood_in(batch, delivery, segment, near, one) for one in near if _may_have_held(batch, delivery, one))


def _may_have_held(batch: DeliveryBatch, delivery: Delivery, conversation: Conversation) -> bool:
    is_theirs = conversation.user_id == batch.owner(delivery)
    return is_theirs and conversation.deleted_at is not None and conversation.repaired_count > 0


def _stood_in(
    batch: DeliveryBatch, delivery: Delivery, segment: Segment, near: Sequence[Conversation], gone: Conversation
) -> bool:
    """By the id and the place of the segment, or else by its words and its place."""
    there = record_late.around(batch, gone, segment)
    filled_in = [one for one in there if one.source == "omi_record"]
    if any(segment.id and is_uuid(segment.id) and one.segment_id == segment.id for one in filled_in):
        return True
    of_other_clocks = [one for one in near if not _are_of_one_clock(one, gone)]
    if not filled_in or record_late.is_of_a_later(gone, of_other_clocks, segment, delivery):
        return False
    if len(words(segment.text)) < MANY:
        filled_in = list(filled_in_then(segment, there, is_exact=True))
    return _had_words(batch, gone, filled_in, segment.text)


def _had_words(batch: DeliveryBatch, gone: Conversation, messages: Sequence[Message], text: str) -> bool:
    traces = batch.traces(gone)
    return have_words((traces[one.seq] for one in messages if one.seq in traces), text, batch.tx.trace_key())


def _are_of_one_clock(one: Conversation, other: Conversation) -> bool:
    """Whether both may be of one clock: a talk that goes on after its deletion becomes another conversation."""
    return abs(one.clock_began_at - other.clock_began_at) <= LATE * 1000
