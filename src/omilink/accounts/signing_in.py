"""Sign-ins and their tokens. Passwords are stored as argon2id hashes, tokens as SHA-256 of 256 random bits.

Rights expire in counted time (`counted_time`). A parameter `at` that is compared with an expiry is counted time too.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from omilink.clock import DAY, Millis
from omilink.database.store import Transaction
from omilink.errors import EmailTaken, Invalid, NotFound, NotSignedIn
from omilink.models import emails
from omilink.models.ids import new_id
from omilink.models.password import check_password
from omilink.models.texts import is_storable
from omilink.models.user import User

TOKEN_LIFE: Millis = 30 * DAY
RENEW_AFTER: Millis = 1 * DAY
"""Milliseconds. A token in use gets its full life again at most this often, so that a read seldom causes a write."""
TICKET_LIFE: Millis = 60_000
CLIENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class AuthenticatedUser:
    """A signed-in user, and the hash and the expiry of the token that signs the user in."""

    user: User
    token_hash: str
    expires_at: Millis


def new_user(email: str, password: str, display_name: str | None, at: Millis) -> User:
    """A new user, not stored yet. Raises Invalid with the reason when a value is not acceptable."""
    check_password(password)
    if not is_storable(display_name or ""):
        raise Invalid("display_name holds a character that cannot be stored.")
    name = (display_name or "").strip()[:100] or None
    return User(id=new_id(), email=emails.normal_email(email), display_name=name, created_at=at)


def add(tx: Transaction, user: User, password_hash: str, token: str, client: str | None = None) -> None:
    """Stores the user and signs the user in with the token. Raises EmailTaken."""
    add_user(tx, user, password_hash)
    sign_in(tx, user, token, user.created_at, client)


def add_user(tx: Transaction, user: User, password_hash: str) -> None:
    """Stores the user. Raises EmailTaken, also when another user's email equals this one by the rules of `emails`."""
    _check_free(tx, user.email)
    tx.add_user(user, password_hash)


def sign_in(tx: Transaction, user: User, token: str, at: Millis, client: str | None = None) -> None:
    """Stores the token, by its hash, as a sign-in of the user. `client` is the name that the browser or app gives
    itself."""
    expires_at = tx.counted() + TOKEN_LIFE
    tx.add_token(fingerprint(token), user.id, at, expires_at, client and client[:CLIENT_LENGTH])


def holder(tx: Transaction, token_hash: str, at: Millis) -> AuthenticatedUser:
    """The sign-in of the token. Raises NotSignedIn when the token is unknown or has expired."""
    who = still_in(tx, token_hash, at)
    if who is None:
        raise NotSignedIn("You are not signed in, or the sign-in has expired. Sign in again.")
    return who


def still_in(tx: Transaction, token_hash: str, at: Millis) -> AuthenticatedUser | None:
    """The sign-in of the token, or None when the token is unknown or has expired."""
    found = tx.token_holder(token_hash, at)
    return AuthenticatedUser(found[0], token_hash, found[1]) if found else None


def wants_renewal(who: AuthenticatedUser, at: Millis) -> bool:
    """Whether the token was last renewed more than `RENEW_AFTER` ago."""
    return who.expires_at - at < TOKEN_LIFE - RENEW_AFTER


def renew(tx: Transaction, who: AuthenticatedUser, at: Millis) -> None:
    """Gives the token its full life again."""
    tx.renew_token(who.token_hash, at + TOKEN_LIFE)


def sign_out(tx: Transaction, token_hash: str) -> str | None:
    """Ends the sign-in of the token. Returns the user's id, or None when there was no such sign-in."""
    return tx.remove_token(token_hash)


def revoke(tx: Transaction, who: AuthenticatedUser, sign_in_id: str, at: Millis) -> None:
    """Ends one of the user's sign-ins. Raises NotFound."""
    for one in tx.sign_ins(who.user.id, at):
        if one.id == sign_in_id:
            tx.remove_token(one.token_hash)
            return
    raise NotFound("There is no sign-in of that id in this account; it may have ended.")


def revoke_others(tx: Transaction, who: AuthenticatedUser, at: Millis) -> int:
    """Ends all sign-ins of the user except this one, and returns their number."""
    others = [one for one in tx.sign_ins(who.user.id, at) if one.token_hash != who.token_hash]
    for one in others:
        tx.remove_token(one.token_hash)
    return len(others)


