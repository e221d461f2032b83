"""An operator's program issues sessions over HTTP, by the same gate and with the same trace as the command."""

from typing import Any

import httpx2
import pytest
from support import PATIENCE, SECRET, TLS, Person, ServerProcess, wait_until
from web_support import is_error, new_uid

from omilink.linking.session_ids import new_session_id


def operator_token(server: ServerProcess) -> str:
    return (server.data_dir / "operator_token").read_text()


def issue(server: ServerProcess, **body: object) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {operator_token(server)}", "X-Request-Id": "request-of-the-shop"}
    return httpx2.post(f"{server.url}/admin/sessions", json=body, headers=headers, timeout=PATIENCE, verify=TLS)


def issued(server: ServerProcess, **body: object) -> list[dict[str, Any]]:
    answer = issue(server, **body)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"ok", "sessions"}
    return list(answer.json()["sessions"])


def texts(person: Person) -> list[str]:
    return [message["text"] for message in person.current()["messages"]]


def test_a_device_is_its_users_before_its_first_call(shared_server: ServerProcess, ada: Person) -> None:
    session_id = new_session_id()
    [session] = issued(shared_server, user=ada.id, session_id=session_id)
    assert (session["id"], session["linked"], session["method"]) == (session_id, True, "issued")
    assert (session["lastSeenAt"], session["hasConversations"]) == (None, False)
    shared_server.say(session_id, "unpacked")
    wait_until(lambda: texts(ada) == ["unpacked"], "the words")


def test_what_the_device_said_before_it_was_issued_comes_along(shared_server: ServerProcess, ada: Person) -> None:
    session_id = new_session_id()
    shared_server.say(session_id, "tried in the shop")
    shared_server.wait_until_settled(session_id)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        [session] = issued(shared_server, email=f" {ada.email.upper()}", session_id=session_id)
        stream.wait_for("session_linked")
        stream.wait_for_text("tried in the shop")
    assert session["hasConversations"]


def test_without_a_session_id_strong_ones_are_made(shared_server: ServerProcess, ada: Person) -> None:
    made = [*issued(shared_server, user=ada.id), *issued(shared_server, user=ada.id, count=3)]
    ids = [session["id"] for session in made]
    assert len(set(ids)) == 4 and all(len(one) >= 26 and one.startswith("dev_") for one in ids)
    assert {session["id"] for session in ada.client.get("/sessions").json()["sessions"]} == set(ids)


def test_the_same_again_is_answered_alike(shared_server: ServerProcess, ada: Person) -> None:
    session_id = new_session_id()
    first = issue(shared_server, user=ada.id, session_id=session_id)
    assert issue(shared_server, email=ada.email, session_id=session_id).json() == first.json()


def test_somebody_elses_stays_somebody_elses(shared_server: ServerProcess, ada: Person, ben: Person) -> None:
    by_issue, by_hand = new_session_id(), new_session_id()
    issued(shared_server, user=ben.id, session_id=by_issue)
    assert ben.link(by_hand).status_code == 200
    for session_id in by_issue, by_hand:
        assert is_error(issue(shared_server, user=ada.id, session_id=session_id), 409, "session_not_available")
    assert len(ben.client.get("/sessions").json()["sessions"]) == 2
    assert ada.client.get("/sessions").json()["sessions"] == []


def test_the_audit_names_the_operator_and_the_request(shared_server: ServerProcess, ada: Person) -> None:
    [session] = issued(shared_server, user=ada.id)
    question = "SELECT actor, request_id, rule, after FROM audit WHERE session_id = ?"
    assert shared_server.rows(question, f"shared/{session['id']}") == [
        ("operator", "request-of-the-shop", "issued", ada.id)
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"session_id": "session-123"}, "guessed"),
        ({"session_id": 12345678}, "guessed"),
        ({"session_id": "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"}, "uid"),
        ({"session_id": "null"}, "placeholder"),
        ({"session_id": "dev_Zq7vT1wKpLfB2xYhN0sRcU", "count": 2}, "count"),
        ({"count": 0}, "count"),
        ({"count": 101}, "count"),
        ({"count": "many"}, "count"),
        ({"session_id": ["a"]}, "session_id"),
    ],
)
def test_which_sessions_has_to_be_said_well(shared_server: ServerProcess, ada: Person, body: object, said: str) -> None:
    assert isinstance(body, dict)
    answer = issue(shared_server, user=ada.id, **body)
    assert is_error(answer, 422, "invalid")
    assert said in answer.json()["message"]
    assert ada.client.get("/sessions").json()["sessions"] == []


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ({}, "by user, an id, or by email"),
        ({"user": "ada", "email": "ada@example.org"}, "once"),
        ({"email": "no address"}, "email"),
        ({"user": {"id": "ada"}}, "user"),
        ({"iss": "https://login.example.org", "sub": "ada"}, "iss and sub"),
        ({"sub": "ada"}, "iss and sub"),
        ({"user": "ada", "iss": "https://login.example.org", "sub": "ada"}, "iss and sub"),
    ],
)
def test_whose_they_shall_be_has_to_be_said_once(shared_server: ServerProcess, whom: object, said: str) -> None:
    assert isinstance(whom, dict)
    answer = issue(shared_server, **whom)
    assert is_error(answer, 422, "invalid")
    assert said in answer.json()["message"]


@pytest.mark.parametrize("whom", [{"user": "nobody"}, {"user": "\x00"}, {"user": ""}, {"email": "nobody@example.org"}])
def test_a_user_has_to_be_there(shared_server: ServerProcess, whom: dict[str, str]) -> None:
    assert is_error(issue(shared_server, **whom), 404, "not_found")


def test_a_page_of_another_site_issues_nothing_even_with_the_token(shared_server: ServerProcess, ada: Person) -> None:
    headers = {"Authorization": f"Bearer {operator_token(shared_server)}", "Origin": "https://shop.example.net"}
    url, body = f"{shared_server.url}/admin/sessions", {"user": ada.id}
    answer = httpx2.post(url, json=body, headers=headers, timeout=PATIENCE, verify=TLS)
    assert is_error(answer, 403, "origin_not_allowed")
    assert ada.client.get("/sessions").json()["sessions"] == []


def test_nobody_but_the_operator_issues(shared_server: ServerProcess, ada: Person) -> None:
    operator = operator_token(shared_server)
    url, body = f"{shared_server.url}/admin/sessions", {"user": ada.id}
    for shown in ada.token, SECRET, operator[:-1], f"{operator}x", new_uid(), "":
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        for form in body, {}, ["no form"]:
            answer = httpx2.post(url, json=form, headers=headers, timeout=PATIENCE, verify=TLS)
            assert is_error(answer, 401, "not_signed_in")
    for params, cookies in ({"token": operator}, {}), ({"sid": operator}, {}), ({}, {"sid": operator}):
        answer = httpx2.post(url, json=body, params=params, cookies=cookies, timeout=PATIENCE, verify=TLS)
        assert is_error(answer, 401, "not_signed_in")
    assert ada.client.get("/sessions").json()["sessions"] == []
