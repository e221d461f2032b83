"""A user, the user's sign-ins, and the user's own webhook URL."""

from msgspec import Struct, field

from omilink.clock import Millis


class User(Struct, frozen=True, kw_only=True, gc=False):
    id: str
    email: str
    display_name: str | None
    created_at: Millis


class SignIn(Struct, frozen=True, kw_only=True, gc=False):
    """One of a user's sign-ins. `client` is what signed in, as it calls itself."""

    token_hash: str = field(name="hash")
    created_at: Millis
    expires_at: Millis
    client: str | None

    @property
    def id(self) -> str:
        """Names it to its user, and is no use to anybody else."""
        return self.token_hash[:16]


class PersonalUrl(Struct, frozen=True, kw_only=True, gc=False):
    """A secret that makes a user's own webhook URL. The current one is valid until it is replaced."""

    secret: str
    created_at: Millis
    valid_until: Millis | None
