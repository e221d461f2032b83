"""A session: one device's id, and its owner."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from omilink.clock import Millis
from omilink.models.declaration import FIXED, Big, Fixed, Shown, ShownAs
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED, check_id, session_key
from omilink.models.order import Accepted, Hands, Moment, is_before

MOST_SESSIONS = 5_000
"""Sessions that one user may have by hand or by the personal address. Ten new ones a day for more than a year reach the
limit; a reader of all sessions needs fifty pages."""
PAST = (Hands.LAST_OWNER, Hands.EARLIER_OWNER)
"""The owners of the past: a call from their time says nothing about the present owner."""


class Method(StrEnum):
    """How a session was linked to its owner."""

    UID = "uid"
    MANUAL = "manual"
    ISSUED = "issued"
    PERSONAL = "personal"


class Device(StrEnum):
    """The state of a device that an operator issues."""

    ISSUED = "issued"
    ACTIVE = "active"
    RETURNED = "returned"
    LOST = "lost"


class Mistake(StrEnum):
    """A mistake of a sender that loses words or splits conversations."""

    UNREADABLE = "unreadable"
    MILLISECONDS = "milliseconds"
    RESTARTING = "restarting"
    OF_EARLIER_OWNER = "of_before"
    TOO_MUCH = "too_much"
    RECORD_TOO_LARGE = "record_too_large"


class Alarm(StrEnum):
    """What a session's user has been told about words that are missing upstream."""

    SILENT = "silent"
    WORDS_MISSING = "words_missing"
    NO_RECORD = "no_record"


class UnlinkReason(StrEnum):
    """Why a session is not its user's any more, as their streams are told."""

    UNLINKED = "unlinked"
    EXPIRED = "expired"
    PROOF_REQUIRED = "proof_required"
    LINKED_WITH_PROOF = "linked_with_proof"
    HANDED_OVER = "handed_over"
    DEVICE_RETURNED = "device_returned"
    DEVICE_LOST = "device_lost"


