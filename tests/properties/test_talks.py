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
from properties.histories import (
    GAP,
    Said,
    at,
    call,
    empty_store,
    messages,
    moment,
    save,
    save_one_by_one,
    say,
    talks,
    texts,
)
from sqlalchemy import Engine

from omilink.conversations import history, identity, segmentation
from omilink.database.store import Transaction
from omilink.linking import health, sessions

TALKS = sorted((Path(__file__).parents[1] / "samples" / "talks").glob("*.json"))

Store = Transaction


@pytest.fixture
def tx(engine: Engine) -> Any:
    with empty_store(engine) as tx:
        yield tx


@pytest.mark.parametrize("path", TALKS, ids=lambda path: path.stem)
def test_a_talk_becomes_what_people_had(tx: Store, path: Path) -> None:
    """At a user's personal address, call by call; and once more, which changes nothing."""
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


def has_silence(comes: Sequence[tuple[float, list[Said]]]) -> bool:
    """Whether nothing comes for as long as ends a conversation, or a clock jumps by that."""
    ends = itertools.accumulate((call[-1]["end"] for _, call in comes), max)
    jumps = any(min(one["start"] for one in call) - end >= GAP for end, (_, call) in zip(ends, comes[1:], strict=False))
    return jumps or any(later - sooner >= GAP for (sooner, _), (later, _) in itertools.pairwise(comes))


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
    assume(not has_silence(comes))
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


# Talks of the same kinds


def play(tx: Store, *calls: tuple[float, list[Said]]) -> list[list[str]]:
    for heard, segments in calls:
        save(tx, call(heard, *segments))
    return texts(tx, None)


def a(text: str, start: float, end: float, **fields: Any) -> Said:
    return say(text, start, end, **{"speaker": "SPEAKER_0"} | fields)


def b(text: str, start: float, end: float, **fields: Any) -> Said:
    return say(text, start, end, **{"speaker": "SPEAKER_1"} | fields)


@pytest.mark.parametrize("ids", sorted(IDS))
def test_a_sentence_of_the_other_side_stands_where_it_began(tx: Store, ids: str) -> None:
    one, two, three = ({"id": IDS[ids](number, 0)} for number in range(3))
    told = play(
        tx,
        (1, [a("Hello?", 0, 1, **one)]),
        (35, [a("Yes, I see.", 33, 35, **two)]),
        (41, [b("Good morning, this is a long one.", 1.5, 40, **three)]),
    )
    assert told == [["Hello?", "Good morning, this is a long one.", "Yes, I see."]]


@pytest.mark.parametrize("pauses", [False, True])
def test_an_interjection_stands_inside_the_monologue_that_came_before_it(tx: Store, pauses: bool) -> None:
    monologue = [a("First part.", 0, 120), a("Second part.", 130, 300)] if pauses else [a("All of it.", 0, 300)]
    told = play(tx, (300, monologue), (301, [b("Mm-hm.", 124, 124.5)]), (305, [b("Right.", 303, 304)]))
    texts = [one["text"] for one in monologue]
    assert told == [[texts[0], "Mm-hm.", *texts[1:], "Right."] if pauses else [*texts, "Mm-hm.", "Right."]]


def test_words_from_before_the_zero_stand_before_it_however_early_they_were_said(tx: Store) -> None:
    told = play(
        tx,
        (3, [a("third", 0, 3)]),
        (4, [b("second", -1, 0.5)]),
        (5, [a("first", -95.2, -90)]),
        (8, [a("fourth", 4, 7)]),
    )
    assert told == [["first", "second", "third", "fourth"]]
    first, second, third, _ = messages(tx, None)
    assert (second.start, second.end) == (-1.0, 0.5)
    assert third.spoken_at - first.spoken_at == 95_200


def test_words_of_the_beginning_that_come_late_and_out_of_order_stay_in_their_talk(tx: Store) -> None:
    told = play(
        tx, (33, [a("fourth", 31, 33)]), (34, [b("second", 6, 9), a("first", 0, 4)]), (35, [a("third", 12, 14)])
    )
    assert told == [["first", "second", "third", "fourth"]]


