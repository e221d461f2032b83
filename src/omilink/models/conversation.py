"""What was said on one clock of a device without a long silence."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from omilink.clock import Millis
from omilink.models.declared import Fixed
from omilink.models.delivery import Delivery
from omilink.models.message import Message, Segment

ACTIVE_STEP: Millis = 600_000
ORDER_STEP = 1 << 13
TITLE_LENGTH = 60


class Conversation(Struct, frozen=True, kw_only=True, gc=False):
    """What was said on one clock without a long silence. `user_id` None: ownerless, shown to nobody.

    `zero_at` is when the clock stood at 0; `first` and `end` bound what has been said on it, None while all of it
    is unplaced. `first_order` is that of the call with which it began, `last_order` that of the newest one; `turn` is
    the session's when it began. `brought_at` and `brought_order` are when it came along with a proof. A deleted
    conversation stays as a tombstone without words, so that a retry cannot bring it back.
    """

    id: Fixed[str]
    session_id: Fixed[str]
    user_id: str | None
    title: str | None = None
    summary: str | None = None
    created_at: Fixed[Millis]
    zero_at: Millis | None = None
    last_at: Millis
    first_order: Fixed[int] = 0
    last_order: int = 0
    turn: Fixed[int] = 0
    first: float | None = None
    end: float | None = None
    message_count: int = 0
    brought_at: Millis | None = None
    brought_order: int | None = None
    deleted_at: Millis | None = None

    @property
    def omi_session_id(self) -> str:
        return self.session_id.partition("/")[2]

    @property
    def active_until(self) -> Millis:
        """`last_at`, rounded up, so that an index on it seldom changes."""
        return (self.last_at // ACTIVE_STEP + 1) * ACTIVE_STEP

    @property
    def last_step(self) -> int:
        """`last_order`, rounded down, for the same reason."""
        return self.last_order // ORDER_STEP

    def as_of(self, call: Delivery) -> "Conversation":
        """As the call finds it. Where the clock contradicts the order, no time has passed that anybody could tell."""
        is_newer = call.order > self.last_order
        is_later = call.received_at >= self.last_at
        return self if is_newer == is_later else replace(self, last_at=call.received_at)

    def with_words(
        self, segments: Sequence[Segment | Message], call: Delivery, *, named_by: str | None
    ) -> "Conversation":
        """The conversation after hearing these segments of the call. It is called by the first text that may name
        it."""
        at, is_newest = call.received_at, call.order >= self.last_order
        starts = [segment.start for segment in segments if segment.start is not None]
        ends = [segment.end for segment in segments if segment.end is not None]
        first = min(starts if self.first is None else [self.first, *starts], default=None)
        end = max(ends if self.end is None else [self.end, *ends], default=None)
        return replace(
            self,
            title=self.title or (title_of(named_by) if named_by else None),
            zero_at=at - round(end * 1000) if self.zero_at is None and end is not None else self.zero_at,
            last_at=at if is_newest else self.last_at,
            last_order=max(call.order, self.last_order),
            first=first,
            end=end,
        )

    def may_be_named_by(self, message: Message) -> bool:
        """Whether its title is the beginning of the message, or of another with the same one."""
        return self.title == title_of(message.text)

    def retitled(self, message: Message) -> "Conversation":
        """The conversation after the message that it is called by has changed."""
        return replace(self, title=title_of(message.text))

    def spoken_at(self, segment: Segment, at: Millis) -> Millis:
        """The best guess of when it was said: never later than when it arrived."""
        if segment.start is None or self.zero_at is None:
            return at
        return min(at, self.zero_at + round(segment.start * 1000))


def title_of(text: str) -> str:
    """Its beginning, cut at a word."""
    if len(text) <= TITLE_LENGTH:
        return text
    return text[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
