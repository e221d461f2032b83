"""OMI's summaries of days, from its call to the list of their user."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support import Person, ServerProcess, wait_until
from web_support import call, is_error, new_uid, sample


def days(person: Person, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = person.client.get(f"/day-summaries{query}").json()["items"]
    return items


def wearer(server: ServerProcess) -> tuple[Person, str]:
    ada, uid = server.user(), new_uid()
    server.vouch(ada, uid)
    return ada, uid


def day(date: str, **more: object) -> dict[str, Any]:
    return {"summary": "", "summary_json": {"date": date, "headline": f"The day {date}", **more}}


def test_a_days_summary_leads_to_its_conversations_and_reaches_streams(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, sample("23y", uid), f"?uid={uid}")
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        assert call(shared_server, sample("24", uid), f"?uid={uid}").json() == {"ok": True}
        told = stream.wait_for("day_summary_changed")["daySummary"]
        call(shared_server, sample("24", uid), f"?uid={uid}")
        call(shared_server, day("2026-10-14", headline="Another"), f"?uid={uid}")
        assert stream.wait_for("day_summary_changed", 2)["daySummary"]["headline"] == "Another"
    assert told == {
        "date": "2026-10-14",
        "headline": "Paint, dough and a train that wasn't there",
        "overview": "Grey walls were chosen over white. The Brno train was late, the coffee was good.",
        "emoji": "🎨",
        "highlights": [{"topic": "Walls", "emoji": "🖌️", "text": "Grey, as last year."}],
        "actionItems": [{"text": "Buy grey paint", "done": False}],
        "decisions": ["The kitchen becomes grey"],
        "conversationIds": [ada.current()["conversation"]["id"]],
    }
    assert [one["headline"] for one in days(ada)] == ["Another"]


def test_old_senders_write_the_summary_as_python(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    old = json.loads(sample("24", uid)) | {"created_at": "2026-10-14T20:00:06.903177"}
    call(shared_server, {"summary": old["summary"], "uid": uid, "created_at": old["created_at"]}, f"?uid={uid}")
    wait_until(lambda: days(ada), "the day")
    assert days(ada)[0]["headline"] == "Paint, dough and a train that wasn't there"
    assert days(ada)[0]["highlights"][0]["topic"] == "Walls"


def test_days_come_in_pages_and_between_dates(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    for number in range(1, 6):
        call(shared_server, day(f"2026-10-0{number}"), f"?uid={uid}")
    wait_until(lambda: len(days(ada)) == 5, "all days")
    first = ada.client.get("/day-summaries?limit=2").json()
    assert [one["date"] for one in first["items"]] == ["2026-10-05", "2026-10-04"]
    rest = ada.client.get(f"/day-summaries?limit=3&cursor={first['nextCursor']}").json()
    assert [one["date"] for one in rest["items"]] == ["2026-10-03", "2026-10-02", "2026-10-01"]
    assert rest["nextCursor"] is None
    assert [one["date"] for one in days(ada, "?from=2026-10-02&to=2026-10-03")] == ["2026-10-03", "2026-10-02"]
    assert is_error(ada.client.get("/day-summaries?from=yesterday"), 422, "invalid")


def test_a_summary_of_an_ownerless_session_waits_for_its_user_and_nobody_else_sees_it(
    shared_server: ServerProcess,
) -> None:
    ada, ben, session = shared_server.user(), shared_server.user(), f"kitchen-of-days-{new_uid()}"
    call(shared_server, day("2026-10-14") | {"session_id": session})
    shared_server.wait_until_settled(session)
    ada.link(session)
    assert [one["date"] for one in days(ada)] == ["2026-10-14"]
    assert days(ben) == []
    ada.client.delete(f"/sessions/{session}/link").raise_for_status()
    ben.link(session)
    assert days(ben) == []
    next_days = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()  # later in every time zone
    for date in ("2026-10-15", next_days):
        call(shared_server, day(date) | {"session_id": session})
    wait_until(lambda: days(ben), "the day")
    assert [one["date"] for one in days(ben)] == [next_days]
    assert [one["date"] for one in days(ada)] == ["2026-10-14"]


def test_one_day_at_two_addresses_is_shown_once(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, day("2026-10-14"), f"?uid={uid}")
    wait_until(lambda: days(ada), "the day")
    own = ada.client.get("/me/webhook-url").json()["url"].rpartition("/omi-webhook/")[2]
    ada.client.post(f"/omi-webhook/{own}?uid={uid}", json=day("2026-10-14", headline="Later")).raise_for_status()
    wait_until(lambda: [one["headline"] for one in days(ada)] == ["Later"], "the later one alone")


@pytest.mark.parametrize(
    "body",
    [
        {"summary": "A quiet day.", "summary_json": {}},
        {"summary": "A quiet day."},
        {"summary": "[" * 50_000},
        {"summary": None, "summary_json": {"date": "2026-99-99", "headline": "Kept", "highlights": {"a": 1}}},
        {"summary_json": {"headline": "Kept", "highlights": [3, {"summary": "h"}], "locations": "here"}},
    ],
)
def test_an_odd_summary_keeps_what_can_be_kept(shared_server: ServerProcess, body: dict[str, Any]) -> None:
    ada, uid = wearer(shared_server)
    assert call(shared_server, body, f"?uid={uid}").json() == {"ok": True}
    wait_until(lambda: days(ada), "the day")
    [one] = days(ada)
    assert one["headline"] == "Kept" or one["overview"]
