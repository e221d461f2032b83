"""Adds a call's words to messages and conversations."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations import identity, segmentation
from omilink.conversations.alignment import Steps
from omilink.ingest import deleted_words, off_record, recognition, record_late
from omilink.ingest.batch import DeliveryBatch
from omilink.ingest.changes import Changes
from omilink.linking import phrase
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.message import Message, Segment


def add(batch: DeliveryBatch, delivery: Delivery, segments: Sequence[Segment]) -> Changes:
    """Adds the segments of the delivery to the batch, as new messages or as changes of known ones, and returns what
    changed."""
    changes, fresh, near, steps = Changes(), [], batch.near(delivery), Steps()
    for segment in segments:
        known = recognition.known(batch, delivery, segment, near, is_alone=len(segments) == 1)
        if known and off_record.is_known_off(batch, delivery, known, segment):
            changes.off_record += 1
        elif known:
            _update(batch, delivery, known, segment, changes)
            record_late.take_added(batch, delivery, known, changes, steps)
        elif record_late.take(batch, delivery, segment, near, changes, steps):
            continue
        elif not deleted_words.are(batch, delivery, segment, near):
            fresh.append(segment)
    cuts = sorted(one.hand.cut_from for one in near if one.hand.cut_from is not None)
    for run in segmentation.runs(fresh, batch.gap, cuts):
        _add_run(batch, delivery, run, changes)
    return changes


def _update(batch: DeliveryBatch, delivery: Delivery, known: Message, segment: Segment, changes: Changes) -> None:
    """Updates a known message. A message of another owner, or a deleted message, is never changed."""
    conversation = batch.conversation(delivery, known.conversation_id)
    if conversation.deleted_at:
        return
    if conversation.user_id != batch.owner(delivery):
        is_retry = known.has_been(segment) and not identity.is_too_late(known, delivery.received_at)
        changes.of_before += not is_retry
        return
    message = known.updated_by(segment, conversation.spoken_at(segment.start, known.created_at))
    message = conversation.attributed(message)
    if message == known:
        return
    batch.put_message(message)
    if message.rev == known.rev:  # nothing that is shown has changed
        return
    name = _name(batch, delivery, [segment])
    conversation = conversation.with_words([segment], delivery, named_by=name)
    is_title = name is not None and conversation.may_be_named_by(known) and batch.is_first_of_its_words(known)
    batch.put_conversation(conversation.retitled(message) if is_title else conversation)
    changes.note_changed(message)


def _add_run(batch: DeliveryBatch, delivery: Delivery, run: segmentation.Run, changes: Changes) -> None:
    """Adds the run to the conversation that it belongs to, or to a new one."""
    at, as_of_then = delivery.received_at, [c.as_of(delivery) for c in batch.open_to(delivery)]
    placed = segmentation.gone_on(run, at, as_of_then)
    if placed:
        run = segmentation.Run(run.segments, None, None)
    else:
        placed = segmentation.place(run, at, as_of_then, batch.gap, batch.came_live)
    zero_at = None
    if batch.off_record(delivery):
        clock = placed or off_record.clock_of(batch, delivery, run)
        parted = off_record.part(batch, delivery, run, clock)
        _go_on_unheard(batch, delivery, parted, clock, changes)
        if parted.run is None:
            return
        run, zero_at = parted.run, parted.zero_at
    if placed is None:
        left = deleted_words.left_of(batch, delivery, run.segments)
        if not left:
            return
        run = segmentation.run_of(left)
        conversation = _begin(batch, delivery, zero_at)
        changes.began.add(conversation.id)
    else:
        conversation = batch.conversation(delivery, placed.id)
    _add_words(batch, delivery, conversation, run, changes)


def _begin(batch: DeliveryBatch, delivery: Delivery, zero_at: Millis | None) -> Conversation:
    conversation = replace(batch.begun(delivery), zero_at=zero_at)
    batch.put_conversation(conversation, new=True)
    return conversation


def _go_on_unheard(
    batch: DeliveryBatch,
    delivery: Delivery,
    parted: off_record.Parted,
    clock: Conversation | None,
    changes: Changes,
) -> None:
    """Moves the clock on by what was said off the record, without its words: so later words on the clock, and repeats,
    have a known time. A clock of which nothing else is known is kept as a tombstone."""
    if not parted.left_out:
        return
    changes.off_record += len(parted.left_out)
    if clock:
        before = batch.conversation(delivery, clock.id)
        batch.put_conversation(before.with_words(parted.left_out, delivery, named_by=None))
        if not before.is_clock:
            changes.moved.add(clock.id)
    elif parted.zero_at is not None:
        begun = replace(batch.begun(delivery), zero_at=parted.zero_at, deleted_at=delivery.received_at)
        batch.put_conversation(begun.with_words(parted.left_out, delivery, named_by=None), new=True)


def _add_words(
    batch: DeliveryBatch, delivery: Delivery, before: Conversation, run: segmentation.Run, changes: Changes
) -> None:
    """Adds the run's segments to the conversation. Several segments of one run may be one message."""
    said = _not_repeated(batch, before, run, changes)
    if not said:
        return
    conversation = before.with_words(said, delivery, named_by=_name(batch, delivery, said))
    batch.put_conversation(conversation)
    seq, end = before.last_seq, before.end
    is_alone = len(said) == 1
    is_one_twice = len({segment.id or segment.key for segment in said}) < len(said)
    for segment in said:
        may_be_there = is_one_twice or batch.message((conversation.id, segment.key))
        known = recognition.same(batch, delivery, segment, conversation) if may_be_there else None
        if known and not (is_alone and recognition.is_said_again(batch, delivery, segment, known)):
            _update(batch, delivery, known, segment, changes)
            continue
        seq += 1
        message = batch.new_message(delivery, conversation, segment, seq, is_placed=run.start is not None, behind=end)
        batch.put_message(message, new=True)
        end = segment.end if end is None else max(end, segment.end or end)
        changes.note_new(message)
    after = batch.conversation(delivery, conversation.id)
    batch.put_conversation(replace(after, message_count=after.message_count + seq - before.last_seq, last_seq=seq))


