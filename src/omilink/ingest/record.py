"""Applies OMI's record of a conversation: fills in the words that never came live, and takes over what OMI says about
the conversation. A record that was applied before changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, islice

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations import joining, people
from omilink.conversations.repair import Comparison, Hole
from omilink.conversations.wholes import SNAPSHOT
from omilink.ingest import record_finding
from omilink.ingest.batch import DeliveryBatch
from omilink.ingest.record_words import is_of_one_session, words_of
from omilink.linking import phrase
from omilink.models.conversation import Conversation, title_of
from omilink.models.delivery import Delivery
from omilink.models.event import ConversationChanged, MessagesUpdated, NewMessages
from omilink.models.ids import digest
from omilink.models.message import Message, record_key
from omilink.models.record import Record, RecordedItem, RecordedSegment
from omilink.models.summary import ActionItem, Details, Participant, Section, details_of
from omilink.models.translation import of_messages, stored

MOST_LED_TO = 500
"""Messages to which the sections and action items of a conversation lead."""
CLOCKS_APART: Millis = 600_000
"""Milliseconds between the record's and the server's idea of when a conversation began. Beyond them one of the clocks
is wrong, and what came live keeps its time."""


def apply(batch: DeliveryBatch, delivery: Delivery, record: Record) -> int:
    """Applies the record, and returns the number of its segments that may belong to another owner, of which nothing is
    kept. A record that may hold deleted words has no effect."""
    batch.stored()
    found = record_finding.find(batch, delivery, record)
    if found.is_anothers:
        return len(record.segments)
    if found.deleted:
        _bury(batch, found.deleted[0], record)
    elif found.living or record.segments or record.title or record.summary:
        living = found.living or [_begun(batch, delivery, record)]
        if found.has_phrases:
            record = replace(record, segments=_without_phrases(record.segments))
        _Filling(batch, delivery, record, living, is_new=not found.living).run()
    return 0


def _bury(batch: DeliveryBatch, tombstone: Conversation, record: Record) -> None:
    """Notes in the tombstone which record is not to be restored."""
    if tombstone.omi_id is None:
        batch.put_conversation(replace(tombstone, omi_id=record.id))


def _begun(batch: DeliveryBatch, delivery: Delivery, record: Record) -> Conversation:
    """A conversation without words that never came live. It is the current one only if nothing was said since."""
    until = record_finding.seconds_of(delivery, record)[1]
    conversation = batch.begun(delivery)
    last_at = min(max(until, record.finished_at or until), delivery.received_at)
    latest = batch.tx.latest_conversation(conversation.user_id) if conversation.user_id else None
    is_later = latest is None or last_at >= latest.last_at
    return replace(
        conversation,
        zero_at=record.started_at,
        last_at=last_at,
        last_order=delivery.order if is_later or latest is None else latest.last_order,
    )


class _Filling:
    """One record on its way into its conversations."""

    def __init__(
        self,
        batch: DeliveryBatch,
        delivery: Delivery,
        record: Record,
        living: Sequence[Conversation],
        *,
        is_new: bool,
    ) -> None:
        self._batch, self._delivery, self._is_new = batch, delivery, is_new
        self._before = {one.id: one for one in living}
        self._main = living[0].id
        self._record, comparison = record, Comparison(record.segments)
        words = words_of(batch.tx, living, comparison)
        self._said, self._offsets = list(words.said), words.offsets
        self._repair = comparison.repair(words.on_one_clock())
        self._conversations = dict(self._before)
        self._new: defaultdict[str, list[Message]] = defaultdict(list)
        self._named: defaultdict[str, list[Message]] = defaultdict(list)
        self._of_segment: defaultdict[int, list[str]] = defaultdict(list)
        for number, said in enumerate(self._repair.said_in):
            self._of_segment[number] += [self._said[index].id for index in said]

    def run(self) -> None:
        self._learn()
        main = self._before[self._main]
        self._conversations[main.id] = main = self._with_times(main)
        joined = _to_join(list(self._before.values()))
        for one in joined:
            self._conversations[one.id] = self._on_clock_of(main, one)
        if self._is_new:
            self._batch.put_conversation(main, new=True)
        speakers = self._live_names()
        for hole in self._repair.holes:
            self._fill(hole, speakers)
        self._identify()
        self._translate()
        self._conversations[self._main] = self._described(self._conversations[self._main])
        for conversation in self._conversations.values():
            self._put(conversation)
        for one in joined:
            self._join(one.id)

    def _learn(self) -> None:
        """Learns the names of people, and finds the participants among the owner's people."""
        owner, record = self._before[self._main].user_id, self._record
        self._ids = {name: id for id, name in record.names.items()}
        if owner and (record.names or record.participants):
            people.learn(self._batch, owner, record.names)
            tx = self._batch.stored()
            self._before = {id: tx.conversation(id, owner) or one for id, one in self._before.items()}
            self._conversations = dict(self._before)
            before = {one.name: one.person_id for one in self._before[self._main].participants}
            known = tx.people(owner)
            found = ((name, known.of_participant(name, before.get(name))) for name in record.participants)
            self._ids = {name: id for name, id in found if id}

    def _with_times(self, conversation: Conversation) -> Conversation:
        """The conversation with the record's time, which is better than the time of the first call."""
        if self._record.started_at is None or conversation.omi_id == self._record.id:
            return conversation
        zero_at = self._record.started_at + round(self._repair.shift * 1000)
        is_near = conversation.zero_at is None or abs(zero_at - conversation.zero_at) < CLOCKS_APART
        return replace(conversation, zero_at=zero_at) if is_near else conversation

    def _on_clock_of(self, main: Conversation, other: Conversation) -> Conversation:
        """The other conversation with the time of its clock as the record has it."""
        if main.zero_at is None:
            return other
        return replace(other, zero_at=main.zero_at + round(self._offsets[other.id] * 1000))

    def _join(self, id: str) -> None:
        """Makes the conversation a part of the one that shows the words of the main one."""
        main = self._conversations[self._main]
        assert main.user_id
        offset = main.hand.offset + self._offsets[id]
        joining.join_as_recorded(self._batch, main.shown_id, id, main.user_id, offset)

    def _live_names(self) -> dict[str | None, str | None]:
        """The record's names of speakers -> the names of the same voices live. OMI may number the voices anew."""
        names: defaultdict[str | None, Counter[str | None]] = defaultdict(Counter)
        for segment, said in zip(self._record.segments, self._repair.said_in, strict=True):
            if len(said) == 1 and self._said[said[0]].is_user == segment.is_user:
                names[segment.speaker][self._said[said[0]].speaker] += 1
        return {name: count.most_common(1)[0][0] for name, count in names.items()}

    def _identify(self) -> None:
        """Messages get the one who says their words in the record, unless it has them under two people."""
        found: defaultdict[int, set[tuple[bool, str | None]]] = defaultdict(set)
        for segment, said in zip(self._record.segments, self._repair.said_in, strict=True):
            for index in said:
                found[index].add((segment.is_user, segment.person_id))
        for index, voices in found.items():
            message = self._said[index]
            named = _identified(message, *voices.pop()) if len(voices) == 1 else message
            if named is not message:
                named = self._conversations[message.conversation_id].attributed(named)
                self._said[index] = named
                self._batch.put_message(named)
                self._named[message.conversation_id].append(named)

    def _fill(self, hole: Hole, speakers: dict[str | None, str | None]) -> None:
        conversation, segment = self._place_of(hole), self._record.segments[hole.segment]
        where, offset = conversation.id, self._offsets[conversation.id]
        start = None if hole.start is None else round(hole.start - offset, 3)
        end = None if hole.end is None else round(hole.end - offset, 3)
        seq, at = conversation.last_seq + 1, self._delivery.received_at
        message = Message.of(
            segment,
            conversation_id=where,
            seq=seq,
            key=record_key(where, seq, segment.id),
            text=hole.text,
            speaker=speakers.get(segment.speaker, segment.speaker),
            start=start,
            end=end,
            position=hole.position - offset,
            created_at=at,
            spoken_at=conversation.spoken_at(start, at),
            versions="",
        )
        message = conversation.attributed(message)
        self._batch.put_message(message, new=True)
        self._batch.words_filled_in += len(message.text.split()) if hole.start is not None else 0
        self._new[where].append(message)
        self._of_segment[hole.segment].append(message.id)
        self._conversations[where] = _longer(conversation, message, at)

    def _place_of(self, hole: Hole) -> Conversation:
        """The conversation of the words around the hole; where its user has split it, the one that has the second."""
        near = self._conversations[self._main if hole.after is None else self._said[hole.after].conversation_id]
        if hole.start is None or not near.is_split or near.may_hold(hole.start):
            return near
        clock = near.hand.cut_of or near.id
        others = (one for one in self._conversations.values() if clock in (one.id, one.hand.cut_of))
        return next((one for one in others if one.may_hold(hole.start)), near)

    def _translate(self) -> None:
        """Stores the record's translations with the messages of its segments."""
        known = {one.id: one for one in chain(self._said, *self._new.values())}
        place = {id: (one.position, one.seq) for id, one in known.items()}
        pieces = [
            (sorted(dict.fromkeys(self._of_segment[number]), key=place.__getitem__), segment.translations)
            for number, segment in enumerate(self._record.segments)
            if segment.translations
        ]
        for id, translations in of_messages(pieces).items():
            message = replace(known[id], translations=stored(translations))
            if message != known[id]:
                self._batch.put_message(message)

    def _described(self, conversation: Conversation) -> Conversation:
        """The conversation with what the record says about it. An empty text in the record leaves what is there."""
        record = self._record
        details = self._details(details_of(conversation.details))
        return replace(
            conversation,
            omi_id=record.id,
            omi_title=record.title or conversation.omi_title,
            summary=record.summary or conversation.summary,
            emoji=record.emoji or conversation.emoji,
            category=record.category or conversation.category,
            details=conversation.details if record.is_discarded else details.text(),
        )

    def _details(self, before: Details) -> Details:
        record = self._record
        languages = {translation.language for segment in record.segments for translation in segment.translations}
        led_to = _LedTo(record.segments, self._of_segment)
        return Details(
            sections=[
                Section(heading=section.heading, text=section.text, message_ids=led_to.messages_of(section.segment_ids))
                for section in record.sections
            ],
            action_items=_merged(_items(record.action_items, before, led_to), before),
            participants=[Participant(name=name, person_id=self._ids.get(name)) for name in record.participants],
            events=record.events,
            languages=sorted(languages) or before.languages,
            removed_items=before.removed_items,
            names=record.names or before.names,
        )

    def _put(self, conversation: Conversation) -> None:
        """Writes the conversation and adds its events, if anything is new."""
        new, named = self._new[conversation.id], self._named[conversation.id]
        is_changed = self._is_new or conversation != self._before[conversation.id]
        if is_changed:
            self._batch.put_conversation(conversation)
        if conversation.user_id is None:
            return
        if self._is_new or (is_changed and not new):
            self._batch.add_event(conversation.user_id, ConversationChanged(conversation=conversation))
        for kind, messages in (NewMessages, new), (MessagesUpdated, named):
            for at in range(0, len(messages), SNAPSHOT):
                some = messages[at : at + SNAPSHOT]
                self._batch.add_event(conversation.user_id, kind(conversation=conversation, messages=some))


