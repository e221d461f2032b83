"""Users, their emails and their passwords."""

from collections.abc import Collection

from sqlalchemy import Insert, Update, delete, insert, or_, select, union_all, update
from sqlalchemy.exc import IntegrityError

from omilink.database import schema
from omilink.database.events import Events
from omilink.database.rows import as_noun, every, first, row_of
from omilink.errors import EmailTaken
from omilink.models import emails
from omilink.models.user import User

user = schema.users
email_key = schema.email_keys


class Users(Events):
    def add_user(self, new: User, password_hash: str) -> None:
        """Stores the user. Raises EmailTaken when another user has this very email."""
        self._put_email(insert(user).values(row_of(new) | {"password_hash": password_hash}))

    def user(self, user_id: str) -> User | None:
        """The user with this id."""
        return first(User, self._run(select(user).where(user.c.id == user_id)))

    def existing_users(self, user_ids: Collection[str]) -> set[str]:
        """The ids of users that exist."""
        return set(self.log_versions(user_ids)) if user_ids else set()

    def user_by_email(self, email: str) -> tuple[User, str] | None:
        """The user with this email, however it is typed (`emails.meant`), and the hash of the user's password."""
        key = emails.email_key(email) or ""
        by_key = select(email_key.c.user_id).where(email_key.c.key == key)
        typed = user.c.email.in_([emails.as_kept_before(email), key])
        found = {row.email: row for row in self._run(select(user).where(or_(typed, user.c.id.in_(by_key))))}
        meant = emails.meant(email, found)
        return (as_noun(User, found[meant]), found[meant].password_hash) if meant else None

    def email_is_taken(self, email: str, but_for: str | None = None) -> bool:
        """Whether another account than `but_for` has an equal email. `email` is in its normal form
        (`emails.normal_email`)."""
        by_key = select(email_key.c.user_id).where(email_key.c.key == email)
        found = self._run(select(user.c.id).where(or_(user.c.email == email, user.c.id.in_(by_key))))
        return bool(set(found.scalars()) - {but_for})

    def password_hash(self, user_id: str) -> str | None:
        found: str | None = self._run(select(user.c.password_hash).where(user.c.id == user_id)).scalar()
        return found

    def users(self) -> list[User]:
        """All users, the oldest account first."""
        return every(User, self._run(select(user).order_by(user.c.created_at)))

    def unusual_emails(self) -> list[tuple[User, str | None]]:
        """Users whose stored email is not in its normal form, each with the normal form, or None if the email could not
        be chosen today; and the users whose stored email is such a normal form. The oldest account first."""
        key = email_key.c.key
        odd = select(user, key).join(email_key, email_key.c.user_id == user.c.id)
        usual = select(user, user.c.email.label("key")).where(user.c.email.in_(select(key)))
        return [(as_noun(User, row), row.key) for row in self._run(union_all(odd, usual).order_by("created_at"))]

    def change_email(self, user_id: str, email: str) -> None:
        """Stores the email in its normal form. Raises EmailTaken when another user has this very email."""
        self._put_email(update(user).where(user.c.id == user_id).values(email=email))
        self._run(delete(email_key).where(email_key.c.user_id == user_id))

    def _put_email(self, change: Insert | Update) -> None:
        try:
            self._run(change)
        except IntegrityError:
            raise EmailTaken("There is an account with this email already. Sign in instead.") from None

    def rehash_password(self, user_id: str, before: str, after: str) -> None:
        """Replaces the hash `before` by another hash of the same password, unless the password has changed
        meanwhile."""
        same = (user.c.id == user_id) & (user.c.password_hash == before)
        self._run(update(user).where(same).values(password_hash=after))

    def change_password(self, user_id: str, password_hash: str) -> None:
        self._run(update(user).where(user.c.id == user_id).values(password_hash=password_hash))
