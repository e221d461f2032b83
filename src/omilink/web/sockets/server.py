"""The HTTP server: uvicorn, drained before it is stopped."""

import asyncio
import contextlib
import functools
import os
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from omilink.app.services import Services
from omilink.errors import OmilinkError
from omilink.settings import OnOff, Settings, host_and_port
from omilink.web.sockets.connection import PATIENCE, Connection, Wait
from omilink.web.sockets.listener import Listener, Room, make_room

FINISH = 5
"""Seconds that open requests get when the server stops."""
BACKLOG = 4096


class Server(uvicorn.Server):
    """uvicorn waits for open requests to end, and a stream does not end by itself: so streams are drained first."""

    def __init__(self, services: Services, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            lifespan="off",
            access_log=False,  # its lines would hold the secrets of URLs
            log_config=None,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=round(PATIENCE[Wait.NEXT_REQUEST]),
            timeout_graceful_shutdown=FINISH,
            forwarded_allow_ips=services.settings.trusted_proxies,
        )
        super().__init__(config)
        self._bus = services.bus
        self._room, self._is_unlimited = _room(services.settings)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accepts connections by a `Listener` in place of uvicorn's own listener."""
        assert sockets
        await self.lifespan.startup()
        make = functools.partial(Connection, self.config, self.server_state, self.lifespan.state)
        self._listeners = [Listener(listening, make, self._room, self._is_unlimited) for listening in sockets]
        self.servers = self._listeners  # type: ignore[assignment]
        self.started = True

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:  # once a second
            for listener in self._listeners:
                listener.check()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._bus.drain()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn would raise the signal again when it has stopped, and what is behind it could not finish."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def _room(settings: Settings) -> tuple[Room, Callable[[str], bool]]:
    """A proxy stands for all its users, and so does this machine, where a tunnel ends."""
    room, trusted = make_room(), ProxyHeadersMiddleware(_nothing, settings.trusted_proxies).trusted_hosts
    unlimited = settings.rate_limits is OnOff.OFF
    return room, lambda host: unlimited or host in ("127.0.0.1", "::1") or host in trusted


async def _nothing(*_: object) -> None: ...


def listen(settings: Settings) -> socket.socket:
    """The listening socket; `::` hears IPv4 too. Raises OmilinkError when the address cannot be had."""
    host, port = settings.host, settings.port
    try:
        family = _family(host, port)
        both = family is socket.AF_INET6 and not host.strip(":0") and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except socket.gaierror as error:
        raise _cannot_listen(settings, str(error.strerror)) from None
    except OSError as error:
        raise _cannot_listen(settings, os.strerror(error.errno) if error.errno else str(error)) from None


def _family(host: str, port: int) -> socket.AddressFamily:
    """IPv4 where a name has both, as `localhost` does."""
    found = {family for family, *_ in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    return socket.AF_INET6 if found == {socket.AF_INET6} else socket.AF_INET


def _cannot_listen(settings: Settings, why: str) -> OmilinkError:
    return OmilinkError(
        f"Cannot listen on {host_and_port(settings.host, settings.port)}: {why}. Stop what uses the address, or set "
        "OMILINK_PORT to another, for every command; OMILINK_HOST must be an address or a name of this machine."
    )
