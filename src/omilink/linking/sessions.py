"""Links sessions as people and operators do: by hand, by issue, by unlinking, and by expiry."""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from omilink.clock import DAY, Millis
from omilink.conversations import day_summaries
from omilink.conversations.batch import Batch, unit_of_work
from omilink.conversations.history import adopt, waiting
from omilink.database.store import Transaction
from omilink.errors import Invalid, NotFound
from omilink.linking import facts, rules
from omilink.linking.acts import Act, Decision, End, Expire, Facts, Outcome, Unlink
from omilink.models.audit import SILENCE, By
from omilink.models.event import SessionChanged, SessionUnlinked
from omilink.models.ids import SHARED
from omilink.models.order import Moment
from omilink.models.session import Device, Method, OmiSession, Session, UnlinkReason
from omilink.models.texts import is_storable

LONGEST_NAME = 100
"""Characters."""
EARLIER: Millis = DAY
"""Milliseconds before a link by uid. Older ownerless conversations stay ownerless, since somebody else may have worn
the device then."""


@unit_of_work
def link(
    batch: Batch,
    omi_session_id: str,
    user_id: str,
    moment: Moment,
    *,
    manual_linking: bool = True,
    again: bool = False,
    by: By | None = None,
) -> OmiSession:
    """Links the session to the user who claims it, and returns the session. The session need not have called the
    webhook yet. Raises the error of the rule that refuses the claim.

    With `again` an app repeats the link by itself: the app must not undo an unlinking that somebody wished, and links
    nothing for a device that calls only the user's personal address.
    """
    session = batch.find_session(omi_session_id, moment.at)
    if again and session.last_seen_at is None:
        own = batch.find_session(omi_session_id, moment.at, origin=user_id)
        if own.user_id == user_id:
            return own
    claim = facts.claim(batch.tx, session, user_id, manual_linking=manual_linking, again=again)
    return _link(batch, claim, moment, by or By(user_id))


@unit_of_work
def issue(batch: Batch, omi_session_ids: Iterable[str], user_id: str, moment: Moment, by: By) -> list[OmiSession]:
    """Issues the sessions to the user, on behalf of an operator, and returns them. Raises the error of the rule that
    refuses one of them; then none of them is issued."""
    found = (batch.find_session(one, moment.at) for one in omi_session_ids)
    return [_link(batch, facts.issue(batch.stored(), session, user_id), moment, by) for session in found]


@unit_of_work
def hand_over(batch: Batch, omi_session_id: str, user_id: str, moment: Moment, by: By) -> OmiSession:
    """Hands the session over to the user, on behalf of an operator, and returns the session. Raises the error of the
    rule that refuses."""
    session = batch.find_session(omi_session_id, moment.at)
    return _link(batch, facts.hand_over(batch.tx, session, user_id), moment, by)


@unit_of_work
def unlink(
    batch: Batch,
    omi_session_id: str,
    user_id: str,
    moment: Moment,
    by: By | None = None,
    *,
    personal: bool | None = None,
) -> OmiSession:
    """Unlinks the session and returns it; saved conversations stay with the user. A suspended session, which has no
    owner, disappears from the user's list. `personal` selects the session at the user's personal address (True) or at
    the shared URL (False); None selects the one that the user owns, at the shared URL first, and a suspended one last.
    Raises NotFound when the user neither owns the session nor has it suspended."""
    session = _selected(batch, omi_session_id, user_id, moment.at, personal)
    decision = rules.decide(Unlink(session=session, user_id=user_id))
    if decision.error:
        raise decision.error
    if session.method is Method.ISSUED:
        _withdraw_issue(batch, decision, session, moment.at, by or By(user_id))
    if decision.outcome is Outcome.STOP_WAITING:
        batch.put_session(replace(session, suspended_user_id=None))
        batch.note((by or By(user_id)).entry(moment.at, decision.rule, session.id, before=user_id))
        return session.by_its_id_alone()
    unlinked, reason = session.unlinked(moment), UnlinkReason.UNLINKED
    change_owner(batch, OwnerChange(decision.rule, session, unlinked, moment, by or By(user_id), reason))
    return unlinked


@unit_of_work
def name(
    batch: Batch, omi_session_id: str, user_id: str, name: str | None, at: Millis, *, personal: bool | None = None
) -> OmiSession:
    """Names the user's session, and in all conversations that the user has of it. An empty name or None takes the name
    away. `personal` selects the session as `unlink` does. Returns the session. Raises NotFound, and Invalid when the
    name is too long or cannot be stored."""
    found = " ".join((name or "").split()) or None
    if found and not (len(found) <= LONGEST_NAME and is_storable(found)):
        raise Invalid(f"name must be a text of at most {LONGEST_NAME} characters. null takes the name away.")
    session = _selected(batch, omi_session_id, user_id, at, personal)
    if session.user_id != user_id:
        raise NotFound("There is no session of that id that is linked to this account. Link it first.")
    named = replace(session, name=found)
    if named != session:
        batch.put_session(named)
        batch.set_session_name(named, user_id)
        has_conversations = bool(batch.tx.messages_saved([named.id], user_id))
        batch.add_event(user_id, SessionChanged(session=Session.of(named, has_conversations=has_conversations)))
    return named