class _LedTo:
    """The messages to which the sections and action items lead: MOST_LED_TO of them in all."""

    def __init__(self, segments: Sequence[RecordedSegment], of_segment: Mapping[int, Sequence[str]]) -> None:
        self._numbers = {segment.id: number for number, segment in enumerate(segments) if segment.id}
        self._of_segment, self._room = of_segment, MOST_LED_TO

    def messages_of(self, segment_ids: Sequence[str]) -> list[str]:
        """The ids of the messages with the words of these segments, as far as there is room."""
        numbers = (self._numbers[id] for id in dict.fromkeys(segment_ids) if id in self._numbers)
        ids = list(islice((id for number in numbers for id in self._of_segment.get(number, ())), self._room))
        self._room -= len(ids)
        return list(dict.fromkeys(ids))


def _to_join(living: Sequence[Conversation]) -> list[Conversation]:
    """Those of the record's conversations that are to become parts of the one that shows the first: none if their user
    has split them, has taken back a join of them, or has joined them with others."""
    main, ids = living[0], {one.id for one in living}
    if main.user_id is None or not is_of_one_session(living):
        return []
    if any(one.hand.stays_apart or one.shown_id not in ids for one in living):
        return []
    return [one for one in living if one.shown_id not in (main.shown_id, main.id) and one.part_of is None]


