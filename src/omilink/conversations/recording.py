"""Takes users off the record, and back on it."""

from collections.abc import Callable

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations.batch import Batch, unit_of_work
from omilink.database.store import Transaction
from omilink.errors import Invalid
from omilink.models.event import RecordingChanged
from omilink.models.recording import Pause, Recording


def now(tx: Transaction, user_id: str, at: Millis) -> Recording:
    """Whether what the user's wearables hear at this time is kept."""
    pauses, not_kept = tx.open_pauses(user_id, at), tx.not_kept(user_id)
    if not pauses:
        return Recording(state="on", not_kept=not_kept)
    ends = [pause.until for pause in pauses if pause.until is not None]
    return Recording(state="paused", until=max(ends) if len(ends) == len(pauses) else None, not_kept=not_kept)


@unit_of_work
def pause(batch: Batch, user_id: str, until: Millis | None, clock: Callable[[], Millis]) -> Recording:
    """Takes the user off the record until that time, or until `resume`. A pause that lasts gets the new end. Returns
    what holds now. Raises Invalid when that time is over."""
    at, counted, before = _locked(batch, user_id, clock)
    if until is not None and until <= at:
        raise Invalid("until must be in the future. Without it the pause lasts until you end it.")
    tx, first = batch.stored(), before[0] if before else Pause(user_id=user_id, since=at, until=None)
    _end(batch, before[1:], at, counted)
    if until is None:
        since = counted if first.counted_since is None else first.counted_since
        tx.put_pause(replace(first, until=None, counted_since=since, counted_until=None))
    else:
        ended = None if first.counted_since is None else first.counted_until or counted
        tx.put_pause(replace(first, until=until, counted_until=ended))
    return _tell(batch, user_id, at)


@unit_of_work
def resume(batch: Batch, user_id: str, clock: Callable[[], Millis]) -> Recording:
    """Takes the user back on the record. Returns what holds now."""
    at, counted, before = _locked(batch, user_id, clock)
    _end(batch, before, at, counted)
    return _tell(batch, user_id, at) if before else now(batch.tx, user_id, at)


def _locked(batch: Batch, user_id: str, clock: Callable[[], Millis]) -> tuple[Millis, Millis, list[Pause]]:
    """The time, also in counted time, and the pauses that last. Calls that are being saved meanwhile are saved before
    that time."""
    batch.stored().lock_account(user_id)
    at = clock()
    return at, batch.tx.counted(), batch.tx.open_pauses(user_id, at)


def _end(batch: Batch, pauses: list[Pause], at: Millis, counted: Millis) -> None:
    for one in pauses:
        ended = None if one.counted_since is None else one.counted_until or counted
        batch.tx.put_pause(replace(one, until=max(at, one.since), counted_until=ended))


def _tell(batch: Batch, user_id: str, at: Millis) -> Recording:
    recording = now(batch.tx, user_id, at)
    batch.add_event(user_id, RecordingChanged(recording=recording))
    return recording
