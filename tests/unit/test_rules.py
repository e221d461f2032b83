"""Who owns a session: the table of the contract, row by row, and then every combination of facts."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from omilink.linking.acts import (
    Act,
    Arrive,
    Bring,
    Claim,
    Decision,
    Disown,
    End,
    Expire,
    Facts,
    HandOver,
    Issue,
    Leave,
    Outcome,
    Prove,
    Unlink,
)
from omilink.linking.rules import RULES, decide
from omilink.models.ids import SHARED
from omilink.models.omi_account import Proof
from omilink.models.order import Hands
from omilink.models.session import Device, Method, OmiSession

ADA, BEN = "ada", "ben"


def session(
    owner: str | None = None, method: Method | None = None, origin: str = SHARED, device: Device | None = None
) -> OmiSession:
    return OmiSession(
        omi_session_id="kitchen", origin=origin, user_id=owner, method=method, device=device, created_at=0
    )


def webhook(
    session: OmiSession,
    *,
    verified_for: str | None = None,
    id_is_uid: bool = False,
    hands: Hands = Hands.PRESENT_OWNER,
    account_gone: bool = False,
) -> Decision:
    return decide(
        Arrive(
            session=session,
            user_id=verified_for,
            id_is_uid=id_is_uid,
            hands=hands,
            account_gone=account_gone,
            has_many=False,
        )
    )


def claim(
    session: OmiSession,
    *,
    own_proof: bool = False,
    foreign_proof: bool = False,
    id_is_uid: bool = False,
    manual_linking: bool = True,
) -> Decision:
    return decide(
        Claim(
            session=session,
            user_id=ADA,
            own_proof=own_proof,
            foreign_proof=foreign_proof,
            id_is_uid=id_is_uid,
            manual_linking=manual_linking,
            ended_on_purpose=False,
            has_many=False,
        )
    )


def issue(session: OmiSession, *, foreign_proof: bool = False) -> Decision:
    return decide(Issue(session=session, user_id=ADA, foreign_proof=foreign_proof))


def hand_over(session: OmiSession, *, foreign_proof: bool = False) -> Decision:
    return decide(HandOver(session=session, user_id=ADA, foreign_proof=foreign_proof))


def prove(session: OmiSession, proof: Proof | None = Proof.SPOKEN, *, foreign_proof: bool = False) -> Decision:
    return decide(Prove(session=session, user_id=ADA, own_proof=False, foreign_proof=foreign_proof, proof=proof))


def disown(session: OmiSession, *, own_proof: bool) -> Decision:
    return decide(Disown(session=session, user_id=ADA, own_proof=own_proof))


def unlink(session: OmiSession) -> Decision:
    return decide(Unlink(session=session, user_id=ADA))


def end(session: OmiSession) -> Decision:
    return decide(End(session=session))


def owner_after(decision: Decision) -> tuple[Outcome, str | None, Method | None]:
    return decision.outcome, decision.user_id, decision.method


# The rows of the contract's table


def test_a_verified_uid_links_a_new_session() -> None:
    assert owner_after(webhook(session(), verified_for=ADA)) == (Outcome.LINK, ADA, Method.UID)


@pytest.mark.parametrize("id_is_uid", [False, True])
def test_without_proof_a_new_session_stays_nobodys(id_is_uid: bool) -> None:
    assert owner_after(webhook(session(), id_is_uid=id_is_uid)) == (Outcome.KEEP, None, None)


def test_an_id_that_is_no_uid_may_be_linked_by_whoever_knows_it() -> None:
    assert owner_after(claim(session())) == (Outcome.LINK, ADA, Method.MANUAL)


def test_a_uid_as_session_id_needs_proof() -> None:
    refused = claim(session(), id_is_uid=True)
    assert (refused.outcome, refused.error and refused.error.code) == (Outcome.REFUSE, "proof_required")
    assert refused.error and "POST /link/omi/start" in refused.error.message


def test_whoever_has_the_uid_verified_may_link_it() -> None:
    assert owner_after(claim(session(), id_is_uid=True, own_proof=True)) == (Outcome.LINK, ADA, Method.UID)


@pytest.mark.parametrize("method", Method)
def test_linking_ones_own_session_again_changes_nothing(method: Method) -> None:
    again = claim(session(ADA, method), id_is_uid=True, foreign_proof=True, manual_linking=False)
    assert (again.outcome, again.error) == (Outcome.KEEP, None)


def test_what_is_taken_is_refused_the_same_way_whosever_and_however_it_is() -> None:
    linked = [claim(session(BEN, method)) for method in Method]
    shows_bens_uid = [claim(session(), foreign_proof=True), claim(session(), foreign_proof=True, id_is_uid=True)]
    answers = {(d.outcome, d.error and d.error.code, d.error and d.error.message) for d in linked + shows_bens_uid}
    assert [answer[:2] for answer in answers] == [(Outcome.REFUSE, "session_not_available")]


def test_a_claimed_id_that_turns_out_to_be_a_uid_is_suspended() -> None:
    assert webhook(session(ADA, Method.MANUAL), id_is_uid=True).outcome is Outcome.SUSPEND


def test_proof_beats_a_claim() -> None:
    for id_is_uid in (False, True):
        decision = webhook(session(BEN, Method.MANUAL), verified_for=ADA, id_is_uid=id_is_uid)
        assert owner_after(decision) == (Outcome.LINK, ADA, Method.UID)


@pytest.mark.parametrize("method", [Method.UID, Method.ISSUED])
def test_proof_does_not_beat_proof_nor_an_issued_session(method: Method) -> None:
    assert webhook(session(BEN, method), verified_for=ADA).outcome is Outcome.QUARANTINE


def test_only_the_owner_unlinks() -> None:
    assert unlink(session(ADA, Method.UID)).outcome is Outcome.UNLINK
    for other in session(BEN, Method.UID), session():
        refused = unlink(other)
        assert (refused.outcome, refused.error and refused.error.code) == (Outcome.REFUSE, "not_found")


@pytest.mark.parametrize("verified_for", [None, ADA])
def test_what_comes_in_at_a_personal_url_is_its_users(verified_for: str | None) -> None:
    decision = webhook(session(origin=ADA), verified_for=verified_for, id_is_uid=True)
    assert owner_after(decision) == (Outcome.LINK, ADA, Method.PERSONAL)


def test_a_personal_url_puts_somebody_elses_uid_aside() -> None:
    assert webhook(session(origin=ADA), verified_for=BEN).outcome is Outcome.QUARANTINE


@pytest.mark.parametrize("session", [session(origin=ADA), session(), session(BEN, Method.UID)])
def test_what_was_accepted_for_a_deleted_account_is_kept_nowhere(session: OmiSession) -> None:
    for hands in Hands:
        assert webhook(session, verified_for=BEN, hands=hands, account_gone=True).outcome is Outcome.DROP


def test_what_was_accepted_for_an_owner_before_the_last_is_put_aside() -> None:
    for one in session(), session(BEN, Method.UID), session(origin=ADA):
        assert webhook(one, verified_for=BEN, hands=Hands.EARLIER_OWNER).outcome is Outcome.QUARANTINE


def test_what_nobody_can_place_before_or_after_a_change_of_hands_is_put_aside() -> None:
    for one in session(), session(BEN, Method.UID), session(origin=ADA):
        decision = webhook(one, verified_for=BEN, hands=Hands.UNKNOWN)
        assert (decision.rule, decision.outcome) == ("accepted-about-when-it-changed-hands", Outcome.QUARANTINE)


@pytest.mark.parametrize(
    ("method", "outcome"),
    [
        (Method.MANUAL, Outcome.UNLINK),
        (Method.UID, Outcome.UNLINK),
        (Method.ISSUED, Outcome.KEEP),
        (Method.PERSONAL, Outcome.KEEP),
    ],
)
def test_a_link_expires_that_whoever_made_it_can_make_again(method: Method, outcome: Outcome) -> None:
    silent = session(ADA, method, ADA if method is Method.PERSONAL else SHARED)
    assert decide(Expire(session=silent)).outcome is outcome


def test_linking_by_id_alone_can_be_closed() -> None:
    assert claim(session(), manual_linking=False).outcome is Outcome.REFUSE
    assert claim(session(), manual_linking=False, own_proof=True).outcome is Outcome.LINK


def test_an_operator_issues_what_is_free_and_shows_nobody_elses_uid() -> None:
    assert owner_after(issue(session())) == (Outcome.LINK, ADA, Method.ISSUED)
    for taken in issue(session(BEN, Method.MANUAL)), issue(session(), foreign_proof=True):
        assert taken.outcome is Outcome.REFUSE


@pytest.mark.parametrize(("method", "outcome"), [(Method.ISSUED, Outcome.KEEP), (Method.MANUAL, Outcome.LINK)])
def test_what_is_issued_to_a_user_already_is_not_issued_again(method: Method, outcome: Outcome) -> None:
    assert issue(session(ADA, method)).outcome is outcome


# Proofs of an OMI account


@pytest.mark.parametrize("proof", Proof)
def test_any_proof_verifies_a_uid_that_is_nobodys(proof: Proof) -> None:
    for free in session(), session(ADA, Method.ISSUED), session(BEN, Method.MANUAL):
        decision = prove(free, proof)
        assert (decision.outcome, decision.user_id) == (Outcome.VERIFY, ADA)


def test_without_a_proof_nothing_is_verified() -> None:
    refused = prove(session(), None)
    assert (refused.outcome, refused.error and refused.error.code) == (Outcome.REFUSE, "proof_required")


@pytest.mark.parametrize("proof", Proof)
def test_no_proof_verifies_what_is_verified_for_somebody_else_or_in_their_hands(proof: Proof) -> None:
    for taken in (
        prove(session(), proof, foreign_proof=True),
        prove(session(BEN, Method.ISSUED), proof),
        prove(session(BEN, Method.UID), proof),
    ):
        assert (taken.outcome, taken.error and taken.error.code) == (Outcome.REFUSE, "session_not_available")


def test_only_who_has_the_uid_verified_can_unlink_it() -> None:
    assert disown(session(), own_proof=True).outcome is Outcome.UNLINK
    refused = disown(session(), own_proof=False)
    assert (refused.outcome, refused.error and refused.error.code) == (Outcome.REFUSE, "not_found")


# A device's life


@pytest.mark.parametrize("device", [Device.RETURNED, Device.LOST])
def test_what_a_device_out_of_use_sends_is_put_aside_and_nobody_links_it(device: Device) -> None:
    out_of_use = session(device=device)
    for verified_for in None, ADA:
        assert webhook(out_of_use, verified_for=verified_for).outcome is Outcome.QUARANTINE
    for own_proof in False, True:
        assert claim(out_of_use, own_proof=own_proof).outcome is Outcome.REFUSE
    assert hand_over(out_of_use).outcome is Outcome.REFUSE
    assert owner_after(issue(out_of_use)) == (Outcome.LINK, ADA, Method.ISSUED)


@pytest.mark.parametrize("device", [Device.ISSUED, Device.ACTIVE])
def test_an_operator_hands_over_a_device_in_use_and_takes_it_back(device: Device) -> None:
    bens = session(BEN, Method.ISSUED, device=device)
    assert owner_after(hand_over(bens)) == (Outcome.LINK, ADA, Method.ISSUED)
    assert hand_over(bens, foreign_proof=True).outcome is Outcome.REFUSE
    assert end(bens).outcome is Outcome.UNLINK


def test_a_lost_device_may_come_back() -> None:
    assert end(session(device=Device.LOST)).outcome is Outcome.UNLINK


def test_what_was_never_issued_is_neither_handed_over_nor_taken_back() -> None:
    assert hand_over(session(ADA, Method.MANUAL)).outcome is Outcome.REFUSE
    refused = end(session(ADA, Method.MANUAL))
    assert (refused.outcome, refused.error and refused.error.code) == (Outcome.REFUSE, "not_found")


# A forgotten fact


ACTS: tuple[type[Facts], ...] = (
    Arrive,
    Claim,
    Issue,
    HandOver,
    Prove,
    Disown,
    Bring,
    Leave,
    Unlink,
    End,
    Expire,
)
VALUES: dict[str, tuple[object, ...]] = {
    "user_id": (None, ADA),
    "own_proof": (False, True),
    "foreign_proof": (False, True),
    "id_is_uid": (False, True),
    "manual_linking": (False, True),
    "account_gone": (False, True),
    "ended_on_purpose": (False, True),
    "has_many": (False, True),
    "hands": tuple(Hands),
    "proof": (None, Proof.SPOKEN),
}
"""What each fact beside the session can be."""


def facts_of(act: type[Facts]) -> list[str]:
    return [field.name for field in fields(act) if field.init]


FORGOTTEN = [pytest.param(act, fact, id=f"{act.__name__}-{fact}") for act in ACTS for fact in facts_of(act)]


def test_every_act_has_facts_of_its_own_type() -> None:
    assert [act.act for act in ACTS] == list(Act)


@pytest.mark.parametrize(("act", "forgotten"), FORGOTTEN)
def test_nothing_is_decided_without_each_fact_of_an_act(act: type[Facts], forgotten: str) -> None:
    facts: dict[str, Any] = {name: None for name in facts_of(act)}
    act(**facts)
    del facts[forgotten]
    with pytest.raises(TypeError, match=f"argument: '{forgotten}'"):
        act(**facts)


# Every combination of facts


@cache
def decided() -> list[tuple[Any, Decision]]:
    """Every combination of an act's facts, and the decision."""
    return [(facts, decide(facts)) for act in ACTS for facts in combinations(act)]


