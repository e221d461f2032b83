"""For whoever runs the server, and what every answer says to a browser."""

import httpx2
import pytest
from support import PATIENCE, TLS, Person, ServerProcess
from web_support import is_error

ROUTES = {
    "/conversations/{conversation_id}/speakers/{speaker}": {"put"},
    "/people": {"get", "post"},
    "/people/{person_id}": {"patch", "delete"},
    "/people/{person_id}/merge": {"post"},
    "/people/{person_id}/split": {"post"},
    "/people/{person_id}/undo": {"post"},
    "/admin/sessions": {"post"},
    "/auth/register": {"post"},
    "/auth/login": {"post"},
    "/auth/logout": {"post"},
    "/me": {"get"},
    "/me/webhook-url": {"get", "post"},
    "/me/webhook-url.svg": {"get"},
    "/me/recording": {"get", "put"},
    "/account": {"delete"},
    "/account/password": {"post"},
    "/account/sessions": {"get", "delete"},
    "/account/sessions/{sign_in_id}": {"delete"},
    "/omi-webhook": {"post"},
    "/omi-webhook/{secret}": {"post"},
    "/omi/setup-completed": {"get"},
    "/link/omi": {"get"},
    "/link/omi/start": {"post"},
    "/link/omi/resend": {"post"},
    "/link/omi/confirm": {"post"},
    "/link/omi/earlier": {"post"},
    "/link/omi/unlink/{omi_user_id}": {"delete"},
    "/sessions/link": {"post"},
    "/sessions/{session_id}/link": {"delete"},
    "/sessions": {"get"},
    "/sessions/{session_id}": {"get", "patch"},
    "/conversations/current": {"get"},
    "/conversations/current/stream": {"get"},
    "/conversations/current/stream-ticket": {"post"},
    "/conversations/current/events": {"get"},
    "/conversations": {"get"},
    "/conversations/{conversation_id}": {"get", "patch", "delete"},
    "/conversations/{conversation_id}/action-items/{item_id}": {"patch"},
    "/conversations/{conversation_id}/join": {"post"},
    "/conversations/{conversation_id}/split": {"post"},
    "/conversations/{conversation_id}/undo": {"post"},
    "/action-items": {"get", "post"},
    "/action-items/{item_id}": {"patch", "delete"},
    "/day-summaries": {"get"},
    "/search": {"get"},
    "/conversations/{conversation_id}/export": {"get"},
    "/account/export": {"get"},
    "/conversations/{conversation_id}/messages": {"get"},
    "/conversations/{conversation_id}/messages/{message_id}": {"patch"},
    "/health": {"get"},
    "/ready": {"get"},
    "/metrics": {"get"},
}


@pytest.fixture
def client(shared_server: ServerProcess) -> httpx2.Client:
    return shared_server.user().client


def test_it_is_alive_and_ready(shared_server: ServerProcess, ada: Person) -> None:
    assert ada.client.get("/health").json() == {"ok": True}
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        ready = ada.client.get("/ready").json()
    assert ready.keys() == {"ok", "parts", "jobs", "streamsOpen"}
    assert ready["ok"] is True
    assert ready["parts"] == {"database": "ok"}
    assert ready["jobs"].keys() == {"waiting", "dead", "quarantined"}
    assert ready["streamsOpen"] >= 1


def test_it_counts_for_prometheus(shared_server: ServerProcess, ada: Person) -> None:
    shared_server.say("some-device", "hello")
    shared_server.wait_until_settled("some-device")
    answer = ada.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for name in (
        'omilink_webhooks_total{kind="transcript"}',
        "omilink_messages_saved_total",
        "omilink_bad_segments_total",
        "omilink_quarantined_total",
        "omilink_streams_open",
        'omilink_part_up{part="database"} 1.0',
        'omilink_jobs{state="waiting"}',
        'omilink_jobs{state="dead"}',
        "omilink_save_seconds_bucket",
    ):
        assert f"\n{name}" in answer.text
    assert "hello" not in answer.text


def test_every_route_is_described(ada: Person) -> None:
    described = ada.client.get("/openapi.json").json()["paths"]
    assert {path: set(methods) for path, methods in described.items()} == ROUTES
    for path, methods in described.items():
        for operation in methods.values():
            assert operation["summary"], path
            assert operation["responses"], path
    assert ada.client.get("/docs").status_code == 200


def test_what_only_the_operator_may_know_needs_the_operators_token(shared_server: ServerProcess, ada: Person) -> None:
    path = f"/operator/streams/{ada.id}"
    assert is_error(ada.client.get(path), 401, "not_signed_in")
    token = (shared_server.data_dir / "operator_token").read_text()
    answer = httpx2.get(
        shared_server.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE, verify=TLS
    )
    assert answer.json() == {"ok": True, "streamsOpen": 0}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/page/omilink.js"),
        ("GET", "/health"),
        ("GET", "/metrics"),
        ("GET", "/docs"),
        ("GET", "/docs/swagger-ui.css"),
        ("GET", "/docs/nothing.js"),
        ("GET", "/openapi.json"),
        ("GET", "/me"),
        ("GET", "/nowhere"),
        ("GET", "/page/nowhere.js"),
        ("PUT", "/me"),
        ("POST", "/sessions/link"),
        ("POST", "/omi-webhook"),
        ("GET", "/conversations/current/stream"),
    ],
)
def test_every_answer_tells_browsers_to_be_careful(shared_server: ServerProcess, method: str, path: str) -> None:
    with shared_server.client() as client, client.stream(method, path) as answer:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"]
        assert "server" not in answer.headers


def test_the_stream_and_errors_carry_them_too(shared_server: ServerProcess, ada: Person) -> None:
    with ada.client.stream("GET", "/conversations/current/stream") as answer:
        assert answer.headers["x-content-type-options"] == "nosniff"
    large = ada.client.post("/sessions/link", content=b"x" * 2_000_000)
    assert large.status_code == 413
    assert large.headers["x-content-type-options"] == "nosniff"


def test_the_page_runs_no_script_but_its_own(shared_server: ServerProcess) -> None:
    with shared_server.client() as client:
        policy = client.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_what_is_not_there_is_said_in_the_same_shape(shared_server: ServerProcess, ada: Person) -> None:
    assert is_error(ada.client.get("/nowhere"), 404, "not_found")
    assert is_error(ada.client.get("/page/nowhere.js"), 404, "not_found")
    assert is_error(ada.client.put("/me"), 405, "method_not_allowed")
    assert is_error(ada.client.get("/page/..%2f..%2fsettings.py"), 404, "not_found")
