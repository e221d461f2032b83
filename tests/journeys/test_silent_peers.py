"""More connections than the server may open files: others are answered, streams live on, and the log says it once."""

import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from peer_support import HOST, Peer
from support import ServerProcess, wait_until

from omilink.web.sockets.listener import FILES

pytestmark = pytest.mark.alone

MakeServer = Callable[..., ServerProcess]

SLACK = 20
"""Files that a server may have opened meanwhile for something else."""

NOT_WHOLE = {
    "silent": b"",
    "half a head": b"GET /health HTTP/1.1\r\n" + HOST,
    "half a body": b"POST /auth/login HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{",
    "idle": b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n",
}


@pytest.fixture(autouse=True, scope="module")
def files_for_many_peers() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (8192, limits[1]))
    except ValueError:
        pytest.skip("the tests may not open enough connections here")
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@contextmanager
def crowd(server: ServerProcess, count: int, said: bytes, host: str = "127.0.0.1") -> Iterator[list[socket.socket]]:
    """Connections that say this and then nothing."""
    peers: list[socket.socket] = []
    try:
        for _ in range(count):
            address = ("127.0.0.1", int(server.port))
            peers.append(socket.create_connection(address, timeout=30, source_address=(host, 0)))
            peers[-1].sendall(said)
        yield peers
    finally:
        for peer in peers:
            peer.close()


def logged(server: ServerProcess) -> str:
    return server.log.read_text()


def files_open(server: ServerProcess) -> int:
    return psutil.Process(server.pid).num_fds()


def test_others_are_answered_while_more_are_silent_than_there_is_room_for(make_server: MakeServer) -> None:
    server = make_server(files=1024)
    ada = server.user()
    ada.link("kitchen")
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        for at, (how, said) in enumerate(NOT_WHOLE.items()):
            with crowd(server, 1200, said):
                server.say("kitchen", f"beside {how}", start=2 * at)
                stream.wait_for_text(f"beside {how}")
                assert server.client().get("/ready").json()["ok"]
                with ada.follow() as another:
                    another.wait_for_text(f"beside {how}")
        assert not stream.ended.is_set()
    assert files_open(server) <= 1024
    assert "may open 1024 files, which is enough for" in logged(server)
    assert 0 < logged(server).count("there is no room for more") <= len(NOT_WHOLE)
    assert "Traceback" not in logged(server)


def test_a_low_limit_is_raised_as_far_as_it_goes(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server()
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    assert soft == hard


@pytest.mark.skipif(sys.platform != "linux", reason="another process's limit can be changed on Linux only")
def test_when_no_file_is_left_it_is_told_once_and_the_server_recovers(make_server: MakeServer) -> None:
    server = make_server()
    server.user()
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (files_open(server) + 5, hard))
    with crowd(server, 40, b""):
        wait_until(lambda: "No connection could be accepted: Too many open files" in logged(server), "the warning")
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))
        assert server.client().get("/health").status_code == 200
    assert logged(server).count("No connection could be accepted") == 1
    assert server.user().current()["ok"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the address 127.0.0.2")
def test_one_address_gets_a_share_and_proxies_any_number(make_server: MakeServer) -> None:
    server = make_server(files=1024, OMILINK_RATE_LIMITS="on", OMILINK_TRUSTED_PROXIES="127.0.0.3")
    share, before = (1024 - FILES) // 4, files_open(server)

    def open_after(host: str) -> int:
        wait_until(lambda: files_open(server) < before + SLACK, "the last crowd to be gone")
        with crowd(server, share + 50, b"", host), Peer(server, "127.0.0.4") as somebody_else:
            somebody_else.send(b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n")
            assert somebody_else.answer()[0] == 200  # so all that came before have been let in
            return files_open(server) - before

    assert open_after("127.0.0.2") < share + SLACK
    assert open_after("127.0.0.3") >= share + 50
    assert open_after("127.0.0.1") >= share + 50
    assert "from one address" in logged(server)