def test_a_restarted_clock_without_ids_is_a_talk_of_its_own_and_each_goes_on(tx: Store) -> None:
    told = play(
        tx,
        (2, [a("old one", 0, 2)]),
        (6, [b("old two", 3, 6)]),
        (20, [a("new one", 0.3, 1.5)]),
        (24, [b("new two", 3, 5.5)]),
        (27, [a("new three", 6, 8.5)]),
    )
    assert told == [["old one", "old two"], ["new one", "new two", "new three"]]


def test_the_recorded_pendant_and_phone_are_two_talks(tx: Store) -> None:
    """Both clocks count from 0, seven seconds apart, and the first speaker of each is another person."""
    at_seconds = {"23a-live-pendant": 0, "23b-live-phone": 7, "23c-live-pendant": 7, "23d-live-phone": 13}
    for name, heard in at_seconds.items():
        segments = json.loads((TALKS[0].parents[1] / f"{name}.json").read_bytes())["segments"]
        save(tx, call(heard, *segments))
    pendant, phone = texts(tx, None)
    assert [len(pendant), len(phone)] == [4, 4]
    assert (pendant[2], phone[2]) == ("White or the grey from last year?", "Twenty minutes.")


def test_first_words_that_show_twelve_seconds_go_on_with_the_talk_that_is_still_live(tx: Store) -> None:
    """A clock that counts from the first audio cannot be told from one that goes on; OMI's record tells it later."""
    assert play(tx, (6, [a("See you.", 3, 6)]), (26, [a("Next meeting.", 12, 14)])) == [["See you.", "Next meeting."]]


steps = st.lists(st.tuples(st.integers(1, 100), st.integers(5, 80)), min_size=12, max_size=20)
"""Pauses before and lengths of what is said, in tenths of a second."""


@given(steps, steps, st.floats(100, 600), st.lists(st.floats(0, 3), min_size=40, max_size=40))
def test_two_devices_that_begin_minutes_apart_stay_two_talks(
    engine: Engine, pendant: list[tuple[int, int]], phone: list[tuple[int, int]], later: float, delays: list[float]
) -> None:
    """Both name their first speaker SPEAKER_0. The pendant has talked until the phone begins, and goes on."""
    calls = []
    for name, steps, begin, clock in (("pendant", pendant, 0.0, later), ("phone", phone, later, 0.0)):
        for number, (pause, length) in enumerate(steps):
            start, clock = clock + pause / 10, clock + (pause + length) / 10
            heard = begin + clock + delays[len(calls)]
            calls.append(call(heard, a(f"{name} {number}", round(start, 1), round(clock, 1))))
    with empty_store(engine) as tx:
        save(tx, call(later, a("pendant from its beginning", 0, later)))
        for delivery in sorted(calls, key=lambda one: one.received_at):
            save(tx, delivery)
        told = texts(tx, None)
    assert told == [
        ["pendant from its beginning", *(f"pendant {n}" for n in range(len(pendant)))],
        [f"phone {n}" for n in range(len(phone))],
    ]


# Numbers that begin again


def test_the_same_number_at_another_place_is_another_segment_and_comes_again_as_itself(tx: Store) -> None:
    calls = [
        (
            3.0 * (n + 1),
            [a(f"sentence {n}", 3 * n, 3 * n + 2.5, id="0"), b(f"answer {n}", 3 * n + 2.5, 3 * n + 3, id="1")],
        )
        for n in range(12)
    ]
    told = play(tx, *calls)
    assert [len(talk) for talk in told] == [24]
    assert play(tx, *[(heard + 36, segments) for heard, segments in calls]) == told
    assert {message.rev for message in messages(tx, None)} == {1}


