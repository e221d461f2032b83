"""/openapi.json says of every answer and every event exactly what it holds: clients are generated from it."""

import re
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from support import SECRET, Person, ServerProcess, wait_until
from web_support import PASSWORD, call, is_error, new_uid, texts

from omilink.models.event import LiveEvent

JSON = "application/json"


@pytest.fixture
def ada(server: ServerProcess) -> Person:
    """Somebody with a word of every kind: linked, said, heard again, unlinked."""
    ada = server.user()
    ada.link("kitchen-of-answers")
    server.say("kitchen-of-answers", "the kettle is on")
    wait_until(lambda: texts(ada), "the words")
    return ada


def test_every_answer_is_as_it_is_described(server: ServerProcess, ada: Person) -> None:
    described = server.client().get("/openapi.json").json()
    ada.link("garden-of-answers")
    server.say("garden-of-answers", "the cups", "and the tea")
    wait_until(lambda: texts(ada) == ["the cups", "and the tea"], "the words in the garden")
    conversation, earlier = (one["id"] for one in ada.client.get("/conversations").json()["items"])
    uid = new_uid()
    correction = f"{conversation} {conversation}.1"
    server.vouch(ada, other := new_uid())
    item = ada.client.post("/action-items", json={"text": "Buy tea"}).json()["actionItem"]["id"]
    people = [ada.client.post("/people", json={"name": name}).json()["person"]["id"] for name in ("Ida", "Jo", "Bo")]
    ida, person, other_person = people
    [sign_in] = ada.client.get("/account/sessions").json()["sessions"]
    account = {"email": ada.email, "password": PASSWORD}
    operator = {"Authorization": f"Bearer {(server.data_dir / 'operator_token').read_text()}"}
    calls: list[tuple[str, str, str, Any]] = [
        ("post", "/auth/register", "", {"email": "answers@example.org", "password": PASSWORD}),
        ("post", "/auth/login", "", account),
        ("get", "/health", "", None),
        ("get", "/ready", "", None),
        ("post", "/omi-webhook/{secret}", SECRET, {"session_id": "answered", "segments": []}),
        ("get", "/me", "", None),
        ("get", "/me/webhook-url", "", None),
        ("post", "/me/webhook-url", "", None),
        ("put", "/me/recording", "", {"state": "on"}),
        ("get", "/me/recording", "", None),
        ("get", "/account/sessions", "", None),
        ("delete", "/account/sessions", "", None),
        ("post", "/sessions/link", "", {"session_id": "answered"}),
        ("post", "/admin/sessions", "", {"user": ada.id}),
        ("get", "/sessions", "", None),
        ("get", "/sessions/{session_id}", "answered", None),
        ("patch", "/sessions/{session_id}", "answered", {"name": "Kitchen"}),
        ("delete", "/sessions/{session_id}/link", "answered", None),
        ("post", "/link/omi/start", "", {"omi_user_id": uid}),
        ("post", "/link/omi/resend", "", {"omi_user_id": uid}),
        ("get", "/link/omi", "", None),
        ("post", "/link/omi/earlier", "", {"omi_user_id": other, "bring": True}),
        ("delete", "/link/omi/unlink/{omi_user_id}", other, None),
        ("get", "/conversations/current", "", None),
        ("get", "/conversations", "", None),
        ("get", "/conversations/{conversation_id}", conversation, None),
        ("patch", "/conversations/{conversation_id}", conversation, {"title": "Tea", "starred": True}),
        ("post", "/conversations/{conversation_id}/join", conversation, {"other_id": earlier}),
        ("post", "/conversations/{conversation_id}/undo", conversation, None),
        ("post", "/conversations/{conversation_id}/split", conversation, {"message_id": f"{conversation}.2"}),
        ("post", "/conversations/{conversation_id}/undo", conversation, None),
        ("get", "/conversations/{conversation_id}/messages", conversation, None),
        ("get", "/conversations/{conversation_id}/messages", f"{conversation} ?around={conversation}.1", None),
        ("patch", "/conversations/{conversation_id}/messages/{message_id}", correction, {"text": "the kettle"}),
        ("put", "/conversations/{conversation_id}/speakers/{speaker}", f"{conversation} SPEAKER_0", {"person_id": ida}),
        ("get", "/search", "?q=kettle", None),
        ("get", "/conversations/current/events", "", None),
        ("get", "/day-summaries", "", None),
        ("post", "/action-items", "", {"text": "Buy milk"}),
        ("get", "/action-items", "", None),
        ("patch", "/action-items/{item_id}", item, {"done": True}),
        ("delete", "/action-items/{item_id}", item, None),
        ("post", "/people", "", {"name": "Hedda"}),
        ("get", "/people", "", None),
        ("patch", "/people/{person_id}", person, {"name": "Jo"}),
        ("post", "/people/{person_id}/merge", person, {"into": other_person}),
        ("post", "/people/{person_id}/undo", person, None),
        ("delete", "/people/{person_id}", person, None),
        ("post", "/people/{person_id}/split", ida, {"conversation_ids": [conversation]}),
        ("post", "/conversations/current/stream-ticket", "", None),
        ("delete", "/conversations/{conversation_id}", conversation, None),
        ("post", "/account/password", "", {"password": PASSWORD, "new_password": "another horse"}),
        ("delete", "/account/sessions/{sign_in_id}", sign_in["id"], None),
    ]
    for method, path, name, body in calls:
        names = iter(name.split())
        where = re.sub(r"\{\w+\}", lambda _, names=names: next(names), path) + next(names, "")
        answer = ada.client.request(method, where, json=body, headers=operator if where.startswith("/admin") else None)
        assert answer.is_success, (method, path, answer.text)
        shape = described["paths"][path][method]["responses"][str(answer.status_code)]["content"][JSON]["schema"]
        validator(described, shape).validate(answer.json())
    tried = {(method, path) for method, path, _, _ in calls}
    assert tried | NOT_TRIED == {
        (method, path)
        for path, item in described["paths"].items()
        for method, route in item.items()
        if "$ref" in str(route["responses"].get("200") or route["responses"].get("201"))
    }


