"""From deliveries to conversations, many in one transaction.

Saving a delivery again changes nothing, so at least once is once: a segment that is known is the same message, and
words that were deleted stay deleted.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations import identity, segmentation
from omilink.ingest import payload
from omilink.ingest.batch import DeliveryBatch
from omilink.ingest.budget import SEGMENT, Budget
from omilink.ingest.phrase_removal import take_sentences_out
from omilink.linking import facts, mistakes, phrase, rules, sessions
from omilink.linking.rules import Decision, Outcome
from omilink.models import wire
from omilink.models.audit import By
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED
from omilink.models.message import Message, Segment
from omilink.models.ports import Transaction
from omilink.models.session import PAST, Mistake, OmiSession, UnlinkReason


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a batch. `users`: whose streams have something new. `quarantined`: deliveries that were put aside,
    by seq, each with the rule that did so. `dropped`: those of which nothing is kept. `not_kept`: how many of them were
    beyond a sender's budget. `of_before`: how many segments went on with words of an earlier owner."""

    users: frozenset[str]
    quarantined: dict[int, str]
    dropped: frozenset[int]
    not_kept: int
    messages: int
    bad_segments: int
    of_before: int
    received_at: tuple[Millis, ...]


@dataclass(slots=True)
class _Heard:
    """What one call changed: conversations that began, keys of messages that are new or changed, by conversation.
    `of_before`: how many segments go on with words of an earlier owner, and are kept for nobody."""

    began: set[str] = field(default_factory=set)
    new: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    of_before: int = 0


def save(tx: Transaction, deliveries: Sequence[Delivery], gap: float, daily_bytes: float = math.inf) -> Saved:
    """Saves a batch in the order given. `gap` is the seconds of silence that end a conversation, `daily_bytes` what is
    kept of one sender in a day."""
    dropped: set[int] = set()
    quarantined = {delivery.seq: delivery.contradiction for delivery in deliveries if delivery.contradiction}
    plain = [delivery for delivery in deliveries if not delivery.contradiction]
    calls = [(delivery, *payload.segments(payload.document(delivery.body))) for delivery in plain]
    mistaken = {delivery.seq: mistakes.of_call(said, bad) for delivery, said, bad in calls}
    calls = [(delivery, mistakes.in_seconds(said), bad) for delivery, said, bad in calls]
    batch = DeliveryBatch(tx, gap, [(delivery, segments) for delivery, segments, _ in calls])
    played = tx.signatures_known({delivery.signature for delivery in plain if delivery.signature})
    budget = Budget(tx, daily_bytes, batch.senders()) if daily_bytes < math.inf else None
    not_kept: set[int] = set()
    signed: set[str] = set()
    of_before = 0
    for delivery, said, bad in calls:
        if delivery.signature in played or delivery.signature in signed:  # also long after its words were deleted
            dropped.add(delivery.seq)
            continue
        segments, decision = _prove(batch, delivery, said, _decide(batch, delivery))
        if decision.outcome is Outcome.DROP:
            dropped.add(delivery.seq)
            continue
        batch.show_uid(batch.session(delivery), delivery.uid)
        if decision.outcome is Outcome.QUARANTINE:
            quarantined[delivery.seq] = decision.rule
            if decision.rule != rules.ONE_TOO_MANY:  # else every such call would make another session after all
                session = batch.session(delivery).seen(delivery)
                batch.put_session(session)
                _note_quarantine(batch, decision, delivery, session)
        else:
            if delivery.signature:
                signed.add(delivery.signature)
            _carry_out(batch, decision, delivery, bad)
            if budget and not budget.use(batch.sender(delivery), _size(delivery, segments), batch.accepted(delivery)):
                not_kept.add(delivery.seq)
                _note_not_kept(batch, delivery)
                continue
            heard = _hear(batch, delivery, segments, gap)
            _tell_words(batch, delivery, heard)
            _note_mistake(batch, delivery, mistaken[delivery.seq], heard)
            of_before += heard.of_before
    batch.flush()
    if budget:
        budget.flush()
    tx.add_signatures(signed)
    return Saved(
        users=frozenset(batch.users),
        quarantined=quarantined,
        dropped=frozenset(dropped | not_kept),
        not_kept=len(not_kept),
        messages=batch.messages_added,
        bad_segments=sum(bad for _, _, bad in calls),
        of_before=of_before,
        received_at=tuple(delivery.received_at for delivery in deliveries),
    )


# whose it is


