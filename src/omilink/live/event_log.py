"""A user's live stream: everything after a cursor, then everything new.

The database holds a numbered log per user. A stream joins the bus first and reads second, so nothing falls between; it
asks for everything after the last number it has sent, so a lost hint costs a moment and never a message, and a slow
reader holds one flag and no backlog.
"""

import base64
import hashlib
import random
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from omilink.accounts import signing_in
from omilink.accounts.signing_in import SignedIn
from omilink.clock import Millis
from omilink.conversations import history
from omilink.errors import Unavailable
from omilink.models import wire
from omilink.models.event import Event
from omilink.models.ports import Bus, Ear, Hint, Store, Transaction

HEARTBEAT = 15.0
"""Seconds after which a silent stream shows that it lives."""
AGAIN = (0.5, 1.5)
"""Seconds between tries while the database is away, from and to: streams do not all try at once."""
SAY_SO = 10
"""Tries between two comments of a stream that the database is away, which are also its heartbeat."""
PAGE = 200
"""Events read at once, so that the oldest cursor costs no more memory than the newest."""

_CURSOR = re.compile(r"([A-Za-z0-9_-]{12})\.([0-9]{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Frame:
    """One event on its way out: `id` is the cursor from which a stream goes on after it, `data` its JSON text."""

    id: str
    data: str


class Quiet(Enum):
    """Why nothing is sent."""

    STILL_HERE = "still here"
    DATABASE_AWAY = "the database is away; what comes meanwhile follows as soon as it is back"


@dataclass(frozen=True, slots=True)
class Opening:
    """How a stream begins: the frames that come first, and the number after which it goes on."""

    resumed: bool
    cursor: str
    frames: list[Frame]
    seq: int


async def follow(
    store: Store, ear: Ear, who: SignedIn, after: str | None, clock: Callable[[], Millis]
) -> AsyncIterator[list[Frame] | Quiet]:
    """Yields frames for ever, and why there are none when there were none for HEARTBEAT seconds.

    `ear` listens already. Ends when it hears that the listener is gone or the server drains, and with `signed_out`
    when the right to listen ends. A database that is away is waited for; only at the start it raises Unavailable.
    """
    user_id = who.user.id
    # The right is looked at again: it may have been withdrawn after it was checked and before the ear listened.
    (still, why_not), opening = await store.read(lambda tx: (_right(tx, who, clock()), begin(tx, user_id, after)))
    log = _Log(store, user_id, opening)
    if still:
        connected = {"type": "connected", "cursor": opening.cursor, "resumed": opening.resumed}
        yield [Frame(opening.cursor, wire.dumps(connected)), *opening.frames]
        opening.frames.clear()  # a stream waits for hours, and keeps nothing of what it has sent
        if opening.resumed:
            async for frames in log.unread():
                yield frames
        yield [log.frame({"type": "caught_up"})]
    missed, tries = Hint(0), 0  # what could not be looked at while the database was away
    while still:
        who = still
        hint = await ear.wait(random.uniform(*AGAIN) if missed else _patience(who, clock()))
        if hint & (Hint.DRAIN | Hint.GONE):
            return
        hint |= missed
        try:
            if Hint.RIGHTS in hint or who.expires_at <= clock():
                still, why_not = await store.read(partial(_right, who=who, at=clock()))
            if still and Hint.LOOK in hint:
                async for frames in log.unread(ear.new()):
                    yield frames
                    frames = []  # nor of these
            if not hint:
                yield Quiet.STILL_HERE
            missed, tries = Hint(0), 0
        except Unavailable:
            if tries % SAY_SO == 0:
                yield Quiet.DATABASE_AWAY
            missed, tries = Hint.LOOK | Hint.RIGHTS, tries + 1
    yield [log.frame({"type": "signed_out", "reason": why_not})]


def begin(tx: Transaction, user_id: str, after: str | None) -> Opening:
    """Without a cursor, a snapshot; with one that cannot be honoured, `reset` and a snapshot; else what comes after."""
    name = _name(tx.epoch(), user_id)
    fresh = f"{name}.0"  # nothing seen yet: to resume from it is to begin with a snapshot
    if after in (None, "", fresh):
        frame, seq = _snapshot(tx, user_id, name)
        return Opening(False, fresh, [frame], seq)
    pruned, last = tx.log_bounds(user_id)
    parsed = _CURSOR.fullmatch(after or "")
    known = parsed is not None and parsed[1] == name and int(parsed[2]) <= last
    if parsed and known and int(parsed[2]) >= pruned:
        return Opening(True, f"{name}.{int(parsed[2])}", [], int(parsed[2]))
    reason = "cursor_too_old" if known else "cursor_unknown"
    frame, seq = _snapshot(tx, user_id, name)
    return Opening(False, fresh, [Frame(fresh, wire.dumps({"type": "reset", "reason": reason})), frame], seq)


def poll(tx: Transaction, user_id: str, after: str | None) -> tuple[list[Frame], str, bool]:
    """The polling twin: the same frames, the cursor after them, and whether there are more."""
    opening = begin(tx, user_id, after)
    name = opening.cursor.partition(".")[0]
    events = tx.events_after(user_id, opening.seq, PAGE) if opening.resumed else []
    frames = [*opening.frames, *(Frame(f"{name}.{event.seq}", event.data) for event in events)]
    seq = events[-1].seq if events else opening.seq
    return frames, f"{name}.{seq}" if seq else opening.cursor, len(events) == PAGE


def current(tx: Transaction, user_id: str) -> wire.Json:
    """The answer of /conversations/current, with the cursor from which a stream goes on without a gap."""
    answer, seq = history.current(tx, user_id)
    return {"ok": True, **answer, "cursor": f"{_name(tx.epoch(), user_id)}.{seq}"}


async def watch(store: Store, bus: Bus, marks: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Looks once for what no hint told, such as another process's commits. Takes and returns what is known. Raises
    Unavailable, and then has every stream look, so that it notices as well."""
    listening = set(bus.listeners())
    if not listening:
        return {}
    try:
        now = await store.read(lambda tx: tx.marks(listening))
    except Unavailable:
        bus.wake(listening)
        raise
    for user in listening:
        before, after = marks.get(user), now.get(user)
        if before is None or after is None:  # new here, so nothing is known; or gone
            bus.wake([user], Hint.LOOK | Hint.RIGHTS)
        elif before != after:
            bus.wake([user], Hint.LOOK if before[1] == after[1] else Hint.LOOK | Hint.RIGHTS)
    return now


class _Log:
    """One user's log from where a stream stands."""

    __slots__ = ("_name", "_seq", "_store", "_user_id")

    def __init__(self, store: Store, user_id: str, opening: Opening) -> None:
        self._store, self._user_id, self._seq = store, user_id, opening.seq
        self._name = opening.cursor.partition(".")[0]

    async def unread(self, new: Sequence[Event] = ()) -> AsyncIterator[list[Frame]]:
        """What comes after what was sent: `new` if it is the next, or else what the database says."""
        if 0 < len(new) <= PAGE and new[0].seq == self._seq + 1:
            yield self._sent(new)
            return
        while events := await self._store.read(self._page):
            yield self._sent(events)
            if len(events) < PAGE:
                return

    def _sent(self, events: Sequence[Event]) -> list[Frame]:
        self._seq = events[-1].seq
        return [Frame(f"{self._name}.{event.seq}", event.data) for event in events]

    def frame(self, content: wire.Json) -> Frame:
        return Frame(f"{self._name}.{self._seq}", wire.dumps(content))

    def _page(self, tx: Transaction) -> list[Event]:
        return tx.events_after(self._user_id, self._seq, PAGE)


def _right(tx: Transaction, who: SignedIn, at: Millis) -> tuple[SignedIn | None, str | None]:
    """The sign-in if it still holds; else why not."""
    still = signing_in.still_in(tx, who.token_hash, at)
    if still:
        return still, None
    if not tx.users_there([who.user.id]):
        return None, "account_deleted"
    return None, "expired" if who.expires_at <= at else "signed_out"


def _snapshot(tx: Transaction, user_id: str, name: str) -> tuple[Frame, int]:
    answer, seq = history.current(tx, user_id)
    cursor = f"{name}.{seq}"
    return Frame(cursor, wire.dumps({"type": "update", "ok": True, **answer, "cursor": cursor})), seq


def _name(epoch: str, user_id: str) -> str:
    """A cursor is good for one user and one history, and shows neither."""
    digest = hashlib.sha256(f"{epoch}/{user_id}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:12]


def _patience(who: SignedIn, at: Millis) -> float:
    return max(0.0, min(HEARTBEAT, (who.expires_at - at) / 1000))
