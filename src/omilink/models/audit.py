"""Who did what to a session or an OMI account."""

from dataclasses import dataclass

from omilink.clock import Millis


@dataclass(frozen=True, slots=True)
class By:
    """Who did something, and in which request: a user's id, `device`, `operator`, or `silence`."""

    actor: str
    request_id: str | None = None


OPERATOR = By("operator")
SILENCE = By("silence")


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """Who did what to a session or an OMI account, by which proof, and whose it was before and after. No words."""

    at: Millis
    actor: str
    request_id: str | None
    rule: str
    proof: str | None
    session_id: str
    uid: str | None
    before: str | None
    after: str | None
