"""Conversations, without their words."""

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, func, insert, or_, select, tuple_, union_all, update

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.compiled import Bulk, Query
from omilink.database.dialects import among, json_list, to_values
from omilink.database.rows import changing, every, first
from omilink.database.work import Work
from omilink.models.conversation import Conversation
from omilink.models.whole import whole_of

session = schema.omi_sessions
conversation = schema.conversations

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
ONE = Query(
    select(conversation).where(
        conversation.c.id == bindparam("c"),
        conversation.c.user_id == bindparam("u"),
        conversation.c.deleted_at.is_(None),
    )
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
    .where(
        conversation.c.user_id == bindparam("u"),
        conversation.c.deleted_at.is_(None),
        conversation.c.part_of.is_(None),
    )
    .order_by(conversation.c.first_order.desc(), conversation.c.id.desc())
    .limit(bindparam("most"))
)
OF_SESSION = (
    select(conversation)
    .where(conversation.c.session_id == bindparam("session"))
    .order_by(conversation.c.active_until.desc())
    .limit(bindparam("most"))
)
MEMBERS = Query(
    union_all(
        select(conversation).where(among(conversation.c.id, "ids"), conversation.c.deleted_at.is_(None)),
        select(conversation).where(among(conversation.c.part_of, "ids"), conversation.c.deleted_at.is_(None)),
    )
)
PUT_CONVERSATION = Bulk(insert(conversation), Conversation)
CHANGE_CONVERSATION = Bulk(
    update(conversation)
    .where(conversation.c.id == bindparam("where_id"))
    .values(to_values(*changing(conversation, Conversation))),
    Conversation,
)
SAVED = (
    select(conversation.c.session_id, func.sum(conversation.c.message_count))
    .where(
        among(conversation.c.session_id, "ids"),
        conversation.c.user_id == bindparam("u"),
        conversation.c.deleted_at.is_(None),
    )
    .group_by(conversation.c.session_id)
)
OWNERLESS_COUNTS = (
    select(session.c.omi_session_id, func.count(), func.sum(conversation.c.message_count))
    .join(session, session.c.id == conversation.c.session_id)
    .where(conversation.c.user_id.is_(None), conversation.c.deleted_at.is_(None))
    .group_by(session.c.id, session.c.omi_session_id)
    .order_by(func.sum(conversation.c.message_count).desc(), session.c.id)
    .limit(bindparam("most"))
)


