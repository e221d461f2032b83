"""Removes a conversation's words, a user, and rows that have been kept long enough."""

from collections.abc import Collection

from msgspec.structs import replace
from sqlalchemy import ColumnElement, bindparam, delete, exists, func, literal, or_, select, tuple_, update

from omilink.clock import DAY, Millis
from omilink.database import schema
from omilink.database.deliveries import DONE, QUARANTINED, WAITING
from omilink.database.events import Events
from omilink.database.rows import every
from omilink.database.sessions import Sessions
from omilink.models.conversation import Conversation
from omilink.models.declaration import erased_columns
from omilink.models.ids import SHARED
from omilink.models.message import Message
from omilink.models.order import Hands, Moment
from omilink.models.session import OmiSession

session = schema.omi_sessions
conversation = schema.conversations
message = schema.messages
user = schema.users
token = schema.tokens
ticket = schema.tickets
event = schema.events
challenge = schema.challenges

GONE = "deleted account"
ACCEPTED_IN_TIME: Millis = DAY
"""Milliseconds after which an expired challenge is removed. Until then calls that were accepted in time can fulfil
it."""
PLAYED_AGAIN: Millis = DAY
"""Milliseconds. A signature is valid for ten minutes at most, and its call may have to wait before it is saved."""
NOT_SAVED: Millis = 30 * DAY
"""Milliseconds after which a large body is removed that was never saved: its node ended before the call was in the
stream, so that nobody was answered."""
OWNERLESS_MOST = 20_000
"""The most ownerless messages, days of talk, that are kept of a uid, or of a session without a uid. When the newest
conversations have so many, older ones are removed."""
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
CROWDED_OUT = select(_CROWD.c.id).where(_CROWD.c.up_to_here - _CROWD.c.message_count >= OWNERLESS_MOST)


class Removal(Events, Sessions):
    def remove_words(self, gone: Conversation) -> None:
        """Erases the words of the conversation's messages, and removes the events that carry them and the deliveries
        that they arrived in. The messages' keys stay, so that a retry is recognised."""
        job = schema.deliveries
        origin, _, session_id = gone.session_key.partition("/")
        # what is left is the key, by which a retry is recognised
        self._run(update(message).where(message.c.conversation_id == gone.id).values(erased_columns(Message)))
        if gone.user_id:
            self.remove_events(gone.user_id, gone.id)
        self._run(
            delete(job).where(
                job.c.origin == origin,
                job.c.session_id == session_id,
                job.c.state != WAITING,
                func.coalesce(job.c.order, job.c.seq) >= gone.first_order,
            )
        )

    def remove_user(self, user_id: str, moment: Moment) -> None:
        """Removes every row of the user, and the user's id from the audit. The user's sessions become unowned. Calls
        that were accepted for the user until now go to no later owner."""
        self.lock_account(user_id)
        s, c, a = session.c, conversation.c, schema.audit.c
        touched = _touched(user_id)
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

    def lock_account(self, user_id: str) -> None:
        """Nobody else changes what is the user's until the end of the transaction."""
        self._lock(self._run(select(session.c.id).where(_touched(user_id))).scalars().all())
        self._lock_user(user_id)

    def prune(
        self, *, now: Millis, deliveries_before: Millis, unlinked_before: Millis, events_before: Millis, most: int
    ) -> bool:
        """Removes rows that have been kept long enough; events of at most `most` users. `unlinked_before` is for
        ownerless words, the calls of unowned sessions and quarantined calls; of one uid's ownerless words only the
        newest stay in any case. Returns whether there is more to remove."""
        job, c = schema.deliveries, conversation.c
        self._run(delete(token).where(token.c.expires_at <= now))
        self._run(delete(ticket).where(ticket.c.expires_at <= now))
        self._run(delete(schema.personal_urls).where(schema.personal_urls.c.valid_until <= now))
        self._run(delete(challenge).where(challenge.c.expires_at <= now - ACCEPTED_IN_TIME))
        self._run(delete(schema.signatures).where(schema.signatures.c.counted_at <= now - PLAYED_AGAIN))
        self._run(delete(schema.limits).where(schema.limits.c.full_at <= now))
        self._run(delete(schema.large_bodies).where(schema.large_bodies.c.counted_at < now - NOT_SAVED))
        self._run(delete(job).where(job.c.state == DONE, _accepted_before(deliveries_before)))
        self._run(delete(job).where(job.c.state == QUARANTINED, _accepted_before(unlinked_before)))
        ownerless = select(session.c.origin, session.c.omi_session_id).where(session.c.user_id.is_(None))
        is_ownerless = tuple_(job.c.origin, job.c.session_id).in_(ownerless)
        self._run(delete(job).where(job.c.state == DONE, _accepted_before(unlinked_before), is_ownerless))
        self._run(delete(conversation).where(c.user_id.is_(None), c.counted_at < unlinked_before))
        day = schema.day_summaries
        self._run(delete(day).where(day.c.user_id.is_(None), day.c.counted_at < unlinked_before))
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

    def _forget_deliveries(self, user_id: str, had: Collection[OmiSession]) -> None:
        """Removes deliveries at the user's personal address, deliveries that became the user's words, and deliveries of
        the user's sessions that were or may have been accepted while the user had the session."""
        job, c = schema.deliveries, conversation.c
        place = func.coalesce(job.c.order, job.c.seq)
        heard = (c.user_id == user_id) & place.between(c.first_order, c.last_order) & (job.c.state != WAITING)
        its_session = c.session_id == job.c.origin + "/" + job.c.session_id
        self._run(delete(job).where(or_(job.c.origin == user_id, exists().where(its_session, heard))))
        for one in had:
            of_it = (job.c.origin == one.origin) & (job.c.session_id == one.omi_session_id)
            rows = self._run(select(job.c.seq, place.label("order"), job.c.seen, job.c.way).where(of_it)).all()
            whose = {
                Hands.PRESENT_OWNER: one.user_id,
                Hands.LAST_OWNER: one.left_user_id,
                Hands.EARLIER_OWNER: one.left_user_id,
            }
            gone = [row.seq for row in rows if whose.get(one.hands_at(row), user_id) == user_id]
            self._many(delete(job).where(job.c.seq == bindparam("number")), [{"number": seq} for seq in gone])


def _touched(user_id: str) -> ColumnElement[bool]:
    """The sessions that are the user's, or were."""
    s = session.c
    return or_(s.origin == user_id, s.user_id == user_id, s.left_user_id == user_id)


def _accepted_before(at: Millis) -> ColumnElement[bool]:
    job = schema.deliveries.c
    return or_(job.counted_at < at, job.counted_at.is_(None) & (job.received_at < at))
