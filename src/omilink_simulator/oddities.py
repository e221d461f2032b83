"""What a wearable makes OMI send besides plain transcripts: odd segments, other calls, finished conversations. Pure."""

import random
from collections.abc import Callable

from omilink_simulator.calls import Call, Shape, Writer, compact, segment
from omilink_simulator.wearable import Post, new_id


def conversation_created(writer: Writer, post: Post) -> Call:
    """The only complete record of a conversation, once OMI has closed it; `post` holds all of it."""
    start, end = post.utterances[0].start, post.utterances[-1].end
    body = {
        "id": post.recording,
        "created_at": writer.time(post.at),
        "updated_at": None,
        "started_at": writer.time(post.at - (end - start)),
        "finished_at": writer.time(post.at),
        "source": "omi",
        "language": "en",
        "structured": {
            "title": "Talk around the house",
            "overview": "Things were looked for, dinner was planned and a day was found.",
            "emoji": "🏠",
            "category": "family",
            "sections": [],
            "action_items": [],
            "events": [],
        },
        "transcript_segments": [segment(said, writer.account.era) for said in post.utterances],
        **_CONVERSATION_REST,
    }
    return writer.call(
        at=post.at,
        kind="conversation_created",
        event="memory_created",
        body=compact(body),
        segments=len(post.utterances),
        headers=(("X-Omi-Idempotency-Key", f"conversation:{post.recording}:finalization"),),
    )


def _variation(kind: str, change: Callable[[Shape, random.Random], None]) -> Callable[[Writer, Post], Call]:
    """The post's last sentence once more, under a new id and changed."""

    def write(writer: Writer, post: Post) -> Call:
        varied = segment(post.utterances[-1], writer.account.era)
        if "id" in varied:
            varied["id"] = new_id(writer.rng)
        change(varied, writer.rng)
        return writer.segments(post, kind, [varied], post.at + 0.5)

    return write


def _unplaced(varied: Shape, _: random.Random) -> None:
    varied |= {"text": "Somewhere in between.", "start": -1.0, "end": -1.0}


def _tiny_negative(varied: Shape, _: random.Random) -> None:
    varied |= {"text": "A little before the beginning.", "start": -0.03, "end": 0.4}


def _unknown_keys(varied: Shape, _: random.Random) -> None:
    varied |= {
        "text": "With keys nobody knows yet.",
        "confidence": 0.93,
        "words": [{"w": "With", "t": 0.0}],
        "room": {},
    }


def _emoji(varied: Shape, rng: random.Random) -> None:
    varied["text"] = rng.choice(
        (
            "Où est la clé ? 🔑🚲",
            "冷蔵庫の上だよ。👩‍👩‍👧",
            "مرحبا بكم جميعا!",
            "½ of it — “ok” <b>&amp;</b> \\n tab\there",
        )
    )


def _translated(varied: Shape, _: random.Random) -> None:
    varied |= {"text": "Wo steht das Rad?", "translations": [{"lang": "en", "text": "Where is the bike?"}]}


def _blank(varied: Shape, _: random.Random) -> None:
    varied["text"] = "   "


def _empty(writer: Writer, post: Post) -> Call:
    return writer.segments(post, "empty", [], post.at + 0.5)


def _one_bad(writer: Writer, post: Post) -> Call:
    good = segment(post.utterances[-1], writer.account.era)
    bad = good | {"text": 42, "start": "soon", "speaker": ["SPEAKER_0"]}
    return writer.segments(post, "one_bad", [good, bad], post.at + 0.5)


def _day_summary(writer: Writer, post: Post) -> Call:
    told = {"headline": "A day at home", "overview": "Much was looked for and most of it found.", "action_items": []}
    body = {
        "summary": told["overview"],
        "summary_json": told,
        "uid": writer.account.uid,
        "created_at": writer.time(post.at),
    }
    return writer.call(at=post.at + 0.5, kind="day_summary", event="day_summary", body=compact(body))


def _audio(writer: Writer, post: Post) -> Call:
    query = (("sample_rate", "16000"), ("uid", writer.account.uid or ""))
    sound = writer.rng.randbytes(6_400)
    audio = "application/octet-stream"
    return writer.call(at=post.at + 0.5, kind="audio", event="audio_bytes", body=sound, query=query, content_type=audio)


_CONVERSATION_REST: Shape = {
    "transcript_segments_compressed": False,
    "geolocation": None,
    "photos": [],
    "audio_files": [],
    "conversation_audio": None,
    "private_cloud_sync_enabled": False,
    "apps_results": [],
    "suggested_summarization_apps": [],
    "speaker_label_suggestions": [],
    "plugins_results": [],
    "external_data": None,
    "app_id": None,
    "discarded": False,
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
}

ODD_SEGMENTS: tuple[Callable[[Writer, Post], Call], ...] = (
    _variation("tiny_negative", _tiny_negative),  # first: it only happens where a conversation begins
    _empty,
    _one_bad,
    _variation("emoji", _emoji),
    _variation("translated", _translated),
    _variation("unplaced", _unplaced),
    _variation("blank", _blank),
    _variation("unknown_keys", _unknown_keys),
)
ODD_OF_THE_CLOUD = (*ODD_SEGMENTS, _day_summary, _audio)