def _name(batch: DeliveryBatch, delivery: Delivery, segments: Sequence[Segment]) -> str | None:
    """The first text that may name a conversation. A part of a phrase that a user is about to say may not."""
    asked = [challenge.say for challenge in batch.challenges(delivery) if challenge.used_at is None]
    texts = (segment.text for segment in segments)
    return next((text for text in texts if not any(phrase.may_be_part(text, say) for say in asked)), None)


def _not_repeated(
    batch: DeliveryBatch, conversation: Conversation, run: segmentation.Run, changes: Changes
) -> Sequence[Segment]:
    """The run's segments, except those that have no id and repeat a message with slightly different times."""
    is_behind = run.start is not None and conversation.end is not None and run.start < conversation.end
    if not is_behind or all(segment.id for segment in run.segments):
        return run.segments
    assert run.start is not None and run.end is not None
    said: defaultdict[str, list[Message]] = defaultdict(list)
    for message in batch.came_live(conversation, run.start, run.end):
        said[message.text].append(message)
    fresh: list[Segment] = []
    for segment in run.segments:
        known = _among(said[segment.text], segment)
        if known is None:
            fresh.append(segment)
        else:
            _take_over(batch, known, segment, changes)
    return fresh


def _take_over(batch: DeliveryBatch, known: Message, segment: Segment, changes: Changes) -> None:
    """Adds to a message what a segment that repeats its words says about them."""
    before = batch.message((known.conversation_id, known.key)) or known
    message = before.repeated_by(segment)
    if message is not before:
        batch.put_message(message)
    if message.rev > before.rev:
        changes.note_changed(message)


def _among(same_words: Sequence[Message], segment: Segment) -> Message | None:
    """The message that the segment repeats, or None. At most MOST_COMPARED messages are searched: a list that repeats
    one word a thousand times is no conversation."""
    some = same_words[-segmentation.MOST_COMPARED :]
    return next((message for message in some if identity.is_repeated(message, segment)), None)
