"""/openapi.json says enough for programs: who may call what, what fits, and every way to be refused."""

from typing import Any

import pytest
from support import Person, ServerProcess
from web_support import PASSWORD, PUBLIC_URL, is_error


@pytest.fixture(scope="module")
def described(shared_server: ServerProcess) -> dict[str, Any]:
    document: dict[str, Any] = shared_server.client().get("/openapi.json").json()
    return document


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): told for path, item in document["paths"].items() for method, told in item.items()}


PUBLIC = {
    ("post", "/auth/register"),
    ("post", "/auth/login"),
    ("get", "/omi/setup-completed"),
    ("get", "/health"),
    ("get", "/ready"),
    ("get", "/metrics"),
    ("post", "/omi-webhook/{secret}"),
}
"""What needs nobody, or a secret in its address."""


def test_it_is_told_who_may_call_what(described: dict[str, Any]) -> None:
    schemes = described["components"]["securitySchemes"]
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")
    assert (schemes["cookie"]["in"], schemes["cookie"]["name"]) == ("cookie", "sid")
    for operation, told in operations(described).items():
        named = {name for choice in told.get("security", ()) for name in choice}
        assert bool(named) == (operation not in PUBLIC), operation
        assert named <= schemes.keys()


def test_a_program_that_knows_nothing_else_can_sign_in(described: dict[str, Any], shared_server: ServerProcess) -> None:
    """As generated clients do it: the form's fields, the answer's shape and the scheme all stand in the description."""
    login, schemas = described["paths"]["/auth/login"]["post"], described["components"]["schemas"]
    form = schemas[login["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
    answer = schemas[login["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
    assert set(form["required"]) == {"email", "password"}
    assert "session_token" in answer["required"]
    ada = shared_server.user(password=PASSWORD)
    client = shared_server.client()
    token = client.post("/auth/login", json={"email": ada.email, "password": PASSWORD}).json()["session_token"]
    client.cookies.clear()
    assert client.get("/me", headers={"Authorization": f"Bearer {token}"}).json()["user"]["email"] == ada.email


def test_every_way_to_be_refused_is_told(described: dict[str, Any]) -> None:
    for operation, told in operations(described).items():
        statuses = set(told["responses"])
        assert "401" in statuses or operation in PUBLIC, operation
        assert {"400", "413", "415"} <= statuses or "requestBody" not in told, operation


def test_servers_are_where_users_reach_it(described: dict[str, Any], careful_server: ServerProcess) -> None:
    assert described["servers"] == [{"url": "/"}]
    assert careful_server.client().get("/openapi.json").json()["servers"][0] == {"url": PUBLIC_URL}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/me/webhook-url", "GET, HEAD, POST"),
        ("OPTIONS", "/account/sessions", "DELETE, GET, HEAD"),
        ("PATCH", "/conversations/some-id", "DELETE, GET, HEAD"),
        ("POST", "/conversations/current", "GET, HEAD"),
        ("GET", "/auth/login", "POST"),
        ("GET", "/omi-webhook/some-secret", "POST"),
        ("DELETE", "/docs", "GET, HEAD"),
        ("POST", "/page/app.js", "GET, HEAD"),
        ("PROPFIND", "/me", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(ada: Person, method: str, path: str, allowed: str) -> None:
    answer = ada.client.request(method, path)
    assert is_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed
