"""A connection to NATS that is opened again, after growing pauses, when it is lost."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress

import nats
from nats.aio.client import Client

from omilink.background import pause

CONNECT = 2.0
"""Seconds for one try to connect."""
PING = 2.0
"""Seconds between pings; after two without an answer the connection counts as lost."""
FLUSH = 0.2
"""Seconds that closing waits for unsent messages; no message that somebody waits for is lost."""
LONGEST_PAUSE = 1.0

log = logging.getLogger(__name__)


class NatsLink:
    """Keeps one connection. `client` is the connection, or None while there is none."""

    def __init__(self, urls: str) -> None:
        self._servers = [url.strip() for url in urls.split(",")]
        self._greet: list[Callable[[Client], Awaitable[None]]] = []
        self._up = asyncio.Event()
        self.client: Client | None = None

    def when_connected(self, greet: Callable[[Client], Awaitable[None]]) -> None:
        """Registers a function that is called with every new connection before anybody else uses it. If the function
        fails, the connection is dropped."""
        self._greet.append(greet)

    async def wait_until_up(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._up.wait()
        return self._up.is_set()

    async def run(self) -> None:
        """Keeps the connection until cancelled."""
        failures = 0
        while True:
            try:
                await self._connected_once()
                failures = 0
            except Exception as error:
                failures += 1
                if failures == 1:
                    log.warning("NATS is away: %s", str(error) or type(error).__name__)
            await asyncio.sleep(pause(failures, LONGEST_PAUSE))

    async def _connected_once(self) -> None:
        """Connects once, and returns when the connection is lost."""
        lost = asyncio.Event()

        async def on_closed() -> None:
            lost.set()

        client = await nats.connect(
            self._servers,
            name="omilink",
            allow_reconnect=False,
            connect_timeout=CONNECT,
            ping_interval=PING,
            max_outstanding_pings=2,
            flush_timeout=FLUSH,  # else closing may wait for ever
            no_echo=True,
            closed_cb=on_closed,
            error_cb=_silence,
            tls=ssl.create_default_context() if self._servers[0].startswith("tls:") else None,
        )
        try:
            for greet in self._greet:
                await greet(client)
            self.client = client
            self._up.set()
            while not client.is_closed:  # its callback is not called when closing goes wrong
                with suppress(TimeoutError):
                    async with asyncio.timeout(PING):
                        await lost.wait()
            log.warning("NATS is away: the connection was lost")
        finally:
            self.client = None
            self._up.clear()
            with suppress(Exception):
                async with asyncio.timeout(CONNECT * 2):
                    await client.close()


async def _silence(_: Exception) -> None:
    """Errors show where the connection is used, or as a lost connection."""
