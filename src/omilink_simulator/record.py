"""OMI's record of a conversation that has ended, and its summary of a day, in their newest shapes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from omilink_simulator.calls import Call, Shape, Writer, compact, segment
from omilink_simulator.dialogue import Topic
from omilink_simulator.joining import joined
from omilink_simulator.wearable import Post, Utterance, new_id

NAMES = ("Alex", "Maya", "Ben")  # the wearer's first
MADE_BEFORE = 30.0  # seconds from OMI's empty row to the first words
AGAIN_AFTER = 30.0  # seconds until the record comes a second time
DAY_AFTER = 5.0  # seconds from the last record to the day's summary
SHORT_TALK = "A short talk"
MOST_IN_TITLE, MOST_IN_OVERVIEW = 2, 4


@dataclass(frozen=True, kw_only=True)
class Records:
    """How records come: `after` seconds from the end of the conversation at OMI, a second time if `twice`, with the
    segments `joined` as OMI joins them."""

    after: float = 15.0
    twice: bool = False
    joined: bool = False


def record(writer: Writer, post: Post, how: Records) -> Shape:
    """The record's body; `post` has everything that was said. Too few words make a discarded conversation."""
    segments = [segment(said, writer.account.era) for said in post.utterances]
    segments = [_named(each) for each in (joined(segments) if how.joined else segments)]
    end = post.utterances[-1].end
    return {
        "id": post.recording,
        "created_at": _date(writer, post.began - MADE_BEFORE),
        "updated_at": None,
        "started_at": _date(writer, post.began),
        "finished_at": _date(writer, post.began + end),
        "source": "omi",
        "language": "en",
        "uses_custom_stt": False,
        "structured": _structured(writer, post, segments, _date(writer, post.at + how.after)),
        "processing_state": None,
        "transcript_segments": segments,
        **_REST,
        "external_data": {"conversation_role": "ambient", "recording_session_id": new_id(writer.rng)},
        "discarded": not any(said.topic for said in post.utterances),
    }


def sent(writer: Writer, post: Post, body: Shape, how: Records) -> list[Call]:
    """The calls that bring the record. The second one has what the user changed meanwhile, and the same key."""
    at = post.at + how.after
    calls = [_record_call(writer, post, body, at)]
    if how.twice:
        again = at + AGAIN_AFTER
        calls.append(_record_call(writer, post, _first_item_done(body, _date(writer, again)), again))
    return calls


def day_summary(writer: Writer, at: float, records: Sequence[Shape]) -> Call:
    """The summary of the day of these records."""
    at += DAY_AFTER
    told = _of_day(writer, at, [body for body in records if not body["discarded"]])
    body = {
        "summary": repr(told),
        "summary_json": told,
        "uid": writer.account.uid,
        "created_at": _date(writer, at),
    }
    return writer.call(at=at, kind="day_summary", event="day_summary", body=compact(body))


def _named(segment: Shape) -> Shape:
    """OMI knows the names of its account and of the people that it recognises. Another voice is called by its
    number."""
    is_known = segment.get("is_user") or segment.get("person_id")
    speaker = int(segment.get("speaker_id", segment.get("speakerId")) or 0)
    return segment | {"speaker_name": NAMES[speaker] if is_known else f"Speaker {speaker}"}


def _date(writer: Writer, at: float) -> str:
    return writer.time(at).isoformat(timespec="microseconds")


def _record_call(writer: Writer, post: Post, body: Shape, at: float) -> Call:
    return writer.call(
        at=at,
        kind="conversation_created",
        event="memory_created",
        body=compact(body),
        segments=len(body["transcript_segments"]),
        headers=(("X-Omi-Idempotency-Key", f"conversation:{post.recording}:finalization"),),
    )


def _first_item_done(body: Shape, at: str) -> Shape:
    first, rest = body["structured"]["action_items"][:1], body["structured"]["action_items"][1:]
    done = [item | {"completed": True, "completed_at": at, "updated_at": at} for item in first]
    return body | {"updated_at": at, "structured": body["structured"] | {"action_items": [*done, *rest]}}


