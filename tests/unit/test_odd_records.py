"""Records and summaries of days with anything under their known keys: what can be read is kept, the rest is counted."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from omilink.ingest import json_body, record_reading
from omilink.models.day_summary import DaySummary, content_of
from omilink.models.record import Record

AT = 1_790_000_000_000
ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(
        ["2026-10-14", "2026-10-14T09:00:00Z", "0001-01-01", "9999-12-31T23:59:59+14:00", "24:00", "\ud800"]
    )
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def objects(*names: str) -> st.SearchStrategy[Any]:
    """Objects with anything under these keys, in a list or in place of it, and sometimes no object."""
    one = st.dictionaries(st.sampled_from(names), VALUES, max_size=len(names)) | VALUES
    return st.lists(one, max_size=3) | one


SEGMENTS = objects("id", "text", "start", "end", "speaker", "speaker_id", "is_user", "person_id", "translations")
ABOUT = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("title", "overview", "emoji", "category", "events", "insights"), VALUES),
        "sections": objects("heading", "body_markdown", "source_segment_ids", "kind"),
        "action_items": objects("description", "completed", "deleted", "due_at", "owner_name", "source_segment_ids"),
        "participants": objects("name", "email", "is_ai_agent"),
    },
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("id", "created_at", "started_at", "finished_at", "discarded", "language"), VALUES),
        **dict.fromkeys(("photos", "external_data", "geolocation", "apps_results"), VALUES),
        "transcript_segments": SEGMENTS,
        "structured": ABOUT | VALUES,
    },
)
DAYS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("id", "date", "created_at", "headline", "overview", "day_emoji"), VALUES),
        "stats": objects("total_conversations", "total_duration_minutes"),
        "highlights": objects("topic", "emoji", "summary", "conversation_ids"),
        "action_items": objects("description", "priority", "completed", "source_conversation_id"),
        "decisions_made": objects("decision", "conversation_id"),
        "unresolved_questions": objects("question", "conversation_id"),
    },
)


def sent(body: object) -> Any:
    """What is read of the JSON as a sender writes it."""
    return json_body.read(json.dumps(body).encode())


@given(RECORDS)
def test_no_record_breaks_its_reader(body: dict[str, Any]) -> None:
    read = record_reading.read(sent(body))
    assert isinstance(read, Record) and read.id
    assert read.unreadable >= 0
    for text in (read.title, read.summary, *(item.text for item in read.action_items)):
        (text or "").encode()  # or no database stores it


@given(RECORDS, st.sampled_from(["transcript_segments", "structured"]), st.integers() | st.text(min_size=1))
def test_what_is_odd_is_counted_and_the_rest_is_kept(body: dict[str, Any], odd: str, value: object) -> None:
    good = {
        "id": "r",
        "started_at": "2026-10-14T09:00:00+00:00",
        "transcript_segments": [{"text": "said", "start": 1, "end": 2}],
        "structured": {"title": "A title", "action_items": [{"description": "Buy milk"}]},
    }
    read = record_reading.read(sent(body | good | {odd: value}))
    assert read.unreadable >= 1
    if odd == "structured":
        assert [segment.text for segment in read.segments] == ["said"]
    else:
        assert (read.title, [item.text for item in read.action_items]) == ("A title", ["Buy milk"])


@given(DAYS | VALUES, VALUES, VALUES)
def test_no_summary_of_a_day_breaks_its_reader(day: Any, summary: Any, created_at: Any) -> None:
    body = {"summary_json": day, "summary": summary, "created_at": created_at}
    read = record_reading.read_day(sent(body), AT)
    assert isinstance(read, DaySummary) and len(read.date) == 10
    content_of(read).encode()
