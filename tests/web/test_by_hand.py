"""Conversations that their user joins, splits and takes back, by HTTP and with an open stream."""

from functools import partial
from typing import Any

import httpx2
import pytest
from support import Person, ServerProcess, wait_until
from web_support import is_error


def act(person: Person, conversation_id: str, name: str, **form: Any) -> httpx2.Response:
    return person.client.post(f"/conversations/{conversation_id}/{name}", json=form)


def messages(person: Person, conversation_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.client.get(f"/conversations/{conversation_id}/messages").json()["items"]
    return found


def texts(person: Person, conversation_id: str) -> list[str]:
    return [message["text"] for message in messages(person, conversation_id)]


def two_talks(server: ServerProcess) -> tuple[Person, str, str]:
    """Somebody with a conversation in each of two rooms, the garden's being the later one."""
    ada = server.user()
    for number, room in enumerate(("kitchen", "garden")):
        ada.link(f"{room}-of-{ada.id}").raise_for_status()
        server.say(f"{room}-of-{ada.id}", f"first in the {room}", f"last in the {room}")
        wait_until(partial(has_talks, ada, number + 1), room)
    garden, kitchen = listed(ada)
    return ada, kitchen, garden


def has_talks(person: Person, count: int) -> bool:
    return len(listed(person)) == count


def listed(person: Person) -> list[str]:
    return [item["id"] for item in person.client.get("/conversations").json()["items"]]


def test_an_open_stream_follows_a_join_a_split_and_both_taken_back(shared_server: ServerProcess) -> None:
    ada, kitchen, garden = two_talks(shared_server)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        joined = act(ada, kitchen, "join", other_id=garden).json()
        assert (joined["ok"], joined["conversation"]["messageCount"]) == (True, 4)
        assert stream.wait_for("conversation_deleted")["conversationId"] == garden
        moved = stream.wait_for("messages_moved")
        assert (moved["from"], moved["to"], len(moved["messageIds"])) == (garden, kitchen, 2)
        assert (
            joined["conversation"] == ada.current()["conversation"] == stream.wait_for("new_messages")["conversation"]
        )
        assert (listed(ada), len(texts(ada, kitchen))) == ([kitchen], 4)

        shared_server.say(f"garden-of-{ada.id}", "still in the garden", start=4.0)
        assert stream.wait_for_text("still in the garden")["conversationId"] == kitchen

        last = next(one for one in messages(ada, kitchen) if one["text"] == "last in the garden")
        split = act(ada, kitchen, "split", message_id=last["id"]).json()
        new = split["newConversation"]
        assert texts(ada, new["id"])[-1] == "still in the garden"
        assert stream.wait_for("messages_moved", 2)["to"] == new["id"]
        assert split["conversation"]["messageCount"] + new["messageCount"] == 5

        assert act(ada, kitchen, "undo").json()["conversation"]["messageCount"] == 5
        assert stream.wait_for("messages_moved", 3)["from"] == new["id"]
        assert act(ada, kitchen, "undo").json()["conversation"]["messageCount"] == 2
        assert stream.wait_for("messages_moved", 4)["from"] == kitchen
    assert (texts(ada, kitchen), len(texts(ada, garden))) == (["first in the kitchen", "last in the kitchen"], 3)
    assert is_error(act(ada, kitchen, "undo"), 409, "nothing_to_undo")


def test_only_its_user_changes_a_conversation_by_hand(shared_server: ServerProcess) -> None:
    ada, kitchen, garden = two_talks(shared_server)
    ben = shared_server.user()
    message = messages(ada, kitchen)[1]["id"]
    for name, form in ("join", {"other_id": garden}), ("split", {"message_id": message}), ("undo", {}):
        assert is_error(act(ben, kitchen, name, **form), 404, "not_found")
        assert is_error(act(ada, "nothing", name, **form), 404, "not_found")
    assert is_error(act(ada, kitchen, "split", message_id="nothing"), 404, "not_found")
    assert is_error(act(ada, kitchen, "join", other_id="nothing"), 404, "not_found")
    assert is_error(act(ada, kitchen, "join", other_id=kitchen), 409, "cannot_join")
    assert is_error(act(ada, kitchen, "split", message_id=messages(ada, kitchen)[0]["id"]), 409, "cannot_split")
    assert listed(ada) == [garden, kitchen]


@pytest.mark.parametrize("form", [{}, {"other_id": 5, "message_id": 5}, {"other_id": None, "message_id": None}])
def test_a_form_that_names_nothing_is_refused(shared_server: ServerProcess, form: dict[str, Any]) -> None:
    ada = shared_server.user()
    for name in "join", "split":
        assert is_error(act(ada, "some", name, **form), 422, "invalid")


def test_pages_of_a_joined_conversation_hold_every_message_once(shared_server: ServerProcess) -> None:
    ada, kitchen, garden = two_talks(shared_server)
    act(ada, garden, "join", other_id=kitchen).raise_for_status()
    path, cursor, found = f"/conversations/{garden}/messages", "", []
    while cursor is not None:
        page = ada.client.get(path, params={"limit": 1, "cursor": cursor}).json()
        found, cursor = [*page["items"], *found], page["nextCursor"]
    assert found == messages(ada, garden)
    assert sorted(found, key=lambda one: (one["position"], one["seq"])) == found
