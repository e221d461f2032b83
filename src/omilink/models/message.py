"""What was said: a segment as it came, and the message as it is kept."""

from msgspec import Struct
from msgspec.structs import replace

from omilink.clock import Millis
from omilink.errors import Invalid
from omilink.models.declared import Fixed
from omilink.models.ids import digest, is_uuid

UNIQUE_LENGTH = 16
WEARER = "the wearer"
"""The voice of whoever wears the device, where it has no other name."""
LEFT_OUT = "…"
"""What stands for a message that was no part of the talk: its key has to stay, or a retry of it would be taken for new
words."""
VERSIONS_REMEMBERED = 16


class Segment(Struct, frozen=True, kw_only=True, gc=False):
    """A final piece of speech. `start` and `end` are seconds on the device's clock; both None when unplaced."""

    id: str | None = None
    text: str
    speaker: str | None = None
    is_user: bool = False
    person_id: str | None = None
    start: float | None = None
    end: float | None = None

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
        """Differs when anything that is shown differs."""
        shown = (self.text, self.speaker, self.is_user, self.person_id, self.start, self.end)
        return digest(*shown)


class Message(Struct, frozen=True, kw_only=True, gc=False):
    """A segment as it is kept. `seq` counts arrivals in the conversation, `position` is the spoken order,
    `versions` the fingerprints of what it has said so far."""

    conversation_id: Fixed[str]
    seq: Fixed[int]
    key: Fixed[str]
    text: str
    speaker: str | None
    is_user: bool
    person_id: str | None
    start: float | None
    end: float | None
    position: float
    rev: int = 1
    created_at: Fixed[Millis]
    spoken_at: Millis
    versions: str

    @property
    def id(self) -> str:
        return f"{self.conversation_id}.{self.seq}"

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
            text=segment.text,
            speaker=segment.speaker,
            is_user=segment.is_user,
            person_id=segment.person_id,
            start=segment.start,
            end=segment.end,
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


def voice(words: Message | Segment) -> str | None:
    """Whose voice it is, as far as the device says."""
    return words.speaker or (WEARER if words.is_user else None)


def has_place(words: Message | Segment) -> bool:
    """Whether its seconds tell anything: devices without a clock send none, or 0 in both."""
    return words.start is not None and (words.start, words.end) != (0, 0)
