"""A user, the user's sign-ins, and the user's personal webhook address."""

from typing import Annotated

from msgspec import Struct, field

from omilink.clock import Millis
from omilink.models.declaration import Shown, ShownAs


class User(Struct, frozen=True, kw_only=True, gc=False):
    id: Shown[str]
    email: Shown[str]
    display_name: Shown[str | None]
    created_at: Shown[Millis]


class SignIn(Struct, frozen=True, kw_only=True, gc=False):
    """One place where the user is signed in."""

    token_hash: str = field(name="hash")
    client: Shown[str | None]
    """What signed in, as it calls itself."""
    created_at: Shown[Millis]
    expires_at: Shown[Millis]

    @property
    def id(self) -> Annotated[str, ShownAs(before="client")]:
        return self.token_hash[:16]  # identifies the sign-in to its user, and is useless to anybody else


class PersonalUrl(Struct, frozen=True, kw_only=True, gc=False):
    """The secret of a user's personal webhook address."""

    secret: str
    created_at: Millis
    valid_until: Millis | None
    """In counted time; None for the current URL."""
