"""Entries of the audit: who changed a session or an OMI account link."""

from typing import Annotated

from msgspec import Struct, field

from omilink.clock import Millis
from omilink.models.declaration import Shown, ShownAs


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


class By(Struct, frozen=True, gc=False):
    """Who did something, and in which request. The actor is a user's id, `device`, `operator` or `silence`."""

    actor: str
    request_id: str | None = None

    def entry(
        self,
        at: Millis,
        rule: str,
        session_key: str,
        *,
        proof: str | None = None,
        uid: str | None = None,
        before: str | None = None,
        after: str | None = None,
    ) -> AuditEntry:
        """The entry for something that this actor did."""
        return AuditEntry(
            at=at,
            actor=self.actor,
            request_id=self.request_id,
            rule=rule,
            proof=proof,
            session_key=session_key,
            uid=uid,
            before=before,
            after=after,
        )


OPERATOR = By("operator")
SILENCE = By("silence")