def _prove(
    batch: DeliveryBatch, delivery: Delivery, said: Sequence[Segment], decision: Decision
) -> tuple[Sequence[Segment], Decision]:
    """What is left of what was said, and what is decided, when a user was asked to say something. What is put aside, or
    was accepted for somebody before, proves nothing."""
    if not batch.challenges(delivery):
        return said, decision
    is_kept = decision.outcome not in (Outcome.DROP, Outcome.QUARANTINE)
    is_of_now = batch.session(delivery).hands_at(delivery) not in PAST
    left = take_sentences_out(batch, delivery, said, proves=delivery.proven and is_kept and is_of_now)
    return left, _decide(batch, delivery)


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
    """Notes the call in its session, which changes hands if that was decided."""
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
        sessions.change_hands(
            batch,
            decision,
            before,
            session,
            moment,
            by,
            reason=reason,
            uid=delivery.uid,
            brings=link is None or link.brings,
        )


def _note_quarantine(batch: DeliveryBatch, decision: Decision, delivery: Delivery, session: OmiSession) -> None:
    """Once, and not with each of the calls that a device goes on making."""
    at, owner = delivery.received_at, session.user_id
    if not batch.is_noted(session.id, decision.rule, delivery.uid):
        by, uid = _by(delivery), delivery.uid
        sessions.note(batch, decision, session, at, by, proof=None, uid=uid, before=owner, after=owner)


def _note_mistake(batch: DeliveryBatch, delivery: Delivery, mistake: Mistake | None, heard: _Heard) -> None:
    """What its sender does wrong, for whoever owns the session now."""
    session, at = batch.session(delivery), delivery.received_at
    if heard.of_before and mistake is None:
        mistake = Mistake.OF_BEFORE
    if heard.began and mistake is None:
        recent = [c for c in batch.near(delivery) if at - c.created_at < mistakes.HURRY * 1000]
        mistake = mistakes.of_conversations(sorted(recent, key=lambda c: c.first_order))
    if session.hands_at(delivery) in PAST:
        return
    if mistake:
        batch.put_session(session.mistaken(mistake, at))
    elif heard.new and session.mistake in mistakes.MENDED and at - (session.mistake_at or 0) > mistakes.MENDED_AFTER:
        batch.put_session(replace(session, mistake=None, mistake_at=None))


def _size(delivery: Delivery, segments: Sequence[Segment]) -> int:
    """About what is kept of it."""
    return len(delivery.body) + len(segments) * SEGMENT


def _note_not_kept(batch: DeliveryBatch, delivery: Delivery) -> None:
    session, at = batch.session(delivery), delivery.received_at
    if session.hands_at(delivery) not in PAST:
        batch.put_session(replace(session, not_kept=session.not_kept + 1).mistaken(Mistake.TOO_MUCH, at))


def _by(delivery: Delivery) -> By:
    return By("device", delivery.request_id)


# which message and which conversation it is


def _hear(batch: DeliveryBatch, delivery: Delivery, segments: Sequence[Segment], gap: float) -> _Heard:
    heard, fresh, near = _Heard(), [], batch.near(delivery)
    for segment in segments:
        known = batch.known(delivery, segment, near, is_alone=len(segments) == 1)
        if known is None:
            fresh.append(segment)
        else:
            _hear_again(batch, delivery, known, segment, heard)
    for run in segmentation.runs(fresh, gap):
        _hear_run(batch, delivery, run, gap, heard)
    return heard


def _hear_again(batch: DeliveryBatch, delivery: Delivery, known: Message, segment: Segment, heard: _Heard) -> None:
    """What was saved for another owner, or deleted, is not touched any more."""
    conversation = batch.conversation(delivery, known.conversation_id)
    if conversation.deleted_at:
        return
    if conversation.user_id != batch.owner(delivery):
        is_retry = known.has_been(segment) and not segmentation.is_too_late(known, delivery.received_at)
        heard.of_before += not is_retry
        return
    message = known.heard_again(segment, conversation.spoken_at(segment, known.created_at))
    if message is known:
        return
    batch.put_message(message)
    if message.rev == known.rev:  # nothing that is shown
        return
    name = _name(batch, delivery, [segment])
    conversation = conversation.with_words([segment], delivery, named_by=name)
    is_title = name is not None and conversation.may_be_named_by(known) and batch.is_first_of_its_words(known)
    batch.put_conversation(conversation.retitled(message) if is_title else conversation)
    if message.key not in heard.new.get(conversation.id, ()):
        heard.changed.setdefault(conversation.id, []).append(message.key)


def _hear_run(batch: DeliveryBatch, delivery: Delivery, run: segmentation.Run, gap: float, heard: _Heard) -> None:
    at, as_of_then = delivery.received_at, [c.as_of(delivery) for c in batch.open_to(delivery)]
    placed = segmentation.gone_on(run, at, as_of_then)
    if placed:
        run = segmentation.Run(run.segments, None, None)
    else:
        placed = segmentation.place(run, at, as_of_then, gap, batch.around)
    if placed is None:
        conversation = _begin(batch, delivery)
        heard.began.add(conversation.id)
    else:
        conversation = batch.conversation(delivery, placed.id)
    _add(batch, delivery, conversation, run, heard)


