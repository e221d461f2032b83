"""Whatever came live, and whenever the record came: the words of both are there once, in the record's order, and a
client that followed the stream holds the same as a fresh one."""

import itertools
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from properties.followers import Screen
from properties.histories import NOON, Said, at, call, empty_store, save, talks, verify
from sqlalchemy import Engine

from omilink.conversations import history, joining
from omilink.database.store import Transaction
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED
from omilink.models.json import json_text, time_text, to_json
from omilink.models.message import Message

UID = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
WORDS = [
    *("yes", "no", "well", "the", "van", "comes", "at", "nine", "and", "goes", "first", "dolly", "übrigens", "340"),
    *("it's", "so", "ok", "3.5", "我们", "明天"),
]
SAMPLES = Path(__file__).parents[1] / "samples"
RECORDS = ("20z-record-with-the-lost-words", "21-record-of-a-call-never-heard-live", "23y-record-of-the-pendant")
REAL = [json.loads((SAMPLES / f"{name}.json").read_bytes())["transcript_segments"] for name in RECORDS]


def talk(chance: random.Random) -> list[Said]:
    """The segments of one talk, each with an id."""
    if chance.random() < 0.1:
        return [
            {"id": id_of(chance), **{name: one[name] for name in ("text", "speaker", "start", "end")}}
            for one in chance.choice(REAL)
        ]
    said: list[Said] = []
    now = chance.choice([0.0, 4.2])
    for _ in range(chance.randint(2, 25)):
        words = [chance.choice(WORDS) for _ in range(chance.choice([1, 2, 4, 9]))]
        end = now + 0.4 * len(words)
        text = " ".join(words) + chance.choice([".", "?", "", ","])
        speaker = f"SPEAKER_{chance.choice('001')}"
        said.append(
            {"id": id_of(chance), "text": text, "speaker": speaker, "start": round(now, 2), "end": round(end, 2)}
        )
        now = end + chance.choice([0.1, 0.6, 4.0])
    return said


def id_of(chance: random.Random) -> str:
    return f"{chance.getrandbits(32):08x}-0000-4000-8000-{chance.getrandbits(48):012x}"


def joined(said: Sequence[Said], chance: random.Random, glues: Sequence[str]) -> list[Said]:
    """The segments as OMI joins them, with one of the glues between them."""
    record: list[Said] = []
    for one in said:
        last = record[-1] if record else None
        if last and last["speaker"] == one["speaker"] and chance.random() < 0.6:
            glue = chance.choice(glues)
            record[-1] = {**last, "text": f"{last['text']}{glue}{one['text']}", "end": one["end"]}
        elif last and not last["text"].endswith((".", "?")) and " " in last["text"] and chance.random() < 0.5:
            stays, _, moves = last["text"].rpartition(" ")
            record[-1] = {**last, "text": stays}
            record.append({**one, "text": f"{moves} {one['text']}"})
        else:
            record.append(one)
    return record


def cut_short(one: Said, chance: random.Random) -> Said:
    """An earlier version of the segment, with fewer words."""
    words = one["text"].split()
    count = chance.randint(1, len(words))
    share = count / len(words)
    end = one["start"] + (one["end"] - one["start"]) * share
    return {**one, "text": " ".join(words[:count]), "end": round(end, 2)}


def heard_live(said: Sequence[Said], chance: random.Random) -> Iterator[tuple[float, list[Said]]]:
    """The live calls with the second when each comes: some are lost, cut, doubled or late."""
    lost, left = chance.uniform(0.0, 0.5), list(said)
    while left:
        count = chance.randint(1, 3)
        together, left = left[:count], left[count:]
        comes = together[-1]["end"] + 1.0
        if chance.random() < lost:
            together = chance.choice([[], together[: chance.randint(0, count)]])
        if together and chance.random() < 0.15:
            earlier = [*together[:-1], cut_short(together[-1], chance)]
            yield comes + chance.choice([0.0, 6.0]), earlier
            together = together if chance.random() < 0.5 else []
        if together:
            for _ in range(chance.choice([1, 1, 1, 1, 2])):
                yield comes + chance.choice([0.0, 0.0, 0.0, 3.0, 8.0, 30.0]), together


