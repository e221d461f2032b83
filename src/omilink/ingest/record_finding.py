"""Finds the conversations that OMI's record describes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from omilink.clock import DAY, Millis
from omilink.conversations.alignment import LONG
from omilink.conversations.repair import Comparison
from omilink.ingest import deleted_words
from omilink.ingest.batch import DeliveryBatch
from omilink.ingest.record_words import is_of_one_session, with_cut_off
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.ids import is_uuid
from omilink.models.message import LEFT_OUT
from omilink.models.record import Record
from omilink.models.session import PAST

AROUND: Millis = 60_000
"""Milliseconds by which a conversation and its record may differ in time."""
HELD_UP: Millis = 3_600_000
"""Milliseconds by which live words may have come late."""
MOST_COMPARED = 20
"""Conversations that are compared with a record."""
MOST_DELETED = 200
"""Conversations among which deleted ones are looked for."""


@dataclass(slots=True)
class Found:
    """The conversations that a record describes: those to fill in, the one with most of the words first, and deleted
    ones, whose words the record may hold. `is_anothers` means that it may hold words of another owner; `has_phrases`,
    that verification phrases were removed from its words."""

    living: list[Conversation] = field(default_factory=list)
    deleted: list[Conversation] = field(default_factory=list)
    is_anothers: bool = False
    has_phrases: bool = False


def find(batch: DeliveryBatch, delivery: Delivery, record: Record) -> Found:
    """By OMI's id, by ids of segments, or by time and words, in this order. Where omilink has cut a conversation,
    OMI's joining may have removed all ids of a piece, which is then found by time and words."""
    owner, (since, until) = batch.owner(delivery), seconds_of(delivery, record)
    near = batch.conversations_at(delivery, since - AROUND, until + AROUND + HELD_UP, MOST_COMPARED)
    shared = _count_shared(batch, near, record)
    of_record = _of_record(batch, delivery, record)
    known = {one.id: one for one in [*of_record, *near] if one.omi_id == record.id or shared[one.id]}
    theirs = [one for one in known.values() if one.user_id == owner]
    theirs.sort(key=lambda one: (-shared[one.id], one.first_order, one.id))
    living = [one for one in theirs if not one.deleted_at]
    anothers = [one for one in known.values() if one.user_id != owner and not _is_of_phrases(batch, one)]
    if anothers or (len(known) > len(theirs) and not living) or _may_be_of_before(batch, delivery, record, near):
        return Found(is_anothers=True)
    gone = [one for one in theirs if one.deleted_at and not _is_of_phrases(batch, one)]
    deleted = gone or _deleted_then(batch, delivery, record, delivery.session_key)
    if not deleted and not living:
        deleted = _deleted_elsewhere(batch, delivery, record)
    if not deleted:
        then = [one for one in near if one.user_id == owner and _overlap(one, since, until) > -AROUND]
        free = [one for one in then if _is_free(one) and one.id not in known]
        free.sort(key=lambda one: -_overlap(one, since, until))
        held_up = [one for one in near if one.user_id == owner and _is_free(one) and one not in free]
        late = [one for one in held_up if _overlap(one, since, until + HELD_UP) > -AROUND]
        living = _with_free(batch, living, free, late, record)
        elsewhere = batch.session_keys(delivery)[1:] if living else []
        deleted = [one for key in elsewhere for one in _deleted_then(batch, delivery, record, key)]
    living = _first_first(living, record)
    have_phrases = any(_has_phrase(batch, one) for one in {**known, **{one.id: one for one in living}}.values())
    return Found(living, deleted, has_phrases=have_phrases)


def _with_free(
    batch: DeliveryBatch,
    living: Sequence[Conversation],
    free: Sequence[Conversation],
    late: Sequence[Conversation],
    record: Record,
) -> list[Conversation]:
    """The conversations that are known by ids, else the first of the free ones that is alike, else of those whose words
    may have come late; and those that belong to them or have further words of the record."""
    words = Comparison(record.segments)
    living = living or list(islice((one for one in free if _is_alike(batch, one, words)), 1))
    living = living or list(islice((one for one in late if _is_most_alike(batch, one, words)), 1))
    living = _with_parts(_with_split_off(batch, living), free)
    return with_cut_off(batch.tx, living, [one for one in free if one not in living], words)


def _with_split_off(batch: DeliveryBatch, living: Sequence[Conversation]) -> list[Conversation]:
    """The conversations, with those that their user has split off from them."""
    found = {one.id: one for one in living}
    for one in living:
        if one.is_split:
            of_clock = batch.tx.conversations_of_clock(one.session_key, one.hand.cut_of or one.id)
            found |= {each.id: each for each in of_clock if each.user_id == one.user_id}
    return list(found.values())


def _with_parts(living: Sequence[Conversation], others: Sequence[Conversation]) -> list[Conversation]:
    """The conversations, with those of the others that are shown together with them."""
    shown = {one.shown_id for one in living if one.is_joined}
    return [*living, *(one for one in others if one.shown_id in shown and one not in living)]


def _first_first(living: Sequence[Conversation], record: Record) -> list[Conversation]:
    """The one that OMI's record describes, before others that have words of it: of those that were split by hand, and
    of those that omilink has cut, the earliest."""
    living = sorted(living, key=lambda one: (one.omi_id != record.id, one.hand.cut_from is not None))
    if not is_of_one_session(living):
        return living
    return sorted(living, key=lambda one: (one.omi_id != record.id, one.part_of is not None, one.first_order))


