"""Who speaks, by HTTP and on an open stream."""

from typing import Any

import pytest
from support import Follower, Person, ServerProcess, wait_until
from web_support import is_error, texts


def talk(server: ServerProcess, session: str, *segments: dict[str, Any]) -> tuple[Person, str]:
    """Somebody who has said this, and the conversation."""
    person = server.user()
    person.link(session)
    said = [{"start": 2.0 * number, "end": 2.0 * number + 1, **one} for number, one in enumerate(segments)]
    server.client().post(server.webhook_url, json={"session_id": session, "segments": said}).raise_for_status()
    wait_until(lambda: len(texts(person)) == len(segments), "the words")
    return person, person.current()["conversation"]["id"]


def messages(person: Person, conversation: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.client.get(f"/conversations/{conversation}/messages").json()["items"]
    return found


def people(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.client.get("/people").json()["items"]
    return found


def updated(stream: Follower, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stream.wait_for("messages_updated", count)["messages"]
    return found


def test_a_speaker_is_named_before_ones_eyes(shared_server: ServerProcess) -> None:
    hello, hi = {"text": "Hello.", "speaker": "SPEAKER_1"}, {"text": "Hi.", "speaker": "SPEAKER_2"}
    ada, conversation = talk(shared_server, "named-kitchen", hello, hi)
    assert [(one["personId"], one["isUser"]) for one in messages(ada, conversation)] == [(None, False)] * 2
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        answer = ada.client.put(f"/conversations/{conversation}/speakers/SPEAKER_1", json={"name": "Ida"}).json()
        ida = answer["person"]
        assert ida == {"id": ida["id"], "name": "Ida", "ids": [ida["id"]], "mergedInto": None, "deleted": False}
        assert answer["conversation"]["id"] == conversation
        assert stream.wait_for("person_changed")["person"] == ida
        assert [(one["text"], one["personId"], one["rev"]) for one in updated(stream, 1)] == [("Hello.", ida["id"], 2)]
        idana = ada.client.patch(f"/people/{ida['id']}", json={"name": "Idana"}).json()["person"]
        assert stream.wait_for("person_changed", 2)["person"] == idana == ida | {"name": "Idana"}
        ada.client.put(f"/conversations/{conversation}/speakers/SPEAKER_2", json={"is_user": True}).raise_for_status()
        assert [(one["text"], one["isUser"]) for one in updated(stream, 2)] == [("Hi.", True)]
        ada.client.delete(f"/people/{ida['id']}").raise_for_status()
        assert stream.wait_for("person_changed", 3)["person"] == ida | {"name": None, "ids": [], "deleted": True}
    assert [one["personId"] for one in messages(ada, conversation)] == [None, None]
    assert ada.client.post(f"/people/{ida['id']}/undo").json()["person"] == idana
    assert is_error(ada.client.post(f"/people/{ida['id']}/undo"), 409, "nothing_to_undo")
    assert [one["personId"] for one in messages(ada, conversation)] == [ida["id"], None]
    assert ada.current()["messages"] == messages(ada, conversation)


def test_people_are_merged_and_split(shared_server: ServerProcess) -> None:
    hello, hi = {"text": "Hello.", "speaker": "SPEAKER_1"}, {"text": "Hi.", "speaker": "SPEAKER_2"}
    ada, conversation = talk(shared_server, "merged-kitchen", hello, hi)
    speaker = f"/conversations/{conversation}/speakers"
    ida = ada.client.put(f"{speaker}/SPEAKER_1", json={"name": "Ida"}).json()["person"]
    hedda = ada.client.post("/people", json={"name": "Hedda"}).json()["person"]
    ada.client.put(f"{speaker}/SPEAKER_2", json={"person_id": hedda["id"]}).raise_for_status()
    merged = ada.client.post(f"/people/{ida['id']}/merge", json={"into": hedda["id"]}).json()["person"]
    assert merged == hedda | {"ids": [hedda["id"], ida["id"]]}
    assert people(ada) == [merged]
    assert [one["personId"] for one in messages(ada, conversation)] == [hedda["id"], hedda["id"]]
    new = ada.client.post(f"/people/{hedda['id']}/split", json={"conversation_ids": [conversation]}).json()["person"]
    assert [one["personId"] for one in messages(ada, conversation)] == [new["id"], new["id"]]
    first = ada.client.get("/people?limit=1").json()
    rest = ada.client.get(f"/people?limit=1&cursor={first['nextCursor']}").json()
    assert ([*first["items"], *rest["items"]], rest["nextCursor"]) == ([merged, new], None)
    ada.client.put(f"{speaker}/SPEAKER_2", json={"person_id": None}).raise_for_status()
    assert [one["personId"] for one in messages(ada, conversation)] == [new["id"], None]


def test_a_speaker_may_have_any_name(shared_server: ServerProcess) -> None:
    ada, conversation = talk(shared_server, "odd-kitchen", {"text": "Hello.", "speaker": "Frau Ö/2 ?#"})
    where = f"/conversations/{conversation}/speakers/Frau%20%C3%96%2F2%20%3F%23"
    ida = ada.client.put(where, json={"name": "Ida"}).json()["person"]
    assert [one["personId"] for one in messages(ada, conversation)] == [ida["id"]]


def test_only_their_user_reaches_people(shared_server: ServerProcess) -> None:
    ada, conversation = talk(shared_server, "own-kitchen", {"text": "Hello.", "speaker": "SPEAKER_1"})
    ben = shared_server.user()
    ida = ada.client.post("/people", json={"name": "Ida"}).json()["person"]
    own = ben.client.post("/people", json={"name": "Ben"}).json()["person"]
    for method, path, form in (
        ("patch", f"/people/{ida['id']}", {"name": "Mine"}),
        ("delete", f"/people/{ida['id']}", None),
        ("post", f"/people/{ida['id']}/merge", {"into": own["id"]}),
        ("post", f"/people/{own['id']}/merge", {"into": ida["id"]}),
        ("post", f"/people/{own['id']}/split", {"conversation_ids": [conversation]}),
        ("post", f"/people/{ida['id']}/undo", None),
        ("put", f"/conversations/{conversation}/speakers/SPEAKER_1", {"name": "Mine"}),
        ("patch", "/people/%00", {"name": "Mine"}),
    ):
        assert is_error(ben.client.request(method, path, json=form), 404, "not_found"), path
    assert (people(ada), people(ben)) == ([ida], [own])
    assert is_error(shared_server.client().get("/people"), 401, "not_signed_in")


def test_what_says_nothing_of_a_speaker_is_refused(shared_server: ServerProcess) -> None:
    ada, conversation = talk(shared_server, "refused-kitchen", {"text": "Hello.", "speaker": "SPEAKER_1"})
    where = f"/conversations/{conversation}/speakers/SPEAKER_1"
    forms: list[dict[str, Any]] = [{}, {"name": ""}, {"name": "x" * 101}, {"name": 3}, {"name": "a\u0000"}]
    forms += [{"name": "Ida", "person_id": None}, {"is_user": "yes"}, {"is_user": None}]
    for form in forms:
        assert is_error(ada.client.put(where, json=form), 422, "invalid"), form
    assert is_error(ada.client.put(where.replace("_1", "_9"), json={"name": "Ida"}), 404, "not_found")
    assert people(ada) == []


@pytest.mark.parametrize("query", ["?limit=0", "?limit=201", "?cursor=%00", "?cursor=a/b"])
def test_an_odd_page_of_people_is_refused(shared_server: ServerProcess, query: str) -> None:
    assert is_error(shared_server.user().client.get(f"/people{query}"), 422, "invalid")