def change_password(tx: Transaction, who: AuthenticatedUser, password_hash: str, at: Millis) -> None:
    """Changes the password and ends all other sign-ins, so that anybody who knew the old password is signed out."""
    tx.change_password(who.user.id, password_hash)
    revoke_others(tx, who, at)


def issue_ticket(tx: Transaction, who: AuthenticatedUser, ticket: str, at: Millis) -> Millis:
    """Lets the ticket open one stream with the token's right. Returns when the ticket expires, in counted time."""
    tx.add_ticket(fingerprint(ticket), who.token_hash, at + TICKET_LIFE)
    return at + TICKET_LIFE


def redeem_ticket(tx: Transaction, ticket: str, at: Millis) -> AuthenticatedUser:
    """The sign-in that the ticket opens; the ticket is used up. Raises NotSignedIn."""
    return _holder_of_ticket(tx, tx.take_ticket(fingerprint(ticket), at), at)


def look_at_ticket(tx: Transaction, ticket: str, at: Millis) -> AuthenticatedUser:
    """The sign-in that the ticket would open now; the ticket stays valid. Raises NotSignedIn."""
    return _holder_of_ticket(tx, tx.peek_ticket(fingerprint(ticket), at), at)


def _holder_of_ticket(tx: Transaction, token_hash: str | None, at: Millis) -> AuthenticatedUser:
    if token_hash is None:
        raise NotSignedIn("The ticket has been used or has expired. Ask for a new one for every connection.")
    return holder(tx, token_hash, at)


def rename(tx: Transaction, who: str, email: str) -> User:
    """Gives the user, named by id or email, another email. Raises EmailTaken, NotFound or Invalid."""
    user = find(tx, who) if "@" in who else find_by_id(tx, who)
    renamed = replace(user, email=emails.normal_email(email))
    _check_free(tx, renamed.email, but_for=user.id)
    tx.change_email(user.id, renamed.email)
    return renamed


def find(tx: Transaction, email: str) -> User:
    """The user with this email. Raises NotFound, or Invalid when the text could never be an email."""
    emails.email_to_find(email)
    found = tx.user_by_email(email)
    if found is None:
        emails.check_seen(email)
        raise NotFound(f"There is no user with the email {email}. `omilink users list` shows all.")
    return found[0]


def find_by_id(tx: Transaction, user_id: str) -> User:
    """The user with this id. Raises NotFound."""
    found = tx.user(user_id) if user_id.isascii() and user_id.isprintable() else None
    if found is None:
        raise NotFound("There is no user with this id. `omilink users list` shows all.")
    return found


@dataclass(frozen=True, slots=True)
class Doubt:
    """Older accounts whose emails could not be chosen today, with the problem found and what to do."""

    users: tuple[User, ...]
    found: str
    do: str


def in_doubt(tx: Transaction) -> list[Doubt]:
    """The accounts with doubtful emails, for an operator. Accounts are never merged: each of these users signs in with
    exactly the email that was given at registration."""
    found: dict[tuple[str | None, str], list[User]] = {}
    for user, key in tx.unusual_emails():
        found.setdefault((key, key or user.id), []).append(user)
    return [doubt for (key, _), users in found.items() if (doubt := _doubt(users, key))]


def _doubt(users: Sequence[User], key: str | None) -> Doubt | None:
    do = "Give {} another email: omilink users rename ID NEW_EMAIL"
    if len(users) > 1:
        why = "are one email however it is typed, so each signs in with exactly the one that was given"
        return Doubt(tuple(users), f"The emails of {len(users)} accounts {why}.", do.format("all but one of them"))
    if key is None:
        why = f"holds {emails.unseen(users[0].email) or 'what is taken no more'}, so it has to be typed exactly so"
        return Doubt(tuple(users), f"The email of an account {why}.", do.format("it"))
    return None


def _check_free(tx: Transaction, email: str, but_for: str | None = None) -> None:
    if tx.email_is_taken(email, but_for):
        raise EmailTaken("There is an account with this email already. Sign in instead.")


def new_secret() -> str:
    """A secret of 256 random bits, for a token or a ticket."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """The SHA-256 hash under which the database stores a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
