"""Decides which webhook calls are accepted once their bodies are read. Pure: RULES is a table, and its first rule that
fits decides.

Before the body is read, `webhook` itself refuses a call to a personal address that is nobody's. Unless the server is
open, it also refuses a call without a secret if the server has no signing secret or if the call is audio. Other audio
is not decided here; it is read and not kept.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from msgspec import Struct

from omilink.settings import Policy

NOT_ADMITTED = (
    "The webhook's secret is missing or wrong. `omilink webhook-url` prints the address that holds it. A user's own "
    "address is shown on the page; one that was replaced works for another day."
)
WRONG_SIGNATURE = (
    "X-Omi-Signature is not OMI's for this uid and body. OMILINK_SIGNING_SECRET must be the one that OMI shows for "
    "this app, and this machine's clock right within five minutes."
)


class Signature(Enum):
    """What X-Omi-Signature is worth. NONE: there is no such header, or the server has no signing secret."""

    NONE = auto()
    GOOD = auto()
    WRONG = auto()


class Call(Struct, frozen=True, kw_only=True):
    """What a call shows, and what the server's settings require of it. `is_personal`: it came to an address of a user.
    `is_open`: the settings let everybody post."""

    is_personal: bool
    has_secret: bool
    signature: Signature
    policy: Policy
    is_open: bool


class Verdict(NamedTuple):
    """`is_proven`: no user can have made the call. `refusal` is the answer to a call that is not accepted."""

    is_proven: bool = False
    refusal: str | None = None


class Rule(NamedTuple):
    why: str
    fits: Callable[[Call], bool]
    verdict: Verdict


PROVEN, ACCEPTED = Verdict(is_proven=True), Verdict()
ENOUGH: dict[Policy, Callable[[Call], bool]] = {
    Policy.ANY: lambda call: call.has_secret or call.signature is Signature.GOOD,
    Policy.SECRET: lambda call: call.has_secret,
    Policy.SIGNATURE: lambda call: call.signature is Signature.GOOD,
    Policy.BOTH: lambda call: call.has_secret and call.signature is Signature.GOOD,
}

RULES = (
    Rule("OMI signed it for a user", lambda call: call.is_personal and call.signature is Signature.GOOD, PROVEN),
    # the user's own app may sign too, with a secret that the server does not know
    Rule("a user's own address holds a secret", lambda call: call.is_personal, ACCEPTED),
    Rule(
        "a wrong signature is an attack or a mistake, unless signatures do not count",
        lambda call: call.signature is Signature.WRONG and call.policy is not Policy.SECRET,
        Verdict(refusal=WRONG_SIGNATURE),
    ),
    Rule("it shows what the policy requires", lambda call: ENOUGH[call.policy](call), PROVEN),
    Rule("everybody may post", lambda call: call.is_open, ACCEPTED),
    Rule("nothing shows that it may come in", lambda _: True, Verdict(refusal=NOT_ADMITTED)),
)


def decide(call: Call) -> Verdict:
    """The verdict of the first rule that fits."""
    return next(rule.verdict for rule in RULES if rule.fits(call))
