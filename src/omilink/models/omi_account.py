"""An OMI account that a user has shown to be theirs, or is asked to show."""

from enum import StrEnum
from typing import Annotated

from msgspec import Struct, field

from omilink.clock import Millis
from omilink.models.declared import Shown, ShownAs


class Proof(StrEnum):
    """What shows that an OMI account is a user's."""

    SPOKEN = "spoken"
    TYPED = "typed"
    ISSUED = "issued"
    OPERATOR = "operator"


class OmiLink(Struct, frozen=True, kw_only=True, gc=False):
    """An OMI account of the user's."""

    uid: Annotated[str, ShownAs("omiUserId")] = field(name="omi_user_id")
    # verified for one user at a time
    user_id: str
    proof: Proof
    brings: bool = True
    """Whether what was heard before comes along unasked."""
    verified_at: Shown[Millis]

    @property
    def is_verified(self) -> Annotated[bool, ShownAs(before="verified_at")]:
        return True


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
