"""The HTTP server: uvicorn, drained before it is stopped."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from omilink.errors import OmilinkError
from omilink.product import Product
from omilink.settings import Settings, host_and_port
from omilink.web.connection import PATIENCE, Connection, Wait

FINISH = 5
"""Seconds that open requests get when the server stops."""
BACKLOG = 4096


class Server(uvicorn.Server):
    """uvicorn waits for open requests to end, and a stream does not end by itself: so streams are drained first."""

    def __init__(self, product: Product, app: ASGIApp) -> None:
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
            forwarded_allow_ips=product.settings.trusted_proxies,
        )
        super().__init__(config)
        self._bus = product.bus

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
        f"{host_and_port(settings.host, settings.port)} cannot be listened on: {why}. Stop what uses it, or set "
        "OMILINK_PORT to another, for every command; OMILINK_HOST must be an address or a name of this machine."
    )
