"""Which conversation words belong to, seen from a receiver that knows only texts and clocks."""

import json
from pathlib import Path

import pytest

from omilink.clock import Millis
from omilink.conversations import segmentation
from omilink.ingest import segment_reading
from omilink.models.conversation import Conversation
from omilink.models.message import Message, Segment

SAMPLES = Path(__file__).parents[1] / "samples"
GAP = 150.0
NOON: Millis = 1_790_000_000_000


def at(seconds: float) -> Millis:
    return NOON + round(seconds * 1000)


def talk(name: str, first: float | None, end: float | None, last_heard: float = 0) -> Conversation:
    """A conversation whose words from `first` to `end` were last heard at that second after noon."""
    return Conversation(
        id=name, session_key="shared/s", user_id=None, created_at=NOON, last_at=at(last_heard), first=first, end=end
    )


def words(start: float | None, end: float | None, speaker: str = "SPEAKER_0") -> Segment:
    return Segment(text=f"from{start}to{end}", speaker=speaker, start=start, end=end)


def message(start: float, end: float, heard: float, speaker: str = "SPEAKER_0") -> Message:
    return Message(
        conversation_id="-",
        seq=1,
        key="-",
        text=f"heard {start} {end}",
        speaker=speaker,
        is_user=False,
        person_id=None,
        start=start,
        end=end,
        position=start,
        created_at=at(heard),
        spoken_at=at(heard),
        versions="",
    )


def said_throughout(conversation: Conversation, start: float, until: float) -> list[Message]:
    """One voice, all the time, each three seconds heard when they were said."""
    if conversation.first is None or conversation.end is None:
        return []
    said = []
    begin = conversation.first
    while begin < conversation.end:
        end = min(begin + 3, conversation.end)
        if end >= start and begin <= until:
            heard = (conversation.last_at - NOON) / 1000 - (conversation.end - end)
            said.append(message(begin, end, heard))
        begin = end
    return said


def placed(
    start: float | None, end: float | None, heard: float, *talks: Conversation, speaker: str = "SPEAKER_0"
) -> str | None:
    (run,) = segmentation.runs([words(start, end, speaker)], GAP)
    found = segmentation.place(run, at(heard), talks, GAP, said_throughout)
    return found.id if found else None


def sample(name: str) -> list[Segment]:
    segments, bad = segment_reading.read(json.loads((SAMPLES / name).read_bytes()))
    assert bad == 0
    return segments


# One device


def test_words_that_follow_belong_to_the_conversation() -> None:
    assert placed(31, 34, 3, talk("breakfast", 0, 30)) == "breakfast"


def test_two_people_may_talk_over_each_other() -> None:
    assert placed(28.5, 31, 1, talk("breakfast", 0, 30), speaker="SPEAKER_1") == "breakfast"


def test_the_first_words_ever_begin_a_conversation() -> None:
    assert placed(0, 2, 0) is None


@pytest.mark.parametrize(("silence", "where"), [(149, "breakfast"), (150, None), (86_400, None)])
def test_silence_ends_a_conversation(silence: float, where: str | None) -> None:
    assert placed(28 + silence, 30 + silence, silence, talk("breakfast", 0, 30)) == where


def test_a_long_pause_on_the_clock_is_silence_too() -> None:
    """A call that comes soon, and whose clock has gone on for much longer."""
    assert placed(181, 183, 5, talk("breakfast", 0, 30)) is None


def test_a_clock_back_at_zero_is_a_new_conversation_however_short_the_silence() -> None:
    assert placed(0, 1.6, 3, talk("breakfast", 0, 30)) is None
    assert placed(4.2, 6, 3, talk("breakfast", 0, 600)) is None


def test_the_sampled_rollover_is_a_new_conversation() -> None:
    before, after = sample("01-batch-app.json"), sample("11-rollover-same-session-id.json")
    breakfast = talk("breakfast", before[0].start, before[-1].end)
    (run,) = segmentation.runs(after, GAP)
    for silence in (2, 120, 149, 3600):
        assert segmentation.place(run, at(silence), [breakfast], GAP, said_throughout) is None


def test_the_gap_is_the_operators_choice() -> None:
    (run,) = segmentation.runs([words(90, 92)], 60)
    assert segmentation.place(run, at(60), [talk("breakfast", 0, 30)], 60, said_throughout) is None
    (run,) = segmentation.runs([words(3600, 3602)], 7200)
    assert segmentation.place(run, at(3570), [talk("breakfast", 0, 30)], 7200, said_throughout) is not None


def test_a_very_short_conversation_ends_with_its_clock_too() -> None:
    """One word, then two minutes of silence in which OMI closed the conversation, then the next one's first word."""
    assert placed(0, 1.2, 125, talk("one word", 0, 1.5)) is None


# Late words


