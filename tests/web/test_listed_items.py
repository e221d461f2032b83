"""Action items over all conversations, by HTTP."""

from typing import Any

import pytest
from support import Person, ServerProcess, wait_until
from test_omi_record import record, wearer
from web_support import call, is_error


def items(person: Person, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.client.get(f"/action-items{query}").json()["items"]
    return found


def test_what_is_to_be_done_is_listed_added_ticked_and_deleted_while_another_page_shows_it(
    shared_server: ServerProcess,
) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, record("20z", uid), f"?uid={uid}")
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    conversation = ada.current()["conversation"]
    of_record = [item | {"conversationId": conversation["id"]} for item in conversation["actionItems"]]
    assert items(ada) == of_record
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        form = {"text": "Buy milk", "due_at": "2026-10-14T20:00:00+02:00"}
        milk = ada.client.post("/action-items", json=form).json()["actionItem"]
        assert (milk["dueAt"], milk["done"], milk["conversationId"]) == ("2026-10-14T18:00:00.000Z", False, None)
        assert stream.wait_for("action_item_changed")["actionItem"] == milk
        later = ada.client.patch(f"/action-items/{milk['id']}", json={"due_at": None, "text": "Buy oat milk"}).json()
        assert later["actionItem"] == milk | {"dueAt": None, "text": "Buy oat milk"}
        ticked = ada.client.patch(f"/action-items/{of_record[0]['id']}", json={"done": True}).json()["actionItem"]
        changed = stream.wait_for("conversation_changed")["conversation"]
        assert ticked == changed["actionItems"][0] | {"conversationId": conversation["id"]}
        assert items(ada, "?done=true") == [ticked]
        assert items(ada, "?done=false") == [later["actionItem"], *of_record[1:]]
        first = ada.client.get("/action-items?limit=2").json()
        assert first["items"] == [later["actionItem"], ticked]
        rest = ada.client.get(f"/action-items?limit=2&cursor={first['nextCursor']}").json()
        assert (rest["items"], rest["nextCursor"]) == (of_record[1:], None)
        assert ada.client.delete(f"/action-items/{milk['id']}").json() == {"ok": True}
        assert stream.wait_for("action_item_deleted")["actionItemId"] == milk["id"]
    ada.client.delete(f"/conversations/{conversation['id']}").raise_for_status()
    assert items(ada) == []


def test_an_item_that_its_user_has_deleted_does_not_come_back_with_the_record(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, record("20z", uid), f"?uid={uid}")
    wait_until(lambda: items(ada), "the items")
    transfer, hedda = items(ada)
    ada.client.delete(f"/action-items/{transfer['id']}").raise_for_status()
    form = {"text": "Book the van", "conversation_id": hedda["conversationId"]}
    van = ada.client.post("/action-items", json=form).json()["actionItem"]
    call(shared_server, record("22", uid), f"?uid={uid}")
    wait_until(lambda: ada.current()["conversation"]["title"] == "Umzug: piano and van", "the later record")
    assert [item["id"] for item in items(ada)] == [hedda["id"], van["id"]]


def test_only_its_user_reaches_an_item(shared_server: ServerProcess) -> None:
    ada, ben = shared_server.user(), shared_server.user()
    milk = ada.client.post("/action-items", json={"text": "Buy milk"}).json()["actionItem"]
    assert items(ben) == []
    assert is_error(ben.client.patch(f"/action-items/{milk['id']}", json={"done": True}), 404, "not_found")
    assert is_error(ben.client.delete(f"/action-items/{milk['id']}"), 404, "not_found")
    assert is_error(shared_server.client().get("/action-items"), 401, "not_signed_in")
    assert items(ada) == [milk]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"text": ""},
        {"text": " "},
        {"text": 3},
        {"text": "x" * 501},
        {"text": "a\u0000"},
        {"text": "Buy milk", "due_at": "tomorrow"},
        {"text": "Buy milk", "due_at": "2026-10-14"},
        {"text": "Buy milk", "due_at": "2026-10-14T18:00:00"},
        {"text": "Buy milk", "due_at": "0001-01-01T00:00:00+14:00"},
        {"text": "Buy milk", "due_at": 1_700_000_000},
        {"text": "Buy milk", "conversation_id": 3},
    ],
)
def test_what_cannot_be_an_item_is_refused(shared_server: ServerProcess, form: dict[str, Any]) -> None:
    ada = shared_server.user()
    assert is_error(ada.client.post("/action-items", json=form), 422, "invalid")
    milk = ada.client.post("/action-items", json={"text": "Buy milk"}).json()["actionItem"]
    if form and "conversation_id" not in form:
        assert is_error(ada.client.patch(f"/action-items/{milk['id']}", json=form), 422, "invalid")
    assert items(ada) == [milk]


@pytest.mark.parametrize("query", ["?done=perhaps", "?limit=0", "?limit=201", "?cursor=%00", "?cursor=a/b"])
def test_an_odd_question_is_refused(shared_server: ServerProcess, query: str) -> None:
    assert is_error(shared_server.user().client.get(f"/action-items{query}"), 422, "invalid")


def test_a_conversation_that_is_not_there_takes_no_item(shared_server: ServerProcess) -> None:
    form = {"text": "Buy milk", "conversation_id": "none\u0000"}
    assert is_error(shared_server.user().client.post("/action-items", json=form), 404, "not_found")
