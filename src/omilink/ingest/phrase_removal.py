"""Removes verification phrases from the words of a call: a phrase is no part of the conversation. `phrase_search` finds
them."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from omilink.conversations import parts
from omilink.ingest import recognition
from omilink.ingest.batch import DeliveryBatch
from omilink.ingest.phrase_search import Piece, find, without, without_part
from omilink.linking import omi_accounts
from omilink.linking.phrase import Span
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.event import ConversationDeleted, MessagesUpdated
from omilink.models.message import LEFT_OUT, VERSIONS_REMEMBERED, Message, Segment, voice
from omilink.models.omi_account import Challenge

EARLIER_MESSAGES = 30
"""How many earlier messages to search for a part of a phrase."""
EARLIER_CONVERSATIONS = 8
"""How many of the latest conversations these messages may stand in: a clock may start anew with every word of a
phrase."""
LONGEST = 20_000
"""Characters of the longest call that is searched: a quarter of an hour of speech. A search delays all other calls."""


def remove_phrases(
    batch: DeliveryBatch, delivery: Delivery, segments: Sequence[Segment], *, proves: bool
) -> Sequence[Segment]:
    """The segments without the phrases that users were asked to say. A part of a phrase may have come in an earlier
    call, or in an earlier version of a segment. If the call `proves` something, the challenges of the phrases are
    fulfilled too."""
    if sum(len(segment.text) for segment in segments) > LONGEST:
        return segments
    _show(batch, delivery, proves=proves)
    pieces = [*_said_before(batch, delivery, segments), *_said_now(segments)]
    order, said = find(batch.challenges(delivery), pieces)
    if said:
        segments = _cut(batch, delivery, segments, order, [span for _, span in said])
    if said and proves:
        _prove(batch, delivery, [challenge for challenge, _ in said])
    elif proves:
        now, in_all = [segment.text for segment in segments], [piece.text for piece in pieces]
        omi_accounts.note_close(batch.tx, batch.challenges(delivery), now, in_all)
    return _without_parts(batch, delivery, segments)


def _show(batch: DeliveryBatch, delivery: Delivery, *, proves: bool) -> None:
    """Notes the uid that the call shows, so that a proof links the call's session."""
    session = batch.session(delivery)
    batch.put_session(replace(session, last_uid=delivery.uid) if proves else session)
    batch.show_uid(session, delivery.uid)


def _prove(batch: DeliveryBatch, delivery: Delivery, met: Sequence[Challenge]) -> None:
    """Fulfils one challenge of each user."""
    for challenge in {challenge.user_id: challenge for challenge in met}.values():
        omi_accounts.fulfil(batch, challenge, delivery)
    batch.load_proofs()


def _cut(
    batch: DeliveryBatch,
    delivery: Delivery,
    segments: Sequence[Segment],
    order: Sequence[Piece],
    spans: Sequence[Span],
) -> Sequence[Segment]:
    """The segments without the phrases. Earlier messages lose their parts too, and each removed piece is remembered."""
    near, remembered = batch.near(delivery), _remembered(batch, delivery)
    left = {place: segment for place, segment in enumerate(segments)}
    for number, piece in enumerate(order):
        rest = without(spans, number, piece.text)
        if rest == piece.text:
            continue
        message = piece.message
        if piece.place is not None:
            segment = left.pop(piece.place)
            message = _to_cut(recognition.known(batch, delivery, segment, near), segment)
            if rest:
                left[piece.place] = replace(segment, text=rest)
            remembered = _remember(batch, delivery, remembered, segment)
        elif message:
            remembered = _remember(batch, delivery, remembered, message)
        if message:
            _take_out(batch, delivery, message, rest or LEFT_OUT)
    rests = [segment for _, segment in sorted(left.items())]
    batch.load_messages([(delivery, rests)])
    return rests


def _remembered(batch: DeliveryBatch, delivery: Delivery) -> Conversation | None:
    """The deleted conversation that remembers the removed pieces of this owner, as messages without words, or None. So
    a retry of a piece is recognised, and nobody can see it."""
    of_cuts = [
        c for c in batch.near(delivery) if c.deleted_at and c.message_count and c.user_id == batch.owner(delivery)
    ]
    return of_cuts[-1] if of_cuts else None


