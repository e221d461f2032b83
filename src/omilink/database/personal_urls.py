"""Users' personal webhook addresses, by the hashes of their secrets."""

from sqlalchemy import delete, insert, or_, select, update

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.rows import every
from omilink.database.work import Work
from omilink.models.user import PersonalUrl


class PersonalUrls(Work):
    def personal_urls(self, user_id: str, at: Millis) -> list[PersonalUrl]:
        """The user's valid URLs, the current one first. A writing transaction locks the user."""
        u = schema.personal_urls.c
        valid = or_(u.valid_until.is_(None), u.valid_until > at)
        if self._writes:
            self._lock_user(user_id)  # else two at once could make a current one each
        query = select(u.secret, u.created_at, u.valid_until).where(u.user_id == user_id, valid)
        newest = query.order_by(u.valid_until.is_not(None), u.created_at.desc())
        return every(PersonalUrl, self._run(newest))

    def add_personal_url(self, secret_hash: str, user_id: str, secret: str, at: Millis) -> None:
        """Stores the user's current URL, after `retire_personal_urls`."""
        row = {"hash": secret_hash, "user_id": user_id, "secret": secret, "created_at": at}
        self._run(insert(schema.personal_urls).values(row))

    def retire_personal_urls(self, user_id: str, valid_until: Millis) -> None:
        """The current URL becomes the previous one, which is valid until then. Earlier URLs end at once."""
        u = schema.personal_urls
        self._lock_user(user_id)
        self._run(delete(u).where(u.c.user_id == user_id, u.c.valid_until.is_not(None)))
        self._run(update(u).where(u.c.user_id == user_id).values(valid_until=valid_until))

    def personal_url_owner(self, secret_hash: str, at: Millis) -> str | None:
        """The id of the user whose valid URL has this secret."""
        u = schema.personal_urls.c
        valid = or_(u.valid_until.is_(None), u.valid_until > at)
        owner: str | None = self._run(select(u.user_id).where(u.hash == secret_hash, valid)).scalar()
        return owner
