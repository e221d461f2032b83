"""Decides who owns a session. Pure: facts go in, and a decision comes out with the name of its rule.

A session id identifies and does not prove: OMI's uid is public, and OMI's cloud sends the uid as the session id
(docs/reference/omi.md). So a session whose id is a uid needs a proof of that uid; any other session may be linked once
by a user who knows its id. Every code path that attaches data to a user asks `decide`. RULES has a table for each act,
and the first rule of the table that fits decides. `omilink doctor` prints the rule that decided, and
docs/reference/linking.md lists all rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from omilink.errors import NotAvailable, NotFound, OmilinkError, ProofRequired, TooManySessions
from omilink.linking import acts
from omilink.linking.acts import Act, Decision, Facts, Outcome
from omilink.models.order import Hands
from omilink.models.session import MOST_SESSIONS, Method

F = TypeVar("F", bound=Facts)


@dataclass(frozen=True, slots=True)
class Rule(Generic[F]):
    """A row of an act's table: the `outcome` when the act's facts fit. `why` explains the outcome to people; `method`
    is the stored method of a LINK."""

    name: str
    fits: Callable[[F], bool]
    outcome: Outcome
    why: str
    method: Method | None = None
    error: type[OmilinkError] | None = None


def decide(facts: Facts) -> Decision:
    """The decision of the first rule that fits in the table of the act. It raises nothing; a refused act has the error
    in `Decision.error`."""
    rule = next(rule for rule in RULES[facts.act] if rule.fits(facts))
    user_id = facts.session.origin if rule.method is Method.PERSONAL else facts.user_id
    return Decision(
        rule=rule.name,
        outcome=rule.outcome,
        user_id=user_id if rule.outcome in (Outcome.LINK, Outcome.VERIFY) else None,
        method=rule.method,
        error=rule.error(rule.why) if rule.error else None,
    )


EXPIRED = "expired"
"""The name of the rule that ends the link of a silent session, without a wish or a proof of anybody."""
ONE_TOO_MANY = "personal-url-has-too-many-sessions"
_TAKEN = "This session cannot be linked to your account. Check the id, or ask whoever gave you the device."

_ARRIVE: tuple[Rule[acts.Arrive], ...] = (
    Rule(
        "for-a-deleted-account",
        lambda f: f.account_gone,
        Outcome.DROP,
        "It was accepted for an account that has been deleted since: its words are kept nowhere.",
    ),
    Rule(
        "accepted-for-somebody-before",
        lambda f: f.hands is Hands.EARLIER_OWNER,
        Outcome.QUARANTINE,
        "The session has changed hands more than once since: whose its words were then is not known any more.",
    ),
    Rule(
        "accepted-before-it-changed-hands",
        lambda f: f.hands is Hands.LAST_OWNER,
        Outcome.KEEP,
        "It was accepted before the session changed hands: its words are those of whoever had the session then.",
    ),
    Rule(
        "accepted-in-nobodys-hands",
        lambda f: f.hands is Hands.NOBODY,
        Outcome.QUARANTINE,
        "It was accepted while the device was in nobody's hands: its words are not those of whoever got it then.",
    ),
    Rule(
        "accepted-about-when-it-changed-hands",
        lambda f: f.hands is Hands.UNKNOWN,
        Outcome.QUARANTINE,
        "It was accepted about when the session changed hands, while a node was cut off: nobody can know which came "
        "first.",
    ),
    Rule(
        "personal-url-refuses-foreign-uid",
        lambda f: f.personal and f.user_id not in (None, f.session.origin),
        Outcome.QUARANTINE,
        "It came in at one user's personal address with a uid that is verified for somebody else.",
    ),
    Rule(
        ONE_TOO_MANY,
        lambda f: f.personal and f.has_many,
        Outcome.QUARANTINE,
        "The user of the personal address has as many sessions as one can have, and it would be one more.",
    ),
    Rule(
        "personal-url",
        lambda f: f.personal,
        Outcome.LINK,
        "Only its user could have pasted a personal address.",
        method=Method.PERSONAL,
    ),
    Rule(
        "device-out-of-use",
        lambda f: f.out_of_use,
        Outcome.QUARANTINE,
        "The device has come back or is lost: what it sends is nobody's until it is issued again.",
    ),
    Rule(
        "verified-uid",
        lambda f: f.unowned and f.user_id is not None,
        Outcome.LINK,
        "The webhook shows a uid that is verified for this user.",
        method=Method.UID,
    ),
    Rule(
        "no-proof-yet",
        lambda f: f.unowned,
        Outcome.KEEP,
        "Nobody has linked the session and its uid, if any, is not verified: its words are kept and shown to nobody.",
    ),
    Rule(
        "proof-confirms-claim",
        lambda f: f.mine and f.linked_by_hand,
        Outcome.LINK,
        "The owner linked it by hand, and now it shows a uid that is verified for the owner.",
        method=Method.UID,
    ),
    Rule(
        "proof-beats-claim",
        lambda f: f.someone_elses and f.user_id is not None and f.linked_by_hand,
        Outcome.LINK,
        "Somebody linked it by hand, but it shows a uid that is verified for another user: proof outranks an id.",
        method=Method.UID,
    ),
    Rule(
        "hands-change-only-by-unlinking",
        lambda f: f.someone_elses and f.user_id is not None,
        Outcome.QUARANTINE,
        "Its owner has proof or was issued it, and it shows a uid that is verified for another user.",
    ),
    Rule(
        "claimed-early",
        lambda f: not f.unowned and f.linked_by_hand and f.id_is_uid,
        Outcome.SUSPEND,
        "It was linked by its id alone, and the id turns out to be a uid: nobody gets a wearable's words that way.",
    ),
    Rule(
        "stays-with-its-owner",
        lambda f: True,
        Outcome.KEEP,
        "The session is linked.",
    ),
)
_CLAIM: tuple[Rule[acts.Claim], ...] = (
    Rule(
        "yours-already",
        lambda f: f.mine,
        Outcome.KEEP,
        "The session is linked to this account.",
    ),
    Rule(
        "taken",
        lambda f: f.someone_elses or f.foreign_proof or f.out_of_use,
        Outcome.REFUSE,
        _TAKEN,
        error=NotAvailable,
    ),
    Rule(
        "claim-with-proof",
        lambda f: f.own_proof,
        Outcome.LINK,
        "The session's id is a uid that is verified for this user.",
        method=Method.UID,
    ),
    Rule(
        "uid-needs-proof",
        lambda f: f.id_is_uid,
        Outcome.REFUSE,
        "This id is an OMI account's uid, which is public, so knowing it proves nothing. Link your OMI account first "
        '(POST /link/omi/start, or "Link your wearable" on the page), then link again.',
        error=ProofRequired,
    ),
    Rule(
        "given-up",
        lambda f: f.ended_on_purpose,
        Outcome.REFUSE,
        "Your link to this session was ended by somebody's wish, so no app links it again by itself. If it is yours, "
        "link it by hand.",
        error=NotAvailable,
    ),
    Rule(
        "manual-linking-off",
        lambda f: not f.manual_linking,
        Outcome.REFUSE,
        "This server does not link by id alone. Use your personal webhook address, link your OMI account, or ask the "
        "operator to issue you a session.",
        error=ProofRequired,
    ),
    Rule(
        "too-many-of-yours",
        lambda f: f.has_many,
        Outcome.REFUSE,
        f"You have {MOST_SESSIONS:,} sessions, and nobody can have more. Unlink those that you do not use.",
        error=TooManySessions,
    ),
    Rule(
        "first-to-know-the-id",
        lambda f: True,
        Outcome.LINK,
        "The id is no uid and nobody had linked it.",
        method=Method.MANUAL,
    ),
)
_ISSUE: tuple[Rule[acts.Issue], ...] = (
    Rule(
        "issued-to-another",
        lambda f: f.someone_elses or f.foreign_proof,
        Outcome.REFUSE,
        "This session belongs to somebody else or shows somebody else's uid. Unlink it first, or issue a new id.",
        error=NotAvailable,
    ),
    Rule(
        "issued-already",
        lambda f: f.mine and f.session.method is Method.ISSUED,
        Outcome.KEEP,
        "The session is issued to this user.",
    ),
    Rule(
        "issued",
        lambda f: True,
        Outcome.LINK,
        "An operator issued the session to this user.",
        method=Method.ISSUED,
    ),
)
_HAND_OVER: tuple[Rule[acts.HandOver], ...] = (
    Rule(
        "handed-over",
        lambda f: f.in_use and not f.foreign_proof,
        Outcome.LINK,
        "An operator handed the device over: what was accepted before stays with whoever had it.",
        method=Method.ISSUED,
    ),
    Rule(
        "not-to-be-handed-over",
        lambda f: True,
        Outcome.REFUSE,
        "No device in use has this id, or it shows a uid that is verified for somebody else. `omilink sessions list` "
        "shows all.",
        error=NotAvailable,
    ),
)
_PROVE: tuple[Rule[acts.Prove], ...] = (
    Rule(
        "proven-already",
        lambda f: f.own_proof,
        Outcome.KEEP,
        "The OMI account is linked to this user.",
    ),
    Rule(
        "proven-for-another",
        lambda f: f.foreign_proof,
        Outcome.REFUSE,
        "This uid is verified for another user, who has to unlink it first. An operator does it with `omilink users "
        "unverify`.",
        error=NotAvailable,
    ),
    Rule(
        "in-anothers-hands",
        lambda f: f.someone_elses and not f.linked_by_hand,
        Outcome.REFUSE,
        "A session of this id is another user's, by proof or by issue, and has to be unlinked first.",
        error=NotAvailable,
    ),
    Rule(
        "proof-accepted",
        lambda f: f.proof is not None,
        Outcome.VERIFY,
        "The sentence came from the wearable, the number from its phone, or an operator vouches for it.",
    ),
    Rule(
        "proof-missing",
        lambda f: True,
        Outcome.REFUSE,
        "A uid is public, so knowing it proves nothing. Start with POST /link/omi/start.",
        error=ProofRequired,
    ),
)
_DISOWN: tuple[Rule[acts.Disown], ...] = (
    Rule(
        "omi-account-unlinked",
        lambda f: f.own_proof,
        Outcome.UNLINK,
        "Its user unlinked the OMI account: the uid is verified for nobody.",
    ),
    Rule(
        "not-your-omi-account",
        lambda f: True,
        Outcome.REFUSE,
        "This OMI account is not linked to yours. GET /link/omi lists those that are.",
        error=NotFound,
    ),
)
_BRING: tuple[Rule[acts.Bring], ...] = (
    Rule(
        "earlier-brought",
        lambda f: f.mine and f.linked_by_uid,
        Outcome.KEEP,
        "The session is U's by proof: what was nobody's within a day before comes along.",
    ),
    Rule(
        "none-to-bring",
        lambda f: True,
        Outcome.REFUSE,
        "Only what came in under an OMI account of yours comes along.",
        error=NotFound,
    ),
)
_LEAVE: tuple[Rule[acts.Leave], ...] = (
    Rule(
        "earlier-left",
        lambda f: f.mine and f.linked_by_uid,
        Outcome.KEEP,
        "The session is U's by proof: what came along within a day is nobody's again.",
    ),
    Rule(
        "none-to-leave",
        lambda f: True,
        Outcome.REFUSE,
        "Only what came along with an OMI account of yours can be left.",
        error=NotFound,
    ),
)
_END: tuple[Rule[acts.End], ...] = (
    Rule(
        "device-ended",
        lambda f: f.session.device is not None,
        Outcome.UNLINK,
        "An operator took the device back or declared it lost.",
    ),
    Rule(
        "no-such-device",
        lambda f: True,
        Outcome.REFUSE,
        "No issued device has this id. `omilink sessions list` shows all.",
        error=NotFound,
    ),
)
_UNLINK: tuple[Rule[acts.Unlink], ...] = (
    Rule(
        "unlinked",
        lambda f: f.mine,
        Outcome.UNLINK,
        "The owner unlinked it.",
    ),
    Rule(
        "suspended-let-go",
        lambda f: f.suspended_from_user,
        Outcome.STOP_WAITING,
        "It was suspended, and whoever had linked it waits for no proof any more.",
    ),
    Rule(
        "not-yours",
        lambda f: True,
        Outcome.REFUSE,
        "There is no session of that id that is linked to this account.",
        error=NotFound,
    ),
)
_EXPIRE: tuple[Rule[acts.Expire], ...] = (
    Rule(
        EXPIRED,
        lambda f: f.session.method in (Method.MANUAL, Method.UID),
        Outcome.UNLINK,
        "No call has come for as long as OMILINK_LINK_TTL says. Whoever linked it can do so again.",
    ),
    Rule(
        "does-not-expire",
        lambda f: True,
        Outcome.KEEP,
        "An issued session belongs to its user until it is given back, and a personal address links by itself.",
    ),
)
RULES: Mapping[Act, tuple[Rule[Any], ...]] = {
    Act.ARRIVE: _ARRIVE,
    Act.CLAIM: _CLAIM,
    Act.ISSUE: _ISSUE,
    Act.HAND_OVER: _HAND_OVER,
    Act.PROVE: _PROVE,
    Act.DISOWN: _DISOWN,
    Act.BRING: _BRING,
    Act.LEAVE: _LEAVE,
    Act.END: _END,
    Act.UNLINK: _UNLINK,
    Act.EXPIRE: _EXPIRE,
}
