"""Who did what to a session or an OMI account."""

from msgspec import Struct

from omilink.clock import Millis


class By(Struct, frozen=True, gc=False):
    """Who did something, and in which request: a user's id, `device`, `operator`, or `silence`."""

    actor: str
    request_id: str | None = None


OPERATOR = By("operator")
SILENCE = By("silence")


class AuditEntry(Struct, frozen=True, kw_only=True, gc=False):
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
