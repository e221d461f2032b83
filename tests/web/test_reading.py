"""What was said, to be read again: the current conversation, all of them, page by page, and nobody else's."""

from typing import Any

import pytest
from support import Person, ServerProcess, wait_until
from web_support import call, is_error, segment, texts, wait_for_texts

MESSAGE = {
    "id", "conversationId", "role", "text", "source", "createdAt", "spokenAt", "speaker", "isUser", "personId", "start",
    "end", "position", "seq", "rev", "edited",
}  # fmt: skip
CONVERSATION = {
    "id", "title", "titleSource", "summary", "createdAt", "startedAt", "endedAt", "lastMessageAt", "order",
    "messageCount", "omiConversationId", "emoji", "category", "repairedCount", "starred", "sessionName", "sections",
    "actionItems", "participants", "events", "translatedInto", "omiSessionKey", "source",
}  # fmt: skip


def pages(person: Person, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """All pages, as a client turns them."""
    found: list[list[dict[str, Any]]] = []
    more: dict[str, str] = {}
    while True:
        page = person.client.get(path, params={"limit": str(limit), **more}).json()
        assert page.keys() == {"ok", "items", "nextCursor"}
        found.append(page["items"])
        if page["nextCursor"] is None:
            return found
        more = {"cursor": page["nextCursor"]}


def test_a_newcomer_has_no_conversation_and_a_cursor(ada: Person) -> None:
    answer = ada.current()
    assert answer["cursor"]
    expected = {"ok": True, "conversation": None, "messages": [], "sessionId": None}
    assert answer == expected | {"cursor": answer["cursor"]}
    assert ada.client.get("/conversations").json() == {"ok": True, "items": [], "nextCursor": None}


def test_the_current_conversation_is_whole(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    assert ada.current()["sessionId"] == device  # before its first word, too
    shared_server.say(device, "is there any tea left", "no")
    wait_for_texts(ada, "is there any tea left", "no")
    answer = ada.current()
    assert answer.keys() == {"ok", "conversation", "messages", "sessionId", "cursor"}
    conversation, [first, second] = answer["conversation"], answer["messages"]
    assert conversation.keys() == CONVERSATION
    assert conversation["title"] == "is there any tea left"
    assert (conversation["omiSessionKey"], conversation["messageCount"]) == (device, 2)
    assert answer["sessionId"] == device
    assert first.keys() == second.keys() == MESSAGE
    assert (first["role"], first["source"], first["speaker"], first["isUser"]) == ("USER", "omi", "SPEAKER_0", True)
    assert (second["start"], second["end"], second["seq"], second["rev"]) == (2.0, 4.0, 2, 1)
    for moment in first["createdAt"], first["spokenAt"], conversation["createdAt"], conversation["lastMessageAt"]:
        assert moment.endswith("Z")
    assert ada.client.get(f"/conversations/{conversation['id']}").json() == {"ok": True, "conversation": conversation}


def test_the_latest_of_all_devices_is_current(shared_server: ServerProcess, ada: Person, device: str) -> None:
    for name in "watch", "pendant":
        ada.link(f"{name}-{device}")
        shared_server.say(f"{name}-{device}", f"on the {name}")
        wait_for_texts(ada, f"on the {name}")
    shared_server.say(f"watch-{device}", "again", start=2)
    wait_for_texts(ada, "on the watch", "again")


def test_words_that_come_late_are_shown_where_they_were_spoken(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    shared_server.say(device, "one", "two")
    shared_server.say(device, "four", start=6)
    shared_server.say(device, "three", start=4)
    wait_for_texts(ada, "one", "two", "three", "four")
    assert [message["seq"] for message in ada.current()["messages"]] == [1, 2, 4, 3]


def test_messages_turn_page_by_page_without_gap_or_repeat(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    said = [f"word {number}" for number in range(120)]
    shared_server.say(device, *said)
    wait_for_texts(ada, *said[-50:])
    path = f"/conversations/{ada.current()['conversation']['id']}/messages"
    for limit, sizes in (50, [50, 50, 20]), (60, [60, 60]), (200, [120]):
        found = pages(ada, path, limit)
        assert [len(page) for page in found] == sizes
        assert [m["text"] for page in reversed(found) for m in page] == said
    assert ada.client.get(path).json()["items"] == ada.current()["messages"]


def test_words_that_come_while_pages_are_turned_shift_nothing(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    shared_server.say(device, "one", "two", "three", "four")
    wait_for_texts(ada, "one", "two", "three", "four")
    path = f"/conversations/{ada.current()['conversation']['id']}/messages"
    newest = ada.client.get(path, params={"limit": 2}).json()
    shared_server.say(device, "five", start=8)
    wait_for_texts(ada, "one", "two", "three", "four", "five")
    older = ada.client.get(path, params={"limit": 2, "cursor": newest["nextCursor"]}).json()
    assert [m["text"] for m in older["items"] + newest["items"]] == ["one", "two", "three", "four"]


def test_conversations_turn_page_by_page_the_latest_first(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    for number in range(5):  # a clock that starts anew begins a conversation
        body = {"session_id": device, "segments": [segment(f"talk {number}", 0), segment(f"more {number}", 20)]}
        assert call(shared_server, body).status_code == 200
        wait_until(lambda n=number: len(pages(ada, "/conversations", 200)[0]) == n + 1)  # type: ignore[misc]
    found = pages(ada, "/conversations", 2)
    assert [len(page) for page in found] == [2, 2, 1]
    assert [c["title"] for page in found for c in page] == [f"talk {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=many", "cursor=nonsense", "cursor=%00", "cursor=fHw"])
def test_pages_that_cannot_be_are_refused(ada: Person, query: str) -> None:
    assert is_error(ada.client.get(f"/conversations?{query}"), 422, "invalid")


def test_somebody_elses_conversation_is_not_there(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str
) -> None:
    ada.link(device)
    shared_server.say(device, "between us")
    wait_for_texts(ada, "between us")
    hers = ada.current()["conversation"]["id"]
    for path in f"/conversations/{hers}", f"/conversations/{hers}/messages":
        answer = ben.client.get(path)
        assert is_error(answer, 404, "not_found")
        assert answer.json() == ben.client.get(path.replace(hers, "no-such-id")).json()
    assert is_error(ben.client.delete(f"/conversations/{hers}"), 404, "not_found")
    assert texts(ada) == ["between us"]
