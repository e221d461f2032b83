"""A webhook call as it is stored, and its job."""

from msgspec import Struct

from omilink.clock import Millis
from omilink.models.ids import SHARED, session_key
from omilink.models.order import Moment, Way

BATCH_BYTES = 1 << 18
"""Of the calls that are saved together: they are in memory together, and hold a database's only writing lane."""

TRANSCRIPT, RECORD, DAY_SUMMARY = "transcript", "conversation", "day_summary"
TOO_LARGE = "too_large_conversation"
"""Says that a record was too large to be taken; it holds nothing of the record."""
JOBS = {
    TRANSCRIPT: "CONVERSATION_SAVE",
    RECORD: "CONVERSATION_RECORD",
    TOO_LARGE: "CONVERSATION_RECORD",
    DAY_SUMMARY: "DAY_SUMMARY",
}
"""The job of each kind of delivery."""
LONGEST_WAIT: Millis = 600_000
"""Between two tries of one delivery."""


class Delivery(Struct, frozen=True, kw_only=True, gc=False):
    """A webhook call as it was accepted.

    `seq` is its number in the queue and `order` its place among all accepted calls; both are 0 before the call is in
    the queue. `seen` and `way` are described in `order.Accepted` and `order.Way`. `contradiction` says how the call
    contradicts itself, so that nobody can know its owner. `proven` means that no user could have made the call, since
    it carried the shared secret or OMI's signature. `signature` distinguishes a signed call from every other signed
    call. `counted_at` is the counted time of acceptance, or None where it was unknown.
    """

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
        """The moment when the call takes effect: every call up to this one has been accepted."""
        return Moment(at=self.received_at, order=self.order)

    @property
    def just_before(self) -> Moment:
        """The moment just before the call, so that the call comes after the changes that it makes."""
        return Moment(at=self.received_at, order=self.order - 1)


class Job(Struct, frozen=True, kw_only=True, gc=False):
    """A delivery without its words, for people to read. `error` says why the delivery failed or is in quarantine."""

    seq: int
    kind: str
    session_id: str
    state: str
    attempts: int
    received_at: Millis
    error: str | None

    @property
    def type(self) -> str:
        return JOBS.get(self.kind, "CONVERSATION_SAVE")
