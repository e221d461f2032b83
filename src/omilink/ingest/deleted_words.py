"""Recognises words that come again after their user deleted them, where a segment's key is not known in the tombstone:
after OMI's record had filled them in, and at another address.
"""

from collections.abc import Iterable, Sequence

from omilink.clock import DAY, Millis
from omilink.conversations.identity import LATE, is_elsewhere
from omilink.conversations.late_words import filled_in_then
from omilink.conversations.traces import numbers_in, numbers_of
from omilink.ingest import record_late
from omilink.ingest.batch import DeliveryBatch
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.ids import is_uuid
from omilink.models.message import Message, Segment
from omilink.models.record import Record

TOLERATED = 4
"""For each of these numbers of words one may be missing, since joining may have glued a word to its neighbour."""
MANY = 8
"""Words that are recognised a few seconds beside their place too. Fewer words may be among the others by accident."""
ENOUGH = 4
"""Words that are recognised in any of the user's deleted conversations, if none of them is missing."""
REMEMBERED: Millis = 30 * DAY
"""Milliseconds for which deleted words are looked for when they would begin a new conversation."""
MOST_DELETED = 200
"""Deleted conversations of a user in which words are looked for."""
MOST_LOOKED_UP, MOST_REPAIRED = 300, 50
"""Segments of a call, and deleted conversations that a record had filled in, in which these segments are looked for."""
MOST_COMPARED = 1_000_000
"""Pairs of a message and a segment of a record. Beyond, the record counts as one that has the deleted words."""
BESIDE = 2.0
"""Seconds by which a message and its words in a record may be apart."""


def are(batch: DeliveryBatch, delivery: Delivery, segment: Segment, near: Sequence[Conversation]) -> bool:
    """Whether the segment's words stood in a filled-in message of a conversation that its owner has deleted. The key of
    such a message is not the segment's: its words were joined with others, and the id is that of the first of them."""
    owner = batch.owner(delivery)
    gone = [one for one in near if one.user_id == owner and one.deleted_at and one.repaired_count]
    return any(_stood_in(batch, delivery, segment, near, one) for one in gone)


def left_of(batch: DeliveryBatch, delivery: Delivery, segments: Sequence[Segment]) -> list[Segment]:
    """The segments, which are about to begin a conversation, without those that stood in any conversation that their
    owner has deleted. Only ids that nobody else makes count, and `ENOUGH` words at the same seconds."""
    owner = batch.owner(delivery)
    gone = batch.tx.tombstones(owner, delivery.received_at - REMEMBERED, MOST_DELETED) if owner else []
    unique = [one for one in segments if one.id and is_uuid(one.id)][:MOST_LOOKED_UP]
    if not gone or not unique:
        return list(segments)
    known = batch.tx.known_messages({(each.id, one.key) for each in gone for one in unique}).values()
    repaired = [one for one in gone if one.repaired_count][:MOST_REPAIRED]

    def was_deleted(segment: Segment) -> bool:
        by_key = (message for message in known if message.key == segment.key)
        if any(not is_elsewhere(message, segment) for message in by_key):
            return True
        return segment in unique and any(_stood_anywhere(batch, segment, one) for one in repaired)

    return [one for one in segments if not was_deleted(one)]


def are_recorded(batch: DeliveryBatch, record: Record, gone: Conversation) -> bool:
    """Whether the record, which came at another address, has the words of the deleted conversation: the id of one of
    its segments, or else most of its messages at their seconds."""
    ids = {f"id:{one.id}" for one in record.segments if one.id and is_uuid(one.id)}
    messages = [one for one in batch.tx.all_messages(gone.id) if one.start is not None]
    if any(one.key in ids for one in messages) or len(messages) * len(record.segments) > MOST_COMPARED:
        return True
    traces, key = batch.traces(gone), batch.tx.trace_key()
    spoken = [(one.start, one.end, set(numbers_of(one.text, key))) for one in record.segments]
    found = [
        numbers <= {n for start, end, there in spoken if _are_beside(message, start, end) for n in there}
        for message in messages
        if len(numbers := numbers_in([traces.get(message.seq, "")])) >= ENOUGH
    ]
    return 0 < len(found) <= 2 * sum(found)


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
    numbers = numbers_of(segment.text, batch.tx.trace_key())
    if len(numbers) < MANY:
        filled_in = list(filled_in_then(segment, there, is_exact=True))
    return len(numbers) > 0 and _missing(batch, gone, filled_in, numbers) <= len(numbers) // TOLERATED


def _stood_anywhere(batch: DeliveryBatch, segment: Segment, gone: Conversation) -> bool:
    there = list(filled_in_then(segment, record_late.around(batch, gone, segment), is_exact=True))
    if any(one.segment_id == segment.id for one in there):
        return True
    numbers = numbers_of(segment.text, batch.tx.trace_key()) if there else []
    return len(numbers) >= ENOUGH and not _missing(batch, gone, there, numbers)


def _missing(batch: DeliveryBatch, gone: Conversation, messages: Iterable[Message], numbers: Sequence[int]) -> int:
    """How many of the numbers are not among those of the messages' words."""
    traces = batch.traces(gone)
    there = numbers_in(traces.get(one.seq, "") for one in messages)
    return sum(number not in there for number in numbers)


def _are_of_one_clock(one: Conversation, other: Conversation) -> bool:
    """Whether both may be of one clock: a talk that goes on after its deletion becomes another conversation."""
    return abs(one.clock_began_at - other.clock_began_at) <= LATE * 1000


def _are_beside(message: Message, start: float | None, end: float | None) -> bool:
    if message.start is None or message.end is None or start is None or end is None:
        return False
    return message.start <= end + BESIDE and message.end >= start - BESIDE
