"""The live stream and its polling twin: nothing lost, nothing twice, in order."""

from collections.abc import Iterator
from typing import Any

import pytest
from support import Follower, Person, ServerProcess, wait_until
from web_support import call, segment, texts, wait_for_texts

PATH = "/conversations/current/stream"


def resume(server: ServerProcess, person: Person, cursor: str) -> Follower:
    """As an EventSource does when it connects again."""
    headers = {"Authorization": f"Bearer {person.token}", "Last-Event-ID": cursor}
    return Follower(server.client(headers=headers), {})


def poll(person: Person, after: str | None = None) -> dict[str, Any]:
    params = {} if after is None else {"after": after}
    answer: dict[str, Any] = person.client.get("/conversations/current/events", params=params).json()
    assert answer.keys() == {"ok", "events", "cursor", "more"}
    return answer


def missed(stream: Follower) -> list[dict[str, Any]]:
    """What came between the greeting and `caught_up`."""
    stream.wait_for("caught_up")
    return stream.events[1 : stream.types().index("caught_up")]


def a_busy_minute(server: ServerProcess, person: Person, device: str) -> None:
    """Events of every kind but sign-out."""
    person.link(device)
    server.say(device, "one", "two")
    wait_for_texts(person, "one", "two")
    call(server, {"session_id": device, "segments": [segment("thre", 4, id=f"s3-{device}")]})
    wait_for_texts(person, "one", "two", "thre")
    call(server, {"session_id": device, "segments": [segment("three", 4, id=f"s3-{device}")]})
    wait_for_texts(person, "one", "two", "three")
    person.client.delete(f"/conversations/{person.current()['conversation']['id']}")
    server.say(device, "a new start", start=6)
    wait_for_texts(person, "a new start")
    person.client.delete(f"/sessions/{device}/link")


KINDS = [
    "session_linked",
    "conversation_changed",
    "new_messages",
    "new_messages",
    "messages_updated",
    "conversation_deleted",
    "conversation_changed",
    "new_messages",
    "session_unlinked",
]

# beginning


