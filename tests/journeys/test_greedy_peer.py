"""A peer pours into every part of a request; the server stays small, and others are answered."""

import contextlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from peer_support import HOST, Peer, error, memory
from support import PATIENCE, SECRET, ServerProcess

from omilink.web.sockets.connection import ADDRESS_BYTES, HEAD_BYTES, HEADERS, PIPELINED
from omilink.web.sockets.listener import HELD_BYTES

pytestmark = pytest.mark.alone

MIB = 1 << 20
POURED = 20 * MIB
AT_ONCE = 4
MOST = 48
"""MiB by which the server may grow, whatever is poured into it; before there were bounds it was hundreds."""

HELD_MIB = MOST + 3 * HELD_BYTES // MIB
"""What is held may lie there twice, and the allocator keeps some of it."""

RECORD_MIB = 160
"""MiB for one record of 16 MiB as JSON, and again in the worker; ten of them are 160 as they are sent."""

GET = b"GET /health HTTP/1.1\r\n" + HOST
POST = b"POST /auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
OFFER = b"Connection: upgrade\r\nUpgrade: h2c\r\n"

REFUSED = {
    "tiny headers": (GET, b"a:b\r\n", (431, "head_too_large")),
    "large headers": (GET, b"a: " + b"b" * 8000 + b"\r\n", (431, "head_too_large")),
    "a header without end": (GET + b"a: ", b"b" * 1000, (431, "head_too_large")),
    "the name of a header": (GET, b"a" * 1000, (431, "head_too_large")),
    "cookies": (GET, b"Cookie: a=b; c=d\r\n", (431, "head_too_large")),
    "headers of an offer": (GET + OFFER, b"a:b\r\n", (431, "head_too_large")),
    "an address": (b"GET /", b"a" * 1000, (414, "address_too_long")),
    "a query": (b"GET /health?", b"a=b&" * 100, (414, "address_too_long")),
    "a method": (b"", b"A" * 1000, (400, "bad_request")),
    "a version": (b"GET / HTTP/1.", b"1" * 1000, (400, "bad_request")),
    "blank lines": (b"", b"\r\n" * 100, (431, "head_too_large")),
    "trailers": (CHUNKED + b"0\r\n", b"a:b\r\n", (431, "head_too_large")),
    "a trailer without end": (CHUNKED + b"0\r\na: ", b"b" * 1000, (431, "head_too_large")),
    "a chunk's extension": (CHUNKED + b"1;a=", b"b" * 1000, (431, "head_too_large")),
    "a chunk's size": (CHUNKED, b"0" * 1000, (431, "head_too_large")),
    "a body": (POST + b"Content-Length: 1000000000\r\n\r\n", b"x" * 1000, (413, "too_large")),
    "small chunks": (CHUNKED, b"8\r\n12345678\r\n", (413, "too_large")),
    "chunks": (CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n", (413, "too_large")),
    "tiny chunks": (CHUNKED, b"1\r\nx\r\n", (431, "head_too_large")),
}
CUT_OFF = {
    "requests in line": GET + b"\r\n",
    "requests in line, with offers": GET + OFFER + b"\r\n",
    "requests in line, with bodies": POST + b"Content-Length: 2\r\n\r\n{}",
}
UNREAD = {
    "a body that nobody takes": b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000\r\n\r\n",
    "a body for a reader": b"GET /health HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000\r\n\r\n",
    "a body without a sign-in": b"POST /sessions/link HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000\r\n\r\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("greedy") / "data").start()
    for _ in range(20):
        server.client().get("/health")
    yield server
    server.close()


@contextmanager
def stays_small(server: ServerProcess, most_mib: int = MOST) -> Iterator[None]:
    """Nobody else is kept waiting meanwhile, and memory stays within its bound."""
    before, ended, slow, most = memory(server), threading.Event(), list[str](), [0]

    def watch() -> None:
        with server.client() as somebody:
            while not ended.is_set():
                if somebody.get("/health", timeout=PATIENCE).status_code != 200:
                    slow.append("no answer")
                most[0] = max(most[0], memory(server))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    assert not slow
    print(f"{before} MiB became {most[0]}")
    assert most[0] - before < most_mib, f"{before} MiB became {most[0]}"


def pour(server: ServerProcess, opening: bytes, piece: bytes) -> None:
    """Several peers pour at the same time, each until it has sent all or is cut off."""

    def one() -> None:
        with Peer(server) as peer:
            peer.pour_after(opening, piece, POURED)

    peers = [threading.Thread(target=one) for _ in range(AT_ONCE)]
    for peer in peers:
        peer.start()
    for peer in peers:
        peer.join()


@pytest.mark.parametrize(("opening", "piece", "expected"), REFUSED.values(), ids=REFUSED)
def test_too_much_is_refused_and_the_connection_ends(
    opening: bytes, piece: bytes, expected: tuple[int, str], server: ServerProcess
) -> None:
    enough = 3 * MIB if expected[0] == 413 else 4 * HEAD_BYTES
    with Peer(server) as peer:
        peer.pour_after(opening, piece, enough)
        assert error(peer.answer()) == expected
        if expected[0] != 413:
            assert peer.rest() == b""


@pytest.mark.parametrize("request_in_line", CUT_OFF.values(), ids=CUT_OFF)
def test_of_requests_in_line_the_first_are_answered(request_in_line: bytes, server: ServerProcess) -> None:
    with Peer(server) as peer:
        peer.pour_after(b"", request_in_line, MIB // 2)
        answers = peer.rest().split(b"HTTP/1.1 ")[1:]
    assert PIPELINED <= len(answers) <= PIPELINED + 1


@pytest.mark.parametrize(
    ("opening", "piece"),
    [
        *[(opening, piece) for opening, piece, _ in REFUSED.values()],
        *[(b"", request) for request in CUT_OFF.values()],
        *[(opening, b"x" * 1000) for opening in UNREAD.values()],
    ],
    ids=[*REFUSED, *CUT_OFF, *UNREAD],
)
def test_whatever_is_poured_in_the_server_stays_small(opening: bytes, piece: bytes, server: ServerProcess) -> None:
    with stays_small(server):
        pour(server, opening, piece)


def test_many_bodies_that_do_not_end_are_held_within_a_bound(server: ServerProcess) -> None:
    """Each of them is within its own bound; together they would be several hundred MiB."""
    ada = server.user()
    ada.link("bedroom")
    with ada.follow() as stream, stays_small(server, HELD_MIB), contextlib.ExitStack() as peers:
        for number in range(400):
            peer = peers.enter_context(Peer(server))
            peer.pour_after(POST + b"Content-Length: 1048576\r\n\r\n", b"x" * 65536, MIB - 65536)
            if number % 100 == 99:
                server.say("bedroom", f"beside {number}", start=2 * number)
                stream.wait_for_text(f"beside {number}")


@pytest.mark.parametrize("is_of_pictures", [True, False], ids=["of pictures", "of words"])
def test_ten_large_records_at_once_wait_on_the_disk(is_of_pictures: bool, server: ServerProcess) -> None:
    """Each comes in two halves, and the second halves come at the same time."""
    half = "x" * (7 * MIB)
    told = [{"text": f"{n} said", "start": 3 * n, "end": 3 * n + 2, "pad": "y" * 700} for n in range(20_000)]
    record = {"photos": [{"base64": half}] * 2} if is_of_pictures else {"transcript_segments": told}
    body = json.dumps({"structured": {"title": "A day"}} | record).encode()
    head = f"POST /omi-webhook/{SECRET}?uid={'u' * 28} HTTP/1.1\r\n".encode() + HOST
    with stays_small(server, RECORD_MIB), contextlib.ExitStack() as connections:
        peers = [connections.enter_context(Peer(server)) for _ in range(10)]
        for peer in peers:
            peer.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2])
        senders = [threading.Thread(target=peer.send, args=[body[len(body) // 2 :]]) for peer in peers]
        for sender in senders:
            sender.start()
        for peer in peers:
            assert peer.answer()[0] == 200
        for sender in senders:
            sender.join()


def test_after_all_of_it_the_memory_is_given_back(server: ServerProcess) -> None:
    with stays_small(server):
        for opening, piece, _ in REFUSED.values():
            pour(server, opening, piece)


def test_what_fits_is_taken(server: ServerProcess) -> None:
    """The bounds are for what is too much: a request may come close to each of them."""
    cookie = b"Cookie: " + b"c" * (HEAD_BYTES - 4096) + b"\r\n"
    many = b"".join(b"X-%d: v\r\n" % number for number in range(HEADERS - 1))
    long = b"GET /health?" + b"q" * (ADDRESS_BYTES - 100) + b" HTTP/1.1\r\n" + HOST
    with Peer(server) as peer:
        for request in GET + cookie, GET + many, long:
            peer.send(request + b"\r\n")
            assert peer.answer()[0] == 200
        peer.send((GET + b"\r\n") * (PIPELINED + 1))
        assert [peer.answer()[0] for _ in range(PIPELINED + 1)] == [200] * (PIPELINED + 1)
