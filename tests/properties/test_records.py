"""Whatever came live, and whenever the record came: the words of both are there once, in the record's order, and a
client that followed the stream holds the same as a fresh one."""

import json
import random
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from properties.histories import NOON, Said, at, call, empty_store, save, talks, verify
from sqlalchemy import Engine

from omilink.database.store import Transaction
from omilink.models.json import json_text, time_text, to_json

UID = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
WORDS = [
    *("yes", "no", "well", "the", "van", "comes", "at", "nine", "and", "goes", "first", "dolly", "übrigens", "340"),
    *("it's", "so", "ok", "3.5", "我们", "明天"),
]


def talk(chance: random.Random) -> list[Said]:
    """The segments of one talk, each with an id."""
    said: list[Said] = []
    now = chance.choice([0.0, 4.2])
    for _ in range(chance.randint(2, 25)):
        words = [chance.choice(WORDS) for _ in range(chance.choice([1, 2, 4, 9]))]
        end = now + 0.4 * len(words)
        text = " ".join(words) + chance.choice([".", "?", "", ","])
        id = f"{chance.getrandbits(32):08x}-0000-4000-8000-{chance.getrandbits(48):012x}"
        speaker = f"SPEAKER_{chance.choice('001')}"
        said.append({"id": id, "text": text, "speaker": speaker, "start": round(now, 2), "end": round(end, 2)})
        now = end + chance.choice([0.1, 0.6, 4.0])
    return said


def joined(said: Sequence[Said], chance: random.Random) -> list[Said]:
    """The segments as OMI joins them."""
    record: list[Said] = []
    for one in said:
        last = record[-1] if record else None
        if last and last["speaker"] == one["speaker"] and chance.random() < 0.6:
            glue = chance.choice([" ", " ", ""])
            record[-1] = {**last, "text": f"{last['text']}{glue}{one['text']}", "end": one["end"]}
        elif last and not last["text"].endswith((".", "?")) and " " in last["text"] and chance.random() < 0.5:
            stays, _, moves = last["text"].rpartition(" ")
            record[-1] = {**last, "text": stays}
            record.append({**one, "text": f"{moves} {one['text']}"})
        else:
            record.append(one)
    return record


def calls_of(said: Sequence[Said]) -> list[list[Said]]:
    calls: list[list[Said]] = []
    for one in said:
        if calls and len(calls[-1]) < 3:
            calls[-1].append(one)
        else:
            calls.append([one])
    return calls


def letters(texts: Sequence[str]) -> str:
    return "".join(letter for text in texts for letter in text.casefold() if letter.isalnum())


def followed(tx: Transaction) -> dict[str, dict[str, Any]]:
    """The messages that a client holds that has followed the stream from its beginning."""
    held: dict[str, dict[str, Any]] = {}
    for event in tx.events_after("ada", 0, 10_000):
        content = json.loads(event.data)
        for message in content.get("messages", ()):
            if message["rev"] >= held.get(message["id"], message)["rev"]:
                held[message["id"]] = message
    return held


@given(st.integers(0, 2**32))
def test_the_record_and_the_live_words_are_there_once(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    said = talk(chance)
    body: dict[str, Any] = {"id": "omi-1", "structured": {"title": "T"}}
    body["started_at"] = f"{time_text(NOON)}"
    without = {"id": None} if chance.random() < 0.3 else {}
    calls = [one for one in calls_of(said) if chance.random() > chance.choice([0.0, 0.2, 0.5])]
    arrivals = [(segments[-1]["end"] + 1.0, segments) for segments in calls]
    arrivals += [(heard + chance.choice([0.5, 5.0]), one) for heard, one in arrivals if chance.random() < 0.2]
    arrivals = [(heard + chance.choice([0, 0, 0, 3.0]), one) for heard, one in arrivals]
    end = max(one["end"] for one in said)
    moments = [chance.uniform(0, end + 5), end + 130, end + 3_000]
    deliveries = [call(heard, *segments, session=UID, uid=UID) for heard, segments in arrivals]
    for moment in moments[chance.randint(0, 2) :]:
        sent = call(moment, session=UID, uid=UID)
        spoken = joined([one for one in said if one["end"] <= moment], random.Random(seed))
        content = json.dumps(body | {"transcript_segments": [{**one, **without} for one in spoken]}).encode()
        deliveries.append(replace(sent, kind="conversation", body=content))
    deliveries.sort(key=lambda one: one.order)
    with empty_store(engine) as tx:
        verify(tx, UID, "ada", at(0))
        step = chance.choice([1, 1, 7])
        for number in range(0, len(deliveries), step):
            save(tx, *deliveries[number : number + step])
        found = talks(tx, "ada", UID)
        messages = [message for one in found for message in tx.all_messages(one.id)]
        assert letters([m.text for m in messages]) == letters([one["text"] for one in said])
        assert len(found) == 1
        assert followed(tx) == {m.id: json.loads(json_text(to_json(m))) for m in messages}
