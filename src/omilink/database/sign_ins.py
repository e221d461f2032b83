"""Sign-ins by their tokens, and tickets that open streams. Only hashes of tokens and tickets are stored."""

from sqlalchemy import bindparam, delete, insert, select, update

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.rows import as_noun, every
from omilink.database.work import Work
from omilink.models.user import SignIn, User

user = schema.users
token = schema.tokens
ticket = schema.tickets

TOKEN_HOLDER = (
    select(user, token.c.expires_at)
    .join(token, token.c.user_id == user.c.id)
    .where(token.c.hash == bindparam("hash"), token.c.expires_at > bindparam("at"))
)


class SignIns(Work):
    def add_token(self, token_hash: str, user_id: str, at: Millis, expires_at: Millis, client: str | None) -> None:
        """Stores a sign-in of the user."""
        row = {"hash": token_hash, "user_id": user_id, "created_at": at, "expires_at": expires_at, "client": client}
        self._run(insert(token).values(row))

    def sign_ins(self, user_id: str, at: Millis) -> list[SignIn]:
        """The user's sign-ins that have not expired, the newest first."""
        valid = select(token).where(token.c.user_id == user_id, token.c.expires_at > at)
        rows = self._run(valid.order_by(token.c.created_at.desc(), token.c.hash))
        return every(SignIn, rows)

    def token_holder(self, token_hash: str, at: Millis) -> tuple[User, Millis] | None:
        """The user of the token, and when the token expires. None if the token is unknown or has expired."""
        row = self._run(TOKEN_HOLDER, {"hash": token_hash, "at": at}).first()
        return (as_noun(User, row), row.expires_at) if row else None

    def renew_token(self, token_hash: str, expires_at: Millis) -> None:
        self._run(update(token).where(token.c.hash == token_hash).values(expires_at=expires_at))

    def remove_token(self, token_hash: str) -> str | None:
        """Removes the sign-in, and counts a withdrawn right of its user (`Events.marks`). Returns the user's id, or
        None if there was no such sign-in."""
        user_id = self._run(delete(token).where(token.c.hash == token_hash).returning(token.c.user_id)).scalar()
        if user_id:
            self._run(update(user).where(user.c.id == user_id).values(rights=user.c.rights + 1))
        return user_id

    def add_ticket(self, ticket_hash: str, token_hash: str, expires_at: Millis) -> None:
        self._run(insert(ticket).values(hash=ticket_hash, token_hash=token_hash, expires_at=expires_at))

    def take_ticket(self, ticket_hash: str, at: Millis) -> str | None:
        """The hash of the token that the ticket stands for, or None if the ticket is unknown or has expired. The ticket
        is used up: only one caller gets the hash."""
        taken = delete(ticket).where(ticket.c.hash == ticket_hash).returning(ticket.c.token_hash, ticket.c.expires_at)
        row = self._run(taken).first()
        return row.token_hash if row and row.expires_at > at else None

    def peek_ticket(self, ticket_hash: str, at: Millis) -> str | None:
        """The answer of `take_ticket`; the ticket stays valid."""
        good = select(ticket.c.token_hash).where(ticket.c.hash == ticket_hash, ticket.c.expires_at > at)
        found: str | None = self._run(good).scalar()
        return found