def _begin(batch: DeliveryBatch, delivery: Delivery) -> Conversation:
    conversation = batch.begun(delivery)
    batch.put_conversation(conversation, new=True)
    return conversation


def _add(batch: DeliveryBatch, delivery: Delivery, before: Conversation, run: segmentation.Run, heard: _Heard) -> None:
    said = _not_repeated(batch, before, run)
    if not said:
        return
    conversation = before.with_words(said, delivery, named_by=_name(batch, delivery, said))
    batch.put_conversation(conversation)
    seq, end = before.message_count, before.end
    is_alone = len(said) == 1
    is_one_twice = len({segment.id or segment.key for segment in said}) < len(said)
    for segment in said:
        may_be_there = is_one_twice or batch.message((conversation.id, segment.key))
        message = batch.same(delivery, segment, conversation) if may_be_there else None
        if message and not (is_alone and batch.is_said_again(delivery, segment, message)):
            _hear_again(batch, delivery, message, segment, heard)
            continue
        seq += 1
        key = batch.free_key(conversation, segment, seq)
        start = None if run.start is None else segment.start
        batch.put_message(_message(key, seq, start, end or 0.0, segment, conversation, delivery), new=True)
        end = segment.end if end is None else max(end, segment.end or end)
        heard.new.setdefault(conversation.id, []).append(key)
    batch.put_conversation(replace(batch.conversation(delivery, conversation.id), message_count=seq))


def _name(batch: DeliveryBatch, delivery: Delivery, segments: Sequence[Segment]) -> str | None:
    """The first text that may name a conversation: half a sentence that a user is about to say does not."""
    asked = [challenge.say for challenge in batch.challenges(delivery) if challenge.used_at is None]
    texts = (segment.text for segment in segments)
    return next((text for text in texts if not any(phrase.may_be_part(text, say) for say in asked)), None)


def _not_repeated(batch: DeliveryBatch, conversation: Conversation, run: segmentation.Run) -> Sequence[Segment]:
    """Without segments that have no id and that the conversation has already, at times that have moved a little."""
    is_behind = run.start is not None and conversation.end is not None and run.start < conversation.end
    if not is_behind or all(segment.id for segment in run.segments):
        return run.segments
    assert run.start is not None and run.end is not None
    said: defaultdict[str, list[Message]] = defaultdict(list)
    for message in batch.around(conversation, run.start, run.end):
        said[message.text].append(message)
    fresh: list[Segment] = []
    for segment in run.segments:
        known = _among(said[segment.text], segment)
        if known is None:
            fresh.append(segment)
        elif segment.person_id not in (None, known.person_id):
            batch.put_message(replace(known, person_id=segment.person_id))
    return fresh


def _among(same_words: Sequence[Message], segment: Segment) -> Message | None:
    """Looked for among a bounded number: a list that says one word a thousand times is no talk."""
    some = same_words[-segmentation.MOST_COMPARED :]
    return next((message for message in some if identity.is_repeated(message, segment)), None)


def _message(
    key: str,
    seq: int,
    start: float | None,
    behind: float,
    segment: Segment,
    conversation: Conversation,
    delivery: Delivery,
) -> Message:
    """The message of a segment that begins at `start`, or stands `behind` what had been said when it has no place."""
    at = delivery.received_at
    return Message(
        conversation_id=conversation.id,
        seq=seq,
        key=key,
        text=segment.text,
        speaker=segment.speaker,
        is_user=segment.is_user,
        person_id=segment.person_id,
        start=start,
        end=None if start is None else segment.end,
        position=behind if start is None else start,
        created_at=at,
        spoken_at=at if start is None else conversation.spoken_at(segment, at),
        versions=segment.version,
    )


def _tell_words(batch: DeliveryBatch, delivery: Delivery, heard: _Heard) -> None:
    user_id = batch.owner(delivery)
    if user_id is None:
        return
    for conversation_id in heard.new | heard.changed:
        conversation = batch.conversation(delivery, conversation_id)
        shown = {"conversationId": conversation_id, "conversation": wire.conversation(conversation)}
        if conversation_id in heard.began:
            batch.tell(user_id, "conversation_changed", conversation_id, **shown)
        for type, keys in ("new_messages", heard.new), ("messages_updated", heard.changed):
            messages = [batch.message((conversation_id, key)) for key in keys.get(conversation_id, ())]
            if messages:
                words = [wire.message(message) for message in messages if message]
                batch.tell(user_id, type, conversation_id, **shown, messages=words)
