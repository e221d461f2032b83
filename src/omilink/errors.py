"""The errors of omilink, with sentences for people.

OmilinkError            one stable code, and one sentence: the problem and what to do next
├── Malformed           bad_request            the request cannot be read
├── Invalid             invalid                the request can be read, but its content is not acceptable
├── TooLarge            too_large
│   ├── HeadTooLarge    head_too_large
│   └── AddressTooLong  address_too_long
├── TooSlow             too_slow               the request did not arrive in time
├── UnsupportedEncoding unsupported_encoding   the body has an unknown Content-Encoding
├── NotSignedIn         not_signed_in
│   ├── WrongLogin      wrong_login
│   └── BadSecret       bad_secret             a webhook without a valid secret
├── ProofRequired       proof_required         an id alone is not enough (docs/reference/linking.md)
│   └── WrongCode       wrong_code             wrong, used, expired or useless: the answer does not reveal which
├── OriginNotAllowed    origin_not_allowed
├── NotFound            not_found              missing, or not yours: the answer does not reveal which
├── Conflict
│   ├── NotAvailable    session_not_available
│   ├── TooManySessions too_many_sessions
│   ├── EmailTaken      email_taken
│   ├── CannotJoin      cannot_join
│   ├── CannotSplit     cannot_split
│   └── NothingToUndo   nothing_to_undo
└── TryLater                                   the request can be repeated after retry_after seconds
    ├── RateLimited     rate_limited
    └── Unavailable     unavailable            the database or the queue cannot be used now

web/errors.py turns a code into an HTTP status, and cli into an exit code. No other module translates errors.
"""


class OmilinkError(Exception):
    """An error that the caller can act on. `message` never holds spoken words, a password or a token."""

    code = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Malformed(OmilinkError):
    code = "bad_request"


class Invalid(OmilinkError):
    code = "invalid"


class TooLarge(OmilinkError):
    code = "too_large"


class HeadTooLarge(TooLarge):
    code = "head_too_large"


class AddressTooLong(TooLarge):
    code = "address_too_long"


class TooSlow(OmilinkError):
    code = "too_slow"


class UnsupportedEncoding(OmilinkError):
    code = "unsupported_encoding"


class NotSignedIn(OmilinkError):
    code = "not_signed_in"


class WrongLogin(NotSignedIn):
    code = "wrong_login"


class BadSecret(NotSignedIn):
    code = "bad_secret"


class ProofRequired(OmilinkError):
    code = "proof_required"


class WrongCode(ProofRequired):
    code = "wrong_code"


class OriginNotAllowed(OmilinkError):
    code = "origin_not_allowed"


class NotFound(OmilinkError):
    code = "not_found"


class Conflict(OmilinkError):
    code = "conflict"


class NotAvailable(Conflict):
    code = "session_not_available"


class TooManySessions(Conflict):
    code = "too_many_sessions"


class EmailTaken(Conflict):
    code = "email_taken"


class CannotJoin(Conflict):
    code = "cannot_join"


class CannotSplit(Conflict):
    code = "cannot_split"


class NothingToUndo(Conflict):
    code = "nothing_to_undo"


class TryLater(OmilinkError):
    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(TryLater):
    code = "rate_limited"


class Unavailable(TryLater):
    code = "unavailable"
