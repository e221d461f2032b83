"""The store in SQL. Statements have names and are made once, so that SQLAlchemy compiles each of them once."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Update,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from omilink.accounts import emails
from omilink.clock import Millis
from omilink.counted_time import CountedTime, Noted
from omilink.database import schema
from omilink.database.compiled import Bulk, Query
from omilink.database.dialects import among, item, listed, lock, to_values, upsert, wall_clock
from omilink.database.queue import DONE, QUARANTINED, WAITING, finish, remove
from omilink.database.rows import as_noun, changing, every, first, row_of
from omilink.database.threads import Lanes
from omilink.errors import EmailTaken
from omilink.models.audit import AuditEntry
from omilink.models.conversation import Conversation, title_of
from omilink.models.declared import erased_columns
from omilink.models.event import Event
from omilink.models.ids import SHARED, new_id, session_key
from omilink.models.message import Message
from omilink.models.omi_account import Challenge, OmiLink
from omilink.models.order import Hands, Moment
from omilink.models.ports import Transaction
from omilink.models.session import Method, OmiSession
from omilink.models.user import PersonalUrl, SignIn, User

T = TypeVar("T")

LONGEST_UTTERANCE = 1_800.0
"""Seconds. What began earlier is not looked for, so that a conversation of a day is not read from its beginning."""

session, conversation, message = schema.omi_sessions, schema.conversations, schema.messages
user, token, ticket, event = schema.users, schema.tokens, schema.tickets, schema.events
link, challenge, email_key = schema.omi_links, schema.challenges, schema.email_keys

SESSIONS = Query(select(session).where(among(session.c.id, "ids")))
_HEARD_LAST_FIRST = (
    func.coalesce(func.nullif(session.c.last_order, 0), session.c.linked_order, 0).desc(),
    session.c.id,
)
_IS_THEIRS = or_(session.c.user_id == bindparam("u"), session.c.suspended_user_id == bindparam("u"))
SESSIONS_OF = select(session).where(_IS_THEIRS).order_by(*_HEARD_LAST_FIRST)
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
LATEST_SESSION = select(session).where(session.c.user_id == bindparam("u")).order_by(*_HEARD_LAST_FIRST).limit(1)
_NEW_SESSION = upsert(session)
PUT_SESSION = Bulk(
    _NEW_SESSION.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _NEW_SESSION.excluded[name] for name in changing(session, OmiSession)},
    )
)
UIDS_SHOWN = Query(select(schema.session_uids).where(among(schema.session_uids.c.session_id, "ids")))
ADD_UID_SHOWN = upsert(schema.session_uids).on_conflict_do_nothing()
VERIFIED = Query(select(link.c.omi_user_id, link.c.user_id).where(among(link.c.omi_user_id, "uids")))
PROOFS = Query(
    union_all(
        select(link.c.omi_user_id, link.c.user_id).where(among(link.c.omi_user_id, "uids")),
        select(challenge.c.uid, null()).where(among(challenge.c.uid, "uids"), challenge.c.expires_at > bindparam("at")),
    )
)
CHALLENGES = Query(select(challenge).where(among(challenge.c.uid, "uids"), challenge.c.expires_at > bindparam("at")))
# A tombstone counts: it is what keeps deleted words from coming back.
NEAR = Query(
    select(conversation)
    .where(
        among(conversation.c.session_id, "ids"),
        conversation.c.active_until > bindparam("since"),
        conversation.c.last_at > bindparam("since"),
    )
    .order_by(conversation.c.id)
)
LATEST = (
    select(conversation)
    .where(conversation.c.user_id == bindparam("u"), conversation.c.deleted_at.is_(None))
    .order_by(
        conversation.c.last_step.desc(),
        conversation.c.last_order.desc(),
        conversation.c.last_at.desc(),
        conversation.c.id.desc(),
    )
    .limit(1)
)
LISTED = (
    select(conversation)
    .where(conversation.c.user_id == bindparam("u"), conversation.c.deleted_at.is_(None))
    .order_by(conversation.c.first_order.desc(), conversation.c.id.desc())
    .limit(bindparam("most"))
)
# A join with the wanted keys, since SQLite scans the whole table for (a, b) IN (…).
WANTED = listed("pairs")
KNOWN = Query(
    select(message).select_from(
        WANTED.join(
            message,
            (message.c.conversation_id == item(WANTED.c.value, 0)) & (message.c.key == item(WANTED.c.value, 1)),
        )
    )
)
AROUND = Query(
    select(message)
    .where(
        message.c.conversation_id == bindparam("c"),
        message.c.position.between(bindparam("start") - LONGEST_UTTERANCE, bindparam("until")),
        message.c.end >= bindparam("start"),
    )
    .order_by(message.c.position.desc(), message.c.seq.desc())
    .limit(bindparam("most"))
)
LAST_MESSAGES = (
    select(message)
    .where(message.c.conversation_id == bindparam("c"))
    .order_by(message.c.position.desc(), message.c.seq.desc())
    .limit(bindparam("most"))
)
PUT_CONVERSATION = Bulk(insert(conversation))
CHANGE_CONVERSATION = Bulk(
    update(conversation)
    .where(conversation.c.id == bindparam("where_id"))
    .values(to_values(*changing(conversation, Conversation)))
)
PUT_MESSAGE = Bulk(insert(message))
CHANGE_MESSAGE = Bulk(
    update(message)
    .where(message.c.conversation_id == bindparam("where_conversation_id"), message.c.key == bindparam("where_key"))
    .values(to_values(*changing(message, Message)))
)
PUT_EVENT = Bulk(insert(event))
SAVED = (
    select(conversation.c.session_id, func.sum(conversation.c.message_count))
    .where(
        conversation.c.session_id.in_(bindparam("ids", expanding=True)),
        conversation.c.user_id == bindparam("u"),
        conversation.c.deleted_at.is_(None),
    )
    .group_by(conversation.c.session_id)
)
# FOR NO KEY UPDATE, since whoever writes a row that refers to the user locks the key. The lock makes commit order and
# number order the same, so "after N" never skips a late committer.
NUMBERS = Query(
    select(user.c.id, user.c.seq).where(among(user.c.id, "ids")).order_by(user.c.id).with_for_update(key_share=True)
)
SET_NUMBER = Bulk(update(user).where(user.c.id == bindparam("where_user_id")).values(seq=bindparam("to_seq")))
EVENTS_AFTER = Query(
    select(event.c.seq, event.c.data)
    .where(event.c.user_id == bindparam("u"), event.c.seq > bindparam("after"))
    .order_by(event.c.seq)
    .limit(bindparam("most"))
)
MARKS = Query(select(user.c.id, user.c.seq, user.c.rights).where(among(user.c.id, "ids")))
FULL_AT = Query(
    select(schema.limits.c.who, schema.limits.c.full_at).where(
        schema.limits.c.name == bindparam("name"), among(schema.limits.c.who, "whos")
    )
)
_BUCKET = upsert(schema.limits)
PUT_FULL_AT = _BUCKET.on_conflict_do_update(index_elements=["name", "who"], set_={"full_at": _BUCKET.excluded.full_at})
TOKEN_HOLDER = (
    select(user, token.c.expires_at)
    .join(token, token.c.user_id == user.c.id)
    .where(token.c.hash == bindparam("hash"), token.c.expires_at > bindparam("at"))
)


NEWEST = (1 << 62, "")
"""Before it come all."""
AROUND_MOST = 2_000
GONE = "deleted account"
ACCEPTED_IN_TIME: Millis = 86_400_000
"""How long after its end a challenge may still be met by what was accepted before."""
PLAYED_AGAIN: Millis = 86_400_000
"""A signature is good for ten minutes at most, and what carries it may have to wait before it is saved."""
_TIMES = (schema.deliveries.c.received_at, schema.tokens.c.created_at, schema.omi_sessions.c.counted_at)
NEWEST_TIME = select(func.max(union_all(*(select(func.max(at).label("at")) for at in _TIMES)).subquery().c.at))
COUNTED = "counted"
"""In meta: how far has been counted, and what the wall clock showed then."""
NOBODYS_MOST = 20_000
"""When the newest conversations of nobody's of a uid, or of a session without one, have so many messages, days of talk,
the older ones go."""
_WHOSE = func.coalesce(session.c.last_uid, session.c.omi_session_id)
_NEWEST_FIRST = (conversation.c.last_order.desc(), conversation.c.last_at.desc(), conversation.c.id.desc())
_CROWD = (
    select(
        conversation.c.id,
        conversation.c.message_count,
        func.sum(conversation.c.message_count).over(partition_by=_WHOSE, order_by=_NEWEST_FIRST).label("up_to_here"),
    )
    .join(session, session.c.id == conversation.c.session_id)
    .where(conversation.c.user_id.is_(None))
    .subquery()
)
CROWDED_OUT = select(_CROWD.c.id).where(_CROWD.c.up_to_here - _CROWD.c.message_count >= NOBODYS_MOST)
NOBODYS = (
    select(session.c.omi_session_id, func.count(), func.sum(conversation.c.message_count))
    .join(session, session.c.id == conversation.c.session_id)
    .where(conversation.c.user_id.is_(None), conversation.c.deleted_at.is_(None))
    .group_by(session.c.id, session.c.omi_session_id)
    .order_by(func.sum(conversation.c.message_count).desc(), session.c.id)
    .limit(bindparam("most"))
)


class SqlStore:
    def __init__(self, database: Lanes, time: CountedTime | None = None) -> None:
        self._database, self._time = database, time or CountedTime()

    async def read(self, fn: Callable[[Transaction], T]) -> T:
        return await self._database.read(lambda connection: fn(SqlTransaction(connection, self._time)))

    async def write(self, fn: Callable[[Transaction], T]) -> T:
        return await self._database.write(lambda connection: fn(SqlTransaction(connection, self._time, writes=True)))

    async def scrub(self) -> None:
        await self._database.scrub()

    async def finish_scrubbing(self) -> None:
        await self._database.finish_scrubbing()


class SqlTransaction:
    def __init__(self, connection: Connection, time: CountedTime | None = None, *, writes: bool = False) -> None:
        self._connection, self._time, self._writes = connection, time or CountedTime(), writes
        self._run = connection.execute
        self._appended: list[Event] = []

    def counted(self) -> Millis:
        if not self._time.known:
            noted, wall = self._noted(), wall_clock(self._connection)
            self._time.go_on(noted, wall if noted else max(wall, self._newest()))
        return self._time()

    def note_counted(self) -> None:
        self._lock(["counted time"])
        wall = wall_clock(self._connection)
        note = f"{self._time.go_on(self._noted(), wall)} {wall}"
        noted = upsert(schema.meta).values(name=COUNTED, value=note)
        self._run(noted.on_conflict_do_update(index_elements=["name"], set_={"value": note}))

    def _newest(self) -> Millis:
        """Of a database from before there were notes: later than this it is, whatever the wall clock shows."""
        return self._run(NEWEST_TIME).scalar() or 0

    def _noted(self) -> Noted | None:
        note = self._run(select(schema.meta.c.value).where(schema.meta.c.name == COUNTED)).scalar()
        return Noted(*map(int, note.split())) if note else None

    # sessions and who has proof

    def sessions(self, ids: Collection[str]) -> dict[str, OmiSession]:
        self._lock(ids)
        found = every(OmiSession, SESSIONS.run(self._connection, ids=_listed(ids)))
        return {one.id: one for one in found}

    def sessions_of(self, user_id: str) -> list[OmiSession]:
        return every(OmiSession, self._run(SESSIONS_OF, {"u": user_id}))

    def sessions_page(
        self, user_id: str, most: int, before: tuple[Millis, str] | None = None
    ) -> list[tuple[OmiSession, int]]:
        at, key = before or NEWEST
        rows = self._run(SESSIONS_PAGE, {"u": user_id, "most": most, "at": at, "key": key}).all()
        return [(one, int(row.saved or 0)) for one, row in zip(every(OmiSession, rows), rows, strict=True)]

    def count_sessions(self, user_id: str) -> int:
        return int(self._run(select(func.count()).where(session.c.user_id == user_id)).scalar_one())

    def latest_session(self, user_id: str) -> OmiSession | None:
        return first(OmiSession, self._run(LATEST_SESSION, {"u": user_id}))

    def all_sessions(self, limit: int) -> list[OmiSession]:
        newest = select(session).order_by(session.c.created_at.desc()).limit(limit)
        return every(OmiSession, self._run(newest))

    def silent_sessions(self, since: Millis, most: int) -> list[OmiSession]:
        s = session.c
        expiring = (s.user_id.is_not(None), s.method.in_([Method.MANUAL, Method.UID]), s.counted_at < since)
        ids = self._run(select(s.id).where(*expiring).order_by(s.id).limit(most)).scalars().all()
        self._lock(ids)  # and look again, since one of them may have called meanwhile
        return every(OmiSession, self._run(select(session).where(s.id.in_(ids), *expiring).order_by(s.id)))

    def put_sessions(self, sessions: Collection[OmiSession]) -> None:
        PUT_SESSION.run(self._connection, sessions, counted_at=self.counted() if sessions else 0)

    def uids_shown(self, session_ids: Collection[str]) -> dict[str, set[str]]:
        shown: dict[str, set[str]] = {}
        for session_id, uid in UIDS_SHOWN.run(self._connection, ids=_listed(session_ids)):
            shown.setdefault(session_id, set()).add(uid)
        return shown

    def add_uids_shown(self, pairs: Collection[tuple[str, str]]) -> None:
        self._many(ADD_UID_SHOWN, [{"session_id": session_id, "uid": uid} for session_id, uid in pairs])

    def users_verified_for(self, uids: Collection[str]) -> dict[str, str]:
        return {row[0]: row[1] for row in VERIFIED.run(self._connection, uids=_listed(uids))} if uids else {}

    def proofs(self, uids: Collection[str], at: Millis) -> tuple[dict[str, str], set[str]]:
        rows = PROOFS.run(self._connection, uids=_listed(uids), at=at) if uids else ()
        return {uid: user for uid, user in rows if user}, {uid for uid, user in rows if not user}

    def sessions_showing(self, uid: str, *, ever: bool) -> dict[str, OmiSession]:
        shown = select(schema.session_uids.c.session_id).where(schema.session_uids.c.uid == uid)
        shows = session.c.id.in_(shown) if ever else session.c.last_uid == uid
        is_it = session.c.id == session_key(SHARED, uid)
        found = select(session.c.id).where(shows | is_it, session.c.origin == SHARED)
        return self.sessions(self._run(found).scalars().all())

    def forget_uids_shown(self, gone: OmiSession) -> None:
        shown = schema.session_uids
        others = (shown.c.session_id == gone.id) & (shown.c.uid != gone.omi_session_id)
        self._run(delete(shown).where(others))

    def omi_links(self, user_id: str) -> list[OmiLink]:
        mine = select(link).where(link.c.user_id == user_id).order_by(link.c.verified_at)
        return every(OmiLink, self._run(mine))

    def omi_link(self, uid: str) -> OmiLink | None:
        return first(OmiLink, self._run(select(link).where(link.c.omi_user_id == uid)))

    def add_omi_link(self, new: OmiLink) -> bool:
        # not by the count of rows, which PostgreSQL's driver does not give here
        added = upsert(link).values(row_of(new)).on_conflict_do_nothing().returning(link.c.omi_user_id)
        return self._run(added).first() is not None

    def remove_omi_link(self, uid: str) -> bool:
        return self._run(delete(link).where(link.c.omi_user_id == uid)).rowcount > 0

    def challenges(self, uids: Collection[str], at: Millis) -> list[Challenge]:
        rows = CHALLENGES.run(self._connection, uids=_listed(uids), at=at) if uids else ()
        return every(Challenge, rows)

    def challenges_of(self, user_id: str, at: Millis) -> list[Challenge]:
        mine = select(challenge).where(challenge.c.user_id == user_id, challenge.c.expires_at > at)
        return every(Challenge, self._run(mine.order_by(challenge.c.uid)))

    def put_challenge(self, new: Challenge) -> None:
        row = row_of(new)
        put = upsert(challenge).values(row)
        self._run(put.on_conflict_do_update(index_elements=["user_id", "uid"], set_=row))

    def remove_challenge(self, user_id: str, uid: str) -> None:
        self._run(delete(challenge).where(challenge.c.user_id == user_id, challenge.c.uid == uid))

    def signatures_known(self, signatures: Collection[str]) -> set[str]:
        known = schema.signatures.c.hash
        return set(self._run(select(known).where(known.in_(signatures))).scalars()) if signatures else set()

    def add_signatures(self, signatures: Collection[str]) -> None:
        rows = [{"hash": signature, "counted_at": self.counted()} for signature in signatures]
        self._many(insert(schema.signatures), rows)

    def audit(self, entry: AuditEntry) -> None:
        self._run(insert(schema.audit).values(row_of(entry)))

    def audited(self, limit: int, user_id: str | None = None, session_id: str | None = None) -> list[AuditEntry]:
        a = schema.audit.c
        newest = select(schema.audit).order_by(a.id.desc()).limit(limit)
        if user_id:
            newest = newest.where(or_(a.actor == user_id, a.before == user_id, a.after == user_id))
        if session_id:
            newest = newest.where(a.session_id == session_id)
        return every(AuditEntry, self._run(newest))

    def is_audited(self, session_id: str, rule: str, uid: str | None) -> bool:
        a = schema.audit.c
        same = (a.session_id == session_id) & (a.rule == rule) & a.uid.is_not_distinct_from(uid)
        return self._run(select(a.id).where(same).limit(1)).first() is not None

    # conversations

    def conversations_near(self, session_ids: Collection[str], since: Millis) -> list[Conversation]:
        rows = NEAR.run(self._connection, ids=_listed(session_ids), since=since)
        return every(Conversation, rows)

    def ownerless(self, session_id: str) -> list[Conversation]:
        c = conversation.c
        query = select(conversation).where(c.session_id == session_id, c.user_id.is_(None), c.deleted_at.is_(None))
        return every(Conversation, self._run(query.order_by(c.id)))

    def nobodys(self, most: int) -> list[tuple[str, int, int]]:
        rows = self._run(NOBODYS, {"most": most})
        return [(session_id, conversations, int(messages)) for session_id, conversations, messages in rows]

    def brought(self, session_id: str, user_id: str, since: Millis) -> list[Conversation]:
        c = conversation.c
        theirs = (c.session_id == session_id) & (c.user_id == user_id) & c.deleted_at.is_(None)
        query = (
            select(conversation).where(theirs, c.brought_at >= since, c.last_order <= c.brought_order).order_by(c.id)
        )
        return every(Conversation, self._run(query))

    def conversation(self, conversation_id: str, user_id: str) -> Conversation | None:
        c = conversation.c
        query = select(conversation).where(c.id == conversation_id, c.user_id == user_id, c.deleted_at.is_(None))
        return first(Conversation, self._run(query))

    def latest_conversation(self, user_id: str) -> Conversation | None:
        return first(Conversation, self._run(LATEST, {"u": user_id}))

    def conversations_of(self, user_id: str, limit: int, before: tuple[int, str] | None = None) -> list[Conversation]:
        query = LISTED
        if before:
            query = query.where(tuple_(conversation.c.first_order, conversation.c.id) < before)
        return every(Conversation, self._run(query, {"u": user_id, "most": limit}))

    def put_conversations(self, new: Collection[Conversation], changed: Collection[Conversation]) -> None:
        at = self.counted() if new or changed else 0
        PUT_CONVERSATION.run(self._connection, new, counted_at=at)
        CHANGE_CONVERSATION.run(self._connection, changed, to_counted_at=at)

    def messages_known(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], Message]:
        rows = KNOWN.run(self._connection, pairs=_listed(pairs)) if pairs else ()
        return {(one.conversation_id, one.key): one for one in every(Message, rows)}

    def messages_around(self, conversation_id: str, start: float, until: float) -> list[Message]:
        rows = AROUND.run(self._connection, c=conversation_id, start=start, until=until, most=AROUND_MOST)
        return every(Message, rows)

    def messages(self, conversation_id: str, limit: int, before: tuple[float, int] | None = None) -> list[Message]:
        query = LAST_MESSAGES
        if before:
            query = query.where(tuple_(message.c.position, message.c.seq) < before)
        return every(Message, self._run(query, {"c": conversation_id, "most": limit}))[::-1]

    def newest_messages(self, conversation_id: str, limit: int) -> list[Message]:
        came = select(message).where(message.c.conversation_id == conversation_id)
        return every(Message, self._run(came.order_by(message.c.seq.desc()).limit(limit)))[::-1]

    def all_messages(self, conversation_id: str) -> list[Message]:
        spoken = select(message).where(message.c.conversation_id == conversation_id)
        return every(Message, self._run(spoken.order_by(message.c.position, message.c.seq)))

    def is_begun_before(self, conversation_id: str, seq: int, title: str) -> bool:
        begun = title.removesuffix("…")
        earlier = select(message.c.text).where(
            message.c.conversation_id == conversation_id,
            message.c.seq < seq,
            func.substr(message.c.text, 1, len(begun)) == begun,
        )
        return any(title_of(text) == title for text in self._run(earlier).scalars())

    def put_messages(self, new: Collection[Message], changed: Collection[Message]) -> None:
        PUT_MESSAGE.run(self._connection, new)
        CHANGE_MESSAGE.run(self._connection, changed)

    def forget_events(self, user_id: str, conversation_id: str) -> None:
        self._run(delete(event).where(event.c.user_id == user_id, event.c.conversation_id == conversation_id))

    def forget_words(self, gone: Conversation) -> None:
        job = schema.deliveries
        origin, _, session_id = gone.session_id.partition("/")
        # what is left is the key, by which a retry is recognised
        self._run(update(message).where(message.c.conversation_id == gone.id).values(erased_columns(Message)))
        if gone.user_id:
            self.forget_events(gone.user_id, gone.id)
        self._run(
            delete(job).where(
                job.c.origin == origin,
                job.c.session_id == session_id,
                job.c.state != WAITING,
                func.coalesce(job.c.order, job.c.seq) >= gone.first_order,
            )
        )

    def messages_saved(self, session_ids: Collection[str], user_id: str) -> dict[str, int]:
        rows = self._run(SAVED, {"ids": list(session_ids), "u": user_id})
        return {session_id: int(count) for session_id, count in rows if count}

    def count_conversations(self, session_id: str, user_id: str) -> int:
        c = conversation.c
        count = select(func.count()).where(c.session_id == session_id, c.user_id == user_id, c.deleted_at.is_(None))
        return int(self._run(count).scalar_one())

    # the event log

    def append(self, events: Sequence[Event]) -> None:
        if not events:
            return
        ids = sorted({e.user_id for e in events})
        numbers = {row.id: row.seq for row in NUMBERS.run(self._connection, ids=_listed(ids))}
        rows = []
        for e in events:
            numbers[e.user_id] += 1
            rows.append(replace(e, seq=numbers[e.user_id]))
        SET_NUMBER.run(self._connection, list({e.user_id: e for e in rows}.values()))
        PUT_EVENT.run(self._connection, rows, counted_at=self.counted())
        self._appended += rows

    def appended(self) -> Sequence[Event]:
        return self._appended

    def events_after(self, user_id: str, seq: int, limit: int) -> list[Event]:
        rows = EVENTS_AFTER.run(self._connection, u=user_id, after=seq, most=limit)
        return [Event(user_id=user_id, seq=number, data=data) for number, data in rows]

    def log_bounds(self, user_id: str) -> tuple[int, int]:
        row = self._run(select(user.c.pruned, user.c.seq).where(user.c.id == user_id)).first()
        return (row.pruned, row.seq) if row else (0, 0)

    def marks(self, user_ids: Collection[str]) -> dict[str, tuple[int, int]]:
        return {row.id: (row.seq, row.rights) for row in MARKS.run(self._connection, ids=_listed(user_ids))}

    def epoch(self) -> str:
        return str(self._run(select(schema.meta.c.value).where(schema.meta.c.name == "epoch")).scalar_one())

    def note_ready(self, at: Millis) -> None:
        note = upsert(schema.meta).values(name="ready", value=str(at))
        self._run(note.on_conflict_do_update(index_elements=["name"], set_={"value": str(at)}))

    # accounts

    def add_user(self, new: User, password_hash: str) -> None:
        self._put_email(insert(user).values(row_of(new) | {"password_hash": password_hash}))

    def user(self, user_id: str) -> User | None:
        return first(User, self._run(select(user).where(user.c.id == user_id)))

    def users_there(self, user_ids: Collection[str]) -> set[str]:
        return set(self.marks(user_ids)) if user_ids else set()

    def user_by_email(self, email: str) -> tuple[User, str] | None:
        key = emails.email_key(email) or ""
        by_key = select(email_key.c.user_id).where(email_key.c.key == key)
        typed = user.c.email.in_([emails.as_kept_before(email), key])
        found = {row.email: row for row in self._run(select(user).where(or_(typed, user.c.id.in_(by_key))))}
        meant = emails.meant(email, found)
        return (as_noun(User, found[meant]), found[meant].password_hash) if meant else None

    def email_is_taken(self, email: str, but_for: str | None = None) -> bool:
        by_key = select(email_key.c.user_id).where(email_key.c.key == email)
        found = self._run(select(user.c.id).where(or_(user.c.email == email, user.c.id.in_(by_key))))
        return bool(set(found.scalars()) - {but_for})

    def password_hash(self, user_id: str) -> str | None:
        found: str | None = self._run(select(user.c.password_hash).where(user.c.id == user_id)).scalar()
        return found

    def users(self) -> list[User]:
        return every(User, self._run(select(user).order_by(user.c.created_at)))

    def odd_emails(self) -> list[tuple[User, str | None]]:
        key = email_key.c.key
        odd = select(user, key).join(email_key, email_key.c.user_id == user.c.id)
        usual = select(user, user.c.email.label("key")).where(user.c.email.in_(select(key)))
        return [(as_noun(User, row), row.key) for row in self._run(union_all(odd, usual).order_by("created_at"))]

    def change_email(self, user_id: str, email: str) -> None:
        self._put_email(update(user).where(user.c.id == user_id).values(email=email))
        self._run(delete(email_key).where(email_key.c.user_id == user_id))

    def _put_email(self, change: Insert | Update) -> None:
        try:
            self._run(change)
        except IntegrityError:
            raise EmailTaken("There is an account with this email already. Sign in instead.") from None

    def rehash_password(self, user_id: str, before: str, after: str) -> None:
        same = (user.c.id == user_id) & (user.c.password_hash == before)
        self._run(update(user).where(same).values(password_hash=after))

    def change_password(self, user_id: str, password_hash: str) -> None:
        self._run(update(user).where(user.c.id == user_id).values(password_hash=password_hash))

    def remove_user(self, user_id: str, moment: Moment) -> None:
        s, c, a = session.c, conversation.c, schema.audit.c
        touched = or_(s.origin == user_id, s.user_id == user_id, s.left_user_id == user_id)
        self._lock(self._run(select(s.id).where(touched)).scalars().all())
        self._lock_user(user_id)
        had = every(OmiSession, self._run(select(session).where(touched, s.origin != user_id)))
        self._forget_deliveries(user_id, had)
        theirs = select(s.id).where(s.origin == user_id)
        self._run(delete(conversation).where((c.user_id == user_id) | c.session_id.in_(theirs)))
        self._run(delete(session).where(s.origin == user_id))
        theirs_now = [one.unlinked(moment) for one in had if one.user_id == user_id]
        self.put_sessions([replace(one, last_uid=None) for one in theirs_now])
        self._run(update(session).where(s.left_user_id == user_id).values(left_user_id=None))
        self._run(update(session).where(s.suspended_user_id == user_id).values(suspended_user_id=None))
        self._run(delete(schema.audit).where(a.session_id.startswith(f"{user_id}/", autoescape=True)))
        theirs_alone = or_(a.actor == user_id, a.before == user_id, a.after == user_id)
        of_uid = theirs_alone & (a.session_id == literal(f"{SHARED}/") + a.uid)
        self._run(update(schema.audit).where(of_uid).values(session_id=f"{SHARED}/{GONE}"))
        self._run(update(schema.audit).where(theirs_alone).values(uid=None))
        self._run(update(schema.audit).where(a.actor == user_id).values(actor=GONE))
        self._run(update(schema.audit).where(a.before == user_id).values(before=None))
        self._run(update(schema.audit).where(a.after == user_id).values(after=None))
        self._run(delete(user).where(user.c.id == user_id))

    def add_token(self, token_hash: str, user_id: str, at: Millis, expires_at: Millis, client: str | None) -> None:
        row = {"hash": token_hash, "user_id": user_id, "created_at": at, "expires_at": expires_at, "client": client}
        self._run(insert(token).values(row))

    def sign_ins(self, user_id: str, at: Millis) -> list[SignIn]:
        valid = select(token).where(token.c.user_id == user_id, token.c.expires_at > at)
        rows = self._run(valid.order_by(token.c.created_at.desc(), token.c.hash))
        return every(SignIn, rows)

    def token_holder(self, token_hash: str, at: Millis) -> tuple[User, Millis] | None:
        row = self._run(TOKEN_HOLDER, {"hash": token_hash, "at": at}).first()
        return (as_noun(User, row), row.expires_at) if row else None

    def renew_token(self, token_hash: str, expires_at: Millis) -> None:
        self._run(update(token).where(token.c.hash == token_hash).values(expires_at=expires_at))

    def remove_token(self, token_hash: str) -> str | None:
        user_id = self._run(delete(token).where(token.c.hash == token_hash).returning(token.c.user_id)).scalar()
        if user_id:
            self._run(update(user).where(user.c.id == user_id).values(rights=user.c.rights + 1))
        return user_id

    def personal_urls(self, user_id: str, at: Millis) -> list[PersonalUrl]:
        u = schema.personal_urls.c
        valid = or_(u.valid_until.is_(None), u.valid_until > at)
        if self._writes:
            self._lock_user(user_id)  # else two at once could make a current one each
        query = select(u.secret, u.created_at, u.valid_until).where(u.user_id == user_id, valid)
        newest = query.order_by(u.valid_until.is_not(None), u.created_at.desc())
        return every(PersonalUrl, self._run(newest))

    def add_personal_url(self, secret_hash: str, user_id: str, secret: str, at: Millis) -> None:
        row = {"hash": secret_hash, "user_id": user_id, "secret": secret, "created_at": at}
        self._run(insert(schema.personal_urls).values(row))

    def retire_personal_urls(self, user_id: str, valid_until: Millis) -> None:
        u = schema.personal_urls
        self._lock_user(user_id)
        self._run(delete(u).where(u.c.user_id == user_id, u.c.valid_until.is_not(None)))
        self._run(update(u).where(u.c.user_id == user_id).values(valid_until=valid_until))

    def personal_url_owner(self, secret_hash: str, at: Millis) -> str | None:
        u = schema.personal_urls.c
        valid = or_(u.valid_until.is_(None), u.valid_until > at)
        owner: str | None = self._run(select(u.user_id).where(u.hash == secret_hash, valid)).scalar()
        return owner

    def add_ticket(self, ticket_hash: str, token_hash: str, expires_at: Millis) -> None:
        self._run(insert(ticket).values(hash=ticket_hash, token_hash=token_hash, expires_at=expires_at))

    def take_ticket(self, ticket_hash: str, at: Millis) -> str | None:
        taken = delete(ticket).where(ticket.c.hash == ticket_hash).returning(ticket.c.token_hash, ticket.c.expires_at)
        row = self._run(taken).first()
        return row.token_hash if row and row.expires_at > at else None

    def look_at_ticket(self, ticket_hash: str, at: Millis) -> str | None:
        good = select(ticket.c.token_hash).where(ticket.c.hash == ticket_hash, ticket.c.expires_at > at)
        found: str | None = self._run(good).scalar()
        return found

    def full_at(self, limit: str, who: str) -> Millis:
        self._lock([f"{limit} {who}"])
        b = schema.limits
        return self._run(select(b.c.full_at).where(b.c.name == limit, b.c.who == who)).scalar() or 0

    def put_full_at(self, limit: str, who: str, at: Millis) -> None:
        bucket = upsert(schema.limits).values(name=limit, who=who, full_at=at)
        self._run(bucket.on_conflict_do_update(index_elements=["name", "who"], set_={"full_at": at}))

    def full_at_each(self, limit: str, whos: Collection[str]) -> dict[str, Millis]:
        rows = FULL_AT.run(self._connection, name=limit, whos=_listed(whos)) if whos else ()
        return {row.who: row.full_at for row in rows}

    def put_full_at_each(self, limit: str, full_at: Mapping[str, Millis]) -> None:
        self._many(PUT_FULL_AT, [{"name": limit, "who": who, "full_at": at} for who, at in full_at.items()])

    # the queue's table

    def finish_deliveries(
        self, saved: Collection[int], quarantined: Mapping[int, str], removed: Collection[int]
    ) -> None:
        finish(self._connection, saved, quarantined)
        if removed:
            remove(self._connection, removed)

    # housekeeping

    def prune(
        self, *, now: Millis, deliveries_before: Millis, unlinked_before: Millis, events_before: Millis, most: int
    ) -> bool:
        job, c = schema.deliveries, conversation.c
        self._run(delete(token).where(token.c.expires_at <= now))
        self._run(delete(ticket).where(ticket.c.expires_at <= now))
        self._run(delete(schema.personal_urls).where(schema.personal_urls.c.valid_until <= now))
        self._run(delete(challenge).where(challenge.c.expires_at <= now - ACCEPTED_IN_TIME))
        self._run(delete(schema.signatures).where(schema.signatures.c.counted_at <= now - PLAYED_AGAIN))
        self._run(delete(schema.limits).where(schema.limits.c.full_at <= now))
        self._run(delete(job).where(job.c.state == DONE, _accepted_before(deliveries_before)))
        self._run(delete(job).where(job.c.state == QUARANTINED, _accepted_before(unlinked_before)))
        nobodys = select(session.c.origin, session.c.omi_session_id).where(session.c.user_id.is_(None))
        is_nobodys = tuple_(job.c.origin, job.c.session_id).in_(nobodys)
        self._run(delete(job).where(job.c.state == DONE, _accepted_before(unlinked_before), is_nobodys))
        self._run(delete(conversation).where(c.user_id.is_(None), c.counted_at < unlinked_before))
        # asked again where it is deleted, since somebody may be linking it just now
        self._run(delete(conversation).where(c.user_id.is_(None), c.id.in_(CROWDED_OUT)))
        gone = (
            select(event.c.user_id, func.max(event.c.seq))
            .where(event.c.counted_at < events_before)
            .group_by(event.c.user_id)
            .limit(most)
        )
        users = self._run(gone).all()
        for user_id, seq in users:
            self._run(delete(event).where(event.c.user_id == user_id, event.c.seq <= seq))
            self._run(update(user).where(user.c.id == user_id).values(pruned=seq))
        return len(users) == most

    def _lock(self, names: Collection[str]) -> None:
        if self._writes and names:
            lock(self._connection, names)

    def _forget_deliveries(self, user_id: str, had: Collection[OmiSession]) -> None:
        """Those at the user's own URL, those that became the user's words, and those of the sessions that were accepted
        while the user had them, or may have been."""
        job, c = schema.deliveries, conversation.c
        place = func.coalesce(job.c.order, job.c.seq)
        heard = (c.user_id == user_id) & place.between(c.first_order, c.last_order) & (job.c.state != WAITING)
        its_session = c.session_id == job.c.origin + "/" + job.c.session_id
        self._run(delete(job).where(or_(job.c.origin == user_id, exists().where(its_session, heard))))
        for one in had:
            of_it = (job.c.origin == one.origin) & (job.c.session_id == one.omi_session_id)
            rows = self._run(select(job.c.seq, place.label("order"), job.c.seen, job.c.way).where(of_it)).all()
            whose = {Hands.OF_NOW: one.user_id, Hands.OF_BEFORE: one.left_user_id, Hands.LONG_BEFORE: one.left_user_id}
            gone = [row.seq for row in rows if whose.get(one.hands_at(row), user_id) == user_id]
            self._many(delete(job).where(job.c.seq == bindparam("number")), [{"number": seq} for seq in gone])

    def _lock_user(self, user_id: str) -> None:
        """Nobody else numbers the user's events, or removes the user, until the end of the transaction."""
        self._run(update(user).where(user.c.id == user_id).values(rights=user.c.rights))

    def _many(self, statement: Any, rows: Iterable[dict[str, Any]]) -> None:
        if rows := list(rows):
            self._run(statement, rows)


def has_history(connection: Connection) -> bool:
    return connection.execute(select(schema.meta).where(schema.meta.c.name == "epoch")).first() is not None


def start_history(connection: Connection) -> None:
    """Names a new database's history, so that cursors of another one are recognised."""
    connection.execute(
        upsert(schema.meta).values(name="epoch", value=new_id()).on_conflict_do_nothing(index_elements=["name"])
    )


def rename_history(connection: Connection) -> None:
    """For a history that has gone back in time: cursors from before are good for it no more."""
    connection.execute(update(schema.meta).where(schema.meta.c.name == "epoch").values(value=new_id()))


def _accepted_before(at: Millis) -> ColumnElement[bool]:
    job = schema.deliveries.c
    return or_(job.counted_at < at, job.counted_at.is_(None) & (job.received_at < at))


def _listed(values: Collection[Any]) -> str:
    return orjson.dumps(list(values)).decode()
