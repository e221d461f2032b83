"""What an unfriendly or clumsy caller does costs the server nothing."""

import base64
import socket

import httpx2
import pytest
from support import ServerProcess, wait_until


def test_readers_that_leave_at_once_leave_no_stream_behind(server: ServerProcess) -> None:
    ada = server.user()
    request = f"GET /conversations/current/stream HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {ada.token}\r\n\r\n"
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", int(server.port))) as reader:
            reader.sendall(request.encode())
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        ready = server.client()
        wait_until(lambda: ready.get("/ready").json()["streamsOpen"] == 1, "all but the one that reads to be gone")


@pytest.mark.parametrize("text", ["9" * 30 + "|x", "-" + "9" * 30 + "|x", "nan|x", "1_0|x", "x"])
def test_a_page_cursor_of_somebody_elses_making_is_refused(shared_server: ServerProcess, text: str) -> None:
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    answer = shared_server.user().client.get("/conversations", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")


def test_an_origin_that_is_no_address_is_a_foreign_one(shared_server: ServerProcess) -> None:
    form = {"email": "a@example.org", "password": "correct horse"}
    answer = shared_server.client().post("/auth/login", json=form, headers={"Origin": "http://["})
    assert answer.status_code == 403


def test_a_pasted_address_may_end_with_a_slash(shared_server: ServerProcess) -> None:
    """OMI's cloud follows no redirect."""
    body = {"session_id": "pasted-with-a-slash", "segments": []}
    assert httpx2.post(f"{shared_server.webhook_url}/", json=body).status_code == 200
