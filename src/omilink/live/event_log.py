"""A user's live stream: all events after a cursor, then all new events.

The database holds a numbered log for each user. A stream subscribes to the bus before it reads, so that no event is
missed in between. It reads everything after the last number that it has sent: so a lost notification delays an event
and never loses one, and a slow reader needs one flag and no backlog.
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
from omilink.accounts.signing_in import AuthenticatedUser
from omilink.clock import Millis
from omilink.conversations import history
from omilink.database.store import Store, Transaction
from omilink.errors import Unavailable
from omilink.models.event import (
    CaughtUp,
    Connected,
    Content,
    CurrentConversation,
    Event,
    Reset,
    SignedOut,
    Update,
    WhySignedOut,
)
from omilink.models.json import event_text
from omilink.ports import Bus, Hint, Subscription

HEARTBEAT = 15.0
"""Seconds after which an idle stream sends a comment."""
AGAIN = (0.5, 1.5)
"""The least and most seconds between tries while the database is unavailable; the time is random, so that streams do
not all try at once."""
SAY_SO = 10
"""Sends a "database unavailable" comment every 10 tries; the comment also serves as the heartbeat."""
PAGE = 200
"""Events in one read, so that an old cursor needs no more memory than a new one."""

_CURSOR = re.compile(r"([A-Za-z0-9_-]{12})\.([0-9]{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Frame:
    """One event to send: `id` is the cursor from which a stream resumes after the event, `data` the event's JSON
    text."""

    id: str
    data: str


class Quiet(Enum):
    """The reason why a stream has nothing to send."""

    STILL_HERE = "still here"
    DATABASE_AWAY = "the database is away; what comes meanwhile follows as soon as it is back"


@dataclass(frozen=True, slots=True)
class Opening:
    """How a stream begins: the first frames, and the number of the event after which it continues."""

    resumed: bool
    cursor: str
    frames: list[Frame]
    seq: int


async def follow(
    store: Store, subscription: Subscription, who: AuthenticatedUser, after: str | None, clock: Callable[[], Millis]
) -> AsyncIterator[list[Frame] | Quiet]:
    """Yields frames without end, and the reason for the silence after HEARTBEAT seconds without frames.

    `subscription` must be open already. The stream ends when the listener is gone or the server drains, and with a
    `signed_out` event when the sign-in ends. The stream waits while the database is unavailable, and raises Unavailable
    only at its start.
    """
    user_id = who.user.id
    # The right is checked again: it may have been withdrawn after the first check and before the subscription was open.
    (still, why_not), opening = await store.read(lambda tx: (_right(tx, who, clock()), begin(tx, user_id, after)))
    log = _Log(store, user_id, opening)
    if still:
        connected = Connected(cursor=opening.cursor, resumed=opening.resumed)
        yield [Frame(opening.cursor, event_text(connected)), *opening.frames]
        opening.frames.clear()  # a stream lasts for hours, and must not keep the frames that it has sent
        if opening.resumed:
            async for frames in log.unread():
                yield frames
        yield [log.frame(CaughtUp())]
    missed, tries = Hint(0), 0  # hints that could not be followed while the database was unavailable
    while still:
        who = still
        hint = await subscription.wait(random.uniform(*AGAIN) if missed else _patience(who, clock()))
        if hint & (Hint.DRAIN | Hint.GONE):
            return
        hint |= missed
        try:
            if Hint.RIGHTS in hint or who.expires_at <= clock():
                still, why_not = await store.read(partial(_right, who=who, at=clock()))
            if still and Hint.NEW_EVENTS in hint:
                async for frames in log.unread(subscription.new()):
                    yield frames
                    frames = []  # nor these frames
            if not hint:
                yield Quiet.STILL_HERE
            missed, tries = Hint(0), 0
        except Unavailable:
            if tries % SAY_SO == 0:
                yield Quiet.DATABASE_AWAY
            missed, tries = Hint.NEW_EVENTS | Hint.RIGHTS, tries + 1
    assert why_not
    yield [log.frame(SignedOut(reason=why_not))]


def begin(tx: Transaction, user_id: str, after: str | None) -> Opening:
    """The start of a stream: without a cursor a snapshot; with an unusable cursor a `reset` and a snapshot; with a
    valid cursor no frames, since the events after it follow."""
    name = _name(tx.epoch(), user_id)
    fresh = f"{name}.0"  # no event seen yet: to resume from this cursor is to begin with a snapshot
    if after in (None, "", fresh):
        frame, seq = _snapshot(tx, user_id, name)
        return Opening(False, fresh, [frame], seq)
    pruned, last = tx.log_bounds(user_id)
    parsed = _CURSOR.fullmatch(after or "")
    known = parsed is not None and parsed[1] == name and int(parsed[2]) <= last
    if parsed and known and int(parsed[2]) >= pruned:
        return Opening(True, f"{name}.{int(parsed[2])}", [], int(parsed[2]))
    reset = Reset(reason="cursor_too_old" if known else "cursor_unknown")
    frame, seq = _snapshot(tx, user_id, name)
    return Opening(False, fresh, [Frame(fresh, event_text(reset)), frame], seq)


def poll(tx: Transaction, user_id: str, after: str | None) -> tuple[list[Frame], str, bool]:
    """For polling clients: the frames that a stream would send, the cursor after them, and whether more frames wait."""
    opening = begin(tx, user_id, after)
    name = opening.cursor.partition(".")[0]
    events = tx.events_after(user_id, opening.seq, PAGE) if opening.resumed else []
    frames = [*opening.frames, *(Frame(f"{name}.{event.seq}", event.data) for event in events)]
    seq = events[-1].seq if events else opening.seq
    return frames, f"{name}.{seq}" if seq else opening.cursor, len(events) == PAGE


def current(tx: Transaction, user_id: str) -> CurrentConversation:
    """The answer of /conversations/current, with the cursor from which a stream continues without a gap."""
    return _update(tx, user_id, _name(tx.epoch(), user_id))[0]


async def watch(store: Store, bus: Bus, marks: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Checks once for changes without a notification, such as commits of another process, and wakes the streams
    concerned. Takes and returns the last known marks of each user. Raises Unavailable after waking every stream, so
    that the streams notice it too."""
    listening = set(bus.listeners())
    if not listening:
        return {}
    try:
        now = await store.read(lambda tx: tx.marks(listening))
    except Unavailable:
        bus.notify(listening)
        raise
    for user in listening:
        before, after = marks.get(user), now.get(user)
        if before is None or after is None:  # a new listener without a known mark, or a deleted user
            bus.notify([user], Hint.NEW_EVENTS | Hint.RIGHTS)
        elif before != after:
            bus.notify([user], Hint.NEW_EVENTS if before[1] == after[1] else Hint.NEW_EVENTS | Hint.RIGHTS)
    return now