class OmiSession(Struct, frozen=True, kw_only=True, gc=False):
    """One device's id as seen at one webhook URL, and its owner.

    The session keeps its last owner, with the beginning and the end of the ownership: words accepted in that time are
    the last owner's, however late they are saved. Orders and acts mark when the owner changed (`order.is_before`);
    `linked_at` and `last_seen_at` are for people to read.
    """

    omi_session_id: Annotated[str, FIXED, ShownAs("id")]
    """The `session_id` of the webhook."""
    origin: Fixed[str] = SHARED
    user_id: str | None = None
    method: Shown[Method | None] = None
    """How it came to you."""
    linked_at: Shown[Millis | None] = None
    linked_order: Big[int | None] = None
    linked_act: Big[int | None] = None
    last_seen_at: Shown[Millis | None] = None
    """When it last called."""
    last_order: int = 0
    """The order of the newest call."""
    suspended_user_id: str | None = None
    left_user_id: str | None = None
    """The user who had the session last."""
    left_since_order: Big[int | None] = None
    left_since_act: Big[int | None] = None
    left_order: Big[int | None] = None
    left_act: Big[int | None] = None
    turn: int = 0
    """How often the session has left an owner."""
    device: Device | None = None
    last_uid: str | None = None
    bad_segments: int = 0
    """Segments that could not be read since the session came to its owner."""
    not_kept: int = 0
    """Calls of which nothing was kept since then."""
    mistake: Mistake | None = None
    """The newest mistake of the session's sender."""
    mistake_at: Millis | None = None
    habits: str | None = None
    """When and how much was said since the session came to its owner, as `models.habits.Habits` has it."""
    alarm: Alarm | None = None
    """What its user was told last about missing words, while it lasts."""
    name: str | None = None
    """The name that its user gave it."""
    created_at: Fixed[Millis]

    def __post_init__(self) -> None:
        check_id(self.omi_session_id, "session_id")

    @property
    def id(self) -> str:
        return session_key(self.origin, self.omi_session_id)

    @property
    def linked(self) -> Annotated[bool, ShownAs(before="method")]:
        """Whether it is yours."""
        return self.user_id is not None

    def hands_at(self, call: Accepted) -> Hands:
        """Who had the session when the call was accepted."""
        before_leaving = is_before(call, self.left_order, self.left_act)
        if before_leaving:
            before_that = is_before(call, self.left_since_order, self.left_since_act)
            return {False: Hands.LAST_OWNER, True: Hands.EARLIER_OWNER, None: Hands.UNKNOWN}[before_that]
        if before_leaving is None:
            return Hands.UNKNOWN
        if self.method is Method.ISSUED and self.turn:
            before_issue = is_before(call, self.linked_order, self.linked_act)
            return {False: Hands.PRESENT_OWNER, True: Hands.NOBODY, None: Hands.UNKNOWN}[before_issue]
        return Hands.PRESENT_OWNER

    def owner_at(self, call: Accepted) -> str | None:
        """The user who owns the words of the call, or None. Must not be called where `hands_at` is UNKNOWN."""
        return self.left_user_id if self.hands_at(call) in PAST else self.user_id

    def had_others(self, user_id: str | None) -> bool:
        """Whether anybody but this user has had the session."""
        return self.turn > 1 or (self.turn == 1 and (user_id is None or self.left_user_id != user_id))

    def by_its_id_alone(self) -> "OmiSession":
        """The session with only those facts that somebody who knows its id may know."""
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
            habits=None,
            alarm=None,
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
            name=None,
            bad_segments=0,
            not_kept=0,
            mistake=None,
            mistake_at=None,
            habits=None,
            alarm=None,
        )

    def seen(self, call: Delivery, bad_segments: int = 0) -> "OmiSession":
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
        """The session after its sender made a mistake; only the newest mistake is remembered."""
        return replace(self, mistake=mistake, mistake_at=at)

    def _not_before_leaving(self, moment: Moment) -> int | None:
        """The moment's order, but not before the last owner left: of two acts at once, the act that is carried out
        later may have read its order earlier."""
        return None if moment.order is None else max(moment.order, self.left_order or 0)


Status = Literal["ok", "waiting", "quiet", "failing", "suspended"]


class Health(Struct, frozen=True, kw_only=True, gc=False):
    """What is the case, in plain words, and what to do about it, if anything."""

    status: Shown[Status]
    message: Shown[str]
    next_step: Shown[str | None] = None


class Jobs(Struct, frozen=True, kw_only=True, gc=False):
    waiting: Shown[int]
    failed: Shown[int]


class Session(OmiSession, frozen=True, kw_only=True, gc=False):
    """A wearable's stream of words, as one user sees it."""

    has_conversations: Shown[bool]
    messages_saved: Shown[int | UnsetType] = UNSET
    unreadable: Shown[int | UnsetType] = UNSET
    """How many pieces of what it sent could not be read and are not kept."""
    calls_not_kept: Annotated[int | UnsetType, ShownAs("notKept")] = UNSET
    """How many of its calls were not kept, since the account's budget of a day was used up."""
    health: Shown[Health | UnsetType] = UNSET
    """`status`, `message` and `nextStep`, in plain words."""
    last_webhook_at: Shown[Millis | UnsetType | None] = UNSET
    jobs: Shown[Jobs | UnsetType] = UNSET
    """How many calls are `waiting` to be saved, and how many have `failed`."""
    streams_open: Shown[int | UnsetType] = UNSET
    """How many of your streams are open."""

    @property
    def given_name(self) -> Annotated[str | UnsetType, ShownAs("name")]:
        """The name that you gave it; left out while it has none."""
        return self.name or UNSET

    @classmethod
    def of(cls, session: OmiSession, *, has_conversations: bool) -> "Session":
        """The session as its user sees it, without its health."""
        return cls(**asdict(session), has_conversations=has_conversations)