@pytest.mark.parametrize(
    ("later", "second", "told"),
    [
        (5, a("ice cream", 0.4, 2, id="7"), [["ice cream"]]),
        (30, a("ice cream", 0.4, 2, id="7"), [["I scream"], ["ice cream"]]),
        (30, a("I scream for it", 0.4, 3, id="7"), [["I scream for it"]]),
        (30, a("I scream", 0, 2, id="7", person_id="ida"), [["I scream"]]),
        (5, a("I scream", 0.6, 2.6, id="7"), [["I scream", "I scream"]]),
        (5, a("no", 2, 3, id="7"), [["I scream", "no"]]),
        (30, b("ice cream", 0.4, 2, id="7"), [["I scream", "ice cream"]]),
    ],
    ids=["a correction", "a new clock", "grown", "a person", "later", "touching", "another voice"],
)
def test_a_number_is_the_same_segment_only_where_the_rest_agrees(
    tx: Store, later: float, second: Said, told: list[list[str]]
) -> None:
    assert play(tx, (2, [a("I scream", 0, 2, id="7")]), (2 + later, [second])) == told


def test_numbers_without_a_place_are_told_apart_by_time_and_words(tx: Store) -> None:
    said = [say(f"sentence {n}", id="0", speaker="SPEAKER_0") for n in range(3)]
    said = [one | {"text": text} for one, text in zip(said, ("tea", "is there any left", "on Friday"), strict=True)]
    calls = [(20.0 * n, [one]) for n, one in enumerate(said)]
    assert play(tx, *calls, *calls) == [["tea", "is there any left", "on Friday"]]
    assert play(tx, (45, [say("on Friday at nine", id="0", speaker="SPEAKER_0")]))[0][-1] == "on Friday at nine"


@pytest.mark.parametrize("place", [{}, {"start": 0, "end": 0}, {"start": -1, "end": -1}, {"start": 0}])
def test_words_of_one_number_without_a_place_are_kept_and_come_again_as_themselves(
    tx: Store, place: dict[str, int]
) -> None:
    words = ["Tea", "Milk", "Sugar", "Lemon", "Lemon and salt"]
    calls = [(1.0 + n, [{"text": word, "id": 0, "speaker": "SPEAKER_0"} | place]) for n, word in enumerate(words)]
    assert play(tx, *calls) == [["Tea", "Milk", "Sugar", "Lemon and salt"]]
    assert play(tx, *[(36.0 + n, segments) for n, (_, segments) in enumerate(calls[::-1])]) == [
        ["Tea", "Milk", "Sugar", "Lemon and salt"]
    ]
    assert [message.rev for message in messages(tx, None)] == [1, 1, 1, 2]


@pytest.mark.parametrize("place", [{}, {"start": 0, "end": 0}])
def test_after_a_deletion_the_next_words_of_that_number_are_kept_and_the_deleted_stay_away(
    tx: Store, place: dict[str, int]
) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(1, {"text": "a secret", "id": 0} | place))
    history.delete(tx, talks(tx, "ada")[0].id, "ada", at(2))
    save(tx, call(3, {"text": "a secret", "id": 0} | place), call(4, {"text": "and tea", "id": 0} | place))
    assert texts(tx, "ada") == [["and tea"]]


@pytest.mark.parametrize("overlap", [0.0, 0.05, 0.1])
def test_short_words_of_one_number_that_overlap_by_a_moment_are_all_kept(tx: Store, overlap: float) -> None:
    words = ["I", "would", "like", "some", "tea"]
    step = 0.45 - overlap
    calls = [
        (1 + n * step, [a(word, round(n * step, 3), round(n * step + 0.45, 3), id=0)]) for n, word in enumerate(words)
    ]
    assert play(tx, *calls) == [words]
    assert play(tx, *[(heard + 36, segments) for heard, segments in calls]) == [words]


