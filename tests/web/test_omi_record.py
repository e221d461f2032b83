"""A conversation's record, from OMI's call to an open stream."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from support import Person, ServerProcess, wait_until
from web_support import call, is_error, new_uid, sample, texts

LOST = ["the two dollies.", "Good. How much does the van cost?"]
LOST += ["Three hundred and forty euros, half of it up front.", "I will transfer it tonight."]


def record(name: str, uid: str) -> dict[str, Any]:
    """A record of a conversation that began just now."""
    body: dict[str, Any] = json.loads(sample(name, uid))
    began = datetime.now(UTC) - timedelta(seconds=31)
    return body | {"started_at": began.isoformat(), "finished_at": (began + timedelta(seconds=32)).isoformat()}


def wearer(server: ServerProcess) -> tuple[Person, str]:
    ada, uid = server.user(), new_uid()
    server.vouch(ada, uid)
    return ada, uid


def test_lost_words_and_a_title_reach_an_open_stream(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        for name in ("20a", "20b", "20c"):
            assert call(shared_server, sample(name, uid), f"?uid={uid}").json() == {"ok": True}
        stream.wait_for_text("Which is 2026-1187, I wrote it down.")
        answer = call(shared_server, record("20z", uid), f"?uid={uid}")
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
        for text in LOST:
            assert stream.wait_for_text(text)["source"] == "omi_record"
        shown = ada.current()["conversation"]
        assert (shown["title"], shown["emoji"], shown["repairedCount"]) == ("Moving the piano on Saturday", "🎹", 25)
        assert letters(texts(ada)) == letters([one["text"] for one in record("20z", uid)["transcript_segments"]])
        call(shared_server, record("22", uid), f"?uid={uid}")
        changed = stream.wait_for("conversation_changed", 2)["conversation"]
        assert (changed["title"], changed["titleSource"]) == ("Umzug: piano and van", "omi")


def test_a_phone_call_that_never_came_live_is_a_conversation(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, record("21", uid), f"?uid={uid}")
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    shown = ada.current()["conversation"]
    assert shown["title"] == "Bike frame ready on Thursday"
    assert [section["heading"] for section in shown["sections"]] == ["State of the repair", "Price", "Side notes"]
    assert texts(ada)[0] == "Hello, this is Ruben from the cycle shop."
    assert ada.client.get("/conversations").json()["items"] == [shown]


def test_what_its_user_says_of_a_conversation_outlasts_later_records(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, record("20z", uid), f"?uid={uid}")
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    before = ada.current()["conversation"]
    url = f"/conversations/{before['id']}"
    transfer, hedda = before["actionItems"]
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        named = ada.client.patch(url, json={"title": "  The\npiano ", "starred": True}).json()["conversation"]
        assert (named["title"], named["titleSource"], named["starred"]) == ("The piano", "user", True)
        ticked = ada.client.patch(f"{url}/action-items/{hedda['id']}", json={"done": True}).json()["conversation"]
        assert [item["done"] for item in ticked["actionItems"]] == [False, True]
        assert stream.wait_for("conversation_changed", 3)["conversation"] == ticked
        call(shared_server, record("22", uid), f"?uid={uid}")
        later = stream.wait_for("conversation_changed", 4)["conversation"]
    assert (later["title"], [item["done"] for item in later["actionItems"]]) == ("The piano", [True, True])
    back = ada.client.patch(url, json={"title": None}).json()["conversation"]
    assert (back["title"], back["titleSource"], back["starred"]) == ("Umzug: piano and van", "omi", True)
    assert ada.client.patch(url, json={"title": " "}).json()["conversation"] == back
    again = ada.client.patch(f"{url}/action-items/{transfer['id']}", json={"done": False}).json()["conversation"]
    assert [item["done"] for item in again["actionItems"]] == [False, True]


def test_only_its_user_changes_a_conversation_and_only_sensibly(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, record("20z", uid), f"?uid={uid}")
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    conversation, ben = ada.current()["conversation"], shared_server.user()
    url = f"/conversations/{conversation['id']}"
    item = f"{url}/action-items/{conversation['actionItems'][0]['id']}"
    for path, body in (url, {"title": "Mine"}), (url, {}), (item, {"done": True}):
        assert is_error(ben.client.patch(path, json=body), 404, "not_found")
    assert is_error(ada.client.patch(f"{url}/action-items/none", json={"done": True}), 404, "not_found")
    for bad in (
        {"title": "x" * 501},
        {"title": 3},
        {"title": "a\u0000"},
        {"starred": "yes"},
    ):
        assert is_error(ada.client.patch(url, json=bad), 422, "invalid"), bad
    half_a_letter = b'{"title": "\\ud800"}'
    sent = {"content": half_a_letter, "headers": {"Content-Type": "application/json"}}
    assert is_error(ada.client.patch(url, **sent), 422, "invalid")
    assert is_error(ada.client.patch(item, json={}), 422, "invalid")
    assert ada.client.patch(url, json={}).json() == {"ok": True, "conversation": conversation}
    assert ada.current()["conversation"] == conversation


def test_a_record_of_somebody_elses_account_reaches_nobody(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, record("21", uid), f"?uid={new_uid()}")
    shared_server.wait_until_settled(uid)
    call(shared_server, sample("25a", uid), f"?uid={uid}")
    wait_until(lambda: texts(ada), "the words")
    assert len(ada.client.get("/conversations").json()["items"]) == 1


def letters(parts: list[str]) -> str:
    return "".join(letter for part in parts for letter in part.casefold() if letter.isalnum())
