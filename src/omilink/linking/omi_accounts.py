"""Links an OMI account (a uid) to a user: who may prove that a uid is theirs, and how.

A uid is public and proves nothing. Four proofs exist: the verification phrase that the wearer says and that arrives
under the uid, in a call that no user can have made; a number that OMI sent to the wearer's phone; a session of that id
that an operator issued; an operator's word. `rules.decide` decides about all of them.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from omilink.accounts import rate_limits
from omilink.clock import Millis
from omilink.conversations import day_summaries
from omilink.conversations.batch import Batch, unit_of_work
from omilink.conversations.history import adopt, give_back, waiting
from omilink.database.store import Transaction
from omilink.errors import NotFound
from omilink.linking import facts, phrase, rules, sessions
from omilink.linking.acts import Bring, Decision, Leave, Outcome, Unlink
from omilink.linking.sessions import EARLIER, OwnerChange
from omilink.models.audit import By
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED, check_id
from omilink.models.omi_account import Challenge, OmiLink, Proof
from omilink.models.order import Moment
from omilink.models.session import Method, OmiSession, UnlinkReason

CODE_LIFE: Millis = 600_000
NUMBER_DIGITS = 6
MOST_SENTENCES = 200


@dataclass(frozen=True, slots=True)
class Started:
    """A started proof. `say` is the phrase for the user to say; `number` is for the phone alone and must not be shown
    elsewhere. Both are None when nothing is left to prove. `expires_at` is in counted time. `woken` has the ids of the
    users whose streams have new events."""

    say: str | None
    number: str | None
    expires_at: Millis
    woken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Earlier:
    """The conversations of a link from before the link: `waiting` are ownerless and can still be taken along, `brought`
    were taken along."""

    waiting: Sequence[Conversation]
    brought: Sequence[Conversation]


@unit_of_work
def start(
    batch: Batch, uid: str, user_id: str, moment: Moment, by: By, *, by_phone: bool, include_earlier: bool = True
) -> Started:
    """Starts a proof of the uid for the user, in place of an earlier one. The answer is the same when the uid is
    verified for another user, so that it does not reveal that. Raises Invalid when the uid has no valid form."""
    check_id(uid, "omi_user_id")
    at = moment.at
    session, tx = batch.find_session(uid, at), batch.tx
    if session.method is Method.ISSUED and session.user_id == user_id:
        prove(batch, uid, user_id, Proof.ISSUED, moment, by, include_earlier=include_earlier)
    if _is_theirs(tx, uid, user_id):
        return Started(None, None, tx.counted(), frozenset(batch.users))
    say, number = phrase.new_sentence(), _new_number() if by_phone else None
    expires_at = tx.counted() + CODE_LIFE
    tx.put_challenge(
        Challenge(
            user_id=user_id,
            uid=uid,
            say=say,
            number_hash=number and _number_hash(user_id, uid, number),
            include_earlier=include_earlier,
            expires_at=expires_at,
        )
    )
    return Started(say, number, expires_at)


@unit_of_work
def renew_number(batch: Batch, uid: str, user_id: str, at: Millis) -> Started:
    """Makes another number for the phone; the phrase and its expiry stay. Raises NotFound when the user has no open
    proof of the uid."""
    check_id(uid, "omi_user_id")
    challenge = _asked(batch, uid, user_id, at)
    if challenge:
        number = _new_number()
        batch.tx.put_challenge(replace(challenge, number_hash=_number_hash(user_id, uid, number)))
        return Started(None, number, challenge.expires_at)
    raise NotFound("Nothing is under way for this OMI account. Start again with POST /link/omi/start.")


@unit_of_work
def confirm(batch: Batch, uid: str, user_id: str, number: str, address: str, moment: Moment, by: By) -> set[str] | None:
    """Links the OMI account if the number proves it: returns the ids of the users whose streams have new events, else
    None. A wrong, used, expired or unknown number and one for a uid of another user get the same answer after the same
    steps. Raises RateLimited after five wrong numbers by this user, for this uid or from this address."""
    at, tx = moment.at, batch.tx
    tries = [(rate_limits.WRONG_CODE, who) for who in (f"user {user_id}", f"uid {uid}", f"address {address}")]
    for limit, who in tries:
        rate_limits.spend(tx, limit, who, tx.counted())
    asked = _asked(batch, uid, user_id, at)
    expected = (asked and asked.number_hash) or _number_hash(user_id, uid, secrets.token_hex())
    given = _number_hash(user_id, uid, "".join(filter(str.isalnum, number)))
    decision = _decide_proof(batch, uid, user_id, Proof.TYPED, at)
    if not hmac.compare_digest(expected, given) or decision.outcome is Outcome.REFUSE or asked is None:
        return None
    for limit, who in tries:
        rate_limits.give_back(tx, limit, who)
    tx.put_challenge(replace(asked, used_at=at))
    prove(batch, uid, user_id, Proof.TYPED, moment, by, include_earlier=asked.include_earlier)
    return batch.users if _is_theirs(tx, uid, user_id) else None  # another user may have verified the uid first


def find_said(
    challenges: Collection[Challenge], texts: Sequence[str], new: Collection[int], tries: Iterator[int]
) -> list[tuple[Challenge, phrase.Span]]:
    """The challenges whose phrase stands in the texts, each with its place. A phrase counts only if at least a part of
    it stands in a text whose index is in `new`; a second copy of a phrase counts as well. `tries` yields once for each
    candidate sentence that may still be checked: so reading out the word list cannot take unlimited time."""
    asked = {challenge.say: challenge for challenge in challenges}
    found: list[tuple[Challenge, phrase.Span]] = []
    for (sentence, span), _ in zip(phrase.sentences_in(texts), tries, strict=False):
        challenge = asked.get(sentence)
        is_new = any(span.first <= place <= span.last for place in new)
        if challenge and is_new and not (found and span.begins_in(found[-1][1])):
            found.append((challenge, span))
    return found


def note_close(tx: Transaction, challenges: Collection[Challenge], now: Sequence[str], in_all: Sequence[str]) -> None:
    """Stores the words that come close to a challenge's phrase, so that the user can see them: from the texts `now`, or
    else from `in_all`, which includes earlier texts."""
    for challenge in challenges:
        if challenge.used_at:
            continue
        heard = phrase.close_to(challenge.say, now) or phrase.close_to(challenge.say, in_all)
        if heard and heard != challenge.heard:
            tx.put_challenge(replace(challenge, heard=heard))


def fulfil(batch: Batch, challenge: Challenge, delivery: Delivery) -> None:
    """Fulfils the challenge with a delivery that contains its phrase. A challenge that is fulfilled already proves
    nothing."""
    if challenge.used_at is not None:
        return
    moment, by = delivery.just_before, By("device", delivery.request_id)
    batch.tx.put_challenge(replace(challenge, used_at=moment.at))
    prove(batch, challenge.uid, challenge.user_id, Proof.SPOKEN, moment, by, include_earlier=challenge.include_earlier)


def prove(
    batch: Batch, uid: str, user_id: str, proof: Proof, moment: Moment, by: By, *, include_earlier: bool = True
) -> None:
    """Verifies the uid for the user if the rules allow it, and links the sessions that have shown the uid, as their
    next call would."""
    at = moment.at
    decision = _decide_proof(batch, uid, user_id, proof, at)
    link = OmiLink(uid=uid, user_id=user_id, proof=proof, include_earlier=include_earlier, verified_at=at)
    if decision.outcome is not Outcome.VERIFY or not batch.tx.add_omi_link(link):
        return
    session = batch.find_session(uid, at)
    batch.note(by.entry(at, decision.rule, session.id, proof=proof, uid=uid, after=user_id))
    batch.users.add(user_id)
    for shown in batch.stored().sessions_showing(uid, ever=False).values():
        _link(batch, shown, uid, moment, by, include_earlier=include_earlier)


@unit_of_work
def verify_by_operator(batch: Batch, uid: str, user_id: str, moment: Moment, by: By) -> set[str]:
    """Verifies the uid for the user on an operator's word. Returns the ids of the users whose streams have new events.
    Raises the error of the rule that refuses."""
    check_id(uid, "uid")
    decision = _decide_proof(batch, uid, user_id, Proof.OPERATOR, moment.at)
    if decision.error:
        raise decision.error
    prove(batch, uid, user_id, Proof.OPERATOR, moment, by)
    return batch.users


@unit_of_work
def unlink(batch: Batch, uid: str, user_id: str, moment: Moment, by: By) -> None:
    """Removes the user's proof of the uid, and unlinks the sessions that the proof linked. Raises NotFound."""
    check_id(uid, "omi_user_id")
    _withdraw(batch, uid, user_id, moment.at, by)
    for shown in _linked_by(batch.tx, uid, user_id):
        decision = rules.decide(Unlink(session=shown, user_id=user_id))
        unlinked, reason = shown.unlinked(moment), UnlinkReason.UNLINKED
        sessions.change_owner(batch, OwnerChange(decision.rule, shown, unlinked, moment, by, reason, uid))


