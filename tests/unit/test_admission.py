"""Which webhook calls are accepted: every combination of what a call shows and of the settings."""

import itertools

import pytest

from omilink.settings import Policy
from omilink.web.routes.admission import NOT_ADMITTED, RULES, WRONG_SIGNATURE, Call, Signature, Verdict, decide

CALLS = [
    Call(is_personal=is_personal, has_secret=has_secret, signature=signature, policy=policy, is_open=is_open)
    for is_personal, has_secret, signature, policy, is_open in itertools.product(
        (False, True), (False, True), Signature, Policy, (False, True)
    )
]
SHARED = [call for call in CALLS if not call.is_personal]


def shows_enough(call: Call) -> bool:
    secret, signature = call.has_secret, call.signature is Signature.GOOD
    needed = {"any": secret or signature, "secret": secret, "signature": signature, "both": secret and signature}
    return needed[call.policy.value]


def test_at_the_shared_address_the_policy_decides_what_proves_and_the_rest_needs_an_open_server() -> None:
    for call in SHARED:
        if decide(call).refusal == WRONG_SIGNATURE:
            continue
        refusal = None if shows_enough(call) or call.is_open else NOT_ADMITTED
        assert decide(call) == Verdict(is_proven=shows_enough(call), refusal=refusal)


def test_at_the_shared_address_a_wrong_signature_is_refused_whatever_else_is_shown() -> None:
    for call in SHARED:
        refused = decide(call).refusal == WRONG_SIGNATURE
        assert refused == (call.signature is Signature.WRONG and call.policy is not Policy.SECRET)


def test_at_a_personal_address_everything_is_accepted_and_only_omis_signature_proves() -> None:
    for call in CALLS:
        if call.is_personal:
            assert decide(call) == Verdict(is_proven=call.signature is Signature.GOOD)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.why)
def test_every_rule_decides_something(rule: object) -> None:
    assert any(next(one for one in RULES if one.fits(call)) is rule for call in CALLS)
