"""Entries of the audit: who changed a session or an OMI account link."""

from typing import Annotated

from msgspec import Struct, field

from omilink.clock import Millis
from omilink.models.declaration import Shown, ShownAs


class By(Struct, frozen=True, gc=False):
    """Who did something, and in which request. The actor is a user's id, `device`, `operator` or `silence`."""

    actor: str
    request_id: str | None = None


OPERATOR = By("operator")
SILENCE = By("silence")


class AuditEntry(Struct, frozen=True, kw_only=True, gc=False):
    """Who changed a session or an OMI account link, by which rule and proof, and its owner before and after. It has no
    words."""

    at: Shown[Millis]
    actor: Shown[str]
    request_id: Shown[str | None]
    rule: Shown[str]
    proof: Shown[str | None]
    session_key: Annotated[str, ShownAs("sessionId")] = field(name="session_id")
    uid: Shown[str | None]
    before: Shown[str | None]
    after: Shown[str | None]