@unit_of_work
def unverify_by_operator(batch: Batch, uid: str, at: Millis, by: By) -> str:
    """Removes the proof of the uid on behalf of an operator, whatever the proof was, and returns the id of the user who
    had it. Linked sessions stay linked. Raises NotFound."""
    user_id = batch.tx.users_verified_for([uid]).get(uid)
    if user_id is None:
        raise NotFound(f"{uid} is not verified for anybody.")
    _withdraw(batch, uid, user_id, at, by)
    return user_id


def find(tx: Transaction, uid: str, user_id: str) -> OmiLink:
    """The user's link to the OMI account. Raises NotFound when the user has none."""
    link = tx.omi_link(check_id(uid, "omi_user_id"))
    if link is None or link.user_id != user_id:
        raise NotFound("This OMI account is not linked to yours. GET /link/omi lists those that are.")
    return link


def earlier(tx: Transaction, link: OmiLink, at: Millis) -> Earlier:
    """The conversations of the last day before the link: those that are still ownerless, and those that were taken
    along."""
    found = _linked_by(tx, link.uid, link.user_id)
    since = link.verified_at - EARLIER
    return Earlier(
        waiting=[one for session in found for one in waiting(tx, session, since)],
        brought=[one for session in found for one in tx.conversations_brought(session.id, link.user_id, at - EARLIER)],
    )