def _remember(
    batch: DeliveryBatch, delivery: Delivery, remembered: Conversation | None, said: Segment | Message
) -> Conversation:
    at = delivery.received_at
    conversation = remembered or replace(batch.begun(delivery), deleted_at=at)
    versions = said.version if isinstance(said, Segment) else said.versions
    key = said.key if isinstance(said, Segment) else said.segment_key
    before = batch.message((conversation.id, key))
    if before:
        known = dict.fromkeys([*before.versions.split(), *versions.split()])
        batch.put_message(replace(before, versions=" ".join([*known][-VERSIONS_REMEMBERED:])))
        return conversation
    seq = conversation.last_seq + 1
    conversation = conversation.with_words([said], delivery, named_by=None)
    conversation = replace(conversation, message_count=conversation.message_count + 1, last_seq=seq)
    batch.put_conversation(conversation, new=remembered is None)
    message = Message.of(
        said,
        conversation_id=conversation.id,
        seq=seq,
        key=key,
        text=LEFT_OUT,
        person_id=None,
        position=said.start or 0.0,
        created_at=at,
        spoken_at=at,
        versions=versions,
    )
    batch.put_message(message, new=True)
    return conversation


def _without_parts(batch: DeliveryBatch, delivery: Delivery, segments: Sequence[Segment]) -> Sequence[Segment]:
    """The segments without parts of a phrase that was proven before, if the phrase was removed from the same segment
    and the segment has grown since."""
    said = [challenge.say for challenge in batch.challenges(delivery) if challenge.used_at is not None]
    of_cuts = [c for c in batch.near(delivery) if c.deleted_at and c.message_count]
    if not said or not of_cuts:
        return segments
    rests = []
    for segment in segments:
        known = [recognition.same(batch, delivery, segment, conversation) for conversation in of_cuts]
        has_grown = any(message and message.has_grown_from_left_out(segment) for message in known)
        rest = without_part(segment, said) if has_grown else segment.text
        if rest:
            rests.append(segment if rest == segment.text else replace(segment, text=rest))
    if rests != list(segments):
        batch.load_messages([(delivery, rests)])
    return rests


def _said_now(segments: Sequence[Segment]) -> Iterator[Piece]:
    for place, segment in enumerate(segments):
        yield Piece(segment.text, voice(segment), segment.start, place=place)


def _said_before(batch: DeliveryBatch, delivery: Delivery, segments: Sequence[Segment]) -> list[Piece]:
    """The newest earlier messages of the owner in the conversations that are going on."""
    owner, near = batch.owner(delivery), batch.near(delivery)
    theirs = [conversation for conversation in near if conversation.user_id == owner and not conversation.deleted_at]
    messages = [
        message
        for conversation in theirs[-EARLIER_CONVERSATIONS:]
        for message in batch.stored().newest_messages(conversation.id, EARLIER_MESSAGES)
    ]
    messages.sort(key=lambda message: message.created_at)  # stable: one moment keeps the conversations' order
    known = [message for segment in segments if (message := recognition.known(batch, delivery, segment, near))]
    again = {(message.conversation_id, message.key) for message in known}
    return [
        Piece(m.text, voice(m), m.start, message=m, came_again=(m.conversation_id, m.key) in again)
        for m in messages[-EARLIER_MESSAGES:]
        if m.text != LEFT_OUT
    ]


def _to_cut(known: Message | None, segment: Segment) -> Message | None:
    """The message to change, or None for a message that has grown beyond the segment, which is a late retry then."""
    return None if known and (known.end or 0) > (segment.end or 0) else known


def _take_out(batch: DeliveryBatch, delivery: Delivery, message: Message, rest: str) -> None:
    """Replaces the message's text with `rest`. A message of another owner, or a deleted message, is never changed."""
    conversation = batch.conversation(delivery, message.conversation_id)
    if conversation.deleted_at or conversation.user_id != batch.owner(delivery) or message.text == rest:
        return
    title = (conversation.title or "").removesuffix("…")
    if title and title in message.shown_text and title not in rest:
        conversation = replace(conversation, title=None)
        batch.put_conversation(conversation)
    message = message.without(rest)
    batch.put_message(message)
    if _is_nothing_else(batch, conversation, message):
        _bury(batch, delivery, conversation)
    elif conversation.user_id:
        batch.add_event(conversation.user_id, MessagesUpdated(conversation=conversation, messages=[message]))


def _is_nothing_else(batch: DeliveryBatch, conversation: Conversation, changed: Message) -> bool:
    if conversation.message_count > EARLIER_MESSAGES:
        return False
    stored = batch.stored().messages(conversation.id, EARLIER_MESSAGES)
    return all((batch.message((conversation.id, one.key)) or one).text == LEFT_OUT for one in [*stored, changed])


def _bury(batch: DeliveryBatch, delivery: Delivery, conversation: Conversation) -> None:
    """Deletes a conversation that contained only the phrase."""
    conversation = parts.release(batch, conversation)
    batch.put_conversation(conversation.deleted(delivery.received_at))
    if conversation.user_id:
        batch.remove_events(conversation.user_id, conversation.id)
        batch.add_event(conversation.user_id, ConversationDeleted(conversation_id=conversation.id))
