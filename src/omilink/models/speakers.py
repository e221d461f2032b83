"""What a user says about who speaks in a conversation. It is stored with the conversation, so that it holds for late
words, retries and records too."""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct, json
from msgspec.structs import replace

from omilink.models.message import Message


class Attribution(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the user says about a speaker. None: as the device has it."""

    person_id: str | None = None
    """The person, or NOBODY."""
    is_user: bool | None = None


class Speakers(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Attributions by speaker, and whom OMI's ids of people mean in this conversation alone."""

    attributions: Mapping[str, Attribution] = {}
    people: Mapping[str, str] = {}

    def text(self) -> str | None:
        """The JSON text to store; None if the user has said nothing."""
        return None if self == NOTHING_SAID else json.encode(self).decode()

    def with_attribution(self, speaker: str, attribution: Attribution) -> "Speakers":
        attributions = {**self.attributions, speaker: attribution}
        if attribution == Attribution():
            del attributions[speaker]
        return replace(self, attributions=attributions)

    def with_another(self, ids: Mapping[str, str]) -> "Speakers":
        """Where the conversation has one of these people, it has the other one instead."""
        attributions = {
            speaker: replace(one, person_id=ids.get(one.person_id, one.person_id)) if one.person_id else one
            for speaker, one in self.attributions.items()
        }
        return replace(self, attributions=attributions, people={**self.people, **ids})

    def of(self, message: Message) -> Message:
        """The message with what the user says about its speaker."""
        said = self.attributions.get(message.speaker or "", Attribution())
        person_id = said.person_id
        if person_id is None and message.person_id is not None:
            person_id = self.people.get(message.person_id)
        return replace(
            message,
            user_person_id=None if (person_id or None) == message.person_id else person_id,
            user_is_user=None if said.is_user == message.is_user else said.is_user,
        )


NOTHING_SAID = Speakers()


@lru_cache(256)
def speakers_of(text: str | None) -> Speakers:
    """What a stored text says; nothing for None."""
    return NOTHING_SAID if text is None else json.decode(text, type=Speakers)