def combinations(act: type[Facts]) -> Iterator[Facts]:
    linked = [session(owner, method) for owner, method in itertools.product((ADA, BEN), Method)]
    owned = [session(), replace(session(), suspended_user_id=ADA), *linked]
    known = facts_of(act)[1:]
    for one, origin, device in itertools.product(owned, (SHARED, ADA, BEN), (None, Device.ACTIVE, Device.LOST)):
        placed = replace(one, origin=origin, device=device)
        for values in itertools.product(*(VALUES[name] for name in known)):
            facts: dict[str, Any] = dict(zip(known, values, strict=True))
            yield act(session=placed, **facts)


@pytest.mark.parametrize("act", ACTS)
def test_an_act_has_those_facts_that_its_rules_read(act: type[Facts]) -> None:
    read = {name for rule in RULES[act.act] for name in names_in(act, rule.fits)}
    assert facts_of(act)[0] == "session"
    assert set(facts_of(act)) - {"session", "user_id"} == read & VALUES.keys() - {"user_id"}


def names_in(act: type[Facts], function: Callable[..., Any]) -> set[str]:
    """What the function reads by name, also by way of the properties of the facts."""
    names = set(function.__code__.co_names)
    properties = [getattr(act, name) for name in names if isinstance(getattr(act, name, None), property)]
    return names.union(*(names_in(act, one.fget) for one in properties))


