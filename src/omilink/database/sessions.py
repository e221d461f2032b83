"""Sessions, and the uids that they have shown."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import CursorResult, bindparam, delete, func, or_, select, tuple_, update

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.compiled import Bulk, Query
from omilink.database.dialects import among, json_list, upsert
from omilink.database.rows import changing, every, first
from omilink.database.work import Work
from omilink.models.ids import SHARED, session_key
from omilink.models.session import Method, OmiSession

session = schema.omi_sessions
conversation = schema.conversations

SESSIONS = Query(select(session).where(among(session.c.id, "ids")))
_LAST_SEEN_FIRST = (
    func.coalesce(func.nullif(session.c.last_order, 0), session.c.linked_order, 0).desc(),
    session.c.id,
)
_IS_THEIRS = or_(session.c.user_id == bindparam("u"), session.c.suspended_user_id == bindparam("u"))
SESSIONS_OF = select(session).where(_IS_THEIRS).order_by(*_LAST_SEEN_FIRST)
_OLDER = tuple_(session.c.created_at, session.c.id) < tuple_(bindparam("at"), bindparam("key"))
_ON_PAGE = (
    select(session)
    .where(_IS_THEIRS, _OLDER)
    .order_by(session.c.created_at.desc(), session.c.id.desc())
    .limit(bindparam("most"))
    .subquery("page")
)
SESSIONS_PAGE = select(
    _ON_PAGE,
    select(func.sum(conversation.c.message_count))
    .where(
        conversation.c.session_id == _ON_PAGE.c.id,
        conversation.c.user_id == bindparam("u"),
        conversation.c.deleted_at.is_(None),
    )
    .scalar_subquery()
    .label("saved"),
).order_by(_ON_PAGE.c.created_at.desc(), _ON_PAGE.c.id.desc())
LATEST_SESSION = select(session).where(session.c.user_id == bindparam("u")).order_by(*_LAST_SEEN_FIRST).limit(1)
_NEW_SESSION = upsert(session)
PUT_SESSION = Bulk(
    _NEW_SESSION.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _NEW_SESSION.excluded[name] for name in changing(session, OmiSession)},
    ),
    OmiSession,
)
_WATCHED = (session.c.user_id.is_not(None), session.c.habits.is_not(None))
WATCHED = (
    select(session)
    .where(*_WATCHED, session.c.id > bindparam("after"), session.c.counted_at > bindparam("since"))
    .order_by(session.c.id)
    .limit(bindparam("most"))
)
PUT_ALARM = update(session).where(session.c.id == bindparam("key")).values(alarm=bindparam("told"))
UIDS_SHOWN = Query(select(schema.session_uids).where(among(schema.session_uids.c.session_id, "ids")))
ADD_UID_SHOWN = upsert(schema.session_uids).on_conflict_do_nothing()
NEWEST = (1 << 62, "")
"""Every session comes before this place."""


class Sessions(Work):
    def sessions(self, ids: Collection[str]) -> dict[str, OmiSession]:
        """By key, the sessions that exist. A writing transaction locks the keys: until its end no other transaction
        changes or makes these sessions, or changes their conversations and messages."""
        self._lock(ids)
        found = SESSIONS.nouns(OmiSession, self._connection, ids=json_list(ids))
        return {one.id: one for one in found}

    def sessions_of(self, user_id: str) -> list[OmiSession]:
        """Sessions that are linked to the user or suspended from the user, last seen first."""
        return every(OmiSession, self._run(SESSIONS_OF, {"u": user_id}))

    def sessions_page(
        self, user_id: str, most: int, before: tuple[Millis, str] | None = None
    ) -> list[tuple[OmiSession, int]]:
        """A page of the sessions of `sessions_of`, each with the number of messages that the user has from it: at most
        `most`, the newest session first. `before` is the `created_at` and the key of the last session on the page
        before. Neither ever changes, so that a session that calls meanwhile is missing from no page."""
        at, key = before or NEWEST
        rows = self._run(SESSIONS_PAGE, {"u": user_id, "most": most, "at": at, "key": key}).all()
        return [(one, int(row.saved or 0)) for one, row in zip(every(OmiSession, rows), rows, strict=True)]

    def count_sessions(self, user_id: str) -> int:
        """The number of sessions that are linked to the user."""
        return int(self._run(select(func.count()).where(session.c.user_id == user_id)).scalar_one())

    def latest_session(self, user_id: str) -> OmiSession | None:
        """The session linked to the user that was seen last."""
        return first(OmiSession, self._run(LATEST_SESSION, {"u": user_id}))

    def all_sessions(self, limit: int) -> list[OmiSession]:
        newest = select(session).order_by(session.c.created_at.desc()).limit(limit)
        return every(OmiSession, self._run(newest))

    def silent_sessions(self, since: Millis, most: int) -> list[OmiSession]:
        """At most `most` sessions that were linked by hand or by uid and have not been written since then, in counted
        time. Every call writes its session. The sessions are locked."""
        s = session.c
        expiring = (s.user_id.is_not(None), s.method.in_([Method.MANUAL, Method.UID]), s.counted_at < since)
        ids = self._run(select(s.id).where(*expiring).order_by(s.id).limit(most)).scalars().all()
        self._lock(ids)  # and look again, since one of them may have called meanwhile
        return every(OmiSession, self._run(select(session).where(s.id.in_(ids), *expiring).order_by(s.id)))

    def watched(self, after: str, since: Millis, most: int) -> list[tuple[OmiSession, Millis]]:
        """The linked sessions with habits that have been written since then, each with the counted time of that: at
        most `most`, in the order of their keys, the first one behind the key `after`."""
        return _with_counted(self._run(WATCHED, {"after": after, "since": since, "most": most}))

    def watched_now(self, session_keys: Collection[str]) -> list[tuple[OmiSession, Millis]]:
        """Those of the sessions that `watched` may have, locked."""
        self._lock(session_keys)
        return _with_counted(self._run(select(session).where(session.c.id.in_(session_keys), *_WATCHED)))

    def alarmed(self, most: int) -> list[OmiSession]:
        """At most `most` linked sessions with an alarm, last seen first."""
        alarmed = select(session).where(session.c.user_id.is_not(None), session.c.alarm.is_not(None))
        return every(OmiSession, self._run(alarmed.order_by(*_LAST_SEEN_FIRST).limit(most)))

    def put_alarms(self, sessions: Collection[OmiSession]) -> None:
        """Stores the sessions' alarms. The links of the sessions end no later for it."""
        self._many(PUT_ALARM, [{"key": one.id, "told": one.alarm} for one in sessions])

    def put_sessions(self, sessions: Collection[OmiSession]) -> None:
        PUT_SESSION.run(self._connection, sessions, counted_at=self.counted() if sessions else 0)

    def uids_shown(self, session_keys: Collection[str]) -> dict[str, set[str]]:
        """By session key, every uid that a call of the session has shown."""
        shown: dict[str, set[str]] = {}
        for key, uid in UIDS_SHOWN.run(self._connection, ids=json_list(session_keys)):
            shown.setdefault(key, set()).add(uid)
        return shown

    def add_uids_shown(self, pairs: Collection[tuple[str, str]]) -> None:
        """Stores (session key, uid) pairs; known pairs are ignored."""
        self._many(ADD_UID_SHOWN, [{"session_id": key, "uid": uid} for key, uid in pairs])

    def sessions_showing(self, uid: str, *, ever: bool) -> dict[str, OmiSession]:
        """Sessions at the shared URL whose id is the uid or that have shown the uid: at any time with `ever`, else in
        their last call. They are locked."""
        shown = select(schema.session_uids.c.session_id).where(schema.session_uids.c.uid == uid)
        shows = session.c.id.in_(shown) if ever else session.c.last_uid == uid
        is_it = session.c.id == session_key(SHARED, uid)
        found = select(session.c.id).where(shows | is_it, session.c.origin == SHARED)
        return self.sessions(self._run(found).scalars().all())

    def remove_uids_shown(self, gone: OmiSession) -> None:
        """Removes the uids that the session has shown, except the session's own id."""
        shown = schema.session_uids
        others = (shown.c.session_id == gone.id) & (shown.c.uid != gone.omi_session_id)
        self._run(delete(shown).where(others))


def _with_counted(result: CursorResult[Any]) -> list[tuple[OmiSession, Millis]]:
    rows = result.all()
    return [(one, int(row.counted_at)) for one, row in zip(every(OmiSession, rows), rows, strict=True)]
