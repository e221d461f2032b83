"""Linking as people do it, and how a user's sessions are."""

from collections.abc import Sequence
from dataclasses import dataclass

from omilink import linking, wire
from omilink.conversations import adopt
from omilink.errors import NotFound
from omilink.linking import Act, Decision, Facts, Outcome
from omilink.model import SHARED, Millis, OmiSession, check_id, session_key
from omilink.ports import Transaction

QUIET: Millis = 5 * 60_000
"""A session without a call for so long is called quiet. OMI's cloud calls every 1 to 3 s while somebody talks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """What is wrong with a session and what to do about it, in plain words."""

    status: str
    message: str
    next_step: str | None = None


def link(
    tx: Transaction, omi_session_id: str, user_id: str, at: Millis, *, act: Act = Act.CLAIM, manual_linking: bool = True
) -> OmiSession:
    """Makes the session the user's if the gate lets it, before its first webhook too. Raises what the gate says."""
    session = _find(tx, omi_session_id) or OmiSession(omi_session_id=omi_session_id, created_at=at)
    decision = linking.decide(_facts(tx, act, session, user_id, manual_linking=manual_linking))
    if decision.error:
        raise decision.error
    if decision.outcome is Outcome.KEEP:
        return session
    assert decision.user_id and decision.method
    linked = session.linked_to(decision.user_id, decision.method, at)
    tx.put_sessions([linked])
    _audit(tx, decision, session, linked, at)
    adopt(tx, linked, decision.user_id)
    return linked


def unlink(tx: Transaction, omi_session_id: str, user_id: str, at: Millis) -> OmiSession:
    """The session becomes nobody's; what was saved stays the user's. Raises NotFound when it is not the user's."""
    session = _find(tx, omi_session_id)
    if session is None or session.user_id != user_id:
        session = _find(tx, omi_session_id, origin=user_id) or session
    session = session or OmiSession(omi_session_id=omi_session_id, created_at=at)
    decision = linking.decide(_facts(tx, Act.UNLINK, session, user_id))
    if decision.error:
        raise decision.error
    return _end_link(tx, decision, session, user_id, "unlinked", at)


def expire(tx: Transaction, silent_since: Millis, at: Millis, most: int) -> set[str]:
    """Ends so many links of sessions that have not called since then, and returns whom to wake."""
    woken = set()
    for session in tx.silent_sessions(silent_since, most):
        decision = linking.decide(Facts(act=Act.EXPIRE, session=session, user_id=None))
        if decision.outcome is Outcome.UNLINK and session.user_id:
            _end_link(tx, decision, session, session.user_id, "expired", at)
            woken.add(session.user_id)
    return woken


def mine(tx: Transaction, user_id: str) -> list[tuple[OmiSession, int]]:
    """The user's sessions, last seen first, each with the number of messages that the user has from it."""
    sessions = tx.sessions_of(user_id)
    saved = tx.messages_saved([session.id for session in sessions], user_id)
    return [(session, saved.get(session.id, 0)) for session in sessions]


def one(tx: Transaction, omi_session_id: str, user_id: str) -> tuple[OmiSession, int]:
    for session, saved in mine(tx, user_id):
        if session.omi_session_id == omi_session_id:
            return session, saved
    raise NotFound("There is no session of that id that is linked to this account. Link it first.")


def health(session: OmiSession, saved: int, at: Millis, jobs: dict[str, int]) -> Health:
    if session.suspended_user_id:
        return Health(
            status="suspended",
            message="The link is suspended: this id is an OMI account's uid, which anybody may know.",
            next_step="Have the uid verified for your account, then link the session again.",
        )
    if jobs.get("dead"):
        return Health(
            status="failing",
            message=f"{jobs['dead']} of its calls could not be saved; they are kept.",
            next_step="Ask the operator to look at `omilink jobs list` and to run `omilink jobs retry`.",
        )
    if session.last_seen_at is None:
        return Health(
            status="waiting",
            message="Linked, and no call has come from the device yet.",
            next_step="Check that the webhook URL is set in the device or in the OMI app, then say something.",
        )
    if not saved:
        return Health(
            status="waiting",
            message="The device has called, and no words have been saved yet.",
            next_step="Say something. If nothing appears, the device may be sending empty batches.",
        )
    if at - session.last_seen_at > QUIET:
        return Health(
            status="quiet",
            message="No call has come for a while. That is normal while nobody talks.",
            next_step="If somebody is talking, check the device's connection and whether OMI has paused the webhook.",
        )
    return Health(status="ok", message="Linked, and words are arriving.")


def shown(session: OmiSession, saved: int, at: Millis, jobs: dict[str, int]) -> wire.Json:
    """The session with its health. A suspended one shows nothing that only its owner may know."""
    state = health(session, saved, at, jobs)
    if session.suspended_user_id:
        session = OmiSession(omi_session_id=session.omi_session_id, created_at=session.created_at)
    return wire.session(session, has_conversations=saved > 0) | {
        "messagesSaved": saved,
        "health": {"status": state.status, "message": state.message, "nextStep": state.next_step},
    }


def _end_link(
    tx: Transaction, decision: Decision, session: OmiSession, user_id: str, reason: str, at: Millis
) -> OmiSession:
    unlinked = session.unlinked(at)
    tx.put_sessions([unlinked])
    _audit(tx, decision, session, unlinked, at)
    shown = wire.session(unlinked, has_conversations=False)
    tx.append([wire.event(user_id, "session_unlinked", session=shown, reason=reason)])
    return unlinked


def _find(tx: Transaction, omi_session_id: str, origin: str = SHARED) -> OmiSession | None:
    check_id(omi_session_id, "session_id")
    key = session_key(origin, omi_session_id)
    return tx.sessions([key]).get(key)


def _facts(tx: Transaction, act: Act, session: OmiSession, user_id: str, *, manual_linking: bool = True) -> Facts:
    shown: Sequence[str] = sorted(tx.uids_shown([session.id]).get(session.id, ()))
    verified = tx.users_verified_for({session.omi_session_id, *shown})
    owner_of_id = verified.get(session.omi_session_id)
    return Facts(
        act=act,
        session=session,
        user_id=user_id,
        own_proof=owner_of_id == user_id,
        foreign_proof=any(verified.get(uid, user_id) != user_id for uid in shown),
        id_is_uid=owner_of_id is not None or session.omi_session_id in shown,
        manual_linking=manual_linking,
    )


def _audit(tx: Transaction, decision: Decision, before: OmiSession, after: OmiSession, at: Millis) -> None:
    tx.audit(at=at, rule=decision.rule, session=after, uid=None, before=before.user_id, after=after.user_id)