def test_some_rule_decides_whatever_the_facts_and_every_rule_decides_something() -> None:
    assert {(facts.act, decision.rule) for facts, decision in decided()} == {
        (act, rule.name) for act in Act for rule in RULES[act]
    }


def test_a_rules_name_stands_for_one_rule_of_an_act() -> None:
    names = [(act, rule.name) for act in Act for rule in RULES[act]]
    assert len(names) == len(set(names))


def test_nobody_becomes_owner_without_a_right() -> None:
    for facts, decision in decided():
        if decision.outcome is Outcome.LINK:
            assert has_right(facts, decision), facts


def test_no_uid_is_verified_without_a_proof_nor_past_somebody_who_has_one() -> None:
    for facts, decision in decided():
        if decision.outcome is Outcome.VERIFY:
            assert facts.act is Act.PROVE and facts.proof and not facts.foreign_proof, facts
            assert facts.session.user_id in (None, facts.user_id) or facts.session.method is Method.MANUAL, facts


def test_a_device_out_of_use_is_nobodys_until_it_is_issued() -> None:
    for facts, decision in decided():
        if facts.session.device is Device.LOST and facts.unowned and not facts.personal:
            assert decision.outcome is not Outcome.LINK or facts.act is Act.ISSUE, facts


def has_right(facts: Any, decision: Decision) -> bool:
    match decision.method:
        case Method.UID:
            return decision.user_id == facts.user_id and (facts.act is Act.ARRIVE or facts.own_proof)
        case Method.MANUAL:
            no_uid = not (facts.id_is_uid or facts.foreign_proof)
            return decision.user_id == facts.user_id and facts.act is Act.CLAIM and facts.unowned and no_uid
        case Method.ISSUED:
            return decision.user_id == facts.user_id and facts.act in (Act.ISSUE, Act.HAND_OVER)
        case Method.PERSONAL:
            return decision.user_id == facts.session.origin != SHARED
    return False


