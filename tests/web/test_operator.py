"""What only whoever runs the server may see: counts and decisions, never words."""

import httpx2
import pytest
from support import PATIENCE, SECRET, TLS, Person, ServerProcess
from web_support import is_error, new_uid, segment

PATHS = ["/operator/installation", "/operator/streams/somebody", "/operator/quarantine", "/operator/audit"]


def token(server: ServerProcess) -> str:
    return (server.data_dir / "operator_token").read_text()


def as_operator(server: ServerProcess, path: str) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token(server)}"}
    return httpx2.get(server.url + path, headers=headers, timeout=PATIENCE, verify=TLS)


@pytest.mark.parametrize("path", PATHS)
def test_nobody_else_is_let_in(shared_server: ServerProcess, ada: Person, path: str) -> None:
    operator, ticket = token(shared_server), ada.client.post("/conversations/current/stream-ticket").json()["ticket"]
    for shown in ada.token, SECRET, ticket, operator[:-1], f"{operator}x":
        answer = httpx2.get(
            shared_server.url + path,
            headers={"Authorization": f"Bearer {shown}"},
            cookies={"sid": ada.token},
            timeout=PATIENCE,
            verify=TLS,
        )
        assert is_error(answer, 401, "not_signed_in")
    for query in {"sid": ada.token}, {"ticket": ticket}, {"token": operator}, {"sid": operator}:
        assert httpx2.get(shared_server.url + path, params=query, timeout=PATIENCE, verify=TLS).status_code == 401
    assert httpx2.get(shared_server.url + path, cookies={"sid": operator}, verify=TLS).status_code == 401
    assert as_operator(shared_server, path).status_code == 200


@pytest.mark.parametrize("path", ["/me", "/sessions", "/conversations/current", "/link/omi"])
def test_an_operator_is_no_user(shared_server: ServerProcess, path: str) -> None:
    assert is_error(as_operator(shared_server, path), 401, "not_signed_in")


def test_quarantine_shows_how_much_and_why_and_no_words(shared_server: ServerProcess, device: str) -> None:
    """Two calls that show one account in their body and another in their address."""
    for place in range(2):
        body = {"session_id": device, "uid": new_uid(), "segments": [segment("not for an operator", 5 * place)]}
        url = f"{shared_server.webhook_url}?uid={new_uid()}"
        assert httpx2.post(url, json=body, timeout=PATIENCE, verify=TLS).status_code == 200
    shared_server.wait_until_settled(device)
    answer = as_operator(shared_server, "/operator/quarantine")
    assert "not for an operator" not in answer.text
    [found] = [one for one in answer.json()["quarantine"] if one["session"].endswith(device)]
    assert found["calls"] == 2 and found["why"]


def test_what_is_nobodys_is_counted_and_not_shown(shared_server: ServerProcess, device: str) -> None:
    shared_server.say(device, "not for an operator", "nor this")
    shared_server.wait_until_settled(device)
    answer = as_operator(shared_server, "/operator/quarantine")
    assert "not for an operator" not in answer.text
    assert {"session": device, "conversations": 1, "messages": 2} in answer.json()["unlinked"]


def test_the_audit_shows_who_linked_what(shared_server: ServerProcess, ada: Person, device: str) -> None:
    shared_server.say(device, "not for an operator")
    shared_server.wait_until_settled(device)
    ada.client.headers["X-Request-Id"] = "request-of-ada"
    ada.link(device).raise_for_status()
    ada.client.delete(f"/sessions/{device}/link").raise_for_status()
    answer = as_operator(shared_server, "/operator/audit")
    assert "not for an operator" not in answer.text
    unlinked, linked = [one for one in answer.json()["entries"] if one["sessionId"].endswith(device)]
    assert (linked["rule"], linked["before"], linked["after"]) == ("first-to-know-the-id", None, ada.id)
    assert (unlinked["rule"], unlinked["before"], unlinked["after"]) == ("unlinked", ada.id, None)
    assert {one["requestId"] for one in (linked, unlinked)} == {"request-of-ada"}
    assert {one["actor"] for one in (linked, unlinked)} == {ada.id}
