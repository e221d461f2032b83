"""The HTTP server: uvicorn, drained before it is stopped."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from omilink.errors import OmilinkError
from omilink.product import Product
from omilink.settings import Settings, host_and_port

FINISH = 5
"""Seconds that open requests get when the server stops."""
BACKLOG = 4096


class Connection(HttpToolsProtocol):
    """What a stream needs of its connection and ASGI does not offer: scope["extensions"]["omilink"]."""

    _lost = False
    _to_tell: tuple[Callable[[], None], ...] = ()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client:  # where IPv6 is heard too, a peer of IPv4 comes as ::ffff:192.0.2.1
            self.client = (self.client[0].removeprefix("::ffff:"), self.client[1])

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"omilink": self}  # type: ignore[dict-item]

    def when_lost(self, tell: Callable[[], None]) -> None:
        """Calls this once the reader has gone, at once if it has already."""
        if self._lost:
            tell()
        self._to_tell = (*self._to_tell, tell)  # a reader may ask for several streams

    def abort(self) -> None:
        """Drops a reader that has stopped reading, whose last bytes would otherwise wait for ever."""
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._lost = True
        for tell in self._to_tell:
            tell()


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
            timeout_keep_alive=75,
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