NOT_TRIED = {
    ("patch", "/conversations/{conversation_id}/action-items/{item_id}"),
    ("post", "/link/omi/confirm"),
    ("post", "/admin/sessions"),
    ("post", "/omi-webhook"),
    ("get", "/conversations/current/stream"),
    ("post", "/auth/logout"),
    ("delete", "/account"),
}
"""The first needs an action item, the second a phone and the third an operator; the fourth is the same as with a
secret, the stream is tried below, and the others end the story and answer as many do."""


def test_every_event_is_as_it_is_described(server: ServerProcess, ada: Person) -> None:
    described = server.client().get("/openapi.json").json()
    events = validator(described, described["components"]["schemas"]["PolledEvents"]["properties"]["events"]["items"])
    with ada.follow() as stream, ada.follow("nobodys.12") as reset:
        stream.wait_for("caught_up")
        server.say("kitchen-of-answers", "the kettle is on the stove")
        ada.client.delete("/sessions/kitchen-of-answers/link")
        stream.wait_for("session_unlinked")
        ada.link("another-of-answers")
        ada.client.patch("/sessions/another-of-answers", json={"name": "Pendant"})
        stream.wait_for("session_changed")
        server.say("another-of-answers", "and the cups")
        stream.wait_for_text("and the cups")
        cups, kettle = (one["id"] for one in ada.client.get("/conversations").json()["items"])
        ada.client.patch(f"/conversations/{cups}/messages/{cups}.1", json={"text": "and two cups"})
        stream.wait_for("messages_updated")
        ada.client.post(f"/conversations/{cups}/join", json={"other_id": kettle})
        stream.wait_for("messages_moved")
        day = {"session_id": "another-of-answers", "summary": "", "summary_json": {"headline": "Cups"}}
        call(server, day)
        stream.wait_for("day_summary_changed")
        item = ada.client.post("/action-items", json={"text": "Buy milk"}).json()["actionItem"]
        ada.client.delete(f"/action-items/{item['id']}")
        stream.wait_for("action_item_deleted")
        ada.client.post("/people", json={"name": "Ida"})
        stream.wait_for("person_changed")
        ada.client.put("/me/recording", json={"state": "paused", "until": "2199-01-01T00:00:00Z"})
        stream.wait_for("recording_changed")
        ada.client.delete(f"/conversations/{ada.current()['conversation']['id']}")
        stream.wait_for("conversation_deleted")
        ada.client.post("/auth/logout")
        stream.wait_for("signed_out")
        reset.wait_for("signed_out")
        seen = [*stream.events, *reset.events]
    for event in seen:
        events.validate(event)
    kinds = {kind.__struct_config__.tag for kind in get_args(LiveEvent)}
    assert {event["type"] for event in seen} == kinds - {"messages_deleted", "session_health_changed"}


def test_a_refusal_is_as_it_is_described(server: ServerProcess) -> None:
    described = server.client().get("/openapi.json").json()
    shape = described["paths"]["/me"]["get"]["responses"]["default"]["content"][JSON]["schema"]
    answer = server.client().get("/me")
    assert is_error(answer, 401, "not_signed_in")
    validator(described, shape).validate(answer.json())


def validator(described: Any, shape: Any) -> Draft202012Validator:
    """Takes nothing that is not described."""
    for schema in described["components"]["schemas"].values():
        schema.setdefault("additionalProperties", False)
    return Draft202012Validator(shape | {"components": described["components"]})