class _Log:
    """One user's log, from the place where a stream stands."""

    __slots__ = ("_name", "_seq", "_store", "_user_id")

    def __init__(self, store: Store, user_id: str, opening: Opening) -> None:
        self._store, self._user_id, self._seq = store, user_id, opening.seq
        self._name = opening.cursor.partition(".")[0]

    async def unread(self, new: Sequence[Event] = ()) -> AsyncIterator[list[Frame]]:
        """Yields the events after the last one sent: `new` if it continues the log without a gap, else the events in
        the database."""
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

    def frame(self, content: Content) -> Frame:
        return Frame(f"{self._name}.{self._seq}", event_text(content))

    def _page(self, tx: Transaction) -> list[Event]:
        return tx.events_after(self._user_id, self._seq, PAGE)


def _right(tx: Transaction, who: AuthenticatedUser, at: Millis) -> tuple[AuthenticatedUser | None, WhySignedOut | None]:
    """The sign-in if it is still valid, and else the reason why not."""
    still = signing_in.still_in(tx, who.token_hash, at)
    if still:
        return still, None
    if not tx.existing_users([who.user.id]):
        return None, "account_deleted"
    return None, "expired" if who.expires_at <= at else "signed_out"


def _snapshot(tx: Transaction, user_id: str, name: str) -> tuple[Frame, int]:
    update, seq = _update(tx, user_id, name)
    return Frame(update.cursor, event_text(update)), seq


def _update(tx: Transaction, user_id: str, name: str) -> tuple[Update, int]:
    """The update, and the number of the last event that it reflects."""
    conversation, messages, session_id = history.current(tx, user_id)
    seq = tx.log_bounds(user_id)[1]
    update = Update(conversation=conversation, messages=messages, session_id=session_id, cursor=f"{name}.{seq}")
    return update, seq


def _name(epoch: str, user_id: str) -> str:
    """The first part of a cursor. A cursor is valid for one user and one history, and reveals neither."""
    digest = hashlib.sha256(f"{epoch}/{user_id}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:12]


def _patience(who: AuthenticatedUser, at: Millis) -> float:
    return max(0.0, min(HEARTBEAT, (who.expires_at - at) / 1000))
