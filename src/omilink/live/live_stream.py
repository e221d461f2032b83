"""A user's live stream: all events after a cursor, then all new events.

A stream subscribes to the bus before it reads the database, so that no event is missed in between. It reads everything
after the last number that it has sent: so a lost notification delays an event and never loses one, and a slow reader
needs one flag and no backlog.

There may be thousands of streams, and nearly all of them wait. So a waiting stream has no task and no timer: whoever
publishes events that were committed on this node sends them, one timer looks at all streams, and a task runs only while
a stream reads the database or waits for its reader.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
from enum import Enum
from typing import Any, Protocol

from omilink import turns
from omilink.accounts import signing_in
from omilink.accounts.signing_in import AuthenticatedUser
from omilink.clock import Millis
from omilink.database.store import Store, Transaction
from omilink.errors import Unavailable
from omilink.live.bus import Bus, Hint
from omilink.live.event_log import Frame, Log, begin
from omilink.models.event import CaughtUp, Connected, Event, SignedOut, WhySignedOut
from omilink.models.json import event_text

HEARTBEAT = 15.0
"""Seconds after which an idle stream sends a comment."""
CHECK_EVERY = 1.0
"""Seconds between two checks of a stream, about."""
AGAIN = (0.5, 1.5)
"""The least and most seconds between tries while the database is unavailable; the time is random, so that streams do
not all try at once."""
COMMENT_EVERY = 10
"""Sends a "database unavailable" comment every 10 tries; the comment also serves as the heartbeat."""

log = logging.getLogger(__name__)


class Quiet(Enum):
    """The reason why a stream has nothing to send."""

    STILL_HERE = "still here"
    DATABASE_AWAY = "the database is away; what comes meanwhile follows as soon as it is back"


class Reader(Protocol):
    """The other end of a stream."""

    @property
    def has_room(self) -> bool:
        """Whether the reader takes more now. False once it is gone."""
        ...

    async def room(self) -> bool:
        """Returns True as soon as the reader takes more, and False once it is gone. A reader that makes no room in time
        is dropped."""
        ...

    def send(self, frames: Sequence[Frame] | Quiet) -> None:
        """Sends the frames or a comment. Does nothing once the reader is gone."""
        ...

    def end(self) -> None:
        """Ends the stream. The reader comes back, and resumes where it was."""
        ...

    def abort(self) -> None: ...


class LiveStream:
    """One open stream of a signed-in user."""

    __slots__ = ("_bus", "_clock", "_hints", "_log", "_reader", "_sent_at", "_store", "_task", "_who")

    def __init__(self, store: Store, bus: Bus, clock: Callable[[], Millis], who: AuthenticatedUser) -> None:
        self._store, self._bus, self._clock, self._who = store, bus, clock, who
        self._hints = Hint(0)
        self._task: asyncio.Task[None] | None = None
        self._sent_at = 0.0

    def open(self, reader: Reader, after: str | None) -> None:
        """Sends what comes after the cursor, or a snapshot, and then what is new, without end. The stream ends when the
        node drains, and with a `signed_out` event when the sign-in ends. While the database is unavailable the stream
        waits, except at its start: then it ends."""
        self._reader = reader
        self._task = asyncio.create_task(self._run(self._open(after)))
        self._bus.subscribe(self._user_id, self)

    def close(self) -> None:
        """Ends the stream on this side: to be called when the reader is gone."""
        self._bus.unsubscribe(self._user_id, self)

    def notify(self, hint: Hint, new: Sequence[Event] = ()) -> None:
        if hint is Hint.NEW_EVENTS and self._waits() and self._log.continues_with(new):
            self._send(self._log.sent(new))
        else:
            self._hints |= hint
            self._wake()

    def check(self, now: float) -> None:
        """Ends a stream whose sign-in has expired, and sends a comment on an idle one. `now` is the event loop's time.
        Called about once every CHECK_EVERY seconds."""
        if self._task:
            return
        if self._has_expired():
            self.notify(Hint.RIGHTS)
        elif now - self._sent_at > HEARTBEAT - CHECK_EVERY:
            if self._reader.has_room:
                self._send(Quiet.STILL_HERE)
            else:
                self._wake()  # which drops a reader that makes no room

    def _waits(self) -> bool:
        return self._task is None and self._reader.has_room and not self._has_expired()

    def _wake(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(self._follow_hints()))

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        turns.work_for(self._user_id)
        try:
            await work
        except Exception:
            log.exception("a stream failed")
            self._reader.abort()
        self._task = None

    async def _open(self, after: str | None) -> None:
        try:
            await self._send_opening(after)
        except Unavailable:
            self._end()  # the reader comes back, and knows where it was
        await self._follow_hints()

    async def _send_opening(self, after: str | None) -> None:
        # The right is checked again: it may have been withdrawn after the first check and before the subscription.
        right, opening = await self._store.read(lambda tx: (self._right(tx), begin(tx, self._user_id, after)))
        self._log = Log(self._store, self._user_id, opening)
        if isinstance(right, str):
            self._sign_out(right)
            return
        connected = Connected(cursor=opening.cursor, resumed=opening.resumed)
        self._send([Frame(opening.cursor, event_text(connected)), *opening.frames])
        if opening.resumed:
            await self._send_unread()
        if await self._reader.room():
            self._send([self._log.frame(CaughtUp())])

    async def _follow_hints(self) -> None:
        """Until there is no hint left, or the reader is gone."""
        tries = 0
        while await self._reader.room() and self._hints:
            hints, self._hints = self._hints, Hint(0)
            try:
                await self._follow(hints)
                tries = 0
            except Unavailable:
                if tries % COMMENT_EVERY == 0:
                    self._send(Quiet.DATABASE_AWAY)
                tries += 1
                self._hints |= Hint.NEW_EVENTS | Hint.RIGHTS
                await asyncio.sleep(random.uniform(*AGAIN))

    async def _follow(self, hints: Hint) -> None:
        if Hint.DRAIN in hints:
            self._end()
            return
        if Hint.RIGHTS in hints or self._has_expired():
            right = await self._store.read(self._right)
            if isinstance(right, str):
                self._sign_out(right)
                return
            self._who = right
        if Hint.NEW_EVENTS in hints:
            await self._send_unread()

    async def _send_unread(self) -> None:
        async for frames in self._log.unread():
            if not await self._reader.room():
                return
            self._send(frames)

    def _send(self, frames: Sequence[Frame] | Quiet) -> None:
        self._sent_at = asyncio.get_running_loop().time()
        self._reader.send(frames)

    def _sign_out(self, reason: WhySignedOut) -> None:
        self._send([self._log.frame(SignedOut(reason=reason))])
        self._end()

    def _end(self) -> None:
        self.close()
        self._reader.end()

    def _has_expired(self) -> bool:
        return self._who.expires_at <= self._clock()

    @property
    def _user_id(self) -> str:
        return self._who.user.id

    def _right(self, tx: Transaction) -> AuthenticatedUser | WhySignedOut:
        """The sign-in if it is still valid, and else the reason why not."""
        still = signing_in.still_in(tx, self._who.token_hash, self._clock())
        if still:
            return still
        if not tx.existing_users([self._user_id]):
            return "account_deleted"
        return "expired" if self._has_expired() else "signed_out"
