"""HEAD is answered like GET, without the body, and never begins what does not end."""

import httpx2
import pytest
from peer_support import HOST, Peer
from support import Person, ServerProcess

STREAM = "/conversations/current/stream"
FOR_EVERYBODY = [
    "/",
    "/page/omilink.js",
    "/health",
    "/ready",
    "/metrics",
    "/docs",
    "/openapi.json",
    "/omi/setup-completed",
]
FOR_A_USER = [
    "/me",
    "/sessions",
    "/conversations",
    "/conversations/current",
    "/conversations/current/events",
    "/link/omi",
]
VARYING = {"date", "content-length", "transfer-encoding", "x-request-id"}


def request(method: str, path: str, person: Person | None = None) -> bytes:
    bearer = b"Authorization: Bearer " + person.token.encode() + b"\r\n" if person else b""
    return f"{method} {path} HTTP/1.1\r\n".encode() + HOST + bearer + b"\r\n"


def steady(headers: dict[str, str]) -> dict[str, str]:
    """Those that two answers share; a length may change from one to the next."""
    return {name: value for name, value in headers.items() if name not in VARYING}


def streams_open(server: ServerProcess) -> int:
    return int(server.client().get("/ready").json()["streamsOpen"])


@pytest.mark.parametrize("path", FOR_EVERYBODY + FOR_A_USER)
def test_the_headers_are_those_of_get_and_the_next_request_works(
    path: str, shared_server: ServerProcess, ada: Person
) -> None:
    person = ada if path in FOR_A_USER else None
    with Peer(shared_server) as peer:
        peer.send(request("GET", path, person))
        status, headers, body = peer.answer()
        assert status == 200 and body
        for _ in range(2):
            peer.send(request("HEAD", path, person))
            headed, its_headers, _ = peer.answer(body=False)
            assert headed == 200
            assert steady(its_headers) == steady(headers)
        peer.send(request("GET", "/health"))
        assert peer.answer()[2] == b'{"ok":true}'


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/auth/login", 405), ("/me", 401), (STREAM, 401)])
def test_what_get_refuses_is_refused(path: str, status: int, shared_server: ServerProcess) -> None:
    with Peer(shared_server) as peer:
        for method in "HEAD", "GET":
            peer.send(request(method, path))
            assert peer.answer(body=method == "GET")[0] == status


@pytest.mark.parametrize("how", ["bearer", "sid", "ticket"])
def test_head_of_the_stream_ends_and_opens_nothing(how: str, server: ServerProcess) -> None:
    ada = server.user()
    ticket = ada.client.post(f"{STREAM}-ticket").json()["ticket"]
    path = {"bearer": STREAM, "sid": f"{STREAM}?sid={ada.token}", "ticket": f"{STREAM}?ticket={ticket}"}[how]
    person = ada if how == "bearer" else None
    with Peer(server) as peer:
        for _ in range(3):
            peer.send(request("HEAD", path, person))
            status, headers, _ = peer.answer(body=False)
            assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
            assert "content-length" not in headers
        assert streams_open(server) == 0
        peer.send(request("GET", path, person))
        assert peer.answer(body=False)[0] == 200
        assert streams_open(server) == 1


def test_a_ticket_of_nobodys_is_refused_as_ever(shared_server: ServerProcess) -> None:
    answer = httpx2.head(f"{shared_server.url}{STREAM}?ticket=wrong")
    assert (answer.status_code, answer.content) == (401, b"")