def sent_records(
    said: Sequence[Said], seed: int, chance: random.Random, glues: Sequence[str] = (" ", " ", "")
) -> Iterator[tuple[float, list[Said]]]:
    """The records with the second when each comes, and the segments that it tells of."""
    end = max(one["end"] for one in said)
    without = {"id": None} if chance.random() < 0.3 else {}
    moments = [chance.uniform(1, end + 60), chance.uniform(1, end + 60), end + 130, end + 3_000]
    for moment in sorted(chance.sample(moments, chance.choice([1, 1, 2, 3]))):
        spoken = [one for one in said if one["end"] < moment]
        yield moment, [{**one, **without} for one in joined(spoken, random.Random(seed), glues)]


def record_call(moment: float, segments: Sequence[Said], title: str) -> Delivery:
    body = {"id": "omi-1", "structured": {"title": title}, "started_at": time_text(NOON)}
    content = json.dumps(body | {"transcript_segments": segments}).encode()
    return replace(call(moment, session=UID, uid=UID), kind="conversation", body=content)


def expected(said: Sequence[Said], live: Sequence[Sequence[Said]], recorded_until: float) -> str:
    """The letters that a user is to end with: the record's, and the live words that the record lacks."""
    heard: dict[str, str] = {}
    for one in (segment for segments in live for segment in segments):
        heard[one["id"]] = max(heard.get(one["id"], ""), one["text"], key=len)
    texts = (one["text"] if one["end"] < recorded_until else heard.get(one["id"], "") for one in said)
    return letters(list(texts))


def letters(texts: Sequence[str]) -> str:
    return "".join(letter for text in texts for letter in text.casefold() if letter.isalnum())


def followed(tx: Transaction) -> dict[str, dict[str, Any]]:
    """The messages that a client holds that has followed the stream from its beginning."""
    held: dict[str, dict[str, Any]] = {}
    for event in tx.events_after("ada", 0, 10_000):
        content = json.loads(event.data)
        for id in content.get("messageIds", ()):
            held.pop(id)
        for message in content.get("messages", ()):
            if message["rev"] >= held.get(message["id"], message)["rev"]:
                held[message["id"]] = message
    return held


def made_unique(said: Sequence[Said]) -> list[Said]:
    """The same segments with a number in each word, so that each word is said once."""
    numbers = itertools.count(5000)
    return [
        {**one, "text": " ".join(f"{word.strip('.?,3450')}{next(numbers)}" for word in one["text"].split())}
        for one in said
    ]


def words(tx: Transaction) -> list[Message]:
    return [message for one in talks(tx, "ada", UID) for message in tx.all_messages(one.id)]


@given(st.integers(0, 2**32))
def test_the_record_and_the_live_words_are_there_once(engine: Engine, seed: int) -> None:
    check_schedule(engine, seed)


@given(st.integers(0, 2**32))
def test_a_talk_that_comes_by_two_addresses_is_there_once(engine: Engine, seed: int) -> None:
    """Each call and each record comes by the shared address, or by ada's own, or by both."""
    check_schedule(engine, seed, addresses=[[SHARED], ["ada"], [SHARED, "ada"], ["ada", SHARED]])


def at_addresses(
    deliveries: Sequence[Delivery], addresses: Sequence[Sequence[str]], chance: random.Random
) -> Iterator[Delivery]:
    for one in deliveries:
        for number, origin in enumerate(chance.choice(addresses)):
            yield replace(one, seq=2 * one.seq + number, origin=origin)