@pytest.mark.parametrize("other", [{"is_user": False}, {"isUser": "no"}, {}])
@pytest.mark.parametrize("ids", sorted(IDS))
def test_who_is_not_the_wearer_is_another_voice(tx: Store, ids: str, other: Said) -> None:
    def wearer(number: int, text: str, start: float, end: float) -> Said:
        return say(text, start, end, id=IDS[ids](number, 0), is_user=True)

    def guest(number: int, text: str, start: float, end: float) -> Said:
        return say(text, start, end, id=IDS[ids](number, 0), **other)

    calls = [
        (2, [wearer(0, "Shall we go to town?", 0, 2)]),
        (2.4, [guest(1, "I am so tired now.", 0.2, 2.3)]),
        (5, [wearer(2, "Then we stay.", 3, 5)]),
        (47, [wearer(3, "All of the evening.", 6, 46)]),
        (48, [guest(4, "Mm.", 20, 20)]),
        (49, [guest(5, "Yes, and it was such a long day that I had.", 6.1, 19)]),
    ]
    told = play(tx, *calls)
    assert told == [
        [
            *("Shall we go to town?", "I am so tired now.", "Then we stay.", "All of the evening."),
            *("Yes, and it was such a long day that I had.", "Mm."),
        ]
    ]
    assert play(tx, *[(heard + 36, segments) for heard, segments in calls]) == told


def test_the_wearer_and_another_who_say_the_same_at_once_are_two_messages(tx: Store) -> None:
    assert play(tx, (1, [say("yes", 0, 1, is_user=True)]), (2, [say("yes", 0, 1, is_user=False)])) == [["yes", "yes"]]


def test_ids_that_differ_after_128_characters_are_two_segments(tx: Store) -> None:
    told = play(tx, (4, [a("one", 0, 2, id="x" * 128 + "1"), a("two", 2, 4, id="x" * 128 + "2")]))
    assert told == [["one", "two"]]


@pytest.mark.parametrize("again", [False, True])
def test_a_device_that_sends_one_uuid_for_all_its_segments_loses_no_word(tx: Transaction, again: bool) -> None:
    recording = "5ac0cec9-53cf-5426-ac24-bb354bbb3071"
    said = ["Good morning.", "Where is the key?", "On the table.", "Thank you."]
    calls = [call(7 * n + 2, say(text, 7.0 * n, id=recording, speaker="SPEAKER_0")) for n, text in enumerate(said)]
    save_one_by_one(tx, calls)
    save_one_by_one(tx, calls if again else [])
    assert texts(tx, None) == [said]
    assert {message.rev for message in messages(tx, None)} == {1}


def test_the_same_words_of_two_voices_in_the_same_seconds_are_two_messages(tx: Store) -> None:
    assert play(tx, (1, [a("yes", 0, 1)]), (2, [b("yes", 0, 1)]), (3, [a("yes", 1, 2)])) == [["yes", "yes", "yes"]]


def test_a_list_that_repeats_all_earlier_segments_a_little_later_adds_what_is_new(tx: Store) -> None:
    """With whole talks of short answers, since nobody says the same twice at once."""
    said = [a("Yes.", 2 * n, 2 * n + 0.4) if n % 3 else b("No, not yet.", 2 * n, 2 * n + 1.5) for n in range(20)]
    for n in range(len(said)):
        moved = [
            one | {"start": one["start"] + 0.01 * (n - i), "end": one["end"] + 0.01 * (n - i)}
            for i, one in enumerate(said[: n + 1])
        ]
        save(tx, call(2 * n + 2, *moved))
    assert texts(tx, None) == [[one["text"] for one in said]]


@pytest.mark.parametrize(("id", "end"), [(None, 2.3), (None, 2.5)])
def test_the_same_greeting_after_a_restart_is_kept(tx: Store, id: str | None, end: float) -> None:
    calls = [
        (3, [a("Good morning.", 0, 2.5, id=id)]),
        (7, [a("Two rolls please.", 3, 6, id=id)]),
        (67, [a("Good morning.", 0, end, id=id)]),
        (71, [a("Six eggs and milk.", 3, 5.5, id=id)]),
    ]
    told = [["Good morning.", "Two rolls please."], ["Good morning.", "Six eggs and milk."]]
    assert play(tx, *calls) == told
    assert play(tx, *[(heard + 36, segments) for heard, segments in calls[2:]]) == told


def test_the_only_word_of_a_talk_is_kept_when_it_is_said_again_on_a_new_clock(tx: Store) -> None:
    assert play(tx, *[(heard, [a("Yes.", 0, 0.5)]) for heard in (1, 37, 140, 176)]) == [["Yes."], ["Yes."]]


