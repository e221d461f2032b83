"""Leaves out what was said while its user was off the record: what counts is when it was said, whenever it comes.

Of what may have been said then nothing is kept, so a segment of which one moment was off the record is left out as a
whole, and so is what has no known time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from omilink.clock import DAY, HOUR, Millis
from omilink.conversations import segmentation
from omilink.conversations.day_summaries import LATEST_ZONE
from omilink.conversations.segmentation import Run, run_of
from omilink.ingest.batch import DeliveryBatch
from omilink.models.conversation import Conversation
from omilink.models.day_summary import DaySummary
from omilink.models.delivery import Delivery
from omilink.models.message import Message, Segment
from omilink.models.record import Record, RecordedSegment
from omilink.models.recording import OffRecord

APART: Millis = 10_000
"""Milliseconds by which OMI's clock and the server's may differ."""
HELD_UP: Millis = HOUR
"""Milliseconds by which a call may come late whose words cannot be placed: one that is put into quarantine."""
EARLIEST_ZONE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Parted:
    """A run without what was said off the record, or None if nothing is left. `left_out` are the other segments.
    `zero_at` is when the run's clock stood at 0, if that is known."""

    run: Run | None
    left_out: Sequence[Segment]
    zero_at: Millis | None


def part(batch: DeliveryBatch, delivery: Delivery, run: Run, on: Conversation | None) -> Parted:
    """Parts the run, which goes on the clock of the conversation `on`, or on a clock of its own."""
    off, at = batch.off_record(delivery), delivery.received_at
    zero_at = on.zero_at if on else None
    is_known = zero_at is not None and run.start is not None
    if zero_at is None and run.end is not None:
        zero_at = at - round(run.end * 1000)  # as `Conversation.with_words` does
    if off is None:
        return Parted(run, (), zero_at)
    if on and _may_be_restarted(run, on) and off.touches(at, at, _ahead(delivery)):
        return Parted(None, run.segments, zero_at)
    ahead, length = None if is_known else _ahead(delivery), _length(run)
    left, left_out = list[Segment](), list[Segment]()
    for one in run.segments:
        said = _said(one, length, at, zero_at if run.start is not None else None)
        (left_out if off.touches(*said, ahead) else left).append(one)
    kept = run_of(left) if run.start is not None else Run(tuple(left), None, None)
    return Parted(kept if left else None, left_out, zero_at)


def is_known_off(batch: DeliveryBatch, delivery: Delivery, known: Message, segment: Segment) -> bool:
    """Whether the segment says more than the known message, and was said off the record. What comes within a pause may
    have grown until then, whatever end the device gives it."""
    off = batch.off_record(delivery)
    if off is None or known.knows(segment):
        return False
    at = delivery.received_at
    if off.touches(at, at, _ahead(delivery)):
        return True
    zero_at = batch.conversation(delivery, known.conversation_id).zero_at
    ahead = _ahead(delivery) if zero_at is None or segment.start is None else None
    return off.touches(*_said(segment, _length(run_of([segment])), at, zero_at), ahead)


def clock_of(batch: DeliveryBatch, delivery: Delivery, run: Run) -> Conversation | None:
    """The clock on which the run goes on, and on which nothing was said yet but off the record."""
    owner = batch.owner(delivery)
    clocks = [one.as_of(delivery) for one in batch.near(delivery) if one.user_id == owner and one.is_clock]
    return segmentation.place(run, delivery.received_at, clocks, batch.gap, lambda *_: ())


def left_of_record(off: OffRecord, record: Record, at: Millis) -> Record:
    """The record without what was said off the record. If it has any of that, everything else that OMI says about the
    conversation is left out too, since it may say the same in other words."""
    kept = [one for one in record.segments if not _is_off(off, record, one, at)]
    is_whole = bool(record.segments) and not record.unreadable
    if len(kept) == len(record.segments) and (is_whole or not off.touches(*_around(record, at))):
        return record
    return Record(
        id=record.id, started_at=record.started_at, finished_at=record.finished_at, segments=kept, is_discarded=True
    )


def is_day_off(off: OffRecord, day: DaySummary, at: Millis) -> bool:
    """Whether any moment of the day, in any time zone, was off the record."""
    return off.touches(*_of_day(day, at))


def may_be_off(batch: DeliveryBatch, delivery: Delivery, record: Record | None, day: DaySummary | None) -> bool:
    """Whether the call, which is to be put into quarantine, may hold words that any of the users whom it may concern
    said off the record."""
    at = delivery.received_at
    since, until = _around(record, at) if record else _of_day(day, at) if day else (at - HELD_UP, at)
    return any(off.touches(since, until) for off in batch.off_record_of_anybody(delivery))


def came_off(batch: DeliveryBatch, delivery: Delivery) -> bool:
    """Whether any of the users whom the call may concern was off the record when it came."""
    at = delivery.received_at
    return any(off.touches(at, at, _ahead(delivery)) for off in batch.off_record_of_anybody(delivery))


def earliest(delivery: Delivery, record: Record | None, day: DaySummary | None) -> Millis:
    """A time before everything that the call may tell of."""
    if day:
        return _of_day(day, delivery.received_at)[0]
    return min(_around(record, delivery.received_at)[0] if record else delivery.received_at, delivery.received_at) - DAY


def _ahead(delivery: Delivery) -> Millis | None:
    return None if delivery.counted_at is None else delivery.counted_at - delivery.received_at


def _may_be_restarted(run: Run, on: Conversation) -> bool:
    """Whether the run may be of a clock that has begun anew, since it goes back behind what was said on this one."""
    return run.start is not None and on.end is not None and run.start < on.end


def _length(run: Run) -> Millis:
    starts = [one.start for one in run.segments if one.start is not None]
    ends = [one.end for one in run.segments if one.end is not None]
    return round((max(ends, default=0.0) - min(starts, default=0.0)) * 1000)


def _said(segment: Segment, length: Millis, at: Millis, zero_at: Millis | None) -> tuple[Millis, Millis]:
    """When the segment was said, never after it came. Of a clock that gives no place, only the length of the run is
    known."""
    if zero_at is None or segment.start is None:
        return at - length, at
    end = segment.start if segment.end is None else segment.end
    return min(at, zero_at + round(segment.start * 1000)), min(at, zero_at + round(end * 1000))


def _is_off(off: OffRecord, record: Record, segment: RecordedSegment, at: Millis) -> bool:
    if record.started_at is None or segment.start is None or segment.end is None:
        return off.touches(*_around(record, at))
    since, until = (record.started_at + round(second * 1000) for second in (segment.start, segment.end))
    return off.touches(since - APART, until + APART)


def _around(record: Record, at: Millis) -> tuple[Millis, Millis]:
    """A time that has everything in the record."""
    since = at - DAY if record.started_at is None else record.started_at
    ends = (round((one.end or 0.0) * 1000) for one in record.segments)
    return since - APART, max(record.finished_at or at, since + max(ends, default=0)) + APART


def _of_day(day: DaySummary, at: Millis) -> tuple[Millis, Millis]:
    try:
        began = datetime.combine(date.fromisoformat(day.date), datetime.min.time(), UTC)
    except ValueError:
        return at - 2 * DAY, at
    since, until = began - LATEST_ZONE, began + timedelta(days=1) + EARLIEST_ZONE
    return round(since.timestamp() * 1000), round(until.timestamp() * 1000)