def check_schedule(engine: Engine, seed: int, addresses: Sequence[Sequence[str]] = ((SHARED,),)) -> None:
    chance = random.Random(seed)
    said = talk(chance)
    live, records = list(heard_live(said, chance)), list(sent_records(said, seed, chance))
    deliveries = [call(heard, *segments, session=UID, uid=UID) for heard, segments in live]
    deliveries += [record_call(moment, spoken, f"T{number}") for number, (moment, spoken) in enumerate(records)]
    deliveries = sorted(at_addresses(deliveries, addresses, random.Random(seed)), key=lambda one: one.order)
    step = chance.choice([1, 1, 7])
    with empty_store(engine) as tx:
        verify(tx, UID, "ada", at(0))
        places: dict[str, tuple[str, float]] = {}
        for number in range(0, len(deliveries), step):
            save(tx, *deliveries[number : number + step])
            now = {m.key: (m.id, m.position) for m in words(tx) if m.source == "omi"}
            assert now | places == now, "a live message keeps its id and its place"
            places = now
        messages = words(tx)
        until = max(moment for moment, _ in records)
        assert letters([m.text for m in messages]) == expected(said, [each for _, each in live], until)
        assert len(talks(tx, "ada", UID)) <= 1
        assert followed(tx) == {m.id: json.loads(json_text(to_json(m))) for m in messages}
        [conversation] = talks(tx, "ada", UID) or [None]
        if conversation:
            assert conversation.message_count == len(messages)
            filled = [m for m in messages if m.source == "omi_record"]
            assert conversation.repaired_count == sum(len(m.text.split()) for m in filled)
        save(tx, record_call(until + 3_600, records[-1][1], f"T{len(records) - 1}"))
        assert words(tx) == messages, "a record that comes again changes nothing"


@given(st.integers(0, 2**32))
def test_what_was_shown_when_it_was_deleted_never_comes_back(engine: Engine, seed: int) -> None:
    check_deletion(engine, seed)


def check_deletion(engine: Engine, seed: int) -> None:
    """The talk's conversation, or a part that was split off, is deleted at any moment. Live words that were not shown
    then are kept, but for the rest of a segment of which some words were. A segment of which a split has parted the
    words lives as long as one of them. OMI puts a blank between what it joins, as it has since 2025."""
    chance = random.Random(seed)
    said = made_unique(talk(chance))
    live, records = list(heard_live(said, chance)), list(sent_records(said, seed, chance, [" "]))
    deliveries = [call(heard, *segments, session=UID, uid=UID) for heard, segments in live]
    deliveries += [record_call(moment, spoken, f"T{number}") for number, (moment, spoken) in enumerate(records)]
    deliveries.sort(key=lambda one: one.order)
    moment = at(chance.uniform(0, chance.choice([said[-1]["end"] + 10, 4_000])))
    with empty_store(engine) as tx:
        verify(tx, UID, "ada", at(0))
        for one in deliveries:
            if one.order < moment:
                save(tx, one)
        shown = all_words(tx)
        screen = Screen(tx) if shown else None
        split_somewhere(tx, chance)
        for one in chance.sample(talks(tx, "ada", UID), chance.randint(0, len(talks(tx, "ada", UID)))):
            history.delete(tx, one.id, "ada", moment)
        kept = all_words(tx)
        whole = {one["id"]: set(re.findall("[0-9]{4}", one["text"])) for one in said}
        deleted = {word for of_one in whole.values() if of_one.isdisjoint(kept) for word in of_one & shown}
        for one in deliveries:
            if one.order >= moment:
                save(tx, one)
                assert deleted.isdisjoint(all_words(tx))
                assert kept <= all_words(tx)
        later = [segment for heard, segments in live if at(heard) >= moment for segment in segments]
        new = [one["text"] for one in later if deleted.isdisjoint(whole[one["id"]])]
        assert all_words(tx) >= set(re.findall("[0-9]{4}", " ".join(new)))
        assert screen is None or screen.is_as_fresh()


def split_somewhere(tx: Transaction, chance: random.Random) -> None:
    """Splits the conversation, if there is one with two messages, perhaps."""
    said = words(tx)
    if len(said) > 1 and chance.random() < 0.5:
        at = chance.choice(said[1:])
        joining.split(tx, at.conversation_id, at.id, "ada")


def all_words(tx: Transaction) -> set[str]:
    """The numbers of the words that are shown."""
    return set(re.findall("[0-9]{4}", " ".join(message.shown_text for message in words(tx))))
