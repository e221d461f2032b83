"""What can happen to a session, the facts on which each decision rests, and the possible outcomes. Pure.

Each act has its own type. All facts of an act are required, so that a forgotten fact is an error and never a
permission.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import ClassVar

from omilink.errors import OmilinkError
from omilink.models.ids import SHARED
from omilink.models.omi_account import Proof
from omilink.models.order import Hands
from omilink.models.session import Device, Method, OmiSession


class Act(Enum):
    """What happens to the session. U is the user who acts."""

    ARRIVE = "a webhook"
    CLAIM = "U links it"
    ISSUE = "an operator issues it to U"
    HAND_OVER = "an operator hands it over to U"
    PROVE = "U proves that it is U's OMI account"
    DISOWN = "U unlinks the OMI account"
    BRING = "U takes along what was said before the link"
    LEAVE = "U lets go of what came along with the link"
    UNLINK = "U unlinks it"
    END = "the device comes back or is lost"
    EXPIRE = "no call has come for long"


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """The facts that every decision needs. `user_id` is U, the user who acts, or None when no user acts."""

    act: ClassVar[Act]
    session: OmiSession
    user_id: str | None

    @property
    def unowned(self) -> bool:
        return self.session.user_id is None

    @property
    def mine(self) -> bool:
        return self.user_id is not None and self.session.user_id == self.user_id

    @property
    def suspended_from_user(self) -> bool:
        return self.user_id is not None and self.session.suspended_user_id == self.user_id

    @property
    def someone_elses(self) -> bool:
        return not self.unowned and not self.mine

    @property
    def personal(self) -> bool:
        return self.session.origin != SHARED

    @property
    def linked_by_hand(self) -> bool:
        return self.session.method is Method.MANUAL

    @property
    def linked_by_uid(self) -> bool:
        return self.session.method is Method.UID

    @property
    def in_use(self) -> bool:
        return self.session.device in (Device.ISSUED, Device.ACTIVE)

    @property
    def out_of_use(self) -> bool:
        return self.unowned and self.session.device in (Device.RETURNED, Device.LOST)


@dataclass(frozen=True, kw_only=True, slots=True)
class _OfUser(Facts):
    user_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _OfNobody(Facts):
    user_id: None = field(default=None, init=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrive(Facts):
    """`user_id`: the user for whom the call's uid is verified, or None.
    `id_is_uid`: the session's id is a uid, since this call shows that uid or since the uid is verified for a user other
    than the owner.
    `hands`: who had the session when the call was accepted.
    `account_gone`: the user who had the session, or the personal address, when the call was accepted has deleted the
    account.
    `has_many`: the session has no owner, and the user of the personal address has reached the limit of sessions.
    """

    act = Act.ARRIVE
    id_is_uid: bool
    hands: Hands
    account_gone: bool
    has_many: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim(_OfUser):
    """`own_proof`: the session's id is a uid that is verified for U.
    `foreign_proof`: the session has shown a uid that is verified for another user than U.
    `id_is_uid`: the session's id is a uid, since the session has shown that uid or since the uid is verified for any
    user.
    `manual_linking`: this server allows linking by session id alone.
    `ended_on_purpose`: an app repeats the link by itself, and somebody ended U's last link to the session on purpose.
    `has_many`: the session has no owner, and U has reached the limit of sessions.
    """

    act = Act.CLAIM
    own_proof: bool
    foreign_proof: bool
    id_is_uid: bool
    manual_linking: bool
    ended_on_purpose: bool
    has_many: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue(_OfUser):
    """`foreign_proof`: the session's id, or a uid that the session has shown, is verified for another user than U, and
    the proof rests on more than the issue of this session to that user."""

    act = Act.ISSUE
    foreign_proof: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class HandOver(_OfUser):
    """`foreign_proof`: as in `Issue`."""

    act = Act.HAND_OVER
    foreign_proof: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Prove(_OfUser):
    """`session`: the session whose id is the uid.
    `own_proof`, `foreign_proof`: the uid is verified for U, or for another user.
    `proof`: the proof that U has given, or None.
    """

    act = Act.PROVE
    own_proof: bool
    foreign_proof: bool
    proof: Proof | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Disown(_OfUser):
    """`session`: the session whose id is the uid. `own_proof`: the uid is verified for U."""

    act = Act.DISOWN
    own_proof: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Bring(_OfUser):
    act = Act.BRING


@dataclass(frozen=True, kw_only=True, slots=True)
class Leave(_OfUser):
    act = Act.LEAVE


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlink(_OfUser):
    act = Act.UNLINK


@dataclass(frozen=True, kw_only=True, slots=True)
class End(_OfNobody):
    act = Act.END


@dataclass(frozen=True, kw_only=True, slots=True)
class Expire(_OfNobody):
    act = Act.EXPIRE


class Outcome(Enum):
    """What a decision does to the session or to the delivery."""

    LINK = auto()  # U becomes the owner, also of the session's ownerless conversations
    KEEP = auto()  # the owner stays, or the session stays unowned
    STOP_WAITING = auto()  # the session stays unowned, and U no longer waits for a proof
    VERIFY = auto()  # the uid is verified for U
    SUSPEND = auto()  # the session is unowned until its last owner gives a proof; that user's streams say so
    UNLINK = auto()  # the session is unowned; saved conversations stay with the previous owner
    QUARANTINE = auto()  # the delivery is kept, and not saved, for an operator
    DROP = auto()  # the delivery is not saved, and no trace of it is kept
    REFUSE = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The rule that decided, by name, and its outcome. `user_id` is the new owner, or the user for whom the uid becomes
    verified; `error` explains a refusal to the user; it is None where nobody is answered."""

    rule: str
    outcome: Outcome
    user_id: str | None = None
    method: Method | None = None
    error: OmilinkError | None = None
