"""The calls of OMI's cloud, byte for byte as its versions write them (docs/reference/omi.md). Pure."""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from omilink_simulator.wearable import Post, Utterance, new_id

ERAS = {
    "newest": "late 2026: every key, any 2xx is success",
    "2025": "until spring 2026: ids and translations, only 200 with JSON is success",
    "2024": "sent by the phone: an id per recording, none per segment",
    "docs": "what the documentation shows: a bare array with speakerId",
}
KNOWN_PERSON = {1: "31e5c1a3-5370-5d3c-b472-3b11276eab42"}

Shape = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account whose wearable talks. With a `session`, calls are those of a device that was programmed after the
    linking guide: session id and uid (if it has one) are in the body, and nothing is in the query."""

    uid: str | None
    session: str | None = None
    era: str = "newest"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A delivery, sent `at` seconds after the start: its bytes and headers, and facts to print about it."""

    at: float
    device: int
    kind: str
    event: str
    id: str
    uid: str
    body: bytes
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    clock: tuple[float, float] | None = None
    words: tuple[str, ...] = ()
    segments: int = 0


def account_id(seed: int) -> str:
    """An account id in the form of OMI's: 28 letters and digits."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(random.Random(f"uid/{seed}").choices(letters, k=28))


def compact(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


class Writer:
    """Writes the calls of one device as its version of OMI does. Simulated seconds pass `speed` times as fast as those
    from `began` on; at speed 0 no time passes."""

    def __init__(self, account: Account, device: int, began: datetime, rng: random.Random, speed: float = 1.0) -> None:
        self.account, self.device, self.began, self.rng, self.speed = account, device, began, rng, speed

    def transcript(self, post: Post) -> Call:
        return self.segments(post, post.kind, [segment(said, self.account.era) for said in post.utterances], post.at)

    def segments(self, post: Post, kind: str, segments: list[Shape], at: float) -> Call:
        return self.call(
            at=at,
            kind=kind,
            event="realtime_transcript",
            body=compact(self._envelope(post.recording, segments)),
            query=self._query(),
            segments=len(segments),
            clock=(segments[0]["start"], segments[-1]["end"]) if segments else None,
            words=tuple(f"{each['speaker']}: {each['text']}" for each in segments),
        )

    def call(self, **what: Any) -> Call:
        uid = self.account.uid or ""
        return Call(device=self.device, uid=uid, id=new_id(self.rng), **({"query": (("uid", uid),)} | what))

    def time(self, at: float) -> datetime:
        """When simulated second `at` is."""
        return self.began + timedelta(seconds=at / self.speed if self.speed else 0.0)

    def _envelope(self, recording: str, segments: list[Shape]) -> object:
        account = self.account
        if account.era == "docs":
            return segments
        if account.session is None:
            return {"session_id": recording if account.era == "2024" else account.uid, "segments": segments}
        return {"session_id": account.session} | ({"uid": account.uid} if account.uid else {}) | {"segments": segments}

    def _query(self) -> tuple[tuple[str, str], ...]:
        account = self.account
        uid = (("uid", account.uid),) if account.uid else ()
        if account.era == "docs":
            return (("session_id", account.session or account.uid or ""), *uid)
        return () if account.session else uid


def segment(said: Utterance, era: str) -> Shape:
    if era == "docs":
        return {
            "text": said.text,
            "speaker": f"SPEAKER_{said.speaker:02}",
            "speakerId": said.speaker,
            "is_user": said.speaker == 0,
            "start": said.start,
            "end": said.end,
        }
    if era == "2024":
        return {
            "text": said.text,
            "speaker": f"SPEAKER_{said.speaker:02}",
            "speaker_id": said.speaker,
            "is_user": said.speaker == 0,
            "person_id": None,
            "start": said.start,
            "end": said.end,
        }
    return _with_id(said) | (_newest_keys(said) if era == "newest" else {})


def _with_id(said: Utterance) -> Shape:
    return {
        "id": said.id,
        "text": said.text,
        "speaker": f"SPEAKER_{said.speaker}",
        "speaker_id": said.speaker,
        "is_user": said.speaker == 0,
        "person_id": KNOWN_PERSON.get(said.speaker),
        "start": said.start,
        "end": said.end,
        "translations": [],
        "speech_profile_processed": True,
        "stt_provider": None,
    }


def _newest_keys(said: Utterance) -> Shape:
    return {
        "stt_provider": "modulate",
        "speaker_label_source": "auto",
        "speaker_match_source": None,
        "speaker_id_scope": "conversation",
        "speaker_identity_status": "user" if said.speaker == 0 else "not_user",
        "audio_capture_run": int(said.start * 50) * 320,
    }
