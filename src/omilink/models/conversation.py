"""A conversation: what was said on one clock of a device without a long silence."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from omilink.clock import Millis
from omilink.models.by_hand import ByHand, by_hand_of
from omilink.models.declaration import Big, Erased, Fixed, Shown, ShownAs, erased_columns
from omilink.models.delivery import Delivery
from omilink.models.message import Message, Segment
from omilink.models.speakers import speakers_of
from omilink.models.summary import ActionItem, CalendarEvent, Details, Participant, Section, details_of

TitleSource = Literal["user", "omi", "words"]
ACTIVE_STEP: Millis = 600_000
ORDER_STEP = 1 << 13
TITLE_LENGTH = 60


class Conversation(Struct, frozen=True, kw_only=True, gc=False):
    """What was said without a long silence."""

    id: Fixed[Shown[str]]
    session_key: Fixed[str] = field(name="session_id")
    """The session's key: its origin and its id."""
    user_id: str | None
    """The owner; None for an ownerless conversation, which is shown to nobody."""
    title: Erased[str | None] = None
    """The beginning of its first words, which is shown until there is a better title."""
    summary: Shown[Erased[str | None]] = None
    """OMI's, once its record of the conversation has come. Markdown, never markup."""
    created_at: Fixed[Shown[Millis]]
    zero_at: Millis | None = None
    """When the device's clock stood at 0; None while all words are unplaced."""
    last_at: Annotated[Millis, ShownAs("lastMessageAt")]
    """When words last came, as the server's clock had it."""
    first_order: Fixed[int] = 0
    """The order of the call with which the conversation began."""
    last_order: Annotated[int, ShownAs("order")] = 0
    """Grows with each call that brings it words. The conversation with the greatest is the current one."""
    turn: Fixed[int] = 0
    """The session's `turn` when the conversation began."""
    first: float | None = None
    """The start of the earliest words on the device's clock; None while all words are unplaced."""
    end: float | None = None
    """The end of the latest words on the device's clock."""
    message_count: Shown[int] = 0
    """How many messages it has in all; you may hold fewer."""
    last_seq: int = 0
    """The greatest `seq` that one of its messages has had. The `seq` of a removed message is not given again."""
    brought_at: Millis | None = None
    """When a proof took the conversation along to a new owner."""
    brought_order: Big[int | None] = None
    """The order of that moment."""
    omi_id: Annotated[str | None, ShownAs("omiConversationId")] = None
    """OMI's id of it; null until OMI's record of it has come."""
    omi_title: Erased[str | None] = None
    """The title in OMI's record."""
    user_title: Erased[str | None] = None
    """The title that its user gave it, which outlasts every record."""
    emoji: Shown[Erased[str | None]] = None
    category: Shown[Erased[str | None]] = None
    """OMI's word for what it is about: `work`, `family`."""
    details: Erased[str | None] = None
    """Sections, action items, participants, events and languages, as `models.summary.Details` has them."""
    speakers: Erased[str | None] = None
    """What its user says about who speaks, as `models.speakers.Speakers` has it."""
    repaired_count: Shown[int] = 0
    """How many of its words only OMI's record had."""
    starred: Shown[bool] = False
    session_name: Shown[Erased[str | None]] = None
    """The name that its user gave the session in which it was heard."""
    part_of: str | None = None
    """The conversation that shows the words of this one among its own, since its user or OMI's record joined them; None
    if this one is shown itself. That conversation is no part of another one."""
    has_parts: bool = False
    """Whether conversations may be parts of this one."""
    by_hand: Erased[str | None] = None
    """What its user did by hand, as `models.by_hand.ByHand` has it."""
    deleted_at: Millis | None = None
    """When the conversation was deleted. It stays as a tombstone without words, so that a retry of a call cannot
    restore it."""

    @property
    def shown_title(self) -> Annotated[str | None, ShownAs("title", before="summary")]:
        """Its user's title, or OMI's, or its first words."""
        return self.user_title or self.omi_title or self.title

    @property
    def title_source(self) -> Annotated[TitleSource, ShownAs(before="summary")]:
        """Where the title comes from."""
        return "user" if self.user_title else "omi" if self.omi_title else "words"

    @property
    def sections(self) -> Shown[Sequence[Section]]:
        """The parts of OMI's summary."""
        return self.details_within(self.stored_ids).sections

    @property
    def action_items(self) -> Shown[Sequence[ActionItem]]:
        return self.items_within(self.stored_ids)

    @property
    def participants(self) -> Shown[Sequence[Participant]]:
        """Who took part, as far as OMI knows."""
        return details_of(self.details).participants

    @property
    def events(self) -> Shown[Sequence[CalendarEvent]]:
        """The appointments that were agreed on, as far as OMI knows."""
        return details_of(self.details).events

    @property
    def translated_into(self) -> Shown[Sequence[str]]:
        """The languages into which OMI has translated words: `de`."""
        return list(details_of(self.details).languages)

    @property
    def started_at(self) -> Annotated[Millis, ShownAs(before="last_at")]:
        """When it began."""
        cut_from = self.hand.cut_from
        if cut_from is None or self.zero_at is None:
            return self.clock_began_at
        return self.zero_at + round((cut_from if self.first is None else self.first) * 1000)

    @property
    def ended_at(self) -> Annotated[Millis, ShownAs(before="last_at")]:
        """When its last words were said, so far."""
        if self.zero_at is None or self.end is None:
            return self.last_at
        return self.zero_at + round(self.end * 1000)

    @property
    def omi_session_id(self) -> Annotated[str, ShownAs("omiSessionKey")]:
        """The session that it was heard in."""
        return self.session_key.partition("/")[2]

    @property
    def source(self) -> Shown[str]:
        """Where it comes from."""
        return "omi"

    @property
    def clock_began_at(self) -> Millis:
        """When the device's clock stood at 0, as far as it is known."""
        return self.zero_at or self.created_at

    @property
    def hand(self) -> ByHand:
        """What its user did by hand."""
        return by_hand_of(self.by_hand)

    @property
    def shown_id(self) -> str:
        """The id of the conversation that shows its words."""
        return self.part_of or self.id

    @property
    def is_joined(self) -> bool:
        """Whether it is shown together with other stored conversations."""
        return self.part_of is not None or self.has_parts

    @property
    def is_split(self) -> bool:
        """Whether its user has split the words of its clock."""
        return self.hand.cut_from is not None or self.hand.cut_until is not None

    @property
    def is_clock(self) -> bool:
        """Whether it is nothing but a device's clock, on which words were said off the record: a tombstone that never
        had a message."""
        return self.deleted_at is not None and self.last_seq == 0

    @property
    def stored_ids(self) -> set[str]:
        """The ids of the stored conversations whose messages it shows."""
        return {self.id}

    def details_within(self, conversation_ids: Collection[str]) -> Details:
        """Its lists, which lead only to messages of these stored conversations. The stored ones may lead to messages
        that a split has moved away, so that the split can be taken back."""
        return details_of(self.details).within(conversation_ids)

    def items_within(self, conversation_ids: Collection[str]) -> list[ActionItem]:
        """Its action items as they are shown, which lead only to messages of these stored conversations."""
        items = self.details_within(conversation_ids).action_items
        return [replace(item, id=f"{self.id}.{item.id}") for item in items]

    def may_hold(self, start: float | None) -> bool:
        """Whether words that begin at this second of its clock, or that have no place, may be added to it: where its
        user split it, later words belong to the later conversation."""
        hand = self.hand
        if start is None:
            return hand.cut_until is None
        is_after = hand.cut_from is None or start >= hand.cut_from
        return is_after and (hand.cut_until is None or start < hand.cut_until)

    @property
    def active_until(self) -> Millis:
        """`last_at`, rounded up, so that an index on it seldom changes."""
        return (self.last_at // ACTIVE_STEP + 1) * ACTIVE_STEP

    @property
    def last_step(self) -> int:
        """`last_order`, rounded down, so that an index on it seldom changes."""
        return self.last_order // ORDER_STEP

    def deleted(self, at: Millis) -> "Conversation":
        """The tombstone that stays of it."""
        erased: dict[str, Any] = erased_columns(Conversation)
        return replace(self, **erased, part_of=None, has_parts=False, message_count=0, deleted_at=at)

    def as_of(self, call: Delivery) -> "Conversation":
        """The conversation with its clock as the call finds it. Where the clock contradicts the order, no time counts
        as passed."""
        is_newer = call.order > self.last_order
        is_later = call.received_at >= self.last_at
        return self if is_newer == is_later else replace(self, last_at=call.received_at)

    def with_words(
        self, segments: Sequence[Segment | Message], call: Delivery, *, named_by: str | None
    ) -> "Conversation":
        """The conversation after these segments of the call were added. `named_by` is the first text that may become
        the title, or None."""
        at, is_newest = call.received_at, call.order >= self.last_order
        first, end = self.seconds_with(segments)
        return replace(
            self,
            title=self.title or (title_of(named_by) if named_by else None),
            zero_at=at - round(end * 1000) if self.zero_at is None and end is not None else self.zero_at,
            last_at=at if is_newest else self.last_at,
            last_order=max(call.order, self.last_order),
            first=first,
            end=end,
        )

    def seconds_with(self, words: Sequence[Segment | Message]) -> tuple[float | None, float | None]:
        """`first` and `end` after these words were added."""
        starts = [one.start for one in words if one.start is not None]
        ends = [one.end for one in words if one.end is not None]
        first = min(starts if self.first is None else [self.first, *starts], default=None)
        end = max(ends if self.end is None else [self.end, *ends], default=None)
        return first, end

    def attributed(self, message: Message) -> Message:
        """The message with what its user says about who speaks."""
        return speakers_of(self.speakers).of(message)

    def may_be_named_by(self, message: Message) -> bool:
        """Whether the conversation's title is the beginning of the message, or of another message with the same
        beginning."""
        return self.title == title_of(message.shown_text)

    def retitled(self, message: Message) -> "Conversation":
        """The conversation with a new title, after the message of its title has changed."""
        return replace(self, title=title_of(message.shown_text))

    def spoken_at(self, start: float | None, at: Millis) -> Millis:
        """The best estimate of when a segment that starts there was said, never later than its arrival `at`."""
        if start is None or self.zero_at is None:
            return at
        return min(at, self.zero_at + round(start * 1000))


def title_of(text: str) -> str:
    """The beginning of the text, cut at the end of a word."""
    if len(text) <= TITLE_LENGTH:
        return text
    return text[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
