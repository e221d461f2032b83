"""A peer that speaks to the server byte by byte, and what the server costs meanwhile."""

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import psutil
from support import PATIENCE, ServerProcess

HOST = b"Host: here\r\n"
Answer = tuple[int, dict[str, str], bytes]


class Peer:
    """One connection."""

    def __init__(self, server: ServerProcess, address: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", int(server.port)), timeout=PATIENCE, source_address=(address, 0)
        )
        self._read = self.socket.makefile("rb")

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self._read.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def pour_after(self, opening: bytes, piece: bytes, total: int) -> None:
        """Sends the piece again and again, until this much is sent or the server takes no more."""
        several = piece * max(1, 65536 // len(piece))
        with contextlib.suppress(OSError):
            self.socket.sendall(opening)
            for _ in range(max(1, total // len(several))):
                self.socket.sendall(several)

    def answer(self, *, body: bool = True) -> Answer:
        """The next answer, with its body if it is to have one."""
        status = int(self._read.readline().split()[1])
        lines = iter(self._read.readline, b"\r\n")
        headers = {
            name.decode().lower(): value.decode().strip() for name, _, value in (x.partition(b":") for x in lines)
        }
        if not body:
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            return status, headers, b"".join(self._chunks())
        return status, headers, self._read.read(int(headers.get("content-length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._read.readline(), 16):
            yield self._read.read(size)
            self._read.readline()
        self._read.readline()

    def rest(self) -> bytes:
        """Everything until the server closes the connection."""
        try:
            return self._read.read()
        except ConnectionResetError:
            return b""


def error(answer: Answer) -> tuple[int, str]:
    status, headers, body = answer
    shown: dict[str, Any] = json.loads(body)
    assert shown["ok"] is False and shown["message"].endswith("."), shown
    assert headers["x-content-type-options"] == "nosniff"
    return status, shown["error"]


def memory(server: ServerProcess) -> int:
    """MiB that the server's process holds."""
    return int(psutil.Process(server.pid).memory_info().rss) >> 20
