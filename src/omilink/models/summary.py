"""What OMI says about a conversation beside its words: sections, action items, participants and calendar events."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct, json
from msgspec.structs import replace

from omilink.clock import Millis
from omilink.models.declaration import Shown


class Section(Struct, frozen=True, kw_only=True, gc=False):
    """A part of the summary."""

    heading: Shown[str]
    text: Shown[str]
    """Markdown, never markup."""
    message_ids: Shown[Sequence[str]] = ()
    """The messages that the part rests on, as far as OMI says so."""


class ActionItem(Struct, frozen=True, kw_only=True, gc=False):
    """Something to do that was agreed on in the conversation."""

    id: Shown[str]
    """The same for as long as OMI's text of it stays the same. Unique within the conversation where it is stored, and
    among all items where it is shown."""
    text: Shown[str]
    done: Shown[bool]
    """As its user ticked it, or else as OMI says."""
    due_at: Shown[Millis | None] = None
    owner: Shown[str | None] = None
    """The name of whoever is to do it, as far as OMI knows."""
    message_ids: Shown[Sequence[str]] = ()
    """The messages that it rests on, as far as OMI says so."""
    is_ticked: bool | None = None
    """What its user said of `done`; None if the user said nothing. It outlasts later records."""
    is_added: bool = False
    """Whether its user added it. It outlasts later records."""
    is_edited: bool = False
    """Whether its user changed the text or the time. It outlasts later records."""

    @property
    def is_users(self) -> bool:
        """Whether its user wrote it, so that records leave it as it is."""
        return self.is_added or self.is_edited


class Participant(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody who took part, by OMI's knowledge."""

    name: Shown[str]
    person_id: Shown[str | None] = None
    """One of the `ids` of the person whom the name means: who has it, or had it when the record came."""


class CalendarEvent(Struct, frozen=True, kw_only=True, gc=False):
    """An appointment that was agreed on in the conversation."""

    title: Shown[str]
    description: Shown[str | None] = None
    starts_at: Shown[Millis | None] = None
    """When it begins; null if OMI does not say so."""
    minutes: Shown[int | None] = None
    """How long it takes."""


class Details(Struct, frozen=True, kw_only=True, gc=False):
    """The lists of a conversation, stored as one text: most conversations have none of them."""

    sections: Sequence[Section] = ()
    action_items: Sequence[ActionItem] = ()
    participants: Sequence[Participant] = ()
    events: Sequence[CalendarEvent] = ()
    languages: Sequence[str] = ()
    """Those into which OMI has translated words."""
    removed_items: Sequence[str] = ()
    """The ids of OMI's action items that the user has deleted: a later record does not restore them."""

    names: Mapping[str, str] = {}
    """OMI's names of people, by its ids of them."""

    def text(self) -> str | None:
        """The JSON text to store; None if all lists are empty."""
        return None if self == NO_DETAILS else json.encode(self).decode()

    def with_message_ids(self, new: Mapping[str, str]) -> "Details":
        """With the new ids of messages that have moved."""
        return self._leading(lambda one: [new.get(id, id) for id in one.message_ids])

    def as_of_omi(self) -> "Details":
        """Without what the user did: added, edited, deleted and ticked action items, and people."""
        left = (item for item in self.action_items if not item.is_users)
        items = tuple(item if item.is_ticked is None else replace(item, done=False, is_ticked=None) for item in left)
        participants = [Participant(name=one.name) for one in self.participants]
        return replace(self, action_items=items, participants=participants, removed_items=())

    def within(self, conversation_ids: Collection[str]) -> "Details":
        """The details, which lead only to messages of these stored conversations."""
        return self._leading(lambda one: [id for id in one.message_ids if id.rpartition(".")[0] in conversation_ids])

    def leading_to(self, ids: Mapping[str, Sequence[str]]) -> "Details":
        """The details, in which each of these message ids is replaced by others."""

        def replaced(one: Section | ActionItem) -> list[str]:
            return list(dict.fromkeys(new for id in one.message_ids for new in ids.get(id, (id,))))

        return self._leading(replaced)

    def _leading(self, ids_of: Callable[[Section | ActionItem], Sequence[str]]) -> "Details":
        return replace(
            self,
            sections=[replace(one, message_ids=ids_of(one)) for one in self.sections],
            action_items=[replace(one, message_ids=ids_of(one)) for one in self.action_items],
        )


NO_DETAILS = Details()


@lru_cache(256)
def details_of(text: str | None) -> Details:
    """The lists in a stored text; empty ones for None."""
    return NO_DETAILS if text is None else json.decode(text, type=Details)
