"""An OMI account that a user has proven, or has been asked to prove."""

from enum import StrEnum
from typing import Annotated

from msgspec import Struct, field

from omilink.clock import Millis
from omilink.models.declaration import Shown, ShownAs


class Proof(StrEnum):
    """The kinds of proof that an OMI account is a user's."""

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
    include_earlier: bool = field(name="brings", default=True)
    """Whether the conversations of the day before the link become the user's with the link."""
    verified_at: Shown[Millis]

    @property
    def is_verified(self) -> Annotated[bool, ShownAs(before="verified_at")]:
        return True


class Challenge(Struct, frozen=True, kw_only=True, gc=False):
    """The phrase that a user has been asked to say, or the number to type from the phone, as a proof of an OMI account.
    A fulfilled challenge stays until it expires, so that the same words are recognised when they arrive again. `heard`
    is the latest text that came close to `say`."""

    user_id: str
    uid: str
    say: str
    number_hash: str | None
    include_earlier: bool = field(name="brings")
    expires_at: Millis
    used_at: Millis | None = None
    heard: str | None = None