@unit_of_work
def bring_earlier(batch: Batch, uid: str, user_id: str, moment: Moment, by: By) -> int:
    """Gives the user the conversations of the day before the link that are still ownerless. Returns their number.
    Raises NotFound."""
    since, count = find(batch.tx, uid, user_id).verified_at - EARLIER, 0
    for session in _linked_by(batch.tx, uid, user_id):
        if ownerless := waiting(batch.tx, session, since):
            _note_earlier(batch, Bring(session=session, user_id=user_id), uid, moment.at, by)
            adopt(batch, session, user_id, ownerless, brought=moment)
            day_summaries.adopt(batch, session, user_id, since)
            count += len(ownerless)
    return count


@unit_of_work
def leave_earlier(batch: Batch, uid: str, user_id: str, moment: Moment, by: By) -> int:
    """Makes the conversations that were taken along within the last day ownerless again, and the summaries of days that
    came along. Returns the number of conversations. Raises NotFound."""
    find(batch.tx, uid, user_id)
    count = 0
    for session in _linked_by(batch.tx, uid, user_id):
        if brought := batch.tx.conversations_brought(session.id, user_id, moment.at - EARLIER):
            _note_earlier(batch, Leave(session=session, user_id=user_id), uid, moment.at, by)
            for conversation in brought:
                give_back(batch, conversation)
            count += len(brought)
        if session.linked_at is not None and session.linked_at >= moment.at - EARLIER:
            day_summaries.give_back(batch, session, user_id)
    return count


def _note_earlier(batch: Batch, act: Bring | Leave, uid: str, at: Millis, by: By) -> None:
    """Adds the act to the audit; the session keeps its owner. Raises the error of the rule that refuses."""
    decision, session, user_id = rules.decide(act), act.session, act.user_id
    if decision.error:
        raise decision.error
    owners = {"before": user_id, "after": user_id}
    batch.note(by.entry(at, decision.rule, session.id, proof=session.method, uid=uid, **owners))


def _withdraw(batch: Batch, uid: str, user_id: str, at: Millis, by: By) -> None:
    """Removes the proof and the challenge. Raises the error of the rule that refuses."""
    session = batch.find_session(uid, at)
    decision = rules.decide(facts.disown(batch.tx, session, user_id))
    if decision.error:
        raise decision.error
    batch.tx.remove_omi_link(uid)
    batch.tx.remove_challenge(user_id, uid)
    batch.note(by.entry(at, decision.rule, session.id, uid=uid, before=user_id))


def _decide_proof(batch: Batch, uid: str, user_id: str, proof: Proof, at: Millis) -> Decision:
    return rules.decide(facts.prove(batch.tx, batch.find_session(uid, at), user_id, proof))


def _link(batch: Batch, session: OmiSession, uid: str, moment: Moment, by: By, *, include_earlier: bool) -> None:
    decision = rules.decide(facts.arrive_now(batch.stored(), session, uid))
    if decision.outcome is not Outcome.LINK:
        return
    assert decision.user_id and decision.method
    linked, reason = session.linked_to(decision.user_id, decision.method, moment), UnlinkReason.LINKED_WITH_PROOF
    sessions.change_owner(batch, OwnerChange(decision.rule, session, linked, moment, by, reason, uid, include_earlier))


def _linked_by(tx: Transaction, uid: str, user_id: str) -> list[OmiSession]:
    return [
        session
        for session in tx.sessions_showing(uid, ever=True).values()
        if session.user_id == user_id and session.method is Method.UID and session.origin == SHARED
    ]


def _is_theirs(tx: Transaction, uid: str, user_id: str) -> bool:
    link = tx.omi_link(uid)
    return link is not None and link.user_id == user_id


def _asked(batch: Batch, uid: str, user_id: str, at: Millis) -> Challenge | None:
    """The user's open challenge for the uid. Locks the session, so that no other transaction fulfils or changes the
    challenge."""
    batch.find_session(uid, at)
    open_ones = (
        one for one in batch.tx.challenges_of(user_id, batch.tx.counted()) if one.uid == uid and one.used_at is None
    )
    return next(open_ones, None)


def _new_number() -> str:
    return f"{secrets.randbelow(10**NUMBER_DIGITS):0{NUMBER_DIGITS}}"


def _number_hash(user_id: str, uid: str, number: str) -> str:
    return hashlib.sha256(f"{user_id}\n{uid}\n{number}".encode("utf-8", "replace")).hexdigest()