def _identified(message: Message, is_user: bool, person_id: str | None) -> Message:
    """The message, of which the record says who speaks. What came live keeps its own answer, and the wearer is taken
    from the record only for words that a record filled in."""
    if message.source == "omi":
        is_news = person_id is not None and not is_user and message.person_id is None and not message.is_user
        return replace(message, person_id=person_id, rev=message.rev + 1) if is_news else message
    if is_user == message.is_user:
        person_id = person_id or message.person_id
    if (is_user, person_id) == (message.is_user, message.person_id):
        return message
    return replace(message, is_user=is_user, person_id=person_id, rev=message.rev + 1)


def _without_phrases(segments: Sequence[RecordedSegment]) -> list[RecordedSegment]:
    """The segments without verification phrases: they are no part of a conversation."""
    texts = [segment.text for segment in segments]
    for _, span in reversed(list(phrase.sentences_in(texts))):
        texts = [span.cut(place, text) for place, text in enumerate(texts)]
    return [
        segment if text == segment.text else replace(segment, text=text, translations=())
        for segment, text in zip(segments, texts, strict=True)
    ]


def _longer(conversation: Conversation, message: Message, at: Millis) -> Conversation:
    """The conversation with a message that a record filled in."""
    first, end = conversation.seconds_with([message])
    longer = replace(
        conversation,
        title=conversation.title or title_of(message.text),
        first=first,
        end=end,
        message_count=conversation.message_count + 1,
        last_seq=message.seq,
        repaired_count=conversation.repaired_count + len(message.text.split()),
    )
    return replace(longer, last_at=max(longer.last_at, min(at, longer.ended_at)))


