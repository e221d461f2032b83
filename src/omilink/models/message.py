"""What was said: a segment as it came, and the message as it is kept."""

from operator import attrgetter
from typing import Annotated, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from omilink.clock import Millis
from omilink.errors import Invalid
from omilink.models.declared import FIXED, Erased, Fixed, Shown, ShownAs
from omilink.models.ids import digest, is_uuid

UNIQUE_LENGTH = 16
WEARER = "the wearer"
"""The voice of whoever wears the device, where it has no other name."""
LEFT_OUT = "…"
"""What stands for a message that was no part of the talk: its key has to stay, or a retry of it would be taken for new
words."""
VERSIONS_REMEMBERED = 16
VERSIONED_ALWAYS = 6
"""Fields of `Speech`: those of its first release."""
Role = Literal["USER", "ASSISTANT", "SYSTEM", "TOOL"]


class Speech(Struct, frozen=True, kw_only=True, gc=False):
    """What a segment says, and the message that is kept of it."""

    text: Shown[Erased[str]]
    """Text, never markup."""
    speaker: Shown[Erased[str | None]] = None
    """As the wearable names them: `SPEAKER_1`."""
    is_user: Shown[bool] = False
    """Whether the wearer speaks."""
    person_id: Erased[str | None] = None
    """Who the device takes the speaker for. Stored, and not shown."""
    start: Shown[float | None] = None
    """Seconds on the wearable's clock."""
    end: Shown[float | None] = None

    def speech(self) -> dict[str, Any]:
        """Field -> value."""
        return dict(zip(_SPEECH, _said(self), strict=True))


_SPEECH = Speech.__struct_fields__
_said = attrgetter(*_SPEECH)


class Segment(Speech, frozen=True, kw_only=True, gc=False):
    """A final piece of speech as it came. `start` and `end` are both None when it is unplaced."""

    id: str | None = None

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise Invalid("A segment has both start and end or neither.")

    @property
    def key(self) -> str:
        """What makes it the same segment when it comes again. Without an id: speaker, start, end and text, since a
        hash of the text alone would make two people's "yes" one message (omi-protocol: the real-time call). With one
        that may be a counter's number: that and the place."""
        if self.id is None:
            return f"said:{digest(voice(self), self.start, self.end, self.text)}"
        if not self.may_be_counted:
            return f"id:{self.id}"
        where = f"at{self.start}" if has_place(self) else f"said{digest(self.speaker, self.text)}"
        return f"{where}:{self.id}"

    @property
    def may_be_counted(self) -> bool:
        """Whether the id may be a counter's number, which begins again with a restarted device, or with each call."""
        return self.id is not None and not is_uuid(self.id)

    @property
    def has_unique_id(self) -> bool:
        """Whether the id is long enough for the next conversation not to have it too, at the same second."""
        return self.id is not None and len(self.id) >= UNIQUE_LENGTH

    @property
    def version(self) -> str:
        """Differs when anything that is said differs. A field that is new counts where it is set: what was saved before
        there was the field keeps its version."""
        said = _said(self)
        new = zip(_SPEECH[VERSIONED_ALWAYS:], said[VERSIONED_ALWAYS:], strict=True)
        return digest(*said[:VERSIONED_ALWAYS], *(each for each in new if each[1] is not None))


class Message(Speech, frozen=True, kw_only=True, gc=False):
    """One segment of speech. Times are ISO 8601 in UTC, here as everywhere."""

    conversation_id: Annotated[str, FIXED, ShownAs(before="text")]
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
    """That of its segment, by which a segment that comes again is recognised."""
    versions: Erased[str]
    """Those of its segment, as far as they are remembered: what it has said so far."""

    @property
    def id(self) -> Annotated[str, ShownAs(before="conversation_id")]:
        """The same for as long as the message lives."""
        return f"{self.conversation_id}.{self.seq}"

    @property
    def role(self) -> Annotated[Role, ShownAs(before="text")]:
        """What wearables hear is `USER`."""
        return "USER"  # the wearer's words and everybody else's: who spoke is in `speaker` and `is_user`

    @property
    def source(self) -> Annotated[str, ShownAs(before="created_at")]:
        """Where it comes from."""
        return "omi"

    @property
    def segment_id(self) -> str | None:
        """The id that its segment came with."""
        kind, _, id = self.key.partition(":")
        return None if kind == "said" else id

    @property
    def segment_key(self) -> str:
        """The key of its segment, where another segment of the conversation had that key before (`free_key`)."""
        where, colon, id = self.key.partition(":")
        return where.partition("~")[0] + colon + id

    def heard_again(self, segment: Segment, spoken_at: Millis) -> "Message":
        """The message after its segment came again: itself, unless the segment says something new. Who the person is is
        kept and, since it is not shown, no new revision."""
        if self.knows(segment):
            return self
        versions = " ".join([*self.versions.split(), segment.version][-VERSIONS_REMEMBERED:])
        if self.knows(replace(segment, person_id=None)) or self.knows(replace(segment, person_id=self.person_id)):
            return replace(self, person_id=segment.person_id or self.person_id, versions=versions)
        return replace(
            self,
            **segment.speech(),
            position=self.position if segment.start is None else segment.start,
            spoken_at=spoken_at,
            rev=self.rev + 1,
            versions=versions,
        )

    def without(self, text: str) -> "Message":
        """The message after something in it was found to be no part of the talk. A retry does not bring that back."""
        return replace(self, text=text, rev=self.rev + 1)

    def knows(self, segment: Segment) -> bool:
        """Whether the segment says nothing new. Neither a version that was seen before nor a shorter beginning of what
        is known is new: both are late retries. So any number of arrivals in any order ends with the same text."""
        return self.has_been(segment) or self._outgrew(segment)

    def has_been(self, segment: Segment) -> bool:
        """Whether it has said just that before."""
        return segment.version in self.versions.split()

    def has_grown_from_left_out(self, segment: Segment) -> bool:
        """Whether the segment says more than what was no part of the talk."""
        return self.text == LEFT_OUT and not self.knows(segment)

    def _outgrew(self, segment: Segment) -> bool:
        grown = len(segment.text) < len(self.text) and self.text.startswith(segment.text)
        return grown and (segment.end or 0) <= (self.end or 0)


def voice(words: Speech) -> str | None:
    """Whose voice it is, as far as the device says."""
    return words.speaker or (WEARER if words.is_user else None)


def has_place(words: Speech) -> bool:
    """Whether its seconds tell anything: devices without a clock send none, or 0 in both."""
    return words.start is not None and (words.start, words.end) != (0, 0)