def test_a_word_without_id_and_place_is_kept_when_it_is_said_again_later_than_any_retry(tx: Store) -> None:
    calls = [(heard, [{"text": "Yes."}]) for heard in (1, 37, 80, 116, 140, 141)]
    assert play(tx, *calls) == [["Yes.", "Yes.", "Yes."]]
    save(tx, *[call(heard, *segments) for heard, segments in calls[::-1]])
    assert texts(tx, None) == [["Yes.", "Yes.", "Yes."]]


def test_a_talk_that_comes_again_whole_call_by_call_while_it_goes_on_adds_nothing(tx: Store) -> None:
    said = [a(f"sentence {n}", 3 * n, 3 * n + 2.5) for n in range(20)]
    calls = [(one["end"] + 1, [one]) for one in said]
    assert play(tx, *calls, *[(64 + n, segments) for n, (_, segments) in enumerate(calls[::-1])]) == [
        [one["text"] for one in said]
    ]


def test_the_last_version_of_a_long_sentence_that_comes_twice_is_one(tx: Store) -> None:
    calls = [(20.0 * n, [a("and so on " * n, 0, 20 * n, id="0")]) for n in range(1, 5)]
    assert play(tx, *calls, (116, calls[-1][1])) == [["and so on " * 3 + "and so on"]]


def test_a_list_that_comes_again_when_nothing_was_said_for_a_minute_adds_nothing(tx: Store) -> None:
    said = [a("Yes.", 0, 0.4), b("No, not yet.", 1, 2.5), a("Yes.", 3, 3.4)]
    moved = [one | {"start": one["start"] + 0.01, "end": one["end"] + 0.01} for one in said]
    assert play(tx, (4, said), (64, said), (70, moved)) == [["Yes.", "No, not yet.", "Yes."]]


@pytest.mark.parametrize("together", [True, False])
def test_words_of_a_device_that_restarts_at_once_are_kept_apart_from_the_old_ones(tx: Store, together: bool) -> None:
    """Its counter and its clock begin again within the time of a correction."""
    old = [a("Good morning.", 0, 2, id="0"), a("Where is my hat?", 2.2, 4, id="1")]
    calls = [(4, old)] if together else [(2, old[:1]), (4, old[1:])]
    calls += [(12, [a("Next patient please.", 0, 2.2, id="0")]), (15, [a("Sit down there.", 2.5, 4, id="1")])]
    told = [["Good morning.", "Where is my hat?"], ["Next patient please.", "Sit down there."]]
    assert play(tx, *calls) == told
    assert play(tx, *[(heard + 10, segments) for heard, segments in calls]) == told


@pytest.mark.parametrize("corrected", ["ice cream", "I scream for ice cream"])
def test_a_number_is_corrected_after_another_voice_has_spoken(tx: Store, corrected: str) -> None:
    told = play(
        tx, (2, [a("I scream", 0, 2, id="0")]), (4, [b("What?", 2, 3, id="1")]), (5, [a(corrected, 0, 2, id="0")])
    )
    assert told == [[corrected, "What?"]]


FIRST_WORDS = (
    *("Good morning all", "Where is tea", "Under the roof", "Nobody knows", "Seven eggs please", "Rain again today"),
    *("Look over there", "My sister called", "Bread costs more", "Turn left now", "Cats sleep long", "Thank you"),
)


@pytest.mark.parametrize("every", [3, 5])
@pytest.mark.parametrize("fields", [{"speaker": "SPEAKER_0"}, {}])
def test_of_a_device_that_begins_anew_with_every_call_all_but_the_first_words_are_kept(
    tx: Store, every: int, fields: dict[str, str]
) -> None:
    """Its second call looks like a correction of its first one."""
    calls = [
        (3.0 + every * n, [{"text": text, "id": 0, "start": 0, "end": 2.7} | fields])
        for n, text in enumerate(FIRST_WORDS)
    ]
    told = play(tx, *calls)
    assert [text for talk in told for text in talk] == [*FIRST_WORDS[1:]]
    assert len(told) <= segmentation.RESTARTS
    assert play(tx, *[(heard + 2, segments) for heard, segments in calls[-3:]]) == told