@unit_of_work
def end(batch: Batch, omi_session_id: str, device: Device, moment: Moment, by: By) -> OmiSession:
    """Ends the use of an issued device, which was returned or lost: the session has no owner until the device is issued
    again. Raises NotFound when the session is not an issued one."""
    session = batch.find_session(omi_session_id, moment.at)
    decision = rules.decide(End(session=session))
    if decision.error:
        raise decision.error
    _withdraw_issue(batch, decision, session, moment.at, by)
    batch.remove_uids_shown(session)  # the user may verify the forgotten uids at any time
    ended = replace(session.unlinked(moment) if session.user_id else session, device=device, last_uid=None)
    reason = UnlinkReason(f"device_{device}")
    change_owner(batch, OwnerChange(decision.rule, session, ended, moment, by, reason))
    return ended


@unit_of_work
def expire(batch: Batch, silent_since: Millis, moment: Moment, most: int) -> set[str]:
    """Ends at most `most` links of sessions whose last call came before `silent_since`, in counted time. Returns the
    ids of the users whose streams have new events."""
    for session in batch.tx.silent_sessions(silent_since, most):
        decision = rules.decide(Expire(session=session))
        if decision.outcome is Outcome.UNLINK and session.user_id:
            unlinked, reason = session.unlinked(moment), UnlinkReason.EXPIRED
            change_owner(batch, OwnerChange(decision.rule, session, unlinked, moment, SILENCE, reason))
    return batch.users


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """A decided change of a session's owner or of how the session is linked. `rule` is the rule that decided, and
    `reason` what a user who loses the session is told. `uid` is the uid that led to the change, if one did. With
    `include_earlier` the new owner gets the session's ownerless conversations."""

    rule: str
    before: OmiSession
    after: OmiSession
    moment: Moment
    by: By
    reason: UnlinkReason
    uid: str | None = None
    include_earlier: bool = True


def change_owner(batch: Batch, change: OwnerChange) -> None:
    """Writes the change, its audit entry, and an event for the user who loses the session and for the user who gets
    it. After a link by uid the ownerless conversations of the last day (`EARLIER`) can go to the new owner, after a
    link by session id all, since only the owner can know such an id."""
    before, after, moment = change.before, change.after, change.moment
    batch.put_session(after)
    owners = {"before": before.user_id, "after": after.user_id}
    batch.note(change.by.entry(moment.at, change.rule, after.id, proof=after.method, uid=change.uid, **owners))
    if before.user_id and before.user_id != after.user_id:
        shown = Session.of(after.unlinked(moment), has_conversations=False)
        batch.add_event(before.user_id, SessionUnlinked(session=shown, reason=change.reason))
    if after.user_id:
        by_uid = after.method is Method.UID
        since = moment.at - EARLIER if by_uid else 0
        ownerless = waiting(batch.stored(), after, since) if change.include_earlier else ()
        adopt(batch, after, after.user_id, ownerless, brought=moment if by_uid else None)
        if change.include_earlier:
            day_summaries.adopt(batch, after, after.user_id, since)


def _link(batch: Batch, act: Facts, moment: Moment, by: By) -> OmiSession:
    session, decision = act.session, rules.decide(act)
    if decision.error:
        raise decision.error
    if decision.outcome is Outcome.KEEP:
        return session
    assert decision.user_id and decision.method
    is_second_hand = act.act is not Act.CLAIM and session.device is not None
    if is_second_hand:
        _withdraw_issue(batch, decision, session, moment.at, by)
    linked, reason = session.linked_to(decision.user_id, decision.method, moment), UnlinkReason.HANDED_OVER
    change = OwnerChange(decision.rule, session, linked, moment, by, reason, include_earlier=not is_second_hand)
    change_owner(batch, change)
    return linked


def find(tx: Transaction, omi_session_id: str, at: Millis) -> OmiSession:
    """The session at the shared URL; a new, unsaved one if omilink has not seen the session before."""
    return Batch(tx).find_session(omi_session_id, at)


def _selected(batch: Batch, omi_session_id: str, user_id: str, at: Millis, personal: bool | None) -> OmiSession:
    """The session at the user's personal address, or at the shared URL; with None the one that the user owns."""
    session = batch.find_session(omi_session_id, at, origin=user_id if personal else SHARED)
    if personal is None and session.user_id != user_id:
        own = batch.find_session(omi_session_id, at, origin=user_id)
        session = own if own.user_id else session
    return session


def _withdraw_issue(batch: Batch, decision: Decision, session: OmiSession, at: Millis, by: By) -> None:
    """Removes the proof that rests on the issue of the device, if there is one."""
    link = facts.proof_by_issue(batch.tx, session)
    if link:
        batch.tx.remove_omi_link(link.uid)
        batch.note(by.entry(at, decision.rule, session.id, proof=link.proof, uid=link.uid, before=link.user_id))
