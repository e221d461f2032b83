"""What a wearable makes OMI send besides plain transcripts and records: odd segments and other calls. Pure."""

import random
from collections.abc import Callable

from omilink_simulator.calls import Call, Shape, Writer, compact, segment
from omilink_simulator.wearable import Post, new_id


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


def _old_day_summary(writer: Writer, post: Post) -> Call:
    """As old senders write it: Python in a text, and a time without its zone."""
    told = {"headline": "A day at home", "overview": "Much was looked for and most of it found.", "action_items": []}
    at = writer.time(post.at).replace(tzinfo=None).isoformat()
    body = {"summary": repr(told), "uid": writer.account.uid, "created_at": at}
    return writer.call(at=post.at + 0.5, kind="day_summary", event="day_summary", body=compact(body))


def _audio(writer: Writer, post: Post) -> Call:
    query = (("sample_rate", "16000"), ("uid", writer.account.uid or ""))
    sound = writer.rng.randbytes(6_400)
    audio = "application/octet-stream"
    return writer.call(at=post.at + 0.5, kind="audio", event="audio_bytes", body=sound, query=query, content_type=audio)


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
ODD_OF_THE_CLOUD = (*ODD_SEGMENTS, _old_day_summary, _audio)
