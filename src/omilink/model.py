"""The nouns of omilink. Values are frozen and checked when made; a change is a changed copy.

Times are whole milliseconds since 1970 in UTC (`Millis`); places on a device's clock are seconds (`float`).
"""

import hashlib
import re
import secrets
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from omilink.errors import Invalid
from omilink.order import Accepted, Hands, Moment, Way, is_before

Millis = int

SHARED = "shared"
"""The origin of everything that comes in at the shared webhook URL; a personal URL's origin is its user's id."""

MOST_SESSIONS = 5_000
"""That one user has by hand or by the own address. Ten new ones a day for more than a year; whoever reads them all
needs fifty pages."""

ACTIVE_STEP: Millis = 600_000
ORDER_STEP = 1 << 13
TITLE_LENGTH = 60
UNIQUE_LENGTH = 16
WEARER = "the wearer"
"""The voice of whoever wears the device, where it has no other name."""
LEFT_OUT = "…"
"""What stands for a message that was no part of the talk: its key has to stay, or a retry of it would be taken for new
words."""
VERSIONS_REMEMBERED = 16

PAST = (Hands.OF_BEFORE, Hands.LONG_BEFORE)
"""Hands in which the session is no longer: such a call says nothing about its owner of now."""

VISIBLE = "[!-.0-~]{1,128}"
"""ASCII 0x21-0x7E without "/", so that ids fit into a path."""
_VISIBLE = re.compile(VISIBLE)
_ACCOUNT = re.compile(r"[A-Za-z0-9]{28}")
_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
PLACEHOLDERS = r"null|nil|none|nan|undefined|anonymous|\[object object\]|[0-]+|\.\.?"
_PLACEHOLDERS = re.compile(PLACEHOLDERS, re.IGNORECASE)


@lru_cache(4096)
def _is_uuid(id: str) -> bool:
    return _UUID.fullmatch(id) is not None


@lru_cache(4096)
def check_id(value: str, what: str) -> str:
    """The id itself, or Invalid with what is wrong with it. 128 characters are OMI's own limit (omi-protocol: ids)."""
    if not _VISIBLE.fullmatch(value):
        raise Invalid(f"{what} must be 1 to 128 visible ASCII characters without '/' and spaces.")
    if is_placeholder(value):
        raise Invalid(
            f"{what} is the placeholder {value!r}: the device has not filled it in. Give every device its own."
        )
    return value


def is_id(value: str) -> bool:
    """Whether `check_id` takes it, but for placeholders."""
    return _VISIBLE.fullmatch(value) is not None


def is_placeholder(value: str) -> bool:
    """Ids that devices send when they have none: whoever linked one would get every such device's words."""
    return _PLACEHOLDERS.fullmatch(value) is not None


def is_account_id(value: str) -> bool:
    """Whether it has the shape of an OMI account's uid, which is public."""
    return _ACCOUNT.fullmatch(value) is not None


def session_key(origin: str, omi_session_id: str) -> str:
    """A session is identified by where it came in and its id. Ids hold no '/', so the two cannot be confused."""
    return f"{origin}/{omi_session_id}"


class Method(StrEnum):
    """How a session came to its owner."""

    UID = "uid"
    MANUAL = "manual"
    ISSUED = "issued"
    PERSONAL = "personal"


class Proof(StrEnum):
    """What shows that an OMI account is a user's."""

    SPOKEN = "spoken"
    TYPED = "typed"
    ISSUED = "issued"
    OPERATOR = "operator"


class Device(StrEnum):
    """Where a device is in its life, for those that an operator issues."""

    ISSUED = "issued"
    ACTIVE = "active"
    RETURNED = "returned"
    LOST = "lost"


class Mistake(StrEnum):
    """What a sender does wrong, which costs words or tears talks apart."""

    UNREADABLE = "unreadable"
    MILLISECONDS = "milliseconds"
    RESTARTING = "restarting"
    OF_BEFORE = "of_before"
    TOO_MUCH = "too_much"


