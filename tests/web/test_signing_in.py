"""Accounts, and the tokens that show who calls."""

import time
from http.cookies import Morsel, SimpleCookie

import httpx2
import pytest
from support import Person, ServerProcess
from web_support import DAY, PASSWORD, fingerprint, is_error, until_slowed_down


def cookie_of(answer: httpx2.Response) -> "Morsel[str]":
    return SimpleCookie(answer.headers["set-cookie"])["sid"]


def register(server: ServerProcess, email: str, **more: object) -> httpx2.Response:
    with server.client() as client:
        return client.post("/auth/register", json={"email": email, "password": PASSWORD, **more})


def log_in(server: ServerProcess, email: str, password: str = PASSWORD, **headers: str) -> httpx2.Response:
    with server.client(headers=headers) as client:
        return client.post("/auth/login", json={"email": email, "password": password})


def expiry(server: ServerProcess, token: str) -> int:
    [(expires_at,)] = server.rows("SELECT expires_at FROM tokens WHERE hash = ?", fingerprint(token))
    return int(expires_at)


def set_expiry(server: ServerProcess, token: str, at: int) -> None:
    server.rows("UPDATE tokens SET expires_at = ? WHERE hash = ?", at, fingerprint(token))


def now() -> int:
    return time.time_ns() // 1_000_000


# signing up and in


def test_signing_up_answers_as_the_contract_says_and_signs_in(shared_server: ServerProcess) -> None:
    answer = register(shared_server, "Grace@Example.org", display_name="Grace")
    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() == {"ok", "session_token", "user"}
    assert body["ok"] is True
    assert body["user"].keys() == {"id", "email", "displayName", "createdAt"}
    assert body["user"]["email"] == "grace@example.org"
    assert body["user"]["displayName"] == "Grace"
    assert body["user"]["createdAt"].endswith("Z")
    with shared_server.client(cookies={"sid": body["session_token"]}) as client:
        assert client.get("/me").json() == {"ok": True, "user": body["user"], "omi_links": []}


def test_the_cookie_is_for_the_server_only(shared_server: ServerProcess) -> None:
    answer = register(shared_server, "cookie@example.org")
    cookie = cookie_of(answer)
    assert cookie.value == answer.json()["session_token"]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert cookie["path"] == "/"
    assert int(cookie["max-age"]) == 30 * DAY // 1000
    assert not cookie["secure"]
    assert not cookie["domain"]


def test_signing_in_answers_alike_with_another_token(shared_server: ServerProcess, ada: Person) -> None:
    answer = log_in(shared_server, f" {ada.email.upper()} ")
    assert answer.status_code == 200
    assert answer.json().keys() == {"ok", "session_token", "user"}
    assert answer.json()["user"]["id"] == ada.id
    assert answer.json()["session_token"] != ada.token
    assert cookie_of(answer).value == answer.json()["session_token"]


def test_the_cookie_is_secure_behind_a_trusted_https_proxy(shared_server: ServerProcess, ada: Person) -> None:
    assert cookie_of(log_in(shared_server, ada.email, **{"X-Forwarded-Proto": "https"}))["secure"]


def test_the_cookie_is_secure_where_the_public_address_is_https(careful_server: ServerProcess) -> None:
    assert cookie_of(log_in(careful_server, careful_server.user().email))["secure"]


def test_nobody_but_the_proxy_is_believed_about_https(bare_server: ServerProcess) -> None:
    assert not cookie_of(log_in(bare_server, bare_server.user().email, **{"X-Forwarded-Proto": "https"}))["secure"]


def test_an_email_is_taken_once_however_it_is_written(shared_server: ServerProcess, ada: Person) -> None:
    answer = register(shared_server, ada.email.title())
    assert answer.status_code == 409
    assert answer.json()["error"] == "email_taken"


def test_a_wrong_password_and_an_unknown_email_are_answered_alike(shared_server: ServerProcess, ada: Person) -> None:
    wrong = log_in(shared_server, ada.email, "something else")
    unknown = log_in(shared_server, "nobody@example.org", "something else")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["error"] == "wrong_login"
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    "form",
    [
        {"email": "no address", "password": PASSWORD},
        {"email": "someone@example.org", "password": "short77"},
        {"email": "someone@example.org", "password": "long" * 300},
        {"email": "someone@example.org"},
        {"email": ["someone@example.org"], "password": PASSWORD},
        [PASSWORD],
    ],
)
def test_what_does_not_fit_is_said_without_repeating_the_password(shared_server: ServerProcess, form: object) -> None:
    with shared_server.client() as client:
        answer = client.post("/auth/register", json=form)
    assert answer.status_code == 422
    assert answer.json().keys() == {"ok", "error", "message"}
    assert answer.json()["error"] == "invalid"
    assert PASSWORD not in answer.text
    assert "short77" not in answer.text


# tries


def test_guessing_a_password_is_slowed_down(bare_server: ServerProcess) -> None:
    email = bare_server.user().email
    *guesses, refused = until_slowed_down(lambda: log_in(bare_server, email, "a wrong guess"))
    assert [guess.status_code for guess in guesses[:10]] == [401] * 10
    assert is_error(refused, 429, "rate_limited")
    assert int(refused.headers["retry-after"]) > 0
    assert log_in(bare_server, email).status_code == 429


