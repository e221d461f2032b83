"""Saves deliveries, which hold spoken words, records of conversations or summaries of days: many in one transaction.

Saving a delivery again changes nothing, so that delivery at least once is enough: a known segment is the same message,
and deleted words stay deleted.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations import day_summaries
from omilink.database.store import Transaction
from omilink.ingest import json_body, messages, off_record, record, record_reading, segment_reading, stored_body
from omilink.ingest.batch import DeliveryBatch
from omilink.ingest.budget import SEGMENT, Budget, sender
from omilink.ingest.changes import Changes, add_events
from omilink.ingest.phrase_removal import remove_phrases
from omilink.linking import facts, mistakes, rules, sessions, watchdog
from omilink.linking.acts import Decision, Outcome
from omilink.linking.sessions import OwnerChange
from omilink.models.audit import By
from omilink.models.day_summary import DaySummary, StoredDay, content_of
from omilink.models.delivery import DAY_SUMMARY, RECORD, TOO_LARGE, Delivery
from omilink.models.habits import Habits, habits_of
from omilink.models.ids import SHARED
from omilink.models.message import Segment
from omilink.models.record import Record
from omilink.models.session import PAST, Mistake, UnlinkReason


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of a batch. `users`: the ids of those whose streams have new events. `quarantined`: the seq of each
    delivery put into quarantine, with the rule that decided. `dropped`: the seqs of deliveries of which nothing is
    kept. `not_kept`: the number of them that were beyond a sender's budget. `of_before`: the number of segments that
    continued words of an earlier owner. `off_record`: the number of calls with words off the record, which are among
    the dropped ones, since nothing is left of their raw bodies."""

    users: frozenset[str]
    quarantined: dict[int, str]
    dropped: frozenset[int]
    not_kept: int
    messages: int
    bad_segments: int
    of_before: int
    off_record: int
    received_at: tuple[Millis, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was read: its segments, its record or its summary of a day, the number of unreadable segments, and
    its sender's mistake."""

    delivery: Delivery
    said: Sequence[Segment]
    bad_segments: int
    mistake: Mistake | None
    record: Record | None = None
    day: DaySummary | None = None


@dataclass(frozen=True, slots=True)
class _Done:
    """The result of one call. `quarantined` is the rule that decided; `of_before` as in `Saved`."""

    quarantined: str | None = None
    is_dropped: bool = False
    is_kept: bool = True
    is_off_record: bool = False
    of_before: int = 0


class _Signatures:
    """The signatures of saved calls. A signed call is saved once, even long after its words were deleted."""

    def __init__(self, tx: Transaction, calls: Sequence[Call]) -> None:
        self._tx = tx
        self._saved = tx.known_signatures({call.delivery.signature for call in calls if call.delivery.signature})
        self._new: set[str] = set()

    def is_saved(self, delivery: Delivery) -> bool:
        return delivery.signature in self._saved or delivery.signature in self._new

    def add(self, delivery: Delivery) -> None:
        if delivery.signature:
            self._new.add(delivery.signature)

    def flush(self) -> None:
        self._tx.add_signatures(self._new)


def read_records(deliveries: Sequence[Delivery]) -> Mapping[int, Call]:
    """The records among the deliveries, by seq. Reading a long one takes a while, for which no transaction should
    wait."""
    return {one.seq: _read(one) for one in deliveries if one.kind == RECORD and not one.contradiction}


def save_all(
    tx: Transaction,
    deliveries: Sequence[Delivery],
    gap: float,
    daily_bytes: float = math.inf,
    records: Mapping[int, Call] = MappingProxyType({}),
) -> Saved:
    """Saves the deliveries in the given order. `gap` is the seconds of silence that end a conversation, `daily_bytes`
    the bytes that are kept of one sender in a day. `records` has those that `read_records` has read before."""
    calls = [records.get(one.seq) or _read(one) for one in deliveries if not one.contradiction]
    since = min((off_record.earliest(call.delivery, call.record, call.day) for call in calls), default=None)
    batch = DeliveryBatch(tx, gap, [(call.delivery, call.said) for call in calls], since)
    signatures, budget = _Signatures(tx, calls), _budget(batch, daily_bytes)
    done = [(call.delivery.seq, _save_call(batch, call, signatures, budget)) for call in calls]
    batch.flush()
    signatures.flush()
    if budget:
        budget.flush()
    contradicting = [delivery for delivery in deliveries if delivery.contradiction]
    unheard = _off_the_record(tx, gap, contradicting)
    contradictions = {
        one.seq: one.contradiction for one in contradicting if one.contradiction and one.seq not in unheard
    }
    return Saved(
        users=frozenset(batch.users),
        quarantined=contradictions | {seq: one.quarantined for seq, one in done if one.quarantined},
        dropped=unheard | {seq for seq, one in done if one.is_dropped or one.is_off_record or not one.is_kept},
        not_kept=sum(not one.is_kept for _, one in done),
        messages=batch.messages_added,
        bad_segments=sum(call.bad_segments for call in calls),
        of_before=sum(one.of_before for _, one in done),
        off_record=len(unheard) + sum(one.is_off_record for _, one in done),
        received_at=tuple(delivery.received_at for delivery in deliveries),
    )


def is_off_record(tx: Transaction, delivery: Delivery, gap: float) -> bool:
    """Whether the delivery came while a user was off the record to whom its words may belong."""
    return off_record.came_off(DeliveryBatch(tx, gap, [(delivery, ())]), delivery)


def _off_the_record(tx: Transaction, gap: float, deliveries: Sequence[Delivery]) -> frozenset[int]:
    """The seqs of those that are put into quarantine and may hold words off the record."""
    if not deliveries:
        return frozenset()
    calls = [_read(one) for one in deliveries]
    since = min(off_record.earliest(call.delivery, call.record, call.day) for call in calls)
    batch = DeliveryBatch(tx, gap, [(one, ()) for one in deliveries], since)
    off = (call.delivery for call in calls if off_record.may_be_off(batch, call.delivery, call.record, call.day))
    return frozenset(delivery.seq for delivery in off)


def _read(delivery: Delivery) -> Call:
    content = json_body.read(stored_body.unpack(delivery.body))
    if delivery.kind == RECORD:
        read = record_reading.read(content)
        return Call(delivery, (), read.unreadable, None, read)
    if delivery.kind == DAY_SUMMARY:
        return Call(delivery, (), 0, None, day=record_reading.read_day(content, delivery.received_at))
    if delivery.kind == TOO_LARGE:
        return Call(delivery, (), 0, Mistake.RECORD_TOO_LARGE)
    said, bad = segment_reading.read(content)
    return Call(delivery, mistakes.in_seconds(said), bad, mistakes.of_call(said, bad))


def _budget(batch: DeliveryBatch, daily_bytes: float) -> Budget | None:
    if daily_bytes == math.inf:
        return None
    owned = ((batch.session(delivery).user_id, delivery) for delivery in batch.deliveries)
    return Budget(batch.tx, daily_bytes, (sender(owner, delivery) for owner, delivery in owned))


def _save_call(batch: DeliveryBatch, call: Call, signatures: _Signatures, budget: Budget | None) -> _Done:
    delivery = call.delivery
    if signatures.is_saved(delivery):
        return _Done(is_dropped=True)
    segments, decision = _prove(batch, delivery, call.said, _decide(batch, delivery))
    if decision.outcome is Outcome.DROP:
        return _Done(is_dropped=True)
    batch.show_uid(batch.session(delivery), delivery.uid)
    if decision.outcome is Outcome.QUARANTINE:
        _quarantine(batch, decision, delivery)
        if off_record.may_be_off(batch, delivery, call.record, call.day):
            return _Done(is_off_record=True)
        return _Done(quarantined=decision.rule)
    signatures.add(delivery)
    _carry_out(batch, decision, delivery, call.bad_segments)
    if budget and not _has_room(batch, budget, delivery, call.record.segments if call.record else segments):
        _note_not_kept(batch, delivery)
        return _Done(is_kept=False)
    off = batch.off_record(delivery)
    if call.day and off and off_record.is_day_off(off, call.day, delivery.received_at):
        batch.note_off_record(delivery)
        return _Done(is_off_record=True)
    if call.day:
        _put_day(batch, delivery, call.day)
    filled_in = batch.words_filled_in
    if call.record:
        left = off_record.left_of_record(off, call.record, delivery.received_at) if off else call.record
        of_before = record.apply(batch, delivery, left)
        _note_record(batch, delivery, batch.words_filled_in - filled_in)
        if left is not call.record:
            batch.note_off_record(delivery)
        return _Done(of_before=of_before, is_off_record=left is not call.record)
    changes = messages.add(batch, delivery, segments)
    add_events(batch, delivery, changes)
    _note_mistake(batch, delivery, call.mistake, changes)
    _note_words(batch, delivery, changes, batch.words_filled_in - filled_in)
    if changes.off_record:
        batch.note_off_record(delivery)
    return _Done(of_before=changes.of_before, is_off_record=changes.off_record > 0)


def _prove(
    batch: DeliveryBatch, delivery: Delivery, said: Sequence[Segment], decision: Decision
) -> tuple[Sequence[Segment], Decision]:
    """The segments without verification phrases, and the decision after a proof. A quarantined or dropped call, and a
    call that was accepted for an earlier owner, proves nothing."""
    if not batch.challenges(delivery):
        return said, decision
    is_kept = decision.outcome not in (Outcome.DROP, Outcome.QUARANTINE)
    is_of_now = batch.session(delivery).hands_at(delivery) not in PAST
    left = remove_phrases(batch, delivery, said, proves=delivery.proven and is_kept and is_of_now)
    return left, _decide(batch, delivery)


def _put_day(batch: DeliveryBatch, delivery: Delivery, day: DaySummary) -> None:
    """Stores the summary, unless it may be about another user who had the session on that day."""
    session, owner = batch.session(delivery), batch.owner(delivery)
    if session.had_others(owner):
        is_of_past = owner is None or session.linked_at is None or session.hands_at(delivery) in PAST
        is_of_later = day.date > day_summaries.latest_date(session.linked_at or 0)
        if is_of_past or not (is_of_later or day_summaries.is_all_of(batch.stored(), owner or "", day)):
            return
    day_summaries.put(
        batch,
        StoredDay(
            session_key=session.id,
            date=day.date,
            user_id=owner,
            turn=session.turn,
            received_at=delivery.received_at,
            content=content_of(day),
        ),
    )


def _decide(batch: DeliveryBatch, delivery: Delivery) -> Decision:
    session = batch.session(delivery)
    return rules.decide(
        facts.arrive(
            session,
            delivery.uid,
            batch.verified,
            hands=session.hands_at(delivery),
            account_gone=batch.is_account_gone(delivery),
            has_many=session.origin != SHARED
            and session.user_id is None
            and facts.has_many(batch.stored(), session.origin),
        )
    )


def _carry_out(batch: DeliveryBatch, decision: Decision, delivery: Delivery, bad_segments: int) -> None:
    """Notes the call in its session and changes the session's owner if the decision says so."""
    before = batch.session(delivery)
    session = before.seen(delivery, bad_segments)
    if decision.outcome is Outcome.SUSPEND:
        session = session.unlinked(delivery.just_before, suspended=True)
    elif decision.outcome is Outcome.LINK and (before.user_id, before.method) != (decision.user_id, decision.method):
        assert decision.user_id and decision.method
        session = session.linked_to(decision.user_id, decision.method, delivery.just_before)
    batch.put_session(session)
    if session.user_id != before.user_id or session.method != before.method:
        reason = UnlinkReason.LINKED_WITH_PROOF if session.user_id else UnlinkReason.PROOF_REQUIRED
        by, moment = _by(delivery), delivery.moment
        link = batch.tx.omi_link(delivery.uid) if delivery.uid else None
        include_earlier = link is None or link.include_earlier
        change = OwnerChange(decision.rule, before, session, moment, by, reason, delivery.uid, include_earlier)
        sessions.change_owner(batch, change)


def _quarantine(batch: DeliveryBatch, decision: Decision, delivery: Delivery) -> None:
    """Adds the quarantine to the audit once, and not for every further call of the device."""
    if decision.rule == rules.ONE_TOO_MANY:  # else every such call would make a session despite the limit
        return
    session = batch.session(delivery).seen(delivery)
    batch.put_session(session)
    if not batch.is_noted(session.id, decision.rule, delivery.uid):
        owners = {"before": session.user_id, "after": session.user_id}
        entry = _by(delivery).entry(delivery.received_at, decision.rule, session.id, uid=delivery.uid, **owners)
        batch.note(entry)


def _note_mistake(batch: DeliveryBatch, delivery: Delivery, mistake: Mistake | None, changes: Changes) -> None:
    """Notes the sender's mistake in the session, for the session's present owner."""
    session, at = batch.session(delivery), delivery.received_at
    if changes.of_before and mistake is None:
        mistake = Mistake.OF_EARLIER_OWNER
    if changes.began and mistake is None:
        recent = [c for c in batch.near(delivery) if at - c.created_at < mistakes.HURRY * 1000]
        mistake = mistakes.of_conversations(sorted(recent, key=lambda c: c.first_order))
    if session.hands_at(delivery) in PAST:
        return
    if mistake:
        batch.put_session(session.mistaken(mistake, at))
    elif changes.new and session.mistake in mistakes.MENDED and at - (session.mistake_at or 0) > mistakes.MENDED_AFTER:
        batch.put_session(replace(session, mistake=None, mistake_at=None))


def _note_words(batch: DeliveryBatch, delivery: Delivery, changes: Changes, recorded: int) -> None:
    """Notes in the session how many words have come live. `recorded` is negative if words came live after all that a
    record had filled in."""
    new = (batch.message((conversation_id, key)) for conversation_id, keys in changes.new.items() for key in keys)
    words = sum(len(message.text.split()) for message in new if message and message.source == "omi")
    if words:
        habits, accepted = habits_of(batch.session(delivery).habits), batch.accepted(delivery)
        _put_habits(batch, delivery, habits.heard(words, delivery.received_at, accepted, recorded))


def _note_record(batch: DeliveryBatch, delivery: Delivery, words: int) -> None:
    """Notes in the session that a record came, and how many words only the record had."""
    habits = habits_of(batch.session(delivery).habits)
    _put_habits(batch, delivery, habits.had_record(words, delivery.received_at))


def _put_habits(batch: DeliveryBatch, delivery: Delivery, habits: Habits) -> None:
    """Puts the habits into the session of the present owner, who is told at once if an alarm begins or ends."""
    session, at = batch.session(delivery), delivery.received_at
    if session.user_id is None or session.hands_at(delivery) in PAST:
        return
    alarm = watchdog.alarm_of(session, habits, at, batch.accepted(delivery))
    is_news = alarm != session.alarm
    session = replace(session, habits=habits.text(), alarm=alarm)
    batch.put_session(session)
    if is_news:
        watchdog.add_event(batch, session, at)


def _has_room(batch: DeliveryBatch, budget: Budget, delivery: Delivery, segments: Sequence[Segment]) -> bool:
    """Whether the sender's budget has room for the call; if so, its size is used up."""
    size = stored_body.size(delivery.body) + len(segments) * SEGMENT
    return budget.use(sender(batch.owner(delivery), delivery), size, batch.accepted(delivery))


def _note_not_kept(batch: DeliveryBatch, delivery: Delivery) -> None:
    session, at = batch.session(delivery), delivery.received_at
    if session.hands_at(delivery) not in PAST:
        batch.put_session(replace(session, not_kept=session.not_kept + 1).mistaken(Mistake.TOO_MUCH, at))


def _by(delivery: Delivery) -> By:
    return By("device", delivery.request_id)