def test_a_device_leaves_an_owner_with_proof_only_by_unlinking_long_silence_or_an_operator() -> None:
    stays = (Outcome.KEEP, Outcome.QUARANTINE, Outcome.DROP, Outcome.REFUSE)
    for facts, decision in decided():
        if facts.act in (Act.HAND_OVER, Act.END, Act.DISOWN):  # the last is about the uid alone
            continue
        owned_by_proof = facts.session.method in (Method.UID, Method.ISSUED) and not facts.personal
        may_expire = facts.act is Act.EXPIRE and facts.session.method is Method.UID
        if owned_by_proof and not facts.mine and not may_expire:
            assert decision.outcome in stays, facts


def test_nothing_that_belongs_to_a_deleted_account_finds_another_owner() -> None:
    for facts, decision in decided():
        if facts.act is Act.ARRIVE and facts.account_gone:
            assert decision.outcome is Outcome.DROP, facts


def test_only_an_outcome_that_links_or_verifies_names_a_user_and_only_a_refusal_an_error() -> None:
    for facts, decision in decided():
        attaches = decision.outcome in (Outcome.LINK, Outcome.VERIFY)
        assert (decision.user_id is not None) == attaches or facts.user_id is None
        assert (decision.error is not None) == (decision.outcome is Outcome.REFUSE)
