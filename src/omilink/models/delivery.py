"""A webhook call as it is kept, and its job."""

from msgspec import Struct

from omilink.clock import Millis
from omilink.models.ids import SHARED, session_key
from omilink.models.order import Moment, Way


class Delivery(Struct, frozen=True, kw_only=True, gc=False):
    """A webhook call as it was accepted. `seq` is its number in the inbox and `order` its place among all that were
    accepted; 0 before it is there. `seen` and `way`: see `order.Accepted`. `contradiction`: in
    what it contradicts itself, so that nobody can tell whose it is. `proven`: no user could have made the call, since
    it carried the shared secret or OMI's signature. `signature` tells a signed call from every other one. `counted_at`
    is the counted time of its acceptance, None where that was not known."""

    seq: int = 0
    order: int = 0
    seen: int = 0
    way: Way = Way.STRAIGHT
    kind: str
    origin: str = SHARED
    session_id: str
    uid: str | None = None
    key: str | None = None
    contradiction: str | None = None
    proven: bool = False
    signature: str | None = None
    request_id: str | None = None
    body: bytes
    received_at: Millis
    counted_at: Millis | None = None
    attempts: int = 0

    @property
    def session_key(self) -> str:
        return session_key(self.origin, self.session_id)

    @property
    def moment(self) -> Moment:
        """When it does what it does: everything up to it has been accepted."""
        return Moment(at=self.received_at, order=self.order)

    @property
    def just_before(self) -> Moment:
        """When what it changes is changed, so that itself it comes after."""
        return Moment(at=self.received_at, order=self.order - 1)


class Job(Struct, frozen=True, kw_only=True, gc=False):
    """A delivery as people are shown it: without its words. `error` is why it failed or was put aside."""

    seq: int
    kind: str
    session_id: str
    state: str
    attempts: int
    received_at: Millis
    error: str | None