def _items(recorded: Sequence[RecordedItem], before: Details, led_to: _LedTo) -> list[ActionItem]:
    ids = _item_ids([item.text for item in recorded], before)
    return [
        ActionItem(
            id=id,
            text=item.text,
            done=item.done,
            due_at=item.due_at,
            owner=item.owner,
            message_ids=led_to.messages_of(item.segment_ids),
        )
        for id, item in zip(ids, recorded, strict=True)
    ]


def _item_ids(texts: Sequence[str], before: Details) -> list[str]:
    """An id of each action item, made of its text, since OMI gives it none."""
    ids = {text: iter(_ids_of_equal(text, count, before)) for text, count in Counter(texts).items()}
    return [next(ids[text]) for text in texts]


def _ids_of_equal(text: str, count: int, before: Details) -> list[str]:
    """The ids of so many items with this text, which are numbered. Where a later record has fewer of them, those that
    its user has deleted are the ones that it lacks."""
    here, removed = {item.id for item in before.action_items}, set(before.removed_items)
    ids: list[str] = []
    while len(ids) < count or digest(text, len(ids) + 1) in here | removed:
        ids.append(digest(text, len(ids) + 1))
    chosen = sorted(ids, key=lambda id: 0 if id in here else 1 if id in removed else 2)[:count]
    return [id for id in ids if id in chosen]


def _merged(items: Sequence[ActionItem], before: Details) -> list[ActionItem]:
    """The record's items with what the user ticked, without those that the user deleted, and with those that the user
    edited or added as the user left them."""
    known = {item.id: item for item in before.action_items}
    here = [_as_left(item, known.get(item.id)) for item in items if item.id not in before.removed_items]
    ids = {item.id for item in items}
    return [*here, *(item for item in before.action_items if item.is_users and item.id not in ids)]


def _as_left(item: ActionItem, before: ActionItem | None) -> ActionItem:
    if before is None or before.is_users:
        return before or item
    return item if before.is_ticked is None else replace(item, done=before.is_ticked, is_ticked=before.is_ticked)
