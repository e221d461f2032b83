"""A network that is cut, that hangs, and that comes back."""

import socket
import threading
from collections.abc import Iterator

import pytest
from support import PATIENCE

from lab.net import HOST
from lab.proxy import Proxy

MOMENT = 0.2
"""Seconds in which nothing may arrive. Loopback takes less than a thousandth of it."""


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    listening = socket.create_server((HOST, 0))

    def answer(connection: socket.socket) -> None:
        with connection:
            while some := connection.recv(1000):
                connection.sendall(some)

    def accept() -> None:
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listening.getsockname()[1]


def call(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=PATIENCE)


def said(caller: socket.socket, text: bytes) -> bytes:
    caller.sendall(text)
    return caller.recv(100)


def nothing_arrives_at(caller: socket.socket) -> bool:
    caller.settimeout(MOMENT)
    try:
        caller.recv(100)
    except TimeoutError:
        return True
    finally:
        caller.settimeout(PATIENCE)
    return False


def has_ended(caller: socket.socket) -> bool:
    try:
        return caller.recv(100) == b""
    except ConnectionResetError:
        return True


def test_a_stalled_network_holds_everything_back_until_it_is_mended(echo: int) -> None:
    with Proxy(echo) as proxy, call(proxy) as early:
        assert said(early, b"one") == b"one"
        proxy.stall()
        with call(proxy) as late:
            late.sendall(b"two")
            early.sendall(b"three")
            assert nothing_arrives_at(early)
            proxy.mend()
            assert (late.recv(100), early.recv(100)) == (b"two", b"three")


@pytest.mark.parametrize("stalled", [False, True])
def test_a_cut_network_ends_connections_and_refuses_new_ones(echo: int, stalled: bool) -> None:
    with Proxy(echo) as proxy:
        with call(proxy) as caller:
            assert said(caller, b"one") == b"one"
            if stalled:
                proxy.stall()
            proxy.cut()
            assert has_ended(caller)
        with pytest.raises(ConnectionRefusedError):
            call(proxy)
        proxy.mend()
        with call(proxy) as caller:
            assert said(caller, b"two") == b"two"


def test_a_server_that_is_gone_looks_gone(echo: int) -> None:
    with Proxy(target_port=1) as proxy, call(proxy) as caller:
        assert has_ended(caller)