# Titles and persons


@pytest.mark.parametrize("id", ["7", str(uuid.UUID(int=7))])
def test_the_title_follows_the_message_it_was_taken_from(tx: Store, id: str) -> None:
    play(tx, (1, [a("So the", 0, 1, id=id)]), (3, [b("Yes?", 1.5, 2)]), (5, [a("So the meeting is on", 0, 4, id=id)]))
    assert talks(tx, None)[0].title == "So the meeting is on"
    play(tx, (6, [a("So the meeting is on Friday.", 0, 5, id=id)]), (7, [b("Fine.", 6, 7)]))
    play(tx, (8, [a("So the", 0, 1, id=id)]))
    assert talks(tx, None)[0].title == "So the meeting is on Friday."


@pytest.mark.parametrize("first", ["Okay.", "We meet on the long way to the station near the old river, and then"])
def test_the_title_does_not_follow_another_message_of_the_same_words(tx: Store, first: str) -> None:
    one, two = (str(uuid.UUID(int=number)) for number in (7, 8))
    play(tx, (2, [a(first, 0, 1, id=one)]), (3, [b(first, 1, 1.5, id=two)]))
    title = talks(tx, None)[0].title
    save(tx, call(4, b("Fine. Then Tuesday.", 1, 3, id=two)))
    assert talks(tx, None)[0].title == title
    save(tx, call(5, a("Then Monday.", 0, 1, id=one)))
    assert talks(tx, None)[0].title == "Then Monday."


def test_a_person_who_becomes_known_is_a_change_that_is_shown_once(tx: Store) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    said = a("Good morning.", 0, 2, id=str(uuid.UUID(int=7)))
    save(tx, call(2, said))
    before = tx.log_versions(["ada"])
    save(tx, call(4, said | {"person_id": "ida"}), call(6, said))
    (message,) = messages(tx, "ada")
    assert (message.person_id, message.rev) == ("ida", 2)
    [(events, rights)] = before.values()
    assert tx.log_versions(["ada"]) == {"ada": (events + 1, rights)}
    save(tx, call(8, said | {"person_id": "ida", "text": "Good morning, Ida."}))
    (message,) = messages(tx, "ada")
    assert (message.person_id, message.rev, message.text) == ("ida", 3, "Good morning, Ida.")


def test_a_person_is_kept_when_a_segment_without_an_id_comes_again_with_moved_times(tx: Store) -> None:
    moved = a("Good morning.", 0.01, 2.01, person_id="ida")
    play(tx, (3, [a("Good morning.", 0, 2)]), (5, [moved, b("And to you.", 3, 4)]), (7, [a("Good morning.", 0.02, 2)]))
    first, second = messages(tx, None)
    assert (first.person_id, first.rev, first.start) == ("ida", 2, 0.0)
    assert (second.text, second.person_id) == ("And to you.", None)


# After a hand-over


def test_words_of_the_next_owner_are_kept_though_their_numbers_are_the_last_owners(tx: Store) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(10, *(a(f"word {n} of ada", 2 * n, 2 * n + 2, id=f"s{n}") for n in range(3))))
    sessions.unlink(tx, "kitchen", "ada", moment(11))
    sessions.link(tx, "kitchen", "ben", moment(12))
    bens = [a(text, 2 * n, 2 * n + 2, id=f"s{n}") for n, text in enumerate(["Hello.", "Is this on?", "It is."])]
    save(tx, call(15, *bens))
    save(tx, call(20, a("word 0 of ada", 0, 2, id="s0"), *bens))
    assert texts(tx, "ben") == [["Hello.", "Is this on?", "It is."]]
    assert texts(tx, "ada") == [[f"word {n} of ada" for n in range(3)]]


