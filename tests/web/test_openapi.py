"""/openapi.json says enough for programs: who may call what, what fits, and every way to be refused."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import SECRET, Person, ServerProcess, in_soak, wait_until
from web_support import PASSWORD, PUBLIC_URL, is_error

from omilink.web.schema.summaries import SUMMARIES

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
MOST_SECONDS = 300
"""A tenth of it is usual."""


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


def test_every_operation_has_a_heading_of_its_own_in_plain_english(described: dict[str, Any]) -> None:
    headings = [told["summary"] for told in operations(described).values()]
    assert len(set(headings)) == len(headings) == len(SUMMARIES)
    assert all(heading[0].isupper() and " " in heading and heading[-1] != "." for heading in headings)


def test_every_way_to_be_refused_is_told(described: dict[str, Any]) -> None:
    for operation, told in operations(described).items():
        statuses = set(told["responses"])
        assert "401" in statuses or operation in PUBLIC, operation
        refusals = [answer for status, answer in told["responses"].items() if status[0] not in "23"]
        assert {tuple(answer["content"]) for answer in refusals} == {("application/json",)}, operation
        assert {"400", "413", "415"} <= statuses or "requestBody" not in told, operation


def test_servers_are_where_users_reach_it(described: dict[str, Any], careful_server: ServerProcess) -> None:
    assert described["servers"] == [{"url": "/"}]
    assert careful_server.client().get("/openapi.json").json()["servers"][0] == {"url": PUBLIC_URL}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/me/webhook-url", "GET, HEAD, POST"),
        ("OPTIONS", "/account/sessions", "DELETE, GET, HEAD"),
        ("PUT", "/conversations/some-id", "DELETE, GET, HEAD, PATCH"),
        ("POST", "/conversations/current", "GET, HEAD"),
        ("GET", "/auth/login", "POST"),
        ("GET", "/omi-webhook/some-secret", "POST"),
        ("DELETE", "/docs", "GET, HEAD"),
        ("POST", "/page/omilink.js", "GET, HEAD"),
        ("PROPFIND", "/me", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(ada: Person, method: str, path: str, allowed: str) -> None:
    answer = ada.client.request(method, path)
    assert is_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.soak
def test_odd_requests_are_answered_as_it_is_described(server: ServerProcess, tmp_path: Path) -> None:
    """Hundreds, and a thousand in script/soak: of every operation, signed in, what fits, what does not, and without the
    right to it."""
    ada, who_leaves, sessions = server.user(), server.user(), [f"kitchen-{n}" for n in range(4)]
    for session_id in sessions:
        ada.link(session_id)
        server.say(session_id, "the kettle is on")
    wait_until(lambda: len(ada.client.get("/conversations").json()["items"]) == len(sessions), "the words")
    conversations = [one["id"] for one in ada.client.get("/conversations").json()["items"]]
    operator = (server.data_dir / "operator_token").read_text()
    config = tmp_path / "schemathesis.toml"
    config.write_text(
        f"""
max-stream-events = 3
request-timeout = 60
headers = {{ Authorization = "Bearer {ada.token}" }}

[parameters]
"path.secret" = "{SECRET}"
"path.conversation_id" = {{ dictionary = "conversations", probability = 0.5 }}
"path.session_id" = {{ dictionary = "sessions", probability = 0.5 }}

[dictionaries.conversations]
values = {json.dumps(conversations)}
[dictionaries.sessions]
values = {json.dumps(sessions)}

[[operations]]  # whatever can be read of a call is kept
include-path-regex = "^/omi-webhook"
headers = {{ Authorization = "Bearer {SECRET}" }}
checks.negative_data_rejection.enabled = false
checks.ignored_auth.enabled = false  # it takes a header of an operation for one that it made up itself

[[operations]]  # an id that fits may be one that can be guessed
include-path = "/admin/sessions"
headers = {{ Authorization = "Bearer {operator}" }}
checks.positive_data_acceptance.enabled = false
checks.ignored_auth.enabled = false

[[operations]]  # a time that fits may be long ago
include-path-regex = "^/(action-items|me/recording)"
checks.positive_data_acceptance.enabled = false

[[operations]]  # a name may be blank, a request may say two things, and a person may speak in none of the conversations
include-path-regex = "^/(people|conversations/.*/speakers)"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-path = "/auth/logout"
headers = {{ Authorization = "Bearer {who_leaves.token}" }}
"""
    )
    bounds = ["--seed", "1", "--max-examples", str(in_soak(6, else_=2)), "--generation-database", "none"]
    run = subprocess.run(
        [SCHEMATHESIS, "--config-file", config, "run", f"{server.url}/openapi.json", *bounds, "--warnings", "off"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
    )
    assert run.returncode == 0, run.stdout[-10_000:] + run.stderr
    assert ada.client.get("/me").status_code == 200
