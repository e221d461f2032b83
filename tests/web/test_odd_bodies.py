"""Whatever is sent, the server answers in its own words and goes on working."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SECRET, ServerProcess, wait_until
from web_support import is_error

JSON_ROUTES = ("/auth/register", "/auth/login", "/sessions/link")
DEEP = b'{"email": %s, "session_id": %s}' % ((b"[" * 10_000 + b"]" * 10_000,) * 2)
LONE = b'{"email": "\\ud800@example.org", "password": "\\udfff\\udfff\\udfff\\udfff\\udfff\\udfff\\udfff\\udfff"'
SURROGATES = LONE + b', "display_name": "\\ud800", "session_id": "\\ud800"}'
NUL = b'{"email": "nul\\u0000@example.org", "password": "12345678\\u0000", "session_id": "\\u0000"}'
HUGE = b'{"session_id": "' + b"x" * (1 << 20) + b'"}'


@pytest.fixture(scope="module")
def client(shared_server: ServerProcess) -> Iterator[httpx2.Client]:
    token = shared_server.user().token
    with shared_server.client(headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.mark.parametrize("body", [DEEP, SURROGATES, NUL, b"\xff\xfe", b"", b"[]", b"null"])
@pytest.mark.parametrize("path", JSON_ROUTES)
def test_odd_bodies_are_the_callers_mistake(client: httpx2.Client, path: str, body: bytes) -> None:
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.json().keys() == {"ok", "error", "message"}


@pytest.mark.parametrize("password", ["\ud800" * 8, "nul\0nul\0nul", "пароль-пароль", "🔑" * 8])
def test_any_password_that_json_can_carry_opens_the_account(client: httpx2.Client, password: str) -> None:
    email = f"{password.encode('utf-8', 'surrogatepass').hex()[:40]}@example.org"
    form = json.dumps({"email": email, "password": password}).encode()
    headers = {"Content-Type": "application/json"}
    assert client.post("/auth/register", content=form, headers=headers).status_code == 201
    assert client.post("/auth/login", content=form, headers=headers).status_code == 200


@pytest.mark.parametrize("path", [*JSON_ROUTES, f"/omi-webhook/{SECRET}"])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_more_than_a_mebibyte_is_too_large(client: httpx2.Client, path: str, declared: bool) -> None:
    body = HUGE if declared else iter([HUGE[: 1 << 19], HUGE[1 << 19 :]])
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert is_error(answer, 413, "too_large")


@pytest.mark.parametrize("path", ["/conversations/%00", "/conversations/%ED%A0%80/messages", "/sessions/%00", "/%ff"])
def test_odd_addresses_are_not_there(client: httpx2.Client, path: str) -> None:
    assert is_error(client.get(path), 404, "not_found")


NAMES = ("session_id", "sessionId", "uid", "segments", "text", "id", "start", "end", "speaker", "is_user", "structured")
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["a-device", "SPEAKER_00", "1e400", "-1", "null", "\ud800", "\0", "9" * 5000])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)
OTHER_FIELDS = dict.fromkeys([name for name in NAMES if name != "text"], LEAVES)
CALLS = VALUES | st.builds(
    lambda items, more: {**more, "session_id": "a-device", "segments": items},
    st.lists(
        st.fixed_dictionaries({"text": st.text(min_size=1)}, optional=OTHER_FIELDS),
        max_size=5,
    ),
    st.dictionaries(st.sampled_from(["uid", "user_id", "structured"]), LEAVES),
)


@given(content=CALLS)
def test_no_json_breaks_the_webhook(shared_server: ServerProcess, client: httpx2.Client, content: object) -> None:
    answer = client.post(shared_server.webhook_url, content=json.dumps(content).encode())
    assert answer.status_code in (200, 422), answer.text
    assert answer.status_code == 422 or answer.json() == {"ok": True}


@given(body=st.binary(max_size=200), query=st.binary(max_size=50))
def test_no_bytes_break_the_webhook(
    shared_server: ServerProcess, client: httpx2.Client, body: bytes, query: bytes
) -> None:
    address = httpx2.URL(shared_server.webhook_url).copy_with(query=quote(query, safe="&?=%").encode())
    assert client.post(address, content=body).status_code in (200, 400, 422)


def test_what_was_taken_can_be_saved(client: httpx2.Client) -> None:
    """After all the odd calls above."""

    def jobs() -> dict[str, int]:
        counts: dict[str, int] = client.get("/ready").json()["jobs"]
        assert counts["dead"] == 0
        return counts

    wait_until(lambda: jobs()["waiting"] == 0, "the queue to be empty")
