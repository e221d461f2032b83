"""An offer of another protocol, as JDK's and curl's clients make with every request, is passed over."""

import json
import shutil
import subprocess

import pytest
from peer_support import HOST, Peer
from support import Person, ServerProcess

OFFERS = {
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n",
    "websocket": b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    "several": b"connection: upgrade\r\nupgrade: h2c, TLS/1.0\r\nupgrade: websocket\r\n",
}
every_offer = pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
DECLARED = b"Content-Length: %d\r\n\r\n%s"


def post(path: str, offer: bytes, body: bytes, framing: bytes = DECLARED, more: bytes = b"") -> bytes:
    head = b"POST %s HTTP/1.1\r\n" % path.encode() + HOST + offer + b"Content-Type: application/json\r\n" + more
    return head + framing % (len(body), body)


def call(text: str, session_id: str) -> bytes:
    return json.dumps({"session_id": session_id, "segments": [{"text": text, "start": 0, "end": 2}]}).encode()


@every_offer
@pytest.mark.parametrize("framing", [DECLARED, CHUNKED], ids=["declared", "chunked"])
def test_the_webhook_gets_its_body(
    offer: bytes, framing: bytes, shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    path = shared_server.webhook_url.removeprefix(shared_server.url)
    with ada.follow() as stream, Peer(shared_server) as peer:
        for text in "the first words", "the next, on the same connection":
            peer.send(post(path, offer, call(text, device), framing))
            assert peer.answer()[0] == 200
            stream.wait_for_text(text)


@every_offer
def test_every_route_answers_as_without_the_offer(offer: bytes, shared_server: ServerProcess, ada: Person) -> None:
    login = json.dumps({"email": ada.email, "password": ada.password}).encode()
    bearer = b"Authorization: Bearer " + ada.token.encode() + b"\r\n"
    with Peer(shared_server) as peer:
        peer.send(post("/auth/login", offer, login))
        assert peer.answer()[0] == 200
        for path, status in ("/health", 200), ("/me", 200), ("/", 200), ("/nowhere", 404):
            peer.send(b"GET %s HTTP/1.1\r\n" % path.encode() + HOST + offer + bearer + b"\r\n")
            assert peer.answer()[0] == status
        peer.send(b"GET /conversations/current/stream HTTP/1.1\r\n" + HOST + offer + bearer + b"\r\n")
        status, headers, _ = peer.answer(body=False)
        assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


@every_offer
def test_the_body_may_come_later_and_in_pieces(offer: bytes, shared_server: ServerProcess, device: str) -> None:
    path = shared_server.webhook_url.removeprefix(shared_server.url)
    request = post(path, offer, call("slowly", device), more=b"Expect: 100-continue\r\n")
    head, end, body = request.partition(b"\r\n\r\n")
    with Peer(shared_server) as peer:
        peer.send(head + end)
        assert peer.answer(body=False)[0] == 100
        for byte in body:
            peer.send(bytes([byte]))
        assert peer.answer()[0] == 200


@every_offer
def test_requests_that_wait_in_line_keep_their_bodies(offer: bytes, shared_server: ServerProcess, device: str) -> None:
    path = shared_server.webhook_url.removeprefix(shared_server.url)
    with Peer(shared_server) as peer:
        peer.send(b"".join(post(path, offer, call(f"call {number}", device)) for number in range(5)))
        assert [peer.answer()[0] for _ in range(5)] == [200] * 5


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_with_http2_is_answered_in_http1(shared_server: ServerProcess, device: str) -> None:
    if "HTTP2" not in subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("this curl has no HTTP/2")
    sent = ["--http2", "-H", "Content-Type: application/json", "-d", call("from curl", device).decode()]
    printed = ["-s", "-w", "%{http_code} %{http_version}", "-o", "/dev/null"]
    run = subprocess.run(
        ["curl", *printed, *sent, shared_server.webhook_url], capture_output=True, text=True, check=True
    )
    assert run.stdout == "200 1.1"


def test_another_protocol_by_itself_is_refused(shared_server: ServerProcess) -> None:
    for opening in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT example.org:443 HTTP/1.1\r\n" + HOST + b"\r\n":
        with Peer(shared_server) as peer:
            peer.send(opening)
            assert peer.answer()[0] == 400
            assert peer.rest() == b""