class UnlinkReason(StrEnum):
    """Why a session is not its user's any more, as their streams are told."""

    UNLINKED = "unlinked"
    EXPIRED = "expired"
    PROOF_REQUIRED = "proof_required"
    LINKED_WITH_PROOF = "linked_with_proof"
    HANDED_OVER = "handed_over"
    DEVICE_RETURNED = "device_returned"
    DEVICE_LOST = "device_lost"


@dataclass(frozen=True, kw_only=True, slots=True)
class OmiSession:
    """One device's id as seen at one webhook URL, and whose it is.

    Who had it last, from when and until when, is remembered: what was accepted then is theirs, however late it is
    saved. The orders and acts of these changes say when they were (`order.is_before`); `linked_at` and `last_seen_at`
    are for people to read. `turn` counts how often it has left somebody's hands, `last_order` is that of the newest
    call. `bad_segments` counts what could not be read since it came to its owner, `mistake` is the newest of its
    sender's.
    """

    omi_session_id: str
    origin: str = SHARED
    user_id: str | None = None
    method: Method | None = None
    linked_at: Millis | None = None
    linked_order: int | None = None
    linked_act: int | None = None
    last_seen_at: Millis | None = None
    last_order: int = 0
    suspended_user_id: str | None = None
    left_user_id: str | None = None
    left_since_order: int | None = None
    left_since_act: int | None = None
    left_order: int | None = None
    left_act: int | None = None
    turn: int = 0
    device: Device | None = None
    last_uid: str | None = None
    bad_segments: int = 0
    not_kept: int = 0
    mistake: Mistake | None = None
    mistake_at: Millis | None = None
    created_at: Millis

    def __post_init__(self) -> None:
        check_id(self.omi_session_id, "session_id")

    @property
    def id(self) -> str:
        return session_key(self.origin, self.omi_session_id)

    def hands_at(self, call: Accepted) -> Hands:
        """In whose hands it was when the call was accepted."""
        before_leaving = is_before(call, self.left_order, self.left_act)
        if before_leaving:
            before_that = is_before(call, self.left_since_order, self.left_since_act)
            return {False: Hands.OF_BEFORE, True: Hands.LONG_BEFORE, None: Hands.UNKNOWN}[before_that]
        if before_leaving is None:
            return Hands.UNKNOWN
        if self.method is Method.ISSUED and self.turn:
            before_issue = is_before(call, self.linked_order, self.linked_act)
            return {False: Hands.OF_NOW, True: Hands.NOBODYS, None: Hands.UNKNOWN}[before_issue]
        return Hands.OF_NOW

    def owner_at(self, call: Accepted) -> str | None:
        """Whose words the call's are, which is not to be asked where nobody can know."""
        return self.left_user_id if self.hands_at(call) in PAST else self.user_id

    def by_its_id_alone(self) -> "OmiSession":
        """What may be known of it by somebody who knows no more than its id."""
        return OmiSession(omi_session_id=self.omi_session_id, created_at=self.created_at)

    def linked_to(self, user_id: str, method: Method, moment: Moment) -> "OmiSession":
        device = Device.ISSUED if method is Method.ISSUED else self.device
        if self.user_id == user_id:
            return replace(self, method=method, device=device, suspended_user_id=None)
        before = self if self.user_id is None else self.unlinked(moment)
        return replace(
            before,
            user_id=user_id,
            method=method,
            linked_at=moment.at,
            linked_order=before._not_before_leaving(moment),
            linked_act=moment.act,
            device=device,
            suspended_user_id=None,
        )

    def unlinked(self, moment: Moment, *, suspended: bool = False) -> "OmiSession":
        return replace(
            self,
            user_id=None,
            method=None,
            linked_at=None,
            linked_order=None,
            linked_act=None,
            suspended_user_id=self.user_id if suspended else None,
            left_user_id=self.user_id,
            left_since_order=self.linked_order,
            left_since_act=self.linked_act,
            left_order=self._not_before_leaving(moment),
            left_act=moment.act,
            turn=self.turn + 1,
            bad_segments=0,
            not_kept=0,
            mistake=None,
            mistake_at=None,
        )

    def seen(self, call: "Delivery", bad_segments: int = 0) -> "OmiSession":
        is_newest = call.order >= self.last_order
        is_of_its_user = is_before(call, self.linked_order, self.linked_act) is False
        return replace(
            self,
            last_seen_at=call.received_at if is_newest else self.last_seen_at,
            last_order=max(call.order, self.last_order),
            last_uid=call.uid if call.uid and is_newest else self.last_uid,
            device=Device.ACTIVE if self.device is Device.ISSUED and is_of_its_user else self.device,
            bad_segments=self.bad_segments + bad_segments,
        )

    def mistaken(self, mistake: Mistake, at: Millis) -> "OmiSession":
        """The session after its sender made a mistake; of several the newest is remembered."""
        return replace(self, mistake=mistake, mistake_at=at)

    def _not_before_leaving(self, moment: Moment) -> int | None:
        """The moment's order. Of two acts at once the one that is carried out later may have asked for it earlier."""
        return None if moment.order is None else max(moment.order, self.left_order or 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
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
            return f"said:{_digest(voice(self), self.start, self.end, self.text)}"
        if not self.may_be_counted:
            return f"id:{self.id}"
        where = f"at{self.start}" if has_place(self) else f"said{_digest(self.speaker, self.text)}"
        return f"{where}:{self.id}"

    @property
    def may_be_counted(self) -> bool:
        """Whether the id may be a counter's number, which begins again with a restarted device, or with each call."""
        return self.id is not None and not _is_uuid(self.id)

    @property
    def has_unique_id(self) -> bool:
        """Whether the id is long enough for the next conversation not to have it too, at the same second."""
        return self.id is not None and len(self.id) >= UNIQUE_LENGTH

    @property
    def version(self) -> str:
        """Differs when anything that is shown differs."""
        shown = (self.text, self.speaker, self.is_user, self.person_id, self.start, self.end)
        return _digest(*shown)


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A segment as it is kept. `seq` counts arrivals in the conversation, `position` is the spoken order,
    `versions` the fingerprints of what it has said so far."""

    conversation_id: str
    seq: int
    key: str
    text: str
    speaker: str | None
    is_user: bool
    person_id: str | None
    start: float | None
    end: float | None
    position: float
    rev: int = 1
    created_at: Millis
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
        """The key of its segment, where another segment of the conversation had that key before (`Desk.free_key`)."""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """What was said on one clock without a long silence. `user_id` None: ownerless, shown to nobody.

    `zero_at` is when the clock stood at 0; `first` and `end` bound what has been said on it, None while all of it
    is unplaced. `first_order` is that of the call with which it began, `last_order` that of the newest one; `turn` is
    the session's when it began. `brought_at` and `brought_order` are when it came along with a proof. A deleted
    conversation stays as a tombstone without words, so that a retry cannot bring it back.
    """

    id: str
    session_id: str
    user_id: str | None
    title: str | None = None
    summary: str | None = None
    created_at: Millis
    zero_at: Millis | None = None
    last_at: Millis
    first_order: int = 0
    last_order: int = 0
    turn: int = 0
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

    def as_of(self, call: "Delivery") -> "Conversation":
        """As the call finds it. Where the clock contradicts the order, no time has passed that anybody could tell."""
        is_newer = call.order > self.last_order
        is_later = call.received_at >= self.last_at
        return self if is_newer == is_later else replace(self, last_at=call.received_at)

    def with_words(
        self, segments: Sequence[Segment | Message], call: "Delivery", *, named_by: str | None
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A webhook call as it was accepted. `seq` is its number in the inbox and `order` its place among all that were
    accepted; 0 before it is there. `seen` and `way`: see `order.Accepted`. `contradiction`: in
    what it contradicts itself, so that nobody can tell whose it is. `proven`: no user could have made the call, since
    it carried the shared secret or OMI's signature. `signature` tells a signed call from every other one. `counted_at`
    is the counted time of its acceptance, None where that was not known."""

    seq: int = 0
    order: int = 0
    seen: int = 0
    way: Way = Way.STRAIGHT
    kind: str
    origin: str = SHARED
    session_id: str
    uid: str | None = None
    key: str | None = None
    contradiction: str | None = None
    proven: bool = False
    signature: str | None = None
    request_id: str | None = None
    body: bytes
    received_at: Millis
    counted_at: Millis | None = None
    attempts: int = 0

    @property
    def session_key(self) -> str:
        return session_key(self.origin, self.session_id)

    @property
    def moment(self) -> Moment:
        """When it does what it does: everything up to it has been accepted."""
        return Moment(at=self.received_at, order=self.order)

    @property
    def just_before(self) -> Moment:
        """When what it changes is changed, so that itself it comes after."""
        return Moment(at=self.received_at, order=self.order - 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A delivery as people are shown it: without its words. `error` is why it failed or was put aside."""

    seq: int
    kind: str
    session_id: str
    state: str
    attempts: int
    received_at: Millis
    error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    id: str
    email: str
    display_name: str | None
    created_at: Millis


@dataclass(frozen=True, kw_only=True, slots=True)
class SignIn:
    """One of a user's sign-ins. `client` is what signed in, as it calls itself."""

    token_hash: str
    created_at: Millis
    expires_at: Millis
    client: str | None

    @property
    def id(self) -> str:
        """Names it to its user, and is no use to anybody else."""
        return self.token_hash[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonalUrl:
    """A secret that makes a user's own webhook URL. The current one is valid until it is replaced."""

    secret: str
    created_at: Millis
    valid_until: Millis | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OmiLink:
    """An OMI account that is verified for a user. A uid is verified for one user at a time. `brings`: whether what was
    heard before comes along unasked."""

    uid: str
    user_id: str
    proof: Proof
    brings: bool = True
    verified_at: Millis


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenge:
    """What a user has been asked to say, or to type from the phone, to show that an OMI account is theirs. One that has
    been met stays until it expires, so that the same words are known when they come twice. `heard` is the latest that
    came close to `say`."""

    user_id: str
    uid: str
    say: str
    number_hash: str | None
    brings: bool
    expires_at: Millis
    used_at: Millis | None = None
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class By:
    """Who did something, and in which request: a user's id, `device`, `operator`, or `silence`."""

    actor: str
    request_id: str | None = None


OPERATOR, SILENCE = By("operator"), By("silence")


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """Who did what to a session or an OMI account, by which proof, and whose it was before and after. No words."""

    at: Millis
    actor: str
    request_id: str | None
    rule: str
    proof: str | None
    session_id: str
    uid: str | None
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something a user's streams are told. `data` is the JSON text of the contract; `seq` counts per user, from 1."""

    user_id: str
    seq: int = 0
    conversation_id: str | None = None
    data: str


def now() -> Millis:
    return time.time_ns() // 1_000_000


def monotonic() -> Millis:
    """Of a clock that nobody sets: it says how much time has passed in this process, and nothing else."""
    return time.monotonic_ns() // 1_000_000


def new_id() -> str:
    """A UUID of version 7 (RFC 9562): it sorts by time, and in one process by the order of making, so that new rows
    land at the end of an index."""
    return str(uuid.UUID(int=_sequence.next()))


class _Sequence:
    """Numbers made of the time and chance, each larger than the one before."""

    def __init__(self) -> None:
        self._lock, self._last = threading.Lock(), 0

    def next(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, now() << 74 | secrets.randbits(74))
            return _with_version(self._last)


def _with_version(number: int) -> int:
    """48 bits of time, version 7, 12 bits, variant 2, 62 bits."""
    high, low = divmod(number, 1 << 62)
    time, middle = divmod(high, 1 << 12)
    return time << 80 | 0x7 << 76 | middle << 64 | 0x2 << 62 | low


_sequence = _Sequence()


def _digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=9).hexdigest()


def title_of(text: str) -> str:
    """Its beginning, cut at a word."""
    if len(text) <= TITLE_LENGTH:
        return text
    return text[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
