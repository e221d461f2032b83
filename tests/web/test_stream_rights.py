"""Who may listen, and for how long: never a healthy-looking stream without rights."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from support import PATIENCE, TLS, Follower, Person, ServerProcess
from web_support import AHEAD, fingerprint, is_error, let_expire

PATH = "/conversations/current/stream"
MINUTE = timedelta(minutes=1)
MOMENT = timedelta(milliseconds=10)
"""By which times may differ that are rounded to milliseconds."""


def ticket(person: Person) -> str:
    answer = person.client.post("/conversations/current/stream-ticket").json()
    assert answer.keys() == {"ok", "ticket", "expiresAt"}
    return str(answer["ticket"])


def open_with(server: ServerProcess, **params: str) -> int:
    """The status of an attempt to listen."""
    with server.client() as client, client.stream("GET", PATH, params=params) as answer:
        return int(answer.status_code)


@pytest.mark.parametrize("how", ["cookie", "bearer", "sid", "ticket"])
def test_every_way_to_show_who_listens(shared_server: ServerProcess, ada: Person, how: str) -> None:
    client = shared_server.client(
        cookies={"sid": ada.token} if how == "cookie" else {},
        headers={"Authorization": f"Bearer {ada.token}"} if how == "bearer" else {},
    )
    params = {"sid": {"sid": ada.token}, "ticket": {"ticket": ticket(ada)}}.get(how, {})
    with client, Follower(client, params) as stream:
        stream.wait_for("caught_up")
        ada.link(f"device-of-{ada.id}")
        stream.wait_for("session_linked")


@pytest.mark.parametrize("params", [{}, {"sid": "wrong"}, {"sid": ""}, {"ticket": "wrong"}, {"sid": "\ud7ff\0"}])
def test_nobody_listens_without_rights(shared_server: ServerProcess, params: dict[str, str]) -> None:
    answer = httpx2.get(shared_server.url + PATH, params=params, timeout=PATIENCE, verify=TLS)
    assert is_error(answer, 401, "not_signed_in")


@pytest.mark.parametrize("path", ["/me", "/conversations/current", "/conversations/current/events"])
def test_a_token_in_the_address_opens_nothing_but_the_stream(
    shared_server: ServerProcess, ada: Person, path: str
) -> None:
    for name, value in ("sid", ada.token), ("ticket", ticket(ada)):
        assert (
            httpx2.get(shared_server.url + path, params={name: value}, timeout=PATIENCE, verify=TLS).status_code == 401
        )


def test_a_ticket_is_good_once_however_many_try(shared_server: ServerProcess, ada: Person) -> None:
    one = ticket(ada)
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: open_with(shared_server, ticket=one), range(20)))
    assert sorted(statuses) == [200] + [401] * 19


def test_a_ticket_is_good_for_a_minute(shared_server: ServerProcess, ada: Person) -> None:
    before = datetime.now(UTC)
    shown = ada.client.post("/conversations/current/stream-ticket").json()
    after = datetime.now(UTC)
    assert before - MOMENT <= datetime.fromisoformat(shown["expiresAt"]) - MINUTE <= after + MOMENT
    late = fingerprint(shown["ticket"])
    shared_server.rows("UPDATE tickets SET expires_at = expires_at - 60000 WHERE hash = ?", late)
    assert open_with(shared_server, ticket=shown["ticket"]) == 401


def test_a_ticket_ends_with_the_sign_in_that_asked_for_it(shared_server: ServerProcess, ada: Person) -> None:
    one = ticket(ada)
    ada.client.post("/auth/logout")
    assert open_with(shared_server, ticket=one) == 401


def test_signing_out_closes_this_sign_ins_streams_and_no_others(shared_server: ServerProcess, ada: Person) -> None:
    form = {"email": ada.email, "password": ada.password}
    with shared_server.client() as other:
        other.post("/auth/login", json=form)
        by_ticket = Follower(shared_server.client(), {"ticket": ticket(ada)})
        with ada.follow() as ending, by_ticket, Follower(other, {}) as staying:
            for stream in ending, by_ticket, staying:
                stream.wait_for("caught_up")
            ada.client.post("/auth/logout")
            for stream in ending, by_ticket:
                assert stream.wait_for("signed_out") == {"type": "signed_out", "reason": "signed_out"}
                assert stream.ended.wait(PATIENCE)
            other.post("/sessions/link", json={"session_id": f"device-of-{ada.id}"}).raise_for_status()
            staying.wait_for("session_linked")
            assert "signed_out" not in staying.types()


def test_a_token_that_expires_closes_its_stream(shared_server: ServerProcess, ada: Person) -> None:
    with Follower(shared_server.client(), {"sid": ada.token}) as stream:
        stream.wait_for("caught_up")
        let_expire(shared_server, ada, AHEAD)
        assert stream.wait_for("signed_out")["reason"] == "expired"
        assert stream.ended.wait(PATIENCE)


def test_a_sign_in_removed_beside_the_server_closes_its_stream(shared_server: ServerProcess, ada: Person) -> None:
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        shared_server.rows("DELETE FROM tokens WHERE user_id = ?", ada.id)
        shared_server.rows("UPDATE users SET rights = rights + 1 WHERE id = ?", ada.id)  # as every withdrawal does
        assert stream.wait_for("signed_out")["reason"] == "signed_out"
        assert stream.ended.wait(PATIENCE)


def test_a_user_removed_beside_the_server_is_signed_out(shared_server: ServerProcess, ada: Person) -> None:
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        shared_server.rows("DELETE FROM tokens WHERE user_id = ?", ada.id)
        shared_server.rows("DELETE FROM users WHERE id = ?", ada.id)
        stream.wait_for("signed_out")
        assert stream.ended.wait(PATIENCE)