def test_signing_up_by_the_dozen_is_slowed_down_whatever_address_is_claimed(bare_server: ServerProcess) -> None:
    with bare_server.client() as client:
        for number in range(60):
            form = {"email": "flood@example.org", "password": PASSWORD}
            answer = client.post("/auth/register", json=form, headers={"X-Forwarded-For": f"198.51.100.{number}"})
            if answer.status_code == 429:
                break
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


# tokens


def test_tokens_and_passwords_are_nowhere_in_the_clear(shared_server: ServerProcess, ada: Person) -> None:
    with shared_server.client() as client:
        ticket = ada.client.post("/conversations/current/stream-ticket").json()["ticket"]
        client.get("/conversations/current/stream", params={"ticket": "not-a-ticket"})
        client.get("/conversations", params={"sid": ada.token})
    files = [path for path in shared_server.data_dir.rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in [*files, shared_server.log])
    assert fingerprint(ada.token).encode() in kept
    for secret in ada.token, ticket, ada.password:
        assert secret.encode() not in kept


def test_an_expired_token_opens_nothing(shared_server: ServerProcess, ada: Person) -> None:
    set_expiry(shared_server, ada.token, now() - 1)
    answer = ada.client.get("/me")
    assert answer.status_code == 401
    assert answer.json()["error"] == "not_signed_in"


def test_a_token_in_use_lives_on(shared_server: ServerProcess, ada: Person) -> None:
    set_expiry(shared_server, ada.token, now() + 10 * DAY)
    with shared_server.client(cookies={"sid": ada.token}) as browser:
        assert cookie_of(browser.get("/me")).value == ada.token
        assert expiry(shared_server, ada.token) > now() + 29 * DAY
        assert "set-cookie" not in browser.get("/me").headers


def test_a_fresh_token_costs_no_write(shared_server: ServerProcess, ada: Person) -> None:
    before = expiry(shared_server, ada.token)
    ada.client.get("/me")
    assert expiry(shared_server, ada.token) == before


def test_signing_out_ends_this_sign_in_and_no_other(shared_server: ServerProcess, ada: Person) -> None:
    other = log_in(shared_server, ada.email).json()["session_token"]
    with shared_server.client(cookies={"sid": ada.token}) as browser:
        answer = browser.post("/auth/logout")
        assert answer.json() == {"ok": True}
        assert (cookie_of(answer).value, cookie_of(answer)["max-age"]) == ("", "0")
    assert ada.client.get("/me").status_code == 401
    with shared_server.client(headers={"Authorization": f"Bearer {other}"}) as client:
        assert client.get("/me").status_code == 200


READ_ROUTES = ("/me", "/sessions", "/conversations", "/conversations/current", "/conversations/current/events")


@pytest.mark.parametrize("path", READ_ROUTES)
def test_cookie_and_bearer_open_the_same_doors(shared_server: ServerProcess, ada: Person, path: str) -> None:
    with shared_server.client(cookies={"sid": ada.token}) as browser:
        by_cookie = browser.get(path)
    assert by_cookie.status_code == 200
    assert by_cookie.json() == ada.client.get(path).json()


def test_every_route_of_a_users_asks_who_it_is(shared_server: ServerProcess) -> None:
    everybodys = ("/auth/register", "/auth/login", "/omi", "/health", "/ready", "/metrics")
    with shared_server.client(headers={"Authorization": "Bearer made-up"}) as client:
        paths = client.get("/openapi.json").json()["paths"]
        mine = {path: methods for path, methods in paths.items() if not path.startswith(everybodys)}
        assert len(mine) >= 12
        for path, methods in mine.items():
            for method in methods:
                answer = client.request(method, path, json={} if method == "post" else None)
                assert (path, method, answer.status_code) == (path, method, 401)
                assert answer.json()["error"] == "not_signed_in"


# whose sign-in it is


@pytest.mark.parametrize("path", ["/sessions", "/conversations/current/stream"])
def test_a_sign_in_counts_only_for_whom_it_is_meant(
    shared_server: ServerProcess, ada: Person, ben: Person, path: str
) -> None:
    """In another tab of the browser somebody else has signed in."""
    with shared_server.client(cookies={"sid": ben.token}) as browser:
        assert is_error(browser.get(path, headers={"X-Omilink-User": ada.id}), 401, "not_signed_in")
        with browser.stream("GET", path, headers={"X-Omilink-User": ben.id}) as answer:
            assert answer.status_code == 200


def test_two_sign_ins_at_once_are_none(shared_server: ServerProcess, ada: Person, ben: Person) -> None:
    """A neighbouring site has planted its own cookie beside the visitor's."""
    for first, second in (ada, ben), (ben, ada):
        both = {"Cookie": f"sid={first.token}; sid={second.token}"}
        with shared_server.client(headers=both) as browser:
            assert is_error(browser.get("/me"), 401, "not_signed_in")
    with shared_server.client(headers={"Cookie": f"sid={ada.token}; sid={ada.token}"}) as browser:
        assert browser.get("/me").json()["user"]["id"] == ada.id