@pytest.mark.parametrize("id", ["s0", str(uuid.UUID(int=7))])
def test_what_goes_on_with_words_of_the_owner_before_is_counted_and_shown(tx: Store, id: str) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(2, a("My number is", 0, 2, id=id)))
    sessions.unlink(tx, "kitchen", "ada", moment(3))
    sessions.link(tx, "kitchen", "ben", moment(3))
    grown = call(5, a("My number is four two", 0, 3, id=id))
    again = call(6, a("My number is", 0, 2, id=id))
    assert [save(tx, one).of_before for one in (grown, again)] == [1, 0]
    assert (texts(tx, "ada"), texts(tx, "ben")) == ([["My number is"]], [])
    session = tx.sessions(["shared/kitchen"])["shared/kitchen"]
    assert "whoever had it before" in health.judged(session, 0, at(7), {}).message


@pytest.mark.parametrize(
    ("last_owners", "later", "next_owners", "kept", "counted"),
    [
        (a("Hello, this is Ada.", 0, 3, id="s0"), 15, a("Hello", 0, 1, id="s0"), [], 1),
        (a("Hello, this is Ada.", 0, 3, id="s0"), 15, b("Hello", 0, 1, id="s0"), [["Hello"]], 0),
        (a("Hello, this is Ada.", 0, 3, id="s0"), 15, a("Hello", 0.2, 1, id="s0"), [["Hello"]], 0),
        (a("Hello, this is Ada.", 0, 3, id="s0"), 60, a("Hello", 0, 1, id="s0"), [["Hello"]], 0),
        (a("Hello.", 0, 1), 36, a("Hello.", 0, 1), [], 0),
        (a("Hello.", 0, 1), 100, a("Hello.", 0, 1), [["Hello."]], 0),
        (a("Hello.", 0, 1, id="s0"), 100, a("Hello.", 0, 1, id="s0"), [], 1),
    ],
)
def test_words_of_the_next_owner_are_kept_or_counted(
    tx: Store, last_owners: Said, later: float, next_owners: Said, kept: list[list[str]], counted: int
) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(3, last_owners))
    sessions.unlink(tx, "kitchen", "ada", moment(4))
    sessions.link(tx, "kitchen", "ben", moment(5))
    saved = save(tx, call(3 + later, next_owners))
    assert (texts(tx, "ben"), saved.of_before) == (kept, counted)
    assert texts(tx, "ada") == [[last_owners["text"]]]


def test_a_list_in_which_words_of_the_owner_before_come_again_is_not_kept_and_counted(tx: Store) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(3, a("Hello.", 0, 1)))
    sessions.unlink(tx, "kitchen", "ada", moment(4))
    sessions.link(tx, "kitchen", "ben", moment(5))
    assert save(tx, call(103, a("Hello.", 0, 1), a("Ben here.", 1.2, 3))).of_before == 1
    assert texts(tx, "ben") == [["Ben here."]]


# Clocks that tell no time


def test_a_clock_that_begins_anew_with_every_call_makes_few_conversations_and_keeps_the_order(tx: Store) -> None:
    calls = [(5.0 * n, [a(f"number{n} tells this", 0.2, 2.1), a(f"and{n} that as well", 2.3, 4.6)]) for n in range(40)]
    told = play(tx, *calls)
    assert len(told) == segmentation.RESTARTS
    assert [text for talk in told for text in talk] == [one["text"] for _, call in calls for one in call]
    assert play(tx, *((200.0, segments) for _, segments in calls[-3:])) == told


def test_a_clock_in_milliseconds_makes_one_conversation_of_a_talk(tx: Store) -> None:
    said = [a(f"sentence {n} of many words", 1000 + 3000 * n, 3400 + 3000 * n) for n in range(40)]
    calls = [(3.0 * n + 3.4, [one]) for n, one in enumerate(said)]
    assert play(tx, *calls) == [[one["text"] for one in said]]
    assert play(tx, *((heard + 36, segments) for heard, segments in calls[-3:])) == [[one["text"] for one in said]]
    assert [message.start for message in messages(tx, None)][:2] == [1.0, 4.0]


def test_a_long_monologue_is_not_taken_for_milliseconds(tx: Store) -> None:
    words = "It goes on and on and nobody interrupts. " * 10
    assert play(tx, (1900, [a(words, 1000, 1900)]), (1903, [a("Any questions?", 1901, 1903)])) == [
        [words.strip(), "Any questions?"]
    ]
