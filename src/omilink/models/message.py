"""A segment as it arrived, and the message as it is stored."""

from operator import attrgetter
from typing import Annotated, Any, Literal

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from omilink.clock import Millis
from omilink.errors import Invalid
from omilink.models.correction import continued
from omilink.models.declaration import FIXED, Erased, Fixed, Shown, ShownAs, parts
from omilink.models.ids import digest, is_uuid

MAX_TEXT = 20_000
"""Characters of a message: a quarter of an hour of speech. A longer text is cut into pieces, so that a page of messages
has a limited size."""
UNIQUE_LENGTH = 16
WEARER = "the wearer"
"""The voice of whoever wears the device, if the device gives no other name."""
LEFT_OUT = "…"
"""The text of a message that was no part of the conversation. Its key stays, so that a retry does not count as new
words."""
VERSIONS_REMEMBERED = 16
VERSIONED_ALWAYS = 6
"""The number of fields of `Speech` in its first release."""
ALIKE = {"text", "speaker", "is_user", "start", "end"}
"""The fields of `Speech` that tell whether a segment without an id repeats a message."""
NOBODY = ""
"""The id of a person: nobody whom the user knows."""
FROM_RECORD = "record~"
"""Begins the key of a message that a record has filled in."""
Source = Literal["omi", "omi_record"]
Role = Literal["USER", "ASSISTANT", "SYSTEM", "TOOL"]


class Speech(Struct, frozen=True, kw_only=True, gc=False):
    """The fields that a segment shares with its stored message."""

    text: Erased[str]
    """As it was heard, with which everything that comes is compared."""
    speaker: Shown[Erased[str | None]] = None
    """As the wearable names them: `SPEAKER_1`."""
    is_user: bool = False
    """Whether the device takes the speaker for the wearer."""
    person_id: Erased[str | None] = None
    """Who the device takes the speaker for."""
    start: Shown[float | None] = None
    """Seconds on the wearable's clock."""
    end: Shown[float | None] = None

    def speech(self) -> dict[str, Any]:
        """The names and values of the fields."""
        return dict(zip(_SPEECH, _said(self), strict=True))


_SPEECH = Speech.__struct_fields__
_said = attrgetter(*_SPEECH)


class Segment(Speech, frozen=True, kw_only=True, gc=False):
    """A final piece of speech as it arrived. `start` and `end` are both None when the segment is unplaced. Raises
    Invalid when only one of them is None."""

    id: str | None = None
    key: str = ""
    """Identifies the segment when it arrives again. It follows from the other fields, and is made once."""

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise Invalid("A segment has both start and end or neither.")
        force_setattr(self, "key", self._key())

    def _key(self) -> str:
        """Without an id, the key is made of speaker, start, end and text, since a hash of the text alone would make two
        people's "yes" one message. With an id that may be a counter's number, the key is made of the number and the
        place."""
        if self.id is None:
            return f"said:{digest(voice(self), self.start, self.end, self.text)}"
        if not self.may_be_counted:
            return f"id:{self.id}"
        where = f"at{self.start}" if has_place(self) else f"said{digest(self.speaker, self.text)}"
        return f"{where}:{self.id}"

    @property
    def may_be_counted(self) -> bool:
        """Whether the id may be a counter's number. Counters begin again with a restarted device or with each call."""
        return self.id is not None and not is_uuid(self.id)

    @property
    def has_unique_id(self) -> bool:
        """Whether the id is so long that the next conversation cannot have it at the same second by accident."""
        return self.id is not None and len(self.id) >= UNIQUE_LENGTH

    @property
    def version(self) -> str:
        """A hash that differs when any field differs. A field that was added later counts only if it has a value, so
        that messages saved before keep their version."""
        said = _said(self)
        new = zip(_SPEECH[VERSIONED_ALWAYS:], said[VERSIONED_ALWAYS:], strict=True)
        return digest(*said[:VERSIONED_ALWAYS], *(each for each in new if each[1] is not None))