def seconds_of(delivery: Delivery, record: Record) -> tuple[Millis, Millis]:
    """When the record's words were said."""
    starts = [one.start for one in record.segments if one.start is not None]
    ends = [one.end for one in record.segments if one.end is not None]
    first, end = min(starts, default=0.0), max(ends, default=0.0)
    zero_at = delivery.received_at - round(end * 1000) if record.started_at is None else record.started_at
    return zero_at + round(first * 1000), zero_at + round(end * 1000)


def _of_record(batch: DeliveryBatch, delivery: Delivery, record: Record) -> list[Conversation]:
    """The conversations with the record's id. One that came in at another address is locked as well."""
    owner, session_key = batch.owner(delivery), delivery.session_key
    found = batch.tx.conversations_of_record(record.id, owner, session_key)
    elsewhere = {one.session_key for one in found} - {session_key}
    if not elsewhere:
        return found
    batch.tx.sessions(elsewhere)
    return batch.tx.conversations_of_record(record.id, owner, session_key)


def _has_phrase(batch: DeliveryBatch, conversation: Conversation) -> bool:
    """Whether a verification phrase was removed from the conversation, or it is the one that remembers such phrases."""
    return batch.tx.has_message(conversation.id, LEFT_OUT)


def _count_shared(batch: DeliveryBatch, near: Iterable[Conversation], record: Record) -> Counter[str]:
    """By conversation the number of its messages that have the id of a segment. Only ids that nobody else makes
    count."""
    keys = {f"id:{one.id}" for one in record.segments if one.id and is_uuid(one.id)}
    return batch.tx.count_known([(conversation.id, key) for conversation in near for key in keys])


def _may_be_of_before(batch: DeliveryBatch, delivery: Delivery, record: Record, near: Sequence[Conversation]) -> bool:
    """Whether the record may hold words from before the session came to the owner. A conversation may go on over a
    change of owner, so the record must have begun after the change and after the words of others."""
    session, owner = batch.session(delivery), batch.owner(delivery)
    limits = [
        one.last_at
        for one in near
        if one.user_id != owner and one.first_order <= delivery.order and not _is_of_phrases(batch, one)
    ]
    if session.had_others(owner):
        if session.linked_at is None or owner is None or session.hands_at(delivery) in PAST:
            return True
        limits.append(session.linked_at)
    if not limits:
        return False
    if record.started_at is None:
        return True
    starts = [one.start for one in record.segments if one.start is not None]
    ends = [one.end for one in record.segments if one.end is not None]
    began = record.started_at + round(min([0.0, *starts]) * 1000)
    return min(began, delivery.received_at - round(max([0.0, *ends]) * 1000)) <= max(limits)


def _deleted_then(batch: DeliveryBatch, delivery: Delivery, record: Record, session_key: str) -> list[Conversation]:
    """The owner's deleted conversations of the session whose words the record may hold, by time. Where one of the two
    has no time, a day between them counts as the same time."""
    owner, (since, until) = batch.owner(delivery), seconds_of(delivery, record)
    then = batch.tx.conversations_at(session_key, since - DAY, until + DAY, MOST_DELETED)

    def may_be_in_record(one: Conversation) -> bool:
        if record.started_at is None or one.zero_at is None or one.end is None:
            return _overlap(one, since, until) > -DAY
        held_up = HELD_UP if one.omi_id is None else 0
        return _overlap(one, since, until + held_up) > -AROUND

    gone = [
        one for one in then if one.deleted_at and not one.is_clock and one.user_id == owner and may_be_in_record(one)
    ]
    return [one for one in gone if not _is_of_phrases(batch, one)]


def _deleted_elsewhere(batch: DeliveryBatch, delivery: Delivery, record: Record) -> list[Conversation]:
    """A deleted conversation of the owner with the record's words, which had come at another address. Its session is
    locked."""
    owner, (since, until) = batch.owner(delivery), seconds_of(delivery, record)
    latest = batch.tx.tombstones(owner, since - AROUND, MOST_DELETED) if owner else []
    there = [one for one in latest if one.session_key != delivery.session_key]
    then = [one for one in there if _overlap(one, since, until) > -AROUND and not _is_of_phrases(batch, one)]
    found = list(islice((one for one in then if deleted_words.are_recorded(batch, record, one)), 1))
    if found:
        batch.tx.sessions({found[0].session_key})
    return found


def _is_of_phrases(batch: DeliveryBatch, conversation: Conversation) -> bool:
    """Whether omilink itself deleted the conversation, since it held nothing but verification phrases."""
    return conversation.deleted_at is not None and _has_phrase(batch, conversation)


def _overlap(conversation: Conversation, since: Millis, until: Millis) -> Millis:
    """Milliseconds that both have in common; a negative number is the gap between them."""
    first = (conversation.first or 0.0) * 1000
    began = conversation.created_at if conversation.zero_at is None else conversation.zero_at + round(first)
    return min(until, conversation.ended_at) - max(since, began)


def _is_free(conversation: Conversation) -> bool:
    """Whether no record has described the conversation yet."""
    return conversation.deleted_at is None and conversation.omi_id is None


def _is_most_alike(batch: DeliveryBatch, conversation: Conversation, record: Comparison) -> bool:
    """Whether the conversation may be the record's though their times differ, since its words came late: each has most
    letters of the other."""
    found = record.repair(batch.tx.all_messages(conversation.id))
    return found.matched >= LONG and found.matched * 2 >= max(found.said, record.count_letters())


def _is_alike(batch: DeliveryBatch, conversation: Conversation, record: Comparison) -> bool:
    """Whether all letters of the conversation stand in the record at about their time, or enough letters that are most
    of either side."""
    found = record.repair(batch.tx.all_messages(conversation.id))
    is_most = found.matched >= LONG and found.matched * 2 >= min(found.said, record.count_letters())
    return 0 < found.said == found.matched or is_most