@pytest.mark.parametrize("late", [1, 5, 36])
def test_a_retried_batch_finds_its_place_among_words_that_came_before_it(late: float) -> None:
    """OMI's developer path tries again after 1, 5 and 30 seconds."""
    assert placed(60 - late - 2, 60 - late, 0, talk("breakfast", 0, 60), speaker="SPEAKER_1") == "breakfast"


def test_words_that_are_later_than_any_retry_are_from_another_clock() -> None:
    assert placed(100, 102, 0, talk("breakfast", 0, 600)) is None


def test_the_first_batch_may_be_the_late_one() -> None:
    assert placed(0, 3, 1, talk("breakfast", 3.4, 14)) == "breakfast"
    assert placed(0.4, 2.9, 1, talk("breakfast", 4, 29)) == "breakfast"


def test_first_words_that_do_not_lead_up_to_the_known_ones_are_a_new_start() -> None:
    assert placed(0, 3, 1, talk("breakfast", 60, 90)) is None


# Two devices of one account


def test_two_devices_under_one_session_id_stay_apart() -> None:
    """Each call lands on the clock whose last end it follows, in whatever order they come."""
    kitchen, garden = talk("kitchen", 0, 600), talk("garden", 0, 42)
    for talks in ([kitchen, garden], [garden, kitchen]):
        assert placed(601, 603, 2, *talks) == "kitchen"
        assert placed(43, 45, 2, *talks) == "garden"
        assert placed(598.5, 600.5, 2, *talks, speaker="SPEAKER_1") == "kitchen"


def test_a_second_device_begins_its_own_conversation() -> None:
    assert placed(0, 2, 1, talk("kitchen", 0, 600)) is None


def test_of_two_clocks_that_fit_equally_the_one_heard_last_wins() -> None:
    assert placed(30, 31, 9, talk("earlier", 0, 30, last_heard=1), talk("later", 0, 30, last_heard=8)) == "later"


# Unplaced words


def test_unplaced_words_join_what_was_heard_last() -> None:
    assert placed(None, None, 9, talk("a", 0, 5, last_heard=1), talk("b", 0, 90, last_heard=8)) == "b"
    assert placed(None, None, 200, talk("a", 0, 5)) is None


def test_placed_words_join_a_conversation_of_unplaced_ones() -> None:
    assert placed(700, 702, 9, talk("unplaced", None, None)) == "unplaced"


# Backlogs


def test_a_backlog_after_a_reconnect_continues_the_conversation() -> None:
    """Five minutes without a connection while the talk went on, then everything in one call."""
    backlog = [words(start, start + 4) for start in range(31, 330, 5)]
    (run,) = segmentation.runs(backlog, GAP)
    assert segmentation.place(run, at(300), [talk("breakfast", 0, 30)], GAP, said_throughout) is not None


def test_a_backlog_that_was_held_up_too_long_is_its_own_conversation() -> None:
    (run,) = segmentation.runs([words(start, start + 4) for start in range(31, 3700, 5)], GAP)
    assert segmentation.place(run, at(3601), [talk("breakfast", 0, 30)], GAP, said_throughout) is None


def test_a_few_words_after_a_silence_are_no_backlog() -> None:
    assert placed(31, 35, 300, talk("breakfast", 0, 30)) is None


# Several runs in one call


def lengths(*segments: Segment) -> list[int]:
    return [len(run.segments) for run in segmentation.runs(segments, GAP)]


def test_a_call_is_one_run_unless_its_clock_breaks() -> None:
    assert lengths(words(10, 12), words(12.5, 15), words(14, 16), words(None, None)) == [4]
    assert lengths() == []


def test_a_clock_that_starts_anew_within_a_call_cuts_it() -> None:
    assert lengths(words(600, 604), words(605, 609), words(0, 2), words(2.5, 4)) == [2, 2]


def test_a_short_conversation_and_the_next_one_in_a_call_are_cut() -> None:
    assert lengths(words(0, 9), words(0.2, 0.9)) == [1, 1]


def test_a_long_silence_within_a_backlog_cuts_it() -> None:
    assert lengths(words(10, 12), words(13, 15), words(165, 170)) == [2, 1]


def test_slightly_disordered_segments_stay_together() -> None:
    assert lengths(words(40, 44), words(30, 33), words(45, 46)) == [3]


def test_a_run_spans_all_of_its_placed_words() -> None:
    (run,) = segmentation.runs([words(None, None), words(40, 44), words(30, 33)], GAP)
    assert (run.start, run.end) == (30, 44)
    (run,) = segmentation.runs([words(None, None)], GAP)
    assert (run.start, run.end) == (None, None)


def test_a_call_that_is_made_up_of_silences_is_cut_into_few_pieces_and_loses_nothing() -> None:
    segments = [words(second * 200.0, second * 200.0 + 1) for second in range(1500)]
    pieces = list(segmentation.runs(segments, 150.0))
    assert len(pieces) == segmentation.MOST_RUNS
    assert [segment for piece in pieces for segment in piece.segments] == segments
