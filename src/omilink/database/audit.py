"""The audit of links."""

from sqlalchemy import insert, or_, select

from omilink.database import schema
from omilink.database.rows import every, row_of
from omilink.database.work import Work
from omilink.models.audit import AuditEntry


class Audit(Work):
    def add_audit_entry(self, entry: AuditEntry) -> None:
        """Adds the entry. Entries never change, except that the deletion of an account removes its ids from them, and
        removes the entries about its personal address."""
        self._run(insert(schema.audit).values(row_of(entry)))

    def audit_entries(self, limit: int, user_id: str | None = None, session_key: str | None = None) -> list[AuditEntry]:
        """At most `limit` entries, the newest first: all, or the entries about a user, a session or both."""
        a = schema.audit.c
        newest = select(schema.audit).order_by(a.id.desc()).limit(limit)
        if user_id:
            newest = newest.where(or_(a.actor == user_id, a.before == user_id, a.after == user_id))
        if session_key:
            newest = newest.where(a.session_id == session_key)
        return every(AuditEntry, self._run(newest))

    def is_audited(self, session_key: str, rule: str, uid: str | None) -> bool:
        """Whether there is an entry with this session, rule and uid."""
        a = schema.audit.c
        same = (a.session_id == session_key) & (a.rule == rule) & a.uid.is_not_distinct_from(uid)
        return self._run(select(a.id).where(same).limit(1)).first() is not None
