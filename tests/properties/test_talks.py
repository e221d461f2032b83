"""Talks as senders have them, and the conversations that their users then see."""

import itertools
import json
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from properties.histories import GAP, Said, call, empty_store, messages, save, say, talks, texts
from sqlalchemy import Engine

from omilink import identity
from omilink.adapters.sql_store import SqlTransaction

TALKS = sorted((Path(__file__).parents[1] / "samples" / "talks").glob("*.json"))

Store = SqlTransaction


@pytest.fixture
def tx(engine: Engine) -> Any:
    with empty_store(engine) as tx:
        yield tx


@pytest.mark.parametrize("path", TALKS, ids=lambda path: path.stem)
def test_a_talk_becomes_what_people_had(tx: Store, path: Path) -> None:
    """At a user's own address, call by call; and once more, which changes nothing."""
    talk, heard = json.loads(path.read_bytes()), 0.0
    calls = []
    for one in talk["calls"]:
        heard += one["wait_s"]
        calls.append(call(heard, *one["body"]["segments"], session=one["body"]["session_id"], origin="ada"))
    for delivery in calls:
        save(tx, delivery)
    session = talk["calls"][0]["body"]["session_id"]
    assert texts(tx, "ada", session) == talk["expect"]
    if "titles" in talk:
        assert [one.title for one in talks(tx, "ada", session)] == talk["titles"]
    before = messages(tx, "ada", session)
    save(tx, *calls)
    assert messages(tx, "ada", session) == before


# Any talk, however it comes

VOICES = ("SPEAKER_0", "SPEAKER_1", "SPEAKER_2")
IDS: dict[str, Callable[[int, int], str | None]] = {
    "no ids": lambda number, of_call: None,
    "unique ids": lambda number, of_call: str(uuid.UUID(int=number + 1)),
    "a counter": lambda number, of_call: str(number),
    "a counter for every call": lambda number, of_call: str(of_call),
}
words = st.sampled_from(["yes", "no", "is there any left", "we could go on Friday"]) | st.text("abc ", min_size=1)
utterances = st.tuples(
    st.sampled_from(VOICES), st.integers(1, 400), st.integers(1, 90) | st.integers(1, 900), words.filter(str.strip)
)
"""Who speaks, after what pause and for how long, both in tenths of a second, and what."""
arrivals = st.tuples(st.integers(1, 4), st.sampled_from([0.0, 0.4, 2.0, 11.0, 36.0, 40.0]))
"""How many utterances are one call, and by how many seconds it is late."""


def a_talk(spoken: Sequence[tuple[str, int, int, str]]) -> list[Said]:
    """In the order in which utterances end, which is when a recogniser tells them. Every voice says one thing at a
    time, and may talk over the others."""
    free, clock, segments = dict.fromkeys(VOICES, 0), 0, []
    for voice, pause, length, text in spoken:
        clock = free[voice] = max(clock + pause - 10, free[voice])
        free[voice] += length
        segments.append(say(text, clock / 10, free[voice] / 10, speaker=voice))
    return sorted(segments, key=lambda segment: segment["end"])


def looks_like_a_correction(one: Said, other: Said) -> bool:
    """Whether two voices that say the same at once look like one utterance of which the voice has been corrected."""
    return abs(one["start"] - other["start"]) <= 0.5 and identity.have_same_words(one["text"], other["text"])


@given(
    st.lists(utterances, min_size=1, max_size=14),
    st.lists(arrivals, min_size=14, max_size=14),
    st.sampled_from(sorted(IDS)),
    st.booleans(),
)
def test_a_talk_is_one_conversation_in_spoken_order_however_it_is_cut_delayed_and_reordered(
    engine: Engine,
    spoken: list[tuple[str, int, int, str]],
    cuts: list[tuple[int, float]],
    ids: str,
    counts_from_first_arrival: bool,
) -> None:
    said, comes = a_talk(spoken), []
    if ids == "a counter for every call":
        assume(not any(looks_like_a_correction(*both) for both in itertools.combinations(said, 2)))
    for count, delay in cuts:
        together, said = said[:count], said[count:]
        if together:
            comes.append((together[-1]["end"] + delay, together))
    comes.sort(key=lambda one: one[0])
    assume(all(later - sooner < GAP for (sooner, _), (later, _) in itertools.pairwise(comes)))
    zero = comes[0][1][0]["start"] if counts_from_first_arrival else 0.0
    numbers, calls = itertools.count(), []
    for heard, together in comes:
        segments = [
            one | {"id": IDS[ids](next(numbers), place), "start": one["start"] - zero, "end": one["end"] - zero}
            for place, one in enumerate(together)
        ]
        calls.append(call(heard, *segments))
    with empty_store(engine) as tx:
        for delivery in calls:
            save(tx, delivery)
        found = messages(tx, None)
        assert len(talks(tx, None)) == 1
        whole = [(round(one["start"] - zero, 3), one["text"].strip()) for _, call in comes for one in call]
        assert sorted((m.start, m.text) for m in found) == sorted(whole)
        assert [m.start for m in found] == sorted(m.start or 0.0 for m in found)
        save(tx, *calls, *calls[::-1])
        assert messages(tx, None) == found