class Conversations(Work):
    def conversations_near(self, session_keys: Collection[str], since: Millis) -> list[Conversation]:
        """Of these sessions, tombstones too: with words after `since`."""
        return NEAR.nouns(Conversation, self._connection, ids=json_list(session_keys), since=since)

    def conversations_at(self, session_key: str, since: Millis, until: Millis, most: int) -> list[Conversation]:
        """Of this session, tombstones too: those that were going on at that time, and the latest ones, at most `most`
        of each."""
        c = conversation.c
        then = OF_SESSION.where(c.active_until > since, c.last_at >= since, c.created_at <= until)
        values = {"session": session_key, "most": most}
        found = every(Conversation, [*self._run(then, values), *self._run(OF_SESSION, values)])
        return list({one.id: one for one in found}.values())

    def conversations_of_clock(self, session_key: str, first_id: str) -> list[Conversation]:
        """The conversation that was first, and those that its user has split off, without tombstones."""
        c = conversation.c
        is_cut_of = c.by_hand.contains(f'"cut_of":"{first_id}"', autoescape=True)
        query = select(conversation).where(c.session_id == session_key, c.deleted_at.is_(None))
        return every(Conversation, self._run(query.where((c.id == first_id) | is_cut_of)))

    def tombstones(self, user_id: str, since: Millis, most: int) -> list[Conversation]:
        """The latest `most` deleted conversations of the user that had words after `since`."""
        c = conversation.c
        gone = (c.user_id == user_id) & c.deleted_at.is_not(None) & (c.last_at >= since)
        latest = select(conversation).where(gone).order_by(c.last_at.desc(), c.id.desc()).limit(most)
        return every(Conversation, self._run(latest))

    def conversations_that_lead_to(self, session_key: str, user_id: str, ids: Collection[str]) -> list[Conversation]:
        """The user's conversations of the session with a section or an action item that leads to a message of one of
        these conversations."""
        c = conversation.c
        leads = or_(*(c.details.contains(f'"{id}.', autoescape=True) for id in ids))
        theirs = (c.session_id == session_key) & (c.user_id == user_id) & c.deleted_at.is_(None)
        return every(Conversation, self._run(select(conversation).where(theirs, leads).order_by(c.id)))

    def conversations_with_participants(self, user_id: str) -> list[Conversation]:
        """The user's conversations in which somebody took part, by OMI's knowledge."""
        c = conversation.c
        # exact: in a text of JSON a quotation mark stands only around names and values, else behind a backslash
        have = c.details.is_not(None) & c.details.contains('"participants":[{', autoescape=True)
        return every(Conversation, self._run(select(conversation).where(c.user_id == user_id, have).order_by(c.id)))

    def conversations_of_record(self, omi_id: str, user_id: str | None, session_key: str) -> list[Conversation]:
        """Those that OMI's record with this id describes, tombstones too: of the user, or ownerless ones of the
        session."""
        c = conversation.c
        whose = c.user_id == user_id if user_id else c.user_id.is_(None) & (c.session_id == session_key)
        return every(Conversation, self._run(select(conversation).where(c.omi_id == omi_id, whose).order_by(c.id)))

    def ownerless_conversations(self, session_key: str) -> list[Conversation]:
        """Oldest first, without tombstones."""
        c = conversation.c
        query = select(conversation).where(c.session_id == session_key, c.user_id.is_(None), c.deleted_at.is_(None))
        return every(Conversation, self._run(query.order_by(c.id)))

    def ownerless_counts(self, most: int) -> list[tuple[str, int, int]]:
        """For at most `most` sessions: the id, and the numbers of its conversations and messages without an owner. Most
        messages first."""
        rows = self._run(OWNERLESS_COUNTS, {"most": most})
        return [(session_id, conversations, int(messages)) for session_id, conversations, messages in rows]

    def conversations_brought(self, session_key: str, user_id: str, since: Millis) -> list[Conversation]:
        """The user's that came along with a proof since then and have not gone on, oldest first."""
        c = conversation.c
        theirs = (c.session_id == session_key) & (c.user_id == user_id) & c.deleted_at.is_(None)
        query = (
            select(conversation).where(theirs, c.brought_at >= since, c.last_order <= c.brought_order).order_by(c.id)
        )
        return every(Conversation, self._run(query))

    def conversation(self, conversation_id: str, user_id: str) -> Conversation | None:
        found = ONE.nouns(Conversation, self._connection, c=conversation_id, u=user_id)
        return found[0] if found else None

    def members(self, ids: Collection[str]) -> dict[str, list[Conversation]]:
        """By the id of a conversation that is no part: it and its parts, in the order of their numbers."""
        together: dict[str, list[Conversation]] = {}
        found = MEMBERS.nouns(Conversation, self._connection, ids=json_list(ids))
        for one in sorted(found, key=lambda one: (one.part_of is not None, one.hand.number)):
            if one.part_of in ids or one.part_of is None:
                together.setdefault(one.shown_id, []).append(one)
        return together

    def shown(self, conversations: Sequence[Conversation]) -> list[Conversation]:
        """The conversations as they are shown, each in its place: a whole with its parts, and for a part its whole."""
        joined = {one.shown_id for one in conversations if one.is_joined}
        together = self.members(joined) if joined else {}
        return [whole_of(together.get(one.shown_id, [one])) for one in conversations]

    def latest_conversation(self, user_id: str) -> Conversation | None:
        """The one whose words were accepted last."""
        return first(Conversation, self._run(LATEST, {"u": user_id}))

    def conversations_of(self, user_id: str, limit: int, before: tuple[int, str] | None = None) -> list[Conversation]:
        """At most `limit` before (first_order, id), which a conversation keeps: the one that began last first. Parts of
        others are left out."""
        query = LISTED
        if before:
            query = query.where(tuple_(conversation.c.first_order, conversation.c.id) < before)
        return every(Conversation, self._run(query, {"u": user_id, "most": limit}))

    def put_conversations(self, new: Collection[Conversation], changed: Collection[Conversation]) -> None:
        at = self.counted() if new or changed else 0
        PUT_CONVERSATION.run(self._connection, new, counted_at=at)
        CHANGE_CONVERSATION.run(self._connection, changed, to_counted_at=at)

    def set_session_name(self, session_key: str, user_id: str, name: str | None) -> None:
        """Sets the session's name in all conversations that the user has of it."""
        c = conversation.c
        theirs = (c.session_id == session_key) & (c.user_id == user_id) & c.deleted_at.is_(None)
        self._run(update(conversation).where(theirs).values(session_name=name))

    def messages_saved(self, session_keys: Collection[str], user_id: str) -> dict[str, int]:
        """session id -> messages in this user's conversations of it."""
        rows = self._run(SAVED, {"ids": json_list(session_keys), "u": user_id})
        return {session_key: int(count) for session_key, count in rows if count}

    def count_conversations(self, session_key: str, user_id: str) -> int:
        c = conversation.c
        count = select(func.count()).where(c.session_id == session_key, c.user_id == user_id, c.deleted_at.is_(None))
        return int(self._run(count).scalar_one())
