"""A reader that stops reading is cut off at a bound, hurts nobody, and finds everything when it comes back."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from support import PATIENCE, Person, ServerProcess, wait_until

LONG = "words " * 3_000
CALLS = 400
"""Calls of 18 kB: more than the buffers of both ends hold."""


@contextmanager
def stalled(server: ServerProcess, person: Person) -> Iterator[socket.socket]:
    """A stream whose reader has read the answer's first bytes and reads no more."""
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.settimeout(PATIENCE)
        reader.connect(("127.0.0.1", int(server.port)))
        reader.sendall(
            b"GET /conversations/current/stream HTTP/1.1\r\nHost: here\r\n"
            b"Authorization: Bearer " + person.token.encode() + b"\r\n\r\n"
        )
        assert reader.recv(64).startswith(b"HTTP/1.1 200")
        yield reader


def streams_open(server: ServerProcess) -> int:
    count: int = server.client().get("/ready").json()["streamsOpen"]
    return count


def test_a_reader_that_stops_is_cut_off_and_hurts_nobody(server: ServerProcess) -> None:
    ada, ben = server.user(), server.user()
    ada.link("ada-device")
    ben.link("ben-device")
    with stalled(server, ada) as reader, ben.follow() as neighbour:
        neighbour.wait_for("caught_up")
        flood = threading.Thread(target=lambda: [server.say("ada-device", LONG, start=2 * n) for n in range(CALLS)])
        flood.start()
        for n in range(10):
            server.say("ben-device", f"still here {n}", start=2 * n)
            neighbour.wait_for_text(f"still here {n}")
        flood.join()
        wait_until(lambda: streams_open(server) == 1, "the stalled stream to be cut off")
        assert ended(reader)
    assert ada.current()["conversation"]["messageCount"] == CALLS


def ended(reader: socket.socket) -> bool:
    """Whether the connection is gone behind what the kernel held, and not left to wait for its reader for ever."""
    try:
        while reader.recv(1 << 20):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True
