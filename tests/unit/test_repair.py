"""The words of a record that never came live are found, once and in their order."""

import random
import tracemalloc
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from omilink.conversations.alignment import MOST_PLACES, PLACE, Alignment, Letters, Recorded, Steps, letters_of
from omilink.conversations.repair import Comparison, Repair, _holes, in_spoken_order
from omilink.models.message import FROM_RECORD, Message, Segment

WORDS = (
    *("yes", "no", "well", "the", "van", "comes", "at", "nine", "and", "piano", "goes", "first", "dolly"),
    *("übrigens", "340", "it's", "so", "ok", "ja", "3.5", "我们", "明天"),
)


def message(seq: int, text: str, start: float | None, end: float | None = None, id: str = "") -> Message:
    return Message(
        conversation_id="c",
        seq=seq,
        key=f"id:{id}" if id else f"said:{seq}",
        text=text,
        start=start,
        end=start if end is None else end,
        position=start or 0.0,
        created_at=0,
        spoken_at=0,
        versions="",
    )


def live(*segments: Segment) -> list[Message]:
    return [message(seq, one.text, one.start, one.end, one.id or "") for seq, one in enumerate(segments, start=1)]


def repair(messages: Sequence[Message], record: Sequence[Segment]) -> Repair:
    return Comparison(record).repair(messages)


def filled(messages: Sequence[Message], record: Sequence[Segment]) -> list[Message]:
    """All messages after the record, in spoken order."""
    made = [*messages]
    for hole in repair(messages, record).holes:
        new = message(len(made) + 1, hole.text, hole.start, hole.end)
        made.append(replace(new, key=f"{FROM_RECORD}{len(made)}:{record[hole.segment].id}", position=hole.position))
    return sorted(made, key=lambda one: (one.position, one.seq))


def texts(messages: Sequence[Message]) -> list[str]:
    return [one.text for one in messages]


def segment(text: str, start: float, end: float, id: str | None = None, speaker: str = "SPEAKER_0") -> Segment:
    return Segment(text=text, start=start, end=end, id=id, speaker=speaker)


A = segment("Right, the van comes on Saturday.", 0.0, 2.6, "a")
B = segment("Then I call Hedda, she has the straps and", 3.0, 6.0, "b", "SPEAKER_1")
B_JOINED = segment("Then I call Hedda, she has the straps and the two dollies.", 3.0, 7.5, "b", "SPEAKER_1")
C = segment("Good. How much does it cost?", 8.0, 9.5, "c")
D = segment("Please put the number in the subject line.", 12.0, 15.0, "d", "SPEAKER_1")


def test_words_inside_a_known_segment_and_whole_segments_are_filled_in() -> None:
    after = filled(live(A, B, D), [A, B_JOINED, C, D])
    assert texts(after) == [A.text, B.text, "the two dollies.", C.text, D.text]
    assert [one.source for one in after] == ["omi", "omi", "omi_record", "omi_record", "omi"]
    assert B.end is not None and after[2].start is not None and after[2].start >= B.end


def test_words_between_known_ones_of_a_segment_last_from_one_to_the_other() -> None:
    """Else a short word that comes live late is not found there, and is doubled."""
    joined = segment("Good. Yes. And then the straps and the dollies are ours.", 0.0, 20.0, "a")
    said = live(
        segment("Good.", 0.0, 1.0, "a"), segment("And then the straps and the dollies are ours.", 16.0, 20.0, "b")
    )
    [hole] = repair(said, [joined]).holes
    assert (hole.text, hole.start, hole.end) == ("Yes.", pytest.approx(1.8, abs=0.1), 16.0)


def test_a_record_that_says_the_same_changes_nothing() -> None:
    glued = segment("Right, the van comes onSaturday. Then I call Hedda, she has the straps and", 0.0, 6.0, "a")
    assert repair(live(A, B), [glued]).holes == []
    after = filled(live(A, D), [A, B_JOINED, C, D])
    assert repair(after, [A, B_JOINED, C, D]).holes == []


def test_words_that_moved_to_the_other_speaker_are_not_doubled() -> None:
    moved = [segment("Right, the van comes.", 0.0, 2.6, "a"), segment("on Saturday. Then I call Hedda", 3.0, 6.0, "b")]
    said = [segment("Right, the van comes on", 0.0, 2.6, "a"), segment("Saturday. Then I call Hedda", 3.0, 6.0, "b")]
    assert repair(live(*said), moved).holes == []