class Message(Speech, frozen=True, kw_only=True, gc=False):
    """One segment of speech. Times are ISO 8601 in UTC, here as everywhere."""

    conversation_id: Annotated[str, FIXED, ShownAs(before="speaker")]
    created_at: Annotated[Millis, FIXED, ShownAs(before="speaker")]
    """When it was saved."""
    spoken_at: Annotated[Millis, ShownAs(before="speaker")]
    """When it was said."""
    position: Shown[float]
    """Spoken order: ascending `position`, then ascending `seq`."""
    seq: Fixed[Shown[int]]
    # counts arrivals in the conversation
    rev: Shown[int] = 1
    """Grows when the segment changes; a lower one is older news."""
    key: Fixed[str]
    """The key of its segment, which identifies the segment when it arrives again."""
    versions: Erased[str]
    """The latest versions of its segment, separated by spaces."""
    user_text: Erased[str | None] = None
    """The text as its user corrected it, which outlasts every later version and every record."""
    translations: Erased[str | None] = None
    """OMI's translations by language, as `models.translation` stores them."""
    user_person_id: Erased[str | None] = None
    """Who speaks, where its user says otherwise than the device; or NOBODY."""
    user_is_user: Erased[bool | None] = None
    """Whether the wearer speaks, where its user says otherwise than the device."""

    @classmethod
    def of(cls, words: Speech, **changes: Any) -> "Message":
        """A message that says what the words say, except for the `changes`, which also give all other fields."""
        return cls(**{**words.speech(), **changes})

    @property
    def id(self) -> Annotated[str, ShownAs(before="conversation_id")]:
        """The same for as long as the message lives."""
        return message_id(self.conversation_id, self.seq)

    @property
    def shown_text(self) -> Annotated[str, ShownAs("text", before="created_at")]:
        """As its user corrected it, or else as it was heard. Text, never markup."""
        return self.text if self.user_text is None else self.user_text

    @property
    def role(self) -> Annotated[Role, ShownAs(before="shown_text")]:
        """What wearables hear is `USER`."""
        return "USER"  # the wearer's words and everybody else's: who spoke is in `speaker` and `is_user`

    @property
    def source(self) -> Annotated[Source, ShownAs(before="created_at")]:
        """Where it comes from: `omi` if it came live, `omi_record` if only OMI's record of the conversation has it."""
        return "omi_record" if self.key.startswith(FROM_RECORD) else "omi"

    @property
    def edited(self) -> Shown[bool]:
        """Whether its user corrected the text."""
        return self.user_text is not None

    @property
    def is_wearer(self) -> Annotated[bool, ShownAs("isUser", before="start")]:
        """Whether the wearer speaks."""
        return self.is_user if self.user_is_user is None else self.user_is_user

    @property
    def speaking_person_id(self) -> Annotated[str | None, ShownAs("personId", before="start")]:
        """Who speaks, as far as OMI or its user says so: one of the `ids` of a person of `/people`, or of somebody who
        has no name yet."""
        return self.person_id if self.user_person_id is None else self.user_person_id or None

    @property
    def segment_id(self) -> str | None:
        """The id that its segment arrived with, or None."""
        kind, _, id = self.key.partition(":")
        return None if kind == "said" else id or None

    @property
    def segment_key(self) -> str:
        """The key of its segment, without the addition that `free_key` makes where another segment of the conversation
        has the same key."""
        where, colon, id = self.key.partition(":")
        return where.partition("~")[0] + colon + id

    def updated_by(self, segment: Segment, spoken_at: Millis) -> "Message":
        """The message after its segment arrived again: unchanged unless the segment adds something."""
        if self.knows(segment):
            return self
        versions = " ".join([*self.versions.split(), segment.version][-VERSIONS_REMEMBERED:])
        if self.knows(replace(segment, person_id=None)) or self.knows(replace(segment, person_id=self.person_id)):
            person_id = segment.person_id or self.person_id
            is_new = person_id != self.person_id
            return replace(self, person_id=person_id, versions=versions, rev=self.rev + is_new)
        is_same_voice = segment.person_id is None and segment.speaker == self.speaker
        return replace(
            self,
            **segment.speech() | ({"person_id": self.person_id} if is_same_voice else {}),
            user_text=self._corrected_with(segment),
            position=self.position if segment.start is None else segment.start,
            spoken_at=spoken_at,
            rev=self.rev + 1,
            versions=versions,
        )

    def repeated_by(self, segment: Segment) -> "Message":
        """The message after a segment without an id repeated its words with slightly different times. Words, voice and
        times stay. Every other field takes the segment's value, unless that is None. The revision is new only if a
        value that is shown has changed."""
        fresh = {name: value for name, value in segment.speech().items() if name not in ALIKE and value is not None}
        after = replace(self, **fresh)
        if after == self:
            return self
        is_shown = any(getattr(after, part.attribute) != getattr(self, part.attribute) for part in parts(Message))
        return replace(after, rev=self.rev + is_shown)

    def without(self, text: str) -> "Message":
        """The message with this text, after something in it was found to be no part of the conversation. A retry does
        not restore the removed words. A correction by its user and translations may have them too, and are lost."""
        return replace(self, text=text, user_text=None, translations=None, rev=self.rev + 1)

    def corrected(self, text: str | None) -> "Message":
        """The message as its user corrects it. None gives back what was heard."""
        user_text = None if text == self.text else text
        return self if user_text == self.user_text else replace(self, user_text=user_text, rev=self.rev + 1)

    def knows(self, segment: Segment) -> bool:
        """Whether the segment adds nothing. Known versions and shorter beginnings of the known text add nothing, since
        they are late retries. So any number of arrivals in any order ends with the same text."""
        return self.has_been(segment) or self._outgrew(segment)

    def has_been(self, segment: Segment) -> bool:
        """Whether the message has had exactly this version before."""
        return segment.version in self.versions.split()

    def has_grown_from_left_out(self, segment: Segment) -> bool:
        """Whether the segment says more than the text that was no part of the conversation."""
        return self.text == LEFT_OUT and not self.knows(segment)

    def _corrected_with(self, segment: Segment) -> str | None:
        """The user's text after the segment arrived again: what the segment has grown by at its end is added."""
        return self.user_text and continued(self.user_text, self.text, segment.text)[:MAX_TEXT]

    def _outgrew(self, segment: Segment) -> bool:
        grown = len(segment.text) < len(self.text) and self.text.startswith(segment.text)
        return grown and (segment.end or 0) <= (self.end or 0)


def message_id(conversation_id: str, seq: int) -> str:
    """The id of the message of this number."""
    return f"{conversation_id}.{seq}"


def record_key(conversation_id: str, seq: int, segment_id: str | None) -> str:
    """The key of a message that a record has filled in. The conversation is a part of it: a split moves messages with
    their keys to a conversation that counts anew."""
    return f"{FROM_RECORD}{conversation_id}.{seq}:{segment_id or ''}"


def voice(words: Speech) -> str | None:
    """The name of the voice, as far as the device gives one; else None."""
    return words.speaker or (WEARER if words.is_user else None)


def has_place(words: Speech) -> bool:
    """Whether the seconds are meaningful: devices without a clock send none, or 0 in both."""
    return words.start is not None and (words.start, words.end) != (0, 0)
