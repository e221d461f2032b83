"""Corrections of misheard words, pages around a message, and translations, over HTTP."""

import json
from typing import Any

import pytest
from support import Person, ServerProcess
from web_support import call, is_error, wait_for_texts


def heard(server: ServerProcess, person: Person, device: str, *texts: str) -> list[dict[str, Any]]:
    person.link(device)
    server.say(device, *texts)
    wait_for_texts(person, *texts)
    messages: list[dict[str, Any]] = person.current()["messages"]
    return messages


def address(message: dict[str, Any]) -> str:
    return f"/conversations/{message['conversationId']}/messages/{message['id']}"


def test_a_correction_is_answered_shown_and_in_the_stream(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    [message] = heard(shared_server, ada, device, "see header")
    cursor = ada.current()["cursor"]
    answer = ada.client.patch(address(message), json={"text": "see Hedda"}).json()
    corrected = message | {"text": "see Hedda", "rev": message["rev"] + 1, "edited": True}
    assert answer == {"ok": True, "message": corrected}
    assert ada.current()["messages"] == [corrected]
    events = ada.client.get("/conversations/current/events", params={"after": cursor}).json()["events"]
    assert [(event["type"], event["messages"]) for event in events] == [("messages_updated", [corrected])]
    assert ada.current()["conversation"]["title"] == "see Hedda"
    undone = ada.client.patch(address(message), json={"text": None}).json()["message"]
    assert undone == message | {"rev": message["rev"] + 2}


def test_a_blank_text_is_refused_with_what_to_do(shared_server: ServerProcess, ada: Person, device: str) -> None:
    [message] = heard(shared_server, ada, device, "see header")
    for text in "", " ", "x" * 20_001, "a\x00":
        answer = ada.client.patch(address(message), json={"text": text})
        assert is_error(answer, 422, "invalid")
        assert "null" in answer.json()["message"]
    for form in {}, {"text": 7}, {"words": "see Hedda"}:
        assert is_error(ada.client.patch(address(message), json=form), 422, "invalid")
    assert ada.current()["messages"] == [message]


def test_nobody_else_corrects_or_finds_it(shared_server: ServerProcess, ada: Person, ben: Person, device: str) -> None:
    [message] = heard(shared_server, ada, device, "see header")
    assert is_error(ben.client.patch(address(message), json={"text": "see Hedda"}), 404, "not_found")
    pages = f"/conversations/{message['conversationId']}/messages"
    assert is_error(ben.client.get(pages, params={"around": message["id"]}), 404, "not_found")
    for unknown in "none", message["id"] + "1", message["conversationId"], "%00", "\U0001f95d":
        assert is_error(ada.client.get(pages, params={"around": unknown}), 404, "not_found")
    assert ada.current()["messages"] == [message]


def test_a_page_around_a_message_leads_both_ways(shared_server: ServerProcess, ada: Person, device: str) -> None:
    messages = heard(shared_server, ada, device, *(f"word {number}" for number in range(9)))
    path = f"/conversations/{messages[0]['conversationId']}/messages"

    def page(**query: str) -> dict[str, Any]:
        answer: dict[str, Any] = ada.client.get(path, params={"limit": "2", **query}).json()
        assert answer.keys() == {"ok", "items", "nextCursor", "newerCursor"}
        return answer

    middle = page(around=messages[4]["id"])
    older, newer = page(cursor=middle["nextCursor"]), page(cursor=middle["newerCursor"])
    assert middle["items"] + newer["items"] == messages[4:8]
    assert older["items"] == messages[2:4]
    assert page(cursor=older["newerCursor"])["items"] == messages[4:6]
    assert page(cursor=newer["nextCursor"])["items"] == messages[4:6]
    first, last = page(cursor=older["nextCursor"]), page(cursor=newer["newerCursor"])
    assert (first["items"], first["nextCursor"]) == (messages[:2], None)
    assert (last["items"], last["newerCursor"]) == (messages[8:], None)
    plain = ada.client.get(path, params={"limit": "9"}).json()
    assert plain == {"ok": True, "items": messages, "nextCursor": None}
    whole = page(around=messages[0]["id"], limit="9")
    assert (whole["items"], whole["nextCursor"], whole["newerCursor"]) == (messages, None, None)


@pytest.mark.parametrize("cursor", ["newer~", "older", "newer~1.0", "sideways~1.0~1", "newer~newer~1.0~1", "~1.0~1"])
def test_a_cursor_that_is_none_is_refused(shared_server: ServerProcess, ada: Person, device: str, cursor: str) -> None:
    [message] = heard(shared_server, ada, device, "see header")
    path = f"/conversations/{message['conversationId']}/messages"
    answer = ada.client.get(path, params={"cursor": cursor})
    assert is_error(answer, 422, "invalid")
    assert "see header" not in json.dumps(answer.json())


def test_translations_are_there_on_wish(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    said = {
        "text": "Wo ist der Schlüssel?",
        "start": 0.0,
        "end": 2.0,
        "translations": [{"lang": "en", "text": "Where?"}],
    }
    call(shared_server, {"session_id": device, "id": f"record of {device}", "transcript_segments": [said]})
    wait_for_texts(ada, "Wo ist der Schlüssel?")
    current = ada.current()
    assert current["conversation"]["translatedInto"] == ["en"]
    path = f"/conversations/{current['conversation']['id']}/messages"
    for language, translations in ("EN", [{"language": "en", "text": "Where?"}]), ("de", []):
        [item] = ada.client.get(path, params={"translations": language}).json()["items"]
        assert item == current["messages"][0] | {"translations": translations}
    assert ada.client.get(path).json()["items"] == current["messages"]
    assert is_error(ada.client.get(path, params={"translations": "no language"}), 422, "invalid")
