"""Server-Sent Events as bytes, over one connection that a slow reader cannot hold for ever."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from omilink.errors import OmilinkError
from omilink.live.event_log import Frame, Quiet
from omilink.ports import Hint, Subscription
from omilink.web.headers import SECURITY, raw

PATIENCE = 10.0
"""Seconds that a reader may take to make room for the next bytes. The rest of it waits in the database."""
HEADERS = raw(
    SECURITY
    | {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store, no-transform",  # a compressing proxy would hold the words back (RFC 9111, 5.2.2.6)
        "Content-Encoding": "identity",  # and one that asks only whether something is encoded already
        "X-Accel-Buffering": "no",  # and nginx
    }
)


class EventStream(Response):
    """Sends what `frames` yields until it ends or the reader goes; `Quiet` becomes a comment.

    It needs the connection of `web.server`, which tells of a lost reader without a task that waits for it.
    """

    def __init__(self, frames: AsyncIterator[list[Frame] | Quiet], subscription: Subscription) -> None:
        self._frames, self._subscription = frames, subscription

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope["extensions"]["omilink"]
        try:
            connection.when_lost(lambda: self._subscription.notify(Hint.GONE))
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            await self._body(send, _retry(1_000, 3_000))
            with suppress(OmilinkError):  # the database is away: the reader comes back, and knows where it was
                async for frames in self._frames:
                    await self._body(send, encode(frames))
                    del frames  # the next ones may come in hours
            # spread over time, so that not everybody comes back at once to the node that is left
            await self._body(send, _retry(500, 5_000), more=False)
        except TimeoutError:
            connection.abort()
        finally:
            self._subscription.close()

    async def _body(self, send: Send, body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(PATIENCE):
            await send({"type": "http.response.body", "body": body, "more_body": more})


def encode(frames: list[Frame] | Quiet) -> bytes:
    if isinstance(frames, Quiet):
        return f": {frames.value}\n\n".encode()
    return "".join([f"id: {frame.id}\ndata: {frame.data}\n\n" for frame in frames]).encode()


def _retry(least: int, most: int) -> bytes:
    return b"retry: %d\n\n" % random.randint(least, most)
