"""Ports, and a first look at whether a server answers."""

import http.client
import itertools
import random
import socket
from urllib.parse import urlsplit

HOST = "127.0.0.1"

_candidates = itertools.cycle(random.sample(range(20_000, 32_000), 12_000))


def free_port() -> int:
    """A port that is free, and never the same twice.

    It lies below those that systems give to outgoing connections. A client that keeps calling a server that is down
    would be given the server's own port one day, connect to itself, and keep the server from coming back.
    """
    return next(port for port in _candidates if is_free(port))


def is_free(port: int, host: str = HOST) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError):  # the latter: no such port
        return False
    return True


def get(url: str) -> tuple[int, bytes]:
    """Status and body, or (0, b"") when nobody answers. Proxies of the environment are not asked."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
