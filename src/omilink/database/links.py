"""Links of OMI accounts to users, and the challenges to prove one."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, null, select, union_all

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.compiled import Query
from omilink.database.dialects import among, json_list, upsert
from omilink.database.rows import every, first, row_of
from omilink.database.work import Work
from omilink.models.omi_account import Challenge, OmiLink

user = schema.users
link = schema.omi_links
challenge = schema.challenges

VERIFIED = Query(select(link.c.omi_user_id, link.c.user_id).where(among(link.c.omi_user_id, "uids")))
PROOFS = Query(
    union_all(
        select(link.c.omi_user_id, link.c.user_id).where(among(link.c.omi_user_id, "uids")),
        select(challenge.c.uid, null()).where(among(challenge.c.uid, "uids"), challenge.c.expires_at > bindparam("at")),
    )
)
CHALLENGES = Query(select(challenge).where(among(challenge.c.uid, "uids"), challenge.c.expires_at > bindparam("at")))


class Links(Work):
    def users_verified_for(self, uids: Collection[str]) -> dict[str, str]:
        """By uid, the id of the user for whom the uid is verified. Unverified uids are missing."""
        return {row[0]: row[1] for row in VERIFIED.run(self._connection, uids=json_list(uids))} if uids else {}

    def proofs(self, uids: Collection[str], at: Millis) -> tuple[dict[str, str], set[str]]:
        """The answer of `users_verified_for`, and the uids with a challenge that has not expired. One query, since
        every call needs both."""
        rows = PROOFS.run(self._connection, uids=json_list(uids), at=at) if uids else ()
        return {uid: user for uid, user in rows if user}, {uid for uid, user in rows if not user}

    def omi_links(self, user_id: str) -> list[OmiLink]:
        """The links of the user, the oldest first."""
        mine = select(link).where(link.c.user_id == user_id).order_by(link.c.verified_at)
        return every(OmiLink, self._run(mine))

    def omi_link(self, uid: str) -> OmiLink | None:
        return first(OmiLink, self._run(select(link).where(link.c.omi_user_id == uid)))

    def add_omi_link(self, new: OmiLink) -> bool:
        """Adds the link. Returns False if the uid is verified already, also by another transaction at the same time."""
        # not by the count of rows, which PostgreSQL's driver does not give here
        added = upsert(link).values(row_of(new)).on_conflict_do_nothing().returning(link.c.omi_user_id)
        return self._run(added).first() is not None

    def remove_omi_link(self, uid: str) -> bool:
        """Removes the link. Returns False if there was none."""
        return self._run(delete(link).where(link.c.omi_user_id == uid)).rowcount > 0

    def challenges(self, uids: Collection[str], at: Millis) -> list[Challenge]:
        """All users' challenges for these uids that have not expired, fulfilled or not."""
        rows = CHALLENGES.run(self._connection, uids=json_list(uids), at=at) if uids else ()
        return every(Challenge, rows)

    def challenges_of(self, user_id: str, at: Millis) -> list[Challenge]:
        """The user's challenges that have not expired, fulfilled or not, in the order of the uids."""
        mine = select(challenge).where(challenge.c.user_id == user_id, challenge.c.expires_at > at)
        return every(Challenge, self._run(mine.order_by(challenge.c.uid)))

    def put_challenge(self, new: Challenge) -> None:
        """Stores the challenge in the place of the user's earlier challenge for the uid."""
        row = row_of(new)
        put = upsert(challenge).values(row)
        self._run(put.on_conflict_do_update(index_elements=["user_id", "uid"], set_=row))

    def remove_challenge(self, user_id: str, uid: str) -> None:
        self._run(delete(challenge).where(challenge.c.user_id == user_id, challenge.c.uid == uid))
