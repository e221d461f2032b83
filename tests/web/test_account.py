"""What users do with their accounts: see where they are signed in, change the password, go."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
import pytest
from support import PATIENCE, TLS, Follower, Person, ServerProcess, assert_within, wait_until
from web_support import fingerprint, is_error, segment, texts, until_slowed_down, wait_for_texts

SIGN_INS = "/account/sessions"
NEW_PASSWORD = "a much longer horse"
AT_ONCE = 2.0
"""Seconds within which a stream ends after its right."""


@contextmanager
def signed_in_again(server: ServerProcess, person: Person, client: str = "another device") -> Iterator[httpx2.Client]:
    with server.client(headers={"User-Agent": client}) as other:
        log_in(other, person, person.password).raise_for_status()
        yield other


def log_in(client: httpx2.Client, person: Person, password: str) -> httpx2.Response:
    return client.post("/auth/login", json={"email": person.email, "password": password})


def sign_ins(person: Person) -> list[dict[str, object]]:
    return list(person.client.get(SIGN_INS).json()["sessions"])


def delete_account(person: Person, password: str | None = None) -> httpx2.Response:
    return person.client.request("DELETE", "/account", json={"password": password or person.password})


# where one is signed in


def test_sign_ins_are_listed_and_no_token_is(shared_server: ServerProcess, ada: Person) -> None:
    with signed_in_again(shared_server, ada, "A browser 1.0") as other:
        answer = other.get(SIGN_INS)
        newest, first = answer.json()["sessions"]
        token = other.cookies["sid"]
    assert newest.keys() == {"id", "client", "createdAt", "expiresAt", "current"}
    assert (newest["client"], newest["current"]) == ("A browser 1.0", True)
    assert (first["client"], first["current"]) == (None, False)
    assert newest["createdAt"].endswith("Z") and newest["expiresAt"] > newest["createdAt"]
    for secret in token, ada.token, fingerprint(token), fingerprint(ada.token):
        assert secret not in answer.text
    assert [one["current"] for one in sign_ins(ada)] == [False, True]


def test_the_name_of_a_client_may_be_long(shared_server: ServerProcess, ada: Person) -> None:
    with signed_in_again(shared_server, ada, "x" * 5000):
        assert sign_ins(ada)[0]["client"] == "x" * 200


def test_an_expired_sign_in_is_not_listed(shared_server: ServerProcess, ada: Person) -> None:
    with signed_in_again(shared_server, ada) as other:
        shared_server.rows("UPDATE tokens SET expires_at = 1 WHERE hash = ?", fingerprint(other.cookies["sid"]))
        assert [one["current"] for one in sign_ins(ada)] == [True]


def test_ending_a_sign_in_ends_its_stream_and_no_other(shared_server: ServerProcess, ada: Person) -> None:
    def attempt() -> float:
        with signed_in_again(shared_server, ada) as other, Follower(other, {}) as ending, ada.follow() as staying:
            for stream in ending, staying:
                stream.wait_for("caught_up")
            newest, _ = sign_ins(ada)
            began = time.monotonic()
            assert ada.client.delete(f"{SIGN_INS}/{newest['id']}").json() == {"ok": True}
            assert ending.wait_for("signed_out") == {"type": "signed_out", "reason": "signed_out"}
            assert ending.ended.wait(PATIENCE)
            took = time.monotonic() - began
            assert is_error(other.get("/me"), 401, "not_signed_in")
            ada.link(f"device-of-{fingerprint(str(newest['id']))}")
            staying.wait_for("session_linked")
            assert "signed_out" not in staying.types()
        assert is_error(ada.client.delete(f"{SIGN_INS}/{newest['id']}"), 404, "not_found")
        return took

    assert_within(AT_ONCE, attempt)


def test_nobody_ends_somebody_elses_sign_in(ada: Person, ben: Person) -> None:
    [bens] = sign_ins(ben)
    assert is_error(ada.client.delete(f"{SIGN_INS}/{bens['id']}"), 404, "not_found")
    assert ben.client.get("/me").status_code == 200


def test_all_the_others_can_be_ended_at_once(shared_server: ServerProcess, ada: Person, ben: Person) -> None:
    with signed_in_again(shared_server, ada) as one, signed_in_again(shared_server, ada) as two:
        streams = [Follower(client, {}) for client in (one, two)]
        for stream in streams:
            stream.wait_for("caught_up")
        assert ada.client.delete(SIGN_INS).json() == {"ok": True, "revoked": 2}
        for stream in streams:
            stream.wait_for("signed_out")
        assert {client.get("/me").status_code for client in (one, two)} == {401}
    assert [one["current"] for one in sign_ins(ada)] == [True]
    assert ada.client.delete(SIGN_INS).json() == {"ok": True, "revoked": 0}
    assert ben.client.get("/me").status_code == 200


# another password


def change(person: Person, new: str, old: str | None = None) -> httpx2.Response:
    return person.client.post("/account/password", json={"password": old or person.password, "new_password": new})


def test_another_password_ends_the_other_sign_ins_and_keeps_this_one(shared_server: ServerProcess, ada: Person) -> None:
    with signed_in_again(shared_server, ada) as other, Follower(other, {}) as ending, ada.follow() as staying:
        for stream in ending, staying:
            stream.wait_for("caught_up")
        assert change(ada, NEW_PASSWORD).json() == {"ok": True}
        assert ending.wait_for("signed_out")["reason"] == "signed_out"
        assert other.get("/me").status_code == 401
        ada.link(f"device-of-{ada.id}")
        staying.wait_for("session_linked")
    with shared_server.client() as client:
        assert is_error(log_in(client, ada, ada.password), 401, "wrong_login")
        assert log_in(client, ada, NEW_PASSWORD).status_code == 200


def test_without_the_password_it_is_not_changed(shared_server: ServerProcess, ada: Person) -> None:
    with signed_in_again(shared_server, ada) as other:
        assert is_error(change(ada, NEW_PASSWORD, old="a wrong guess"), 401, "wrong_login")
        assert other.get("/me").status_code == 200
    with shared_server.client() as client:
        assert log_in(client, ada, ada.password).status_code == 200


@pytest.mark.parametrize("bad", ["short", "x" * 1025, 7, None])
def test_a_password_that_cannot_be_one_is_refused(ada: Person, bad: object) -> None:
    answer = ada.client.post("/account/password", json={"password": ada.password, "new_password": bad})
    assert is_error(answer, 422, "invalid")
    assert ada.password not in answer.text


def test_guessing_a_password_with_a_stolen_token_is_slowed_down(bare_server: ServerProcess) -> None:
    thief = bare_server.user()
    assert [delete_account(thief, "a wrong guess").status_code for _ in range(5)] == [401] * 5
    *guesses, refused = until_slowed_down(lambda: change(thief, NEW_PASSWORD, old="a wrong guess"))
    assert [guess.status_code for guess in guesses[:5]] == [401] * 5
    assert is_error(refused, 429, "rate_limited")
    assert int(refused.headers["retry-after"]) > 0
    assert delete_account(thief).status_code == 429
    with bare_server.client() as client:
        assert log_in(client, thief, thief.password).status_code == 429  # it is the same count


def test_the_right_password_costs_no_try(bare_server: ServerProcess) -> None:
    person = bare_server.user()
    for _ in range(12):
        assert change(person, person.password).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/account/password"), ("DELETE", "/account"), ("DELETE", SIGN_INS), ("DELETE", f"{SIGN_INS}/x")],
)
def test_another_site_can_do_none_of_it(shared_server: ServerProcess, ada: Person, method: str, path: str) -> None:
    form = {"password": ada.password, "new_password": NEW_PASSWORD}
    with shared_server.client(cookies={"sid": ada.token}, headers={"Origin": "https://evil.example"}) as browser:
        assert is_error(browser.request(method, path, json=form), 403, "origin_not_allowed")


# going


def test_nothing_of_a_deleted_account_is_left(make_server: Callable[..., ServerProcess]) -> None:
    """Neither in any table nor anywhere else on the disk."""
    server = make_server()
    ada, ben = server.user("ada.leaves@example.org"), server.user("ben.stays@example.org")
    address = str(ada.client.get("/me/webhook-url").json()["url"])
    ada.client.post("/conversations/current/stream-ticket")
    server.vouch(ada, "uid-of-adas")
    ada.link("kitchen")
    server.say("kitchen", "ada said this in the kitchen")
    wait_for_texts(ada, "ada said this in the kitchen")
    server.say("wrist", "ada said this by uid", uid="uid-of-adas")
    wait_for_texts(ada, "ada said this by uid")
    body = {"session_id": "kitchen", "segments": [segment("ada said this at home")]}
    httpx2.post(address, json=body, timeout=PATIENCE, verify=TLS)
    wait_for_texts(ada, "ada said this at home")
    ada.link("given-away")
    server.say("given-away", "ada said this before")
    wait_for_texts(ada, "ada said this before")
    ada.client.delete("/sessions/given-away/link")
    ben.link("given-away")
    server.say("given-away", "ben goes on", start=2)
    wait_for_texts(ben, "ben goes on")

    traces = [ada.id, ada.email, "uid-of-adas", "ada said this", address.rpartition("/")[2], fingerprint(ada.token)]
    assert {trace for trace in traces if places_of(trace, server)} == set(traces)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        answer = delete_account(ada)
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
        assert 'sid=""' in answer.headers["set-cookie"]
        assert stream.wait_for("signed_out") == {"type": "signed_out", "reason": "account_deleted"}
        assert stream.ended.wait(PATIENCE)
    uids = {"session_uids.uid"}  # what a session has shown stays known: it is why its id alone links nobody
    assert {trace: places_of(trace, server) for trace in traces} == {
        trace: uids if trace == "uid-of-adas" else set() for trace in traces
    }
    wait_until(lambda: not files_with("ada said this", server), "the disk to be scrubbed")
    assert texts(ben) == ["ben goes on"]
    assert is_error(ada.client.get("/me"), 401, "not_signed_in")
    with server.client() as client:
        assert is_error(log_in(client, ada, ada.password), 401, "wrong_login")


def test_sessions_of_a_deleted_account_are_nobodys_and_bring_nothing_back(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str, uid: str
) -> None:
    ada.link(device)
    shared_server.vouch(ada, uid)
    shared_server.say(device, "ada's")
    wait_for_texts(ada, "ada's")
    shared_server.say(f"{device}-by-uid", "ada's too", uid=uid)
    wait_for_texts(ada, "ada's too")
    assert delete_account(ada).status_code == 200

    shared_server.say(device, "after it", start=2)
    shared_server.say(f"{device}-by-uid", "after it", start=2, uid=uid)
    for session_id in device, f"{device}-by-uid":
        shared_server.wait_until_settled(session_id)
        owner = "SELECT user_id, method FROM omi_sessions WHERE id = ?"
        assert shared_server.rows(owner, f"shared/{session_id}") == [(None, None)]
        assert ben.link(session_id).status_code == 200
        assert texts(ben) == ["after it"]
    assert shared_server.rows("SELECT 1 FROM users WHERE id = ?", ada.id) == []


def test_the_email_is_free_again(shared_server: ServerProcess) -> None:
    first = shared_server.user()
    first.link(f"device-of-{first.id}")
    delete_account(first)
    second = shared_server.user(first.email)
    assert second.id != first.id
    assert second.client.get("/sessions").json()["sessions"] == []
    assert second.current()["conversation"] is None


def test_without_the_password_no_account_is_deleted(ada: Person) -> None:
    assert is_error(delete_account(ada, "a wrong guess"), 401, "wrong_login")
    assert is_error(ada.client.delete("/account"), 422, "invalid")
    assert ada.client.get("/me").status_code == 200


def places_of(text: str, server: ServerProcess) -> set[str]:
    """The columns of the database that hold it. A virtual table has none: its content is in tables of their own."""
    tables = [
        name
        for (name,) in server.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL TABLE%'"
        )
    ]
    columns = [(t, c) for t in tables for (c,) in server.rows("SELECT name FROM pragma_table_info(?)", t)]
    holds = 'SELECT 1 FROM "{}" WHERE instr(CAST("{}" AS TEXT), ?)'
    return {f"{t}.{c}" for t, c in columns if server.rows(holds.format(t, c), text)}


def files_with(word: str, server: ServerProcess) -> list[str]:
    files = [path for path in server.data_dir.parent.rglob("*") if path.is_file()]
    return [path.name for path in files if word.encode() in path.read_bytes()]
