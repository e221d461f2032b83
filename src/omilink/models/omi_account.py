"""An OMI account that a user has shown to be theirs, or is asked to show."""

from enum import StrEnum

from msgspec import Struct, field

from omilink.clock import Millis


class Proof(StrEnum):
    """What shows that an OMI account is a user's."""

    SPOKEN = "spoken"
    TYPED = "typed"
    ISSUED = "issued"
    OPERATOR = "operator"


class OmiLink(Struct, frozen=True, kw_only=True, gc=False):
    """An OMI account that is verified for a user. A uid is verified for one user at a time. `brings`: whether what was
    heard before comes along unasked."""

    uid: str = field(name="omi_user_id")
    user_id: str
    proof: Proof
    brings: bool = True
    verified_at: Millis


class Challenge(Struct, frozen=True, kw_only=True, gc=False):
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
