"""What a user is told about a session: that it works, or what is wrong and what to do."""

from typing import Any

import httpx2
import pytest
from support import PATIENCE, TLS, Person, ServerProcess
from web_support import call, is_error, segment, wait_for_texts

LISTED = {
    "id",
    "linked",
    "method",
    "linkedAt",
    "lastSeenAt",
    "hasConversations",
    "messagesSaved",
    "notKept",
    "unreadable",
    "health",
}


def session(person: Person, session_id: str) -> dict[str, Any]:
    """One session; the list says the same of it."""
    one: dict[str, Any] = person.client.get(f"/sessions/{session_id}").json()["session"]
    [listed] = [s for s in person.client.get("/sessions").json()["sessions"] if s["id"] == session_id]
    assert listed.keys() == LISTED
    assert one.keys() == LISTED | {"lastWebhookAt", "jobs", "streamsOpen"}
    assert listed == {name: one[name] for name in LISTED}
    assert one["health"].keys() == {"status", "message", "nextStep"}
    assert one["health"]["message"]
    return one


def test_nobody_has_sessions_to_begin_with(ada: Person) -> None:
    assert ada.client.get("/sessions").json() == {"ok": True, "sessions": [], "nextCursor": None}
    assert is_error(ada.client.get("/sessions/none-such"), 404, "not_found")


def test_linked_early_it_waits_for_the_device(ada: Person, device: str) -> None:
    ada.link(device)
    shown = session(ada, device)
    assert shown["health"]["status"] == "waiting"
    assert "webhook URL" in shown["health"]["nextStep"]
    assert (shown["lastWebhookAt"], shown["messagesSaved"], shown["streamsOpen"]) == (None, 0, 0)
    assert shown["jobs"] == {"waiting": 0, "failed": 0}