def test_a_stream_begins_with_everything_and_goes_on_live(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    shared_server.say(device, "said before")
    wait_for_texts(ada, "said before")
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        connected, update, _ = stream.events
        assert stream.types() == ["connected", "update", "caught_up"]
        assert connected == {"type": "connected", "cursor": stream.ids[0], "resumed": False}
        assert update == {"type": "update", **ada.current()}
        assert stream.ids[1:] == [update["cursor"]] * 2
        shared_server.say(device, "said live", start=2)
        stream.wait_for_text("said live")
    news = stream.events[3]
    assert news.keys() == {"type", "conversationId", "conversation", "messages"}
    assert news["conversation"]["messageCount"] == 2
    assert [news["conversation"], news["messages"][-1]] == [ada.current()["conversation"], ada.current()["messages"][1]]


def test_the_answer_is_a_stream_that_nobody_holds_back(shared_server: ServerProcess, ada: Person) -> None:
    ask = {"Accept-Encoding": "gzip, br, zstd", "Accept": "text/event-stream"}
    with ada.client.stream("GET", PATH, headers=ask) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store, no-transform"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["content-encoding"] == "identity"
        lines = answer.iter_lines()
        retry = next(lines)
        assert retry.startswith("retry: ")
        assert int(retry.removeprefix("retry: ")) >= 1_000
        assert next(lines) == ""
        assert next(lines).startswith("id: ")
        assert next(lines).startswith('data: {"type":"connected"')


def test_a_silent_stream_shows_that_it_lives(shared_server: ServerProcess, ada: Person) -> None:
    with ada.client.stream("GET", PATH) as answer:
        assert any(line.startswith(":") for line in answer.iter_lines())


# going on


def test_cut_anywhere_and_resumed_it_equals_an_uninterrupted_run(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    with ada.follow() as whole:
        whole.wait_for("caught_up")
        a_busy_minute(shared_server, ada, device)
        whole.wait_for("session_unlinked")
        whole_events, ids = whole.events[3:], whole.ids[3:]
    # words that were deleted are gone from the log; what remains is told again as it was
    deleted = next(e["conversationId"] for e in whole_events if e["type"] == "conversation_deleted")
    kept = [e["type"] == "conversation_deleted" or e.get("conversationId") != deleted for e in whole_events]
    assert [event["type"] for event in whole_events] == KINDS
    for cut, cursor in enumerate(ids):
        with resume(shared_server, ada, cursor) as rest:
            expected = [event for event, stays in list(zip(whole_events, kept, strict=True))[cut + 1 :] if stays]
            assert missed(rest) == expected
            assert rest.events[0] == {"type": "connected", "cursor": cursor, "resumed": True}


def test_the_query_takes_the_cursor_too_and_the_header_is_newer(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    before = ada.link(device) and ada.current()["cursor"]
    shared_server.say(device, "missed")
    wait_for_texts(ada, "missed")
    with ada.follow(before) as stream:
        assert [event["type"] for event in missed(stream)] == ["conversation_changed", "new_messages"]
    headers = {"Authorization": f"Bearer {ada.token}", "Last-Event-ID": ada.current()["cursor"]}
    with Follower(shared_server.client(headers=headers), {"after": before}) as stream:
        assert missed(stream) == []


def test_the_snapshot_and_the_stream_leave_no_gap(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    shared_server.say(device, "in the snapshot")
    wait_for_texts(ada, "in the snapshot")
    snapshot = ada.current()
    shared_server.say(device, "after it", start=2)
    with ada.follow(snapshot["cursor"]) as stream:
        stream.wait_for_text("after it")
        assert "in the snapshot" not in stream.texts()


def test_the_first_cursor_of_all_leads_to_a_snapshot(shared_server: ServerProcess, ada: Person, device: str) -> None:
    with ada.follow() as first:
        first.wait_for("caught_up")
    ada.link(device)
    with resume(shared_server, ada, first.ids[0]) as again:
        again.wait_for("caught_up")
        assert again.types() == ["connected", "update", "caught_up"]
        assert again.events[0]["resumed"] is False


@pytest.mark.parametrize("cursor", ["nonsense", "0", "-1", "AAAAAAAAAAAA.1", "'; --", "1" * 5_000, "\x7f"])
def test_a_cursor_that_is_none_of_ours_resets(shared_server: ServerProcess, ada: Person, cursor: str) -> None:
    with ada.follow(cursor) as stream:
        stream.wait_for("caught_up")
        assert stream.types() == ["connected", "reset", "update", "caught_up"]
        assert stream.events[0]["resumed"] is False
        assert stream.events[1] == {"type": "reset", "reason": "cursor_unknown"}


def test_cursors_of_others_of_the_future_and_of_long_ago_reset(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str
) -> None:
    ada.link(device)
    ben.link(f"bens-{device}")
    name, _, number = ada.current()["cursor"].partition(".")
    shared_server.say(device, "hello")
    wait_for_texts(ada, "hello")
    shared_server.rows("UPDATE users SET pruned = seq WHERE id = ?", ada.id)
    for cursor, reason in (
        (ben.current()["cursor"], "cursor_unknown"),
        (f"{name}.999999", "cursor_unknown"),
        (f"{name}.{number}", "cursor_too_old"),
    ):
        with ada.follow(cursor) as stream:
            stream.wait_for("caught_up")
            assert stream.types() == ["connected", "reset", "update", "caught_up"]
            assert stream.events[1]["reason"] == reason
            assert stream.texts() == ["hello"]


def test_streams_of_one_user_tell_the_same_and_of_another_nothing(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str
) -> None:
    with ada.follow() as phone, ada.follow() as laptop, ben.follow() as bens:
        for stream in phone, laptop, bens:
            stream.wait_for("caught_up")
        ada.link(device)
        shared_server.say(device, "for ada's eyes")
        for stream in phone, laptop:
            stream.wait_for_text("for ada's eyes")
        ben.link(f"bens-{device}")
        bens.wait_for("session_linked")
        assert bens.types() == ["connected", "update", "caught_up", "session_linked"]
    assert phone.events == laptop.events


# polling


def test_the_polling_twin_tells_the_same_with_the_same_cursors(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    start = poll(ada)
    assert [event["type"] for event in start["events"]] == ["update"]
    assert start["events"][0]["cursor"] == start["events"][0]["id"] == start["cursor"]
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        ada.link(device)
        shared_server.say(device, "one")
        stream.wait_for_text("one")
    after_start = stream.events[3:]
    polled = poll(ada, start["cursor"])
    if start["cursor"].endswith(".0"):  # nothing had happened yet, so the snapshot is told again
        assert [event["type"] for event in polled["events"]] == ["update"]
    ada.client.delete(f"/sessions/{device}/link")
    cursor = stream.ids[3]
    polled = poll(ada, cursor)
    assert [event["id"] for event in polled["events"][:-1]] == stream.ids[4:]
    assert [{k: v for k, v in event.items() if k != "id"} for event in polled["events"][:-1]] == after_start[1:]
    assert polled["events"][-1]["type"] == "session_unlinked"
    assert polled["cursor"] == polled["events"][-1]["id"]
    assert polled["more"] is False
    again = poll(ada, polled["cursor"])
    assert (again["events"], again["cursor"], again["more"]) == ([], polled["cursor"], False)
    with ada.follow(polled["cursor"]) as stream:
        assert missed(stream) == []


def test_the_polling_twin_resets_as_the_stream_does(ada: Person) -> None:
    answer = poll(ada, "nonsense")
    assert [event["type"] for event in answer["events"]] == ["reset", "update"]
    assert answer["more"] is False


def test_a_long_absence_is_caught_up_page_by_page(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    start = ada.current()["cursor"]
    body = {"session_id": device, "segments": []}
    with shared_server.client() as omi:
        for number in range(250):
            body["segments"] = [segment(f"word {number}", number)]  # type: ignore[assignment]
            omi.post(shared_server.webhook_url, json=body)
    wait_until(lambda: texts(ada)[-1:] == ["word 249"])
    events = list(all_events(ada, start))
    said = [m["text"] for event in events if event["type"] == "new_messages" for m in event["messages"]]
    assert said == [f"word {number}" for number in range(250)]
    with ada.follow(start) as stream:
        stream.wait_for("caught_up")
        assert stream.ids[1:-1] == [event["id"] for event in events]


def all_events(person: Person, cursor: str) -> Iterator[dict[str, Any]]:
    while True:
        page = poll(person, cursor)
        yield from page["events"]
        cursor = page["cursor"]
        if not page["more"]:
            return
