"""A user's event log: numbered in the database, read from a cursor on."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from omilink.conversations import history
from omilink.database.store import Store, Transaction
from omilink.errors import Unavailable
from omilink.live.bus import Bus, Hint
from omilink.models.event import Content, CurrentConversation, Event, Reset, Update
from omilink.models.json import event_text

PAGE = 200
"""Events in one read, so that an old cursor needs no more memory than a new one."""

_CURSOR = re.compile(r"([A-Za-z0-9_-]{12})\.([0-9]{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Frame:
    """One event to send: `id` is the cursor from which a stream resumes after the event, `data` the event's JSON
    text."""

    id: str
    data: str


@dataclass(frozen=True, slots=True)
class Opening:
    """How a stream begins: the first frames, and the number of the event after which it continues."""

    resumed: bool
    cursor: str
    frames: list[Frame]
    seq: int


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
        now = await store.read(lambda tx: tx.log_versions(listening))
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


class Log:
    """One user's log, from the place where a stream stands."""

    __slots__ = ("_name", "_seq", "_store", "_user_id")

    def __init__(self, store: Store, user_id: str, opening: Opening) -> None:
        self._store, self._user_id, self._seq = store, user_id, opening.seq
        self._name = opening.cursor.partition(".")[0]

    def continues_with(self, new: Sequence[Event]) -> bool:
        """Whether these are the next events, without a gap."""
        return 0 < len(new) <= PAGE and new[0].seq == self._seq + 1

    def sent(self, events: Sequence[Event]) -> list[Frame]:
        """The frames of these events, behind which the stream stands then."""
        self._seq = events[-1].seq
        return [Frame(f"{self._name}.{event.seq}", event.data) for event in events]

    async def unread(self) -> AsyncIterator[list[Frame]]:
        """Yields all events of the database after the last one sent, in pages."""
        while events := await self._store.read(self._page):
            yield self.sent(events)
            if len(events) < PAGE:
                return

    def frame(self, content: Content) -> Frame:
        return Frame(f"{self._name}.{self._seq}", event_text(content))

    def _page(self, tx: Transaction) -> list[Event]:
        return tx.events_after(self._user_id, self._seq, PAGE)


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
