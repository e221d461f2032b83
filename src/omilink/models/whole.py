"""Conversations that their user has joined, as they are shown: one conversation, the whole, with the words of the
others, its parts. Each of them is stored by itself, on a clock of its own.
"""

from collections.abc import Collection, Sequence
from typing import Annotated, Any

from msgspec.structs import asdict

from omilink.models.conversation import Conversation
from omilink.models.declaration import Shown, ShownAs
from omilink.models.message import Message
from omilink.models.summary import ActionItem, CalendarEvent, Participant, Section

SEQS = 1 << 24
"""More than any conversation has messages."""


class Whole(Conversation, frozen=True, kw_only=True, gc=False):
    """A conversation as it is shown, with its parts. It is never stored."""

    members: Sequence[Conversation]
    """The stored conversations, first the one with the same id."""

    @property
    def stored_ids(self) -> set[str]:
        """The ids of the stored conversations whose messages it shows."""
        return {one.id for one in self.members}

    def items_within(self, conversation_ids: Collection[str]) -> list[ActionItem]:
        """The action items of all members."""
        return [item for one in self.members for item in one.items_within(conversation_ids)]

    @property
    def sections(self) -> Annotated[Sequence[Section], ShownAs()]:
        """The parts of OMI's summary."""
        return [section for one in self.members for section in one.details_within(self.stored_ids).sections]

    @property
    def participants(self) -> Shown[Sequence[Participant]]:
        """Who took part, as far as OMI knows."""
        return list({one.name: one for member in self.members for one in member.participants}.values())

    @property
    def events(self) -> Shown[Sequence[CalendarEvent]]:
        """The appointments that were agreed on, as far as OMI knows."""
        return [event for one in self.members for event in one.events]

    @property
    def translated_into(self) -> Shown[Sequence[str]]:
        """The languages into which OMI has translated words: `de`."""
        return sorted({language for one in self.members for language in one.translated_into})


class MessageOfPart(Message, frozen=True, kw_only=True, gc=False):
    """A message of a part as the whole shows it: it keeps its id, and has its place among the messages of the whole. It
    is never stored."""

    own_id: str

    @property
    def id(self) -> Annotated[str, ShownAs(before="conversation_id")]:
        """The same for as long as the message lives."""
        return self.own_id


def whole_of(members: Sequence[Conversation]) -> Conversation:
    """What these stored conversations are together: the first has the id, the others are its parts."""
    whole = members[0]
    if len(members) == 1:
        return whole
    with_words = [one for one in members if one.message_count] or [whole]
    began = min(one.started_at for one in with_words)
    together: dict[str, Any] = {
        "zero_at": began,
        "first": None,
        "end": (max(one.ended_at for one in with_words) - began) / 1000,
        "last_at": max(one.last_at for one in members),
        "last_order": max(one.last_order for one in members),
        "message_count": sum(one.message_count for one in members),
        "repaired_count": sum(one.repaired_count for one in members),
        "by_hand": None,
    }
    for name in ("title", "omi_title", "summary", "emoji", "category", "omi_id"):
        together[name] = next(filter(None, (getattr(one, name) for one in members)), None)
    return Whole(**asdict(whole) | together, members=members)


def as_shown(message: Message, stored_in: Conversation) -> Message:
    """The message of a stored conversation as its user sees it."""
    if stored_in.part_of is None:
        return message
    position, seq = place_shown(message, stored_in)
    moved = {"conversation_id": stored_in.part_of, "position": position, "seq": seq}
    return MessageOfPart(**asdict(message) | moved, own_id=message.id)


def place_shown(message: Message, stored_in: Conversation) -> tuple[float, int]:
    """`position` and `seq` that the message is shown with. No two messages of a whole have the same two."""
    hand = stored_in.hand
    return message.position + hand.offset, message.seq + hand.number * SEQS
