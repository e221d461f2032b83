"""Gathers the facts of an act from the store. An act without a function here needs only the session and the user."""

from collections.abc import Iterable, Mapping

from omilink.database.store import Transaction
from omilink.linking.acts import Arrive, Claim, Disown, HandOver, Issue, Prove
from omilink.linking.rules import EXPIRED
from omilink.models.omi_account import OmiLink, Proof
from omilink.models.order import Hands
from omilink.models.session import MOST_SESSIONS, OmiSession

HISTORY = 100
"""Newest audit entries that are searched for how a link ended."""


def arrive(
    session: OmiSession,
    uid: str | None,
    verified: Mapping[str, str],
    *,
    hands: Hands,
    account_gone: bool,
    has_many: bool,
) -> Arrive:
    """The facts of a call that shows this uid, or none. `verified` maps uids to the users for whom they are verified;
    it includes the call's uid and the session's id."""
    owner_of_id = verified.get(session.omi_session_id)
    return Arrive(
        session=session,
        user_id=verified.get(uid) if uid else None,
        id_is_uid=uid == session.omi_session_id or owner_of_id not in (None, session.user_id),
        hands=hands,
        account_gone=account_gone,
        has_many=has_many,
    )


def arrive_now(tx: Transaction, session: OmiSession, uid: str) -> Arrive:
    """The facts of a call that would arrive now at the shared URL."""
    verified = tx.users_verified_for({uid, session.omi_session_id})
    return arrive(session, uid, verified, hands=Hands.PRESENT_OWNER, account_gone=False, has_many=False)


def claim(tx: Transaction, session: OmiSession, user_id: str, *, manual_linking: bool, again: bool) -> Claim:
    """The facts of a claim. `again`: an app repeats the link by itself, without the user."""
    itself, shown = session.omi_session_id, _uids_shown(tx, session)
    verified = tx.users_verified_for({itself, *shown})
    return Claim(
        session=session,
        user_id=user_id,
        own_proof=verified.get(itself) == user_id,
        foreign_proof=_is_anothers(shown, verified, user_id),
        id_is_uid=itself in verified or itself in shown,
        manual_linking=manual_linking,
        ended_on_purpose=again and _ended_on_purpose(tx, session, user_id),
        has_many=session.user_id is None and has_many(tx, user_id),
    )


def issue(tx: Transaction, session: OmiSession, user_id: str) -> Issue:
    """The facts of an operator's issue of the session to the user."""
    return Issue(session=session, user_id=user_id, foreign_proof=_is_proven_by_another(tx, session, user_id))


def hand_over(tx: Transaction, session: OmiSession, user_id: str) -> HandOver:
    """The facts of an operator's hand-over of the session to the user."""
    return HandOver(session=session, user_id=user_id, foreign_proof=_is_proven_by_another(tx, session, user_id))


def prove(tx: Transaction, session: OmiSession, user_id: str, proof: Proof) -> Prove:
    """The facts of a proof. `session` is the session whose id is the uid."""
    owner = _verified_user(tx, session)
    return Prove(
        session=session,
        user_id=user_id,
        own_proof=owner == user_id,
        foreign_proof=owner not in (None, user_id),
        proof=proof,
    )


def disown(tx: Transaction, session: OmiSession, user_id: str) -> Disown:
    """The facts of an unlinked OMI account. `session` is the session whose id is the uid."""
    return Disown(session=session, user_id=user_id, own_proof=_verified_user(tx, session) == user_id)


def has_many(tx: Transaction, user_id: str) -> bool:
    """Whether the user has reached the limit of sessions (`MOST_SESSIONS`)."""
    return tx.count_sessions(user_id) >= MOST_SESSIONS


def proof_by_issue(tx: Transaction, session: OmiSession) -> OmiLink | None:
    """The proof of the session's id that rests on the issue of the session alone; None if there is none."""
    link = tx.omi_link(session.omi_session_id)
    return link if link and link.proof is Proof.ISSUED else None


def _is_proven_by_another(tx: Transaction, session: OmiSession, user_id: str) -> bool:
    itself = session.omi_session_id
    uids = _uids_shown(tx, session) | {itself}
    if proof_by_issue(tx, session):
        uids.remove(itself)
    return _is_anothers(uids, tx.users_verified_for(uids), user_id)


def _is_anothers(uids: Iterable[str], verified: Mapping[str, str], user_id: str) -> bool:
    return any(verified.get(uid, user_id) != user_id for uid in uids)


def _verified_user(tx: Transaction, session: OmiSession) -> str | None:
    return tx.users_verified_for({session.omi_session_id}).get(session.omi_session_id)


def _uids_shown(tx: Transaction, session: OmiSession) -> set[str]:
    return tx.uids_shown([session.id]).get(session.id, set())


def _ended_on_purpose(tx: Transaction, session: OmiSession, user_id: str) -> bool:
    """Whether the user had the session, and the user's last link to it was ended on purpose, and not by expiry."""
    ends = (
        entry for entry in tx.audit_entries(HISTORY, session_key=session.id) if entry.before == user_id != entry.after
    )
    last = next(ends, None)
    return last is not None and last.rule != EXPIRED