def test_live_words_that_the_record_lacks_stay() -> None:
    assert texts(filled(live(A, C, D), [A, D])) == [A.text, C.text, D.text]


def test_a_short_word_is_known_only_near_its_time() -> None:
    record = [segment("Yes.", 1.0, 1.4), A, segment("Yes.", 40.0, 40.4)]
    said = live(replace(A, start=2.0, end=4.6), segment("Yes.", 40.0, 40.4))
    record[1] = replace(A, start=2.0, end=4.6)
    assert texts(filled(said, record)) == ["Yes.", A.text, "Yes."]


def test_a_text_that_was_edited_at_omi_is_not_filled_in_beside_the_live_one() -> None:
    edited = replace(B, text="So I phone Hedda, who has the straps and")
    rewritten = replace(A, text="Completely different words than before")
    assert repair(live(A, B, C), [rewritten, edited, C]).holes == []
    without_ids = [replace(one, id=None) for one in (rewritten, edited, C)]
    assert repair(live(*(replace(one, id=None) for one in (A, B, C))), without_ids).holes == []


def test_clocks_may_differ_by_a_constant() -> None:
    later = [replace(one, start=one.start + 300, end=one.end + 300, id=None) for one in (A, B_JOINED, C, D)]  # type: ignore[operator]
    found = repair(live(A, B, D), later)
    assert found.shift == pytest.approx(300, abs=0.5)
    assert texts(filled(live(A, B, D), later)) == [A.text, B.text, "the two dollies.", C.text, D.text]


def test_words_without_a_place_come_last_and_a_record_without_segments_changes_nothing() -> None:
    late = Segment(text="and thank you")
    record = in_spoken_order([late, A, B])
    assert record == [A, B, late]
    assert texts(filled(live(B), record)) == [A.text, B.text, "and thank you"]
    assert repair(live(A), []).holes == []


def test_sections_are_led_to_the_messages_with_their_words() -> None:
    found = repair(live(A, B, D), [A, B_JOINED, C, D])
    assert found.said_in == [[0], [1], [], [2]]
    assert [(hole.segment, hole.after) for hole in found.holes] == [(1, 1), (2, 1)]


def counted(monkeypatch: pytest.MonkeyPatch, of: type, name: str) -> list[None]:
    """Gets an entry for each call of the method."""
    calls, method = list[None](), getattr(of, name)

    def counting(*args: Any) -> Any:
        calls.append(None)
        return method(*args)

    monkeypatch.setattr(of, name, counting)
    return calls


def test_of_a_text_that_stands_everywhere_the_first_places_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    links = counted(monkeypatch, Alignment, "_link")
    laughs = [message(seq, "ha" * 200, None) for seq in range(1, 21)]
    assert repair(laughs, [Segment(text="ha" * 10_000)]).matched >= 400
    assert len(links) <= 2 * 20 * MOST_PLACES


def test_a_comparison_that_takes_very_many_steps_is_given_up_and_fills_in_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("omilink.conversations.alignment.MOST_STEPS", 100_000)
    searches = counted(monkeypatch, SequenceMatcher, "find_longest_match")
    links = counted(monkeypatch, Alignment, "_link")
    laughs = [message(seq, "ha" * 20, None) for seq in range(1, 401)]
    assert repair(laughs, [Segment(text="ha" * 10_000)]).holes == []
    assert len(links) <= 100_000 / PLACE
    edited = [message(seq, "abcx" * 250, 0.0, 9.0) for seq in range(1, 5)]
    assert repair(edited, [segment("abcy" * 250, 0.0, 9.0, "a")]).holes == []
    assert len(searches) < 100


def test_comparisons_with_one_record_share_their_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omilink.conversations.alignment.MOST_STEPS", 50_000)
    record = [A, Segment(text="ha" * 10_000), C]
    assert Comparison(record).repair(live(A)).matched > 0
    comparison = Comparison(record)
    comparison.repair([message(seq, "ha" * 20, None) for seq in range(1, 401)])
    assert comparison.is_given_up()
    assert comparison.repair(live(A)).holes == []


def test_the_letters_of_a_record_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch, Letters, "__init__")
    comparison = Comparison([A, B, C])
    for said in (A, B, C):
        comparison.repair(live(said))
    assert len(made) == 1