# what a conversation was about


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A part of the conversation about one topic, and the ids of its segments in the record."""

    topic: Topic
    said: Sequence[Utterance]
    ids: list[str]


def _parts(said: Iterable[Utterance], segments: Sequence[Shape]) -> list[_Part]:
    """One for each exchange that was said to its end; of those with one title, the first."""
    parts: dict[str, _Part] = {}
    for topic, group in groupby(said, key=lambda each: each.topic):
        about = list(group)
        first, last = about[0].start, about[-1].start
        ids = [each["id"] for each in segments if "id" in each and first <= each["start"] <= last]
        if topic and len(about) >= topic.lines:
            parts.setdefault(topic.title, _Part(topic=topic, said=about, ids=ids))
    return list(parts.values())


def _structured(writer: Writer, post: Post, segments: Sequence[Shape], at: str) -> Shape:
    parts = _parts(post.utterances, segments)
    longest = sorted(parts, key=lambda part: -len(part.said))[:MOST_IN_TITLE]
    main = [part.topic for part in parts if part in longest]
    with_task = {part.topic.task: part for part in reversed(parts) if part.topic.task}
    voices = sorted({said.speaker for said in post.utterances})
    is_talk = any(said.topic for said in post.utterances)
    return {
        "title": " · ".join(topic.title for topic in main) or SHORT_TALK * is_talk,
        "overview": " ".join(part.topic.overview for part in parts[:MOST_IN_OVERVIEW]),
        "emoji": main[0].emoji if main else "🧠",
        "category": main[0].category if main else "other",
        "sections": [_section(part) for part in parts],
        "action_items": [_action_item(part, post.recording, at) for part in reversed(with_task.values())],
        "events": [],
        "participants": [_participant(NAMES[voice]) for voice in voices] if is_talk else [],
    }


def _section(part: _Part) -> Shape:
    return {
        "heading": part.topic.title,
        "body_markdown": part.topic.overview,
        "source_segment_ids": part.ids,
        "kind": "main",
    }


def _participant(name: str) -> Shape:
    return {
        "name": name,
        "email": None,
        "organization": None,
        "role": None,
        "is_ai_agent": False,
        "source": "transcript",
    }


def _action_item(part: _Part, conversation: str, at: str) -> Shape:
    is_wearers = part.topic.tasked == 0
    return {
        "description": part.topic.task,
        "completed": False,
        "created_at": at,
        "updated_at": None,
        "due_at": None,
        "completed_at": None,
        "conversation_id": conversation,
        "capture_kind": "clear_commitment",
        "capture_confidence": None,
        "ownership_confidence": None,
        "capture_owner": "user" if is_wearers else "other",
        "owner_name": None if is_wearers else NAMES[part.topic.tasked],
        "context": None,
        "due_certainty": None,
        "concrete_deliverable": None,
        "candidate_action": None,
        "target_task_id": None,
        "source_segment_ids": part.ids,
    }


# what a day was about


def _of_day(writer: Writer, at: float, records: Sequence[Shape]) -> Shape:
    items = (item for body in records for item in body["structured"]["action_items"])
    tasks = list({item["description"]: item for item in items}.values())
    sections = (section for body in records for section in body["structured"]["sections"][:1])
    latest = records[-1]["structured"] if records else {"title": "A quiet day", "emoji": "🏠"}
    return {
        "id": new_id(writer.rng),
        "date": writer.time(at).date().isoformat(),
        "created_at": writer.time(at).replace(tzinfo=None).isoformat(timespec="microseconds"),
        "headline": latest["title"],
        "overview": " ".join(section["body_markdown"] for section in sections),
        "day_emoji": latest["emoji"],
        "stats": {
            "total_conversations": len(records),
            "total_duration_minutes": round(sum(map(_seconds, records)) / 60),
            "action_items_count": len(tasks),
            "memories_created": 0,
            "action_items_created": len(tasks),
            "watching_minutes": 0,
            "proactive_moments": 0,
        },
        "highlights": list(map(_highlight, records)),
        "action_items": list(map(_task_of_day, tasks)),
        "unresolved_questions": [],
        "decisions_made": [],
        "knowledge_nuggets": [],
        "memories_learned": [],
        "locations": [],
    }


def _highlight(body: Shape) -> Shape:
    about = body["structured"]
    return {
        "topic": about["title"],
        "emoji": about["emoji"],
        "summary": about["overview"],
        "conversation_ids": [body["id"]],
    }


def _task_of_day(item: Shape) -> Shape:
    return {
        "description": item["description"],
        "priority": "medium",
        "completed": item["completed"],
        "source_conversation_id": item["conversation_id"],
    }


def _seconds(body: Shape) -> float:
    return float(body["transcript_segments"][-1]["end"])


_REST: Shape = {
    "transcript_segments_compressed": False,
    "geolocation": None,
    "photos": [],
    "audio_files": [],
    "conversation_audio": None,
    "private_cloud_sync_enabled": False,
    "screenshot_sharing_enabled": True,
    "apps_results": [],
    "suggested_summarization_apps": [],
    "speaker_label_suggestions": [],
    "plugins_results": [],
    "app_id": None,
    "imported": False,
    "visibility": "private",
    "starred": False,
    "processing_memory_id": None,
    "processing_conversation_id": None,
    "status": "completed",
    "is_locked": False,
    "deferred": False,
    "data_protection_level": "standard",
    "folder_id": None,
    "call_id": None,
    "calendar_event": None,
    "client_device_id": None,
    "client_platform": "ios",
    "meeting_treatment_eligible": False,
    "meeting_treatment_reason": None,
    "meeting_duration_s": None,
    "meeting_dedup_speech_s": None,
}
