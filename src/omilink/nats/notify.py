"""Hints between nodes over NATS core: one message for many users, which every node receives."""

import asyncio
from collections.abc import Iterable

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from omilink.live.bus import NOTHING_NEW, EventsByUser, Hint
from omilink.live.local_bus import LocalBus
from omilink.nats.connection import NatsLink
from omilink.nats.stream import LOST

SUBJECT = "omilink.hints"
KNOWN = (Hint.NEW_EVENTS | Hint.RIGHTS).value
CHUNK = 2000
"""The most users in one message, so that a message stays far below the limit of NATS."""


class NatsBus(LocalBus):
    """A local bus that also publishes hints to the other nodes while there is a connection."""

    def __init__(self, link: NatsLink) -> None:
        super().__init__()
        self._link = link
        self._untold: dict[str, Hint] = {}
        self._something = asyncio.Event()
        link.when_connected(self._listen)

    def publish(self, user_ids: Iterable[str], hint: Hint = Hint.NEW_EVENTS, new: EventsByUser = NOTHING_NEW) -> None:
        user_ids = list(user_ids)
        self.notify(user_ids, hint, new)
        if user_ids and self._link.client:
            for user_id in user_ids:
                self._untold[user_id] = self._untold.get(user_id, Hint(0)) | hint
            self._something.set()

    async def run(self) -> None:
        """Publishes hints to the other nodes, until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            await self.flush()

    async def flush(self) -> None:
        while self._untold:
            users = list(self._untold)[:CHUNK]
            hints = {user_id: self._untold.pop(user_id).value for user_id in users}
            try:
                if self._link.client:
                    await self._link.client.publish(SUBJECT, orjson.dumps(hints))
            except LOST:
                return  # lost: every node looks for itself in a moment

    async def _listen(self, client: Client) -> None:
        async def hear(message: Msg) -> None:
            for user_id, hint in orjson.loads(message.data).items():
                self.notify([user_id], Hint(hint & KNOWN))  # a newer node may have others

        await client.subscribe(SUBJECT, cb=hear)