@pytest.mark.parametrize(
    ("said", "heard"), [("la " * 6_000_000, A.text), (A.text, "la " * 6_000_000)], ids=["record", "messages"]
)
def test_a_text_too_long_to_be_compared_is_given_up_before_its_letters_are_made(said: str, heard: str) -> None:
    """Made, they took 30 s and a gigabyte."""
    record, comparison = [segment(said, 0.0, 9.0, "a"), B], None
    tracemalloc.start()
    try:
        comparison = Comparison(record)
        found = comparison.repair(live(segment(heard, 0.0, 2.6, "a")))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert comparison.is_given_up()
    assert (found.holes, found.said_in, found.matched) == ([], [[], []], 0)


def test_a_record_of_any_length_is_kept_where_nothing_is_known() -> None:
    record = [segment("la " * 6_000_000, 0.0, 9.0, "a"), segment("…", 9.0, 9.5), B]
    holes = repair([], record).holes
    assert [(hole.segment, len(hole.text)) for hole in holes] == [(0, 17_999_999), (2, len(B.text))]


@given(st.text("abc", min_size=1, max_size=60), st.text("abc", max_size=60))
def test_an_edited_text_is_compared_as_difflib_does(said: str, there: str) -> None:
    found = SequenceMatcher(None, said, there, autojunk=False).get_matching_blocks()
    blocks = [block for block in found if block.size >= min(3, len(said))]
    assert Alignment([], Recorded([], Steps()), Steps())._common(said, there) == blocks


@st.composite
def talks(draw: st.DrawFn) -> tuple[list[Segment], list[Segment], list[Segment]]:
    """All segments of a talk, those that came live, and OMI's record of the talk."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    said, at = [], chance.choice([0.0, -3.2])
    for number in range(draw(st.integers(1, 40))):
        words = [chance.choice(WORDS) for _ in range(chance.choice([1, 1, 2, 4, 9]))]
        text = " ".join(words) + chance.choice([".", "?", "", ","])
        end = at + 0.4 * len(words)
        said.append(segment(text, round(at, 3), round(end, 3), f"id-{number}", f"SPEAKER_{chance.choice('001')}"))
        at = end + chance.choice([0.1, 0.6, 4.0])
    kept = [one for one in said if chance.random() > chance.choice([0.0, 0.2, 0.5])]
    record = joined(said, chance)
    if chance.random() < 0.3:
        record = [replace(one, id=None) for one in record]
    return said, kept, record


def joined(said: Sequence[Segment], chance: random.Random) -> list[Segment]:
    """The segments as OMI joins them: words of neighbours are glued, or move to the next one."""
    record: list[Segment] = []
    for one in said:
        last = record[-1] if record else None
        if last and last.speaker == one.speaker and chance.random() < 0.7:
            glue = chance.choice([" ", " ", ""])
            record[-1] = replace(last, text=f"{last.text}{glue}{one.text}", end=one.end)
        elif last and not last.text.endswith((".", "?")) and " " in last.text and chance.random() < 0.5:
            stays, _, moves = last.text.rpartition(" ")
            record[-1] = replace(last, text=stays)
            record.append(replace(one, text=f"{moves} {one.text}"))
        else:
            record.append(one)
    return record


@given(talks())
def test_every_word_is_there_once_and_in_its_order(talk: tuple[list[Segment], list[Segment], list[Segment]]) -> None:
    said, kept, record = talk
    after = filled(live(*kept), record)
    assert "".join(letters_of(one.text) for one in after) == "".join(letters_of(one.text) for one in said)
    assert [one for one in after if one.source == "omi"] == live(*kept)
    assert repair(after, record).holes == []


PLACES = st.none() | st.tuples(st.floats(-5, 100), st.floats(-5, 100))


@given(st.lists(st.tuples(st.text("ab …", max_size=9), PLACES), max_size=6))
def test_where_nothing_is_known_each_segment_is_missing_as_a_comparison_finds_it(
    said: list[tuple[str, tuple[float, float] | None]],
) -> None:
    record = in_spoken_order([segment(text, *place) if place else Segment(text=text) for text, place in said])
    steps = Steps()
    compared = list(_holes(Alignment([], Recorded(record, steps), steps)))
    assert repair([], record).holes == compared