def test_empty_batches_are_said_to_be_empty(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    call(shared_server, {"session_id": device, "segments": []})
    shared_server.wait_until_settled(device)
    shown = session(ada, device)
    assert shown["health"]["status"] == "waiting"
    assert "empty" in shown["health"]["nextStep"]
    assert shown["lastWebhookAt"]


def test_a_session_that_works_is_said_to_work(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    shared_server.say(device, "one", "two")
    wait_for_texts(ada, "one", "two")
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        shown = session(ada, device)
    assert shown["health"] == {"status": "ok", "message": shown["health"]["message"], "nextStep": None}
    assert (shown["messagesSaved"], shown["hasConversations"], shown["streamsOpen"]) == (2, True, 1)


def test_a_silence_is_no_failure(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    shared_server.say(device, "long ago")
    wait_for_texts(ada, "long ago")
    shared_server.rows("UPDATE omi_sessions SET last_seen_at = last_seen_at - 600000 WHERE omi_session_id = ?", device)
    assert session(ada, device)["health"]["status"] == "quiet"


def test_what_could_not_be_saved_is_said(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    shared_server.say(device, "fine")
    wait_for_texts(ada, "fine")
    shared_server.wait_until_settled(device)
    shared_server.rows("UPDATE deliveries SET state = 'dead' WHERE session_id = ?", device)
    shown = session(ada, device)
    shared_server.rows("UPDATE deliveries SET state = 'done' WHERE session_id = ?", device)
    assert (shown["health"]["status"], shown["jobs"]["failed"]) == ("failing", 1)
    assert "omilink jobs" in shown["health"]["nextStep"]


def test_the_session_seen_last_comes_first(shared_server: ServerProcess, ada: Person, device: str) -> None:
    for name in "one", "two", "three":
        ada.link(f"{name}-{device}")
    for name in "two", "one", "three":
        shared_server.say(f"{name}-{device}", name)
        wait_for_texts(ada, name)
    shown = [s["id"].partition("-")[0] for s in ada.client.get("/sessions").json()["sessions"]]
    assert shown == ["three", "one", "two"]


def test_pages_of_sessions_miss_none_though_one_calls_meanwhile(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    names = [f"{number}-{device}" for number in range(5)]
    for name in names:
        assert ada.link(name).status_code == 200
    cursor, pages = None, []
    while cursor or not pages:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = ada.client.get("/sessions", params=query).json()
        pages.append([one["id"] for one in page["sessions"]])
        cursor = page["nextCursor"]
        call(shared_server, {"session_id": names[0], "segments": []})
        shared_server.wait_until_settled(names[0])
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {name for page in pages for name in page} == set(names)


def test_a_page_of_sessions_that_cannot_be_is_refused(ada: Person) -> None:
    for query in "limit=0", "limit=201", "cursor=none-of-ours", "cursor=MXw", "cursor=bmFufGE":
        assert is_error(ada.client.get(f"/sessions?{query}"), 422, "invalid")


def test_a_session_is_found_at_either_address_and_an_impossible_id_nowhere(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    own = ada.client.get("/me/webhook-url").json()["url"]
    httpx2.post(own, json={"session_id": device, "segments": [segment("mine")]}, timeout=PATIENCE, verify=TLS)
    wait_for_texts(ada, "mine")
    assert ada.client.get(f"/sessions/{device}").json()["session"]["method"] == "personal"
    for name in "%00", "a%20b", "%F0%9F%98%80", "%ED%A0%80":
        assert is_error(ada.client.get(f"/sessions/{name}"), 404, "not_found")


# What the sender does wrong


def unreadable(server: ServerProcess, device: str, **body: object) -> None:
    assert call(server, {"session_id": device, **body}).json() == {"ok": True}
    server.wait_until_settled(device)


@pytest.mark.parametrize(
    ("body", "pieces"),
    [
        ({"Segments": [segment("one"), segment("two", 2)]}, 2),
        ({"text": "one"}, 1),
        ({"transcript": "one"}, 1),
        ({"segments": ["one", {"text": ["two"]}, {"words": "three"}]}, 3),
    ],
)
def test_words_that_cannot_be_read_are_counted_and_told(
    shared_server: ServerProcess, ada: Person, device: str, body: dict[str, object], pieces: int
) -> None:
    ada.link(device)
    unreadable(shared_server, device, **body)
    shown = session(ada, device)
    assert (shown["unreadable"], shown["messagesSaved"]) == (pieces, 0)
    assert shown["health"]["status"] == "failing"
    assert f"until now: {pieces}." in shown["health"]["message"]
    assert "segments" in shown["health"]["nextStep"]


def test_what_is_read_beside_it_is_saved(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    unreadable(shared_server, device, segments=[segment("one"), {"text": True}])
    wait_for_texts(ada, "one")
    shown = session(ada, device)
    assert (shown["unreadable"], shown["messagesSaved"], shown["health"]["status"]) == (1, 1, "failing")


def test_a_clock_in_milliseconds_is_said_to_be_one(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    for start in range(0, 60_000, 6_000):
        said = {"text": f"We met at {start}.", "start": start, "end": start + 2_000}
        assert call(shared_server, {"session_id": device, "segments": [said]}).status_code == 200
    shared_server.wait_until_settled(device)
    health = session(ada, device)["health"]
    assert health["status"] == "failing"
    assert "1,000 times too fast" in health["message"]
    assert "seconds" in health["nextStep"]


def test_a_device_that_has_been_mended_is_well_again(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    unreadable(shared_server, device, text="one")
    shared_server.say(device, "two")
    wait_for_texts(ada, "two")
    assert session(ada, device)["health"]["status"] == "failing"  # a call may be right by chance
    mistake_of_before = "UPDATE omi_sessions SET mistake_at = mistake_at - 61000 WHERE omi_session_id = ?"
    shared_server.rows(mistake_of_before, device)
    call(shared_server, {"session_id": device, "segments": [segment("three", 10)]})
    wait_for_texts(ada, "two", "three")
    shown = session(ada, device)
    assert (shown["health"]["status"], shown["unreadable"]) == ("ok", 1)


def test_what_milliseconds_made_is_no_clock_that_starts_again(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    for start in [*range(0, 60_000, 6_000), 12, 15]:
        said = {"text": f"We met at {start}.", "speaker": "SPEAKER_0", "start": start, "end": start + 1}
        assert call(shared_server, {"session_id": device, "segments": [said]}).status_code == 200
    shared_server.wait_until_settled(device)
    assert "starts at 0" not in session(ada, device)["health"]["message"]


@pytest.mark.parametrize("length", [None, 2_000.5, 900])
def test_a_clock_that_leaps_is_not_said_to_start_again(
    shared_server: ServerProcess, ada: Person, device: str, length: float | None
) -> None:
    """Milliseconds without an end, or with a fraction."""
    ada.link(device)
    for start in range(0, 120_000, 6_000):
        end = {} if length is None else {"end": start + length}
        said = {"text": f"We met at {start}.", "speaker": "SPEAKER_0", "start": start} | end
        assert call(shared_server, {"session_id": device, "segments": [said]}).status_code == 200
    shared_server.wait_until_settled(device)
    health = session(ada, device)["health"]
    assert (health["status"], "1,000 times too fast" in health["message"]) == ("failing", True), health


def test_a_clock_that_starts_again_and_again_is_said_to_do_so(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    for number in range(12):
        said = [segment(f"number {number}, first", 0), segment(f"number {number}, last", 12)]
        assert call(shared_server, {"session_id": device, "segments": said}).status_code == 200
    shared_server.wait_until_settled(device)
    health = session(ada, device)["health"]
    assert health["status"] == "failing"
    assert "starts at 0 again" in health["message"]


def test_the_next_owner_is_not_told_of_mistakes_from_before(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str
) -> None:
    ada.link(device)
    unreadable(shared_server, device, text="one")
    assert session(ada, device)["unreadable"] == 1
    assert ada.client.delete(f"/sessions/{device}/link").status_code == 200
    ben.link(device)
    shown = session(ben, device)
    assert (shown["unreadable"], shown["health"]["status"]) == (0, "waiting")
