"""Signing up and in however an email and a password are typed, and what is told of accounts of before."""

import unicodedata
from collections.abc import Callable

import httpx2
import pytest
from argon2 import PasswordHasher
from support import PATIENCE, TLS, ServerProcess
from web_support import PASSWORD, is_error, until_slowed_down

from omilink.linking.session_ids import new_session_id

COMPOSED, DECOMPOSED = "contrase\u00f1a", unicodedata.normalize("NFD", "contrase\u00f1a")


def register(server: ServerProcess, email: str, password: str = PASSWORD) -> httpx2.Response:
    with server.client() as client:
        return client.post("/auth/register", json={"email": email, "password": password})


def log_in(server: ServerProcess, email: str, password: str = PASSWORD) -> httpx2.Response:
    with server.client() as client:
        return client.post("/auth/login", json={"email": email, "password": password})


def of_before(server: ServerProcess, user_id: str, email: str, key: str | None, password: str = PASSWORD) -> None:
    """An account as a migration leaves it."""
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
    added = "INSERT INTO users (id, email, password_hash, created_at) VALUES (?, ?, ?, 0)"
    server.rows(added, user_id, email, hashed)
    if key != email:
        server.rows("INSERT INTO email_keys (user_id, key) VALUES (?, ?)", user_id, key)


@pytest.mark.parametrize(
    ("signed_up", "shown", "typed"),
    [
        ("zoe\u0308@example.org", "zoë@example.org", "zoë@example.org"),
        ("chlo\u00e9@example.org", "chloé@example.org", "CHLOE\u0301@EXAMPLE.ORG"),
        ("ｋｅｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ken@example.org", "ken@example.org."),
        ("uwe@bücher.example", "uwe@bücher.example", "uwe@xn--bcher-kva.example"),
    ],
)
def test_one_email_is_one_account(shared_server: ServerProcess, signed_up: str, shown: str, typed: str) -> None:
    answer = register(shared_server, signed_up)
    assert answer.json()["user"]["email"] == shown
    assert is_error(register(shared_server, typed), 409, "email_taken")
    assert log_in(shared_server, typed).json()["user"] == answer.json()["user"]
    headers = {"Authorization": f"Bearer {(shared_server.data_dir / 'operator_token').read_text()}"}
    form = {"email": typed, "session_id": new_session_id()}
    url = f"{shared_server.url}/admin/sessions"
    assert httpx2.post(url, json=form, headers=headers, timeout=PATIENCE, verify=TLS).status_code == 200


def test_signs_that_only_look_alike_make_two_accounts(shared_server: ServerProcess) -> None:
    ids = {register(shared_server, email).json()["user"]["id"] for email in ("eva²@example.org", "eva2@example.org")}
    assert len(ids) == 2


@pytest.mark.parametrize("unseen", ["\u200b", "\u00ad", "\u202e", "\u2066", "\ufe0f", "\u3164"])
def test_what_nobody_can_see_is_refused_with_its_name(shared_server: ServerProcess, unseen: str) -> None:
    for ask in register, log_in:
        answer = ask(shared_server, f"un{unseen}seen@example.org")
        assert is_error(answer, 422, "invalid")
        assert f"U+{ord(unseen):04X}" in answer.json()["message"]
        assert unseen not in answer.text


def test_tries_count_for_an_email_however_it_is_typed(bare_server: ServerProcess) -> None:
    forms = iter(["guess\u00e9d@example.org", "GUESSE\u0301D@example.org", "ｇuess\u00e9d@example.org."] * 20)
    guess: Callable[[], httpx2.Response] = lambda: log_in(bare_server, next(forms), "a wrong guess")  # noqa: E731
    *guesses, refused = until_slowed_down(guess)
    assert len(guesses) <= 12
    assert is_error(refused, 429, "rate_limited")


def test_a_password_is_good_from_every_keyboard(shared_server: ServerProcess) -> None:
    assert register(shared_server, "maria@example.org", DECOMPOSED).status_code == 201
    for password in COMPOSED, DECOMPOSED:
        assert log_in(shared_server, "maria@example.org", password).status_code == 200
    assert is_error(log_in(shared_server, "maria@example.org", "contrasena"), 401, "wrong_login")


def test_a_password_of_before_is_good_and_from_then_on_from_every_keyboard(shared_server: ServerProcess) -> None:
    of_before(shared_server, "pilar", "pilar@example.org", "pilar@example.org", DECOMPOSED)
    assert log_in(shared_server, "pilar@example.org", COMPOSED).status_code == 401
    assert log_in(shared_server, "pilar@example.org", DECOMPOSED).status_code == 200
    token = log_in(shared_server, "pilar@example.org", COMPOSED).json()["session_token"]
    with shared_server.client(headers={"Authorization": f"Bearer {token}"}) as client:
        change = {"password": COMPOSED, "new_password": f"{DECOMPOSED} nueva"}
        assert client.post("/account/password", json=change).status_code == 200
    assert log_in(shared_server, "pilar@example.org", f"{COMPOSED} nueva").status_code == 200


def test_accounts_of_before_that_are_one_email_now_stay_two_and_are_told(server: ServerProcess) -> None:
    composed, decomposed = "ren\u00e9@example.org", "rene\u0301@example.org"
    of_before(server, "rene", composed, composed)
    of_before(server, "other", decomposed, composed)
    of_before(server, "unseen", "un\u200bseen@example.org", None)
    for email, user_id in (composed, "rene"), (decomposed, "other"), ("un\u200bseen@example.org", "unseen"):
        assert log_in(server, email).json()["user"]["id"] == user_id
    assert is_error(register(server, composed), 409, "email_taken")
    known, unknown = (log_in(server, f"un\u200b{name}@example.org", "a wrong guess") for name in ("seen", "known"))
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)

    server.restart()
    told = [line for line in server.log.read_text().splitlines() if "omilink users rename" in line]
    assert ["other" in line and "rene" in line for line in told] == ["unseen" not in line for line in told]
    assert len(told) == 2 and "U+200B" in told[0] + told[1] and "@" not in told[0] + told[1]
    found = server.omilink("doctor", check=False)
    assert found.returncode == 1
    for shown in "rene (ren\\xe9@example.org)", "other (rene\\u0301@example.org)", "unseen (un\\u200bseen@example.org)":
        assert shown in found.stdout

    server.omilink("users", "rename", "other", "another@example.org")
    server.omilink("users", "rename", "un\u200bseen@example.org", "Seen@example.org")
    assert log_in(server, "seen@example.org").json()["user"]["id"] == "unseen"
    assert log_in(server, decomposed).json()["user"]["id"] == "rene"
    assert "omilink users rename" not in server.omilink("doctor", check=False).stdout
    assert "is an account" in server.omilink("users", "rename", "rene", "another@example.org", check=False).stderr
