"""What can happen to a session, the facts that the decision about it rests on, and what can be decided. Pure.

Each act has a type of its own. All its facts are required, so that a forgotten fact is an error and no permission.
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
    """What happens to the session."""

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
    """What every decision rests on. `user_id`: U, who acts; None where no user does."""

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
    """`user_id`: the user for whom the uid that the webhook shows is verified, or None.
    `id_is_uid`: the session's id is a uid: one that this webhook shows or that is verified for somebody else than the
    owner.
    `hands`: in whose hands the session was when the webhook was accepted.
    `account_gone`: whoever had the session, or the personal URL, when the webhook was accepted has deleted the account.
    `has_many`: the session has no owner, and the user of the personal URL has as many sessions as one can have.
    """

    act = Act.ARRIVE
    id_is_uid: bool
    hands: Hands
    account_gone: bool
    has_many: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim(_OfUser):
    """`own_proof`: the session's id is a uid that is verified for U.
    `foreign_proof`: the session has shown a uid that is verified for somebody else than U.
    `id_is_uid`: the session's id is a uid: one that the session has ever shown or that is verified for somebody.
    `manual_linking`: this server links by id alone.
    `gave_up`: an app does it by itself, and U's link to the session was ended by somebody's wish.
    `has_many`: the session has no owner, and U has as many sessions as one can have.
    """

    act = Act.CLAIM
    own_proof: bool
    foreign_proof: bool
    id_is_uid: bool
    manual_linking: bool
    gave_up: bool
    has_many: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue(_OfUser):
    """`foreign_proof`: the session's id, or a uid that it has shown, is verified for somebody else than U, and not only
    because this session was issued to them."""

    act = Act.ISSUE
    foreign_proof: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class HandOver(_OfUser):
    """`foreign_proof`: as for `Issue`."""

    act = Act.HAND_OVER
    foreign_proof: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Prove(_OfUser):
    """`session`: the one whose id is the uid.
    `own_proof`, `foreign_proof`: the uid is verified for U, or for somebody else.
    `proof`: what U has shown, or None.
    """

    act = Act.PROVE
    own_proof: bool
    foreign_proof: bool
    proof: Proof | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Disown(_OfUser):
    """`session`: the one whose id is the uid. `own_proof`: the uid is verified for U."""

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
    LINK = auto()  # U becomes the owner; the session's ownerless conversations become U's
    KEEP = auto()  # whoever owns it, or nobody, stays
    LET_GO = auto()  # it is nobody's and stays so, and U waits for no proof any more
    VERIFY = auto()  # the uid is verified for U
    SUSPEND = auto()  # nobody owns it until a proof comes; the owner is told
    UNLINK = auto()  # nobody owns it; what was saved stays with the owner of then
    QUARANTINE = auto()  # the delivery is kept unsaved, for an operator
    DROP = auto()  # the delivery is not saved, and nothing is noted of it
    REFUSE = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    rule: str
    outcome: Outcome
    user_id: str | None = None
    method: Method | None = None
    error: OmilinkError | None = None
