"""From deliveries to conversations: whatever the number and order of arrivals, the same words in the same places."""

import json
from collections.abc import Sequence
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace
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
    verify,
)
from sqlalchemy import Engine

from omilink.conversations import history, segmentation
from omilink.database.store import Transaction
from omilink.linking import sessions
from omilink.models.delivery import Delivery
from omilink.models.ids import session_key

SAMPLES = Path(__file__).parents[1] / "samples"
A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
UNIQUE = "5ac0cec9-53cf-5426-ac24-bb354bbb3071"

Store = Transaction


@pytest.fixture
def tx(engine: Engine) -> Any:
    with empty_store(engine) as tx:
        yield tx


def sample(name: str, heard: float) -> Delivery:
    body = (SAMPLES / f"{name}.json").read_bytes()
    return replace(call(heard, session=A, uid=A), body=body)


# The same segment again


def test_the_recorded_retry_over_the_other_path_says_nothing_new(tx: Store) -> None:
    save(tx, sample("01-batch-app", 0))
    before = messages(tx, None, A)
    save(tx, sample("02-retry-same-body-dev", 1), sample("01-batch-app", 36))
    assert messages(tx, None, A) == before
    assert len(before) == 2


def test_the_recorded_update_changes_its_message_and_a_late_retry_does_not_change_it_back(tx: Store) -> None:
    save(tx, sample("01-batch-app", 0))
    _, before = messages(tx, None, A)
    save(tx, sample("03-updated-segment-same-id", 4))
    first, updated = messages(tx, None, A)
    assert (updated.id, updated.rev, updated.speaker) == (before.id, 2, "SPEAKER_2")
    assert updated.text.endswith("if you take Ida to the dentist")
    save(tx, sample("02-retry-same-body-dev", 36))
    assert messages(tx, None, A) == [first, updated]


def test_the_recorded_rollover_begins_a_second_conversation(tx: Store) -> None:
    save(tx, sample("01-batch-app", 0), sample("11-rollover-same-session-id", 125))
    assert [len(talk) for talk in texts(tx, None, A)] == [2, 2]


def test_the_same_segment_twice_in_one_call_is_one_message(tx: Store) -> None:
    save(tx, call(0, say("tea", 0, id="a"), say("tea", 0, id="a"), say("milk", 2), say("milk", 2)))
    assert texts(tx, None) == [["tea", "milk"]]
    assert [m.rev for m in messages(tx, None)] == [1, 1]
    assert talks(tx, None)[0].message_count == 2


def test_a_segment_that_grows_within_one_call_is_one_grown_message(tx: Store) -> None:
    save(tx, call(0, say("is there", 0, 1, id="a"), say("is there tea", 0, 2, id="a")))
    (message,) = messages(tx, None)
    assert (message.text, message.end) == ("is there tea", 2.0)


def test_two_people_who_say_the_same_at_the_same_time_are_two_messages(tx: Store) -> None:
    save(tx, call(0, say("yes", 0, speaker="SPEAKER_0"), say("yes", 0, speaker="SPEAKER_1"), say("yes", 3)))
    assert [m.speaker for m in messages(tx, None)] == ["SPEAKER_0", "SPEAKER_1", None]


def test_without_ids_the_same_words_at_the_same_seconds_may_be_said_in_the_next_conversation(tx: Store) -> None:
    for heard in 0, GAP + 1, 2 * GAP + 2:
        save(tx, call(heard, say("good morning", 0)))
    assert texts(tx, None) == [["good morning"]] * 3


def test_a_repetition_does_not_keep_a_conversation_awake(tx: Store) -> None:
    save(tx, call(0, say("tea", 0, id="a")), call(100, say("tea", 0, id="a")))
    assert talks(tx, None)[0].last_at == at(0)
    save(tx, call(200, say("supper", 200, id="b")))
    assert texts(tx, None) == [["tea"], ["supper"]]


def test_known_words_outlive_a_long_silence(tx: Store) -> None:
    """A segment with an id that comes again after half an hour is still the same message."""
    save(tx, call(0, say("tea", 0, id=UNIQUE)), call(1800, say("tea", 0, id=UNIQUE)))
    assert texts(tx, None) == [["tea"]]


# Where words stand


def test_words_stand_in_spoken_order_however_they_came(tx: Store) -> None:
    save(tx, call(20, say("one", 10), say("four", 19)), call(21, say("two", 13)), call(22, say("three", 16)))
    assert texts(tx, None) == [["one", "two", "three", "four"]]
    assert [m.seq for m in messages(tx, None)] == [1, 3, 4, 2]


def test_an_unplaced_segment_stands_behind_what_had_been_said_when_it_came(tx: Store) -> None:
    save(tx, call(12, say("one", 10)), call(13, say("hm", -1, -1)), call(15, say("two", 13)))
    assert texts(tx, None) == [["one", "hm", "two"]]


def test_an_unplaced_segment_stands_behind_what_came_before_it_in_its_call(tx: Store) -> None:
    save(tx, call(15, say("one", 10), say("hm"), say("two", 13)))
    assert texts(tx, None) == [["one", "hm", "two"]]


def test_unplaced_words_alone_stand_in_the_order_of_arrival(tx: Store) -> None:
    for number, word in enumerate(["one", "two", "three"]):
        save(tx, call(number, say(word)))
    assert texts(tx, None) == [["one", "two", "three"]]


def test_a_conversation_knows_how_it_began_and_how_much_was_said(tx: Store) -> None:
    save(tx, call(12, say("is there any tea left", 10)), call(16, say("yes", 13), say("in the tin", 15)))
    (talk,) = talks(tx, None)
    assert (talk.title, talk.message_count) == ("is there any tea left", 3)
    assert (talk.created_at, talk.last_at) == (at(12), at(16))
    assert [m.spoken_at for m in messages(tx, None)] == [at(10), at(13), at(15)]


def test_a_long_beginning_is_cut_at_a_word_for_the_title(tx: Store) -> None:
    save(tx, call(0, say("tea " * 100, 0)))
    title = talks(tx, None)[0].title
    assert title and len(title) <= 61 and title.endswith("tea…")


def test_bad_segments_are_counted_on_the_session_and_lose_only_themselves(tx: Store) -> None:
    save(tx, call(0, say("tea", 0), {"text": ["?"]}, say("milk", 2)))
    assert texts(tx, None) == [["tea", "milk"]]
    session = tx.sessions([session_key("shared", "kitchen")])["shared/kitchen"]
    assert (session.bad_segments, session.last_seen_at) == (1, at(0))


def test_a_call_without_words_makes_a_session_and_no_conversation(tx: Store) -> None:
    save(tx, call(5))
    assert talks(tx, None) == []
    assert tx.sessions(["shared/kitchen"])["shared/kitchen"].last_seen_at == at(5)


# Several clocks


def test_two_devices_under_one_id_stay_two_conversations(tx: Store) -> None:
    for second in range(0, 60, 3):
        save(tx, call(second, say(f"kitchen {second}", 600 + second)))
        save(tx, call(second + 1, say(f"garden {second}", 100 + second)))
    kitchen, garden = sorted(texts(tx, None), reverse=True)
    assert kitchen == [f"kitchen {second}" for second in range(0, 60, 3)]
    assert garden == [f"garden {second}" for second in range(0, 60, 3)]


def test_a_rollover_within_one_call_is_two_conversations(tx: Store) -> None:
    save(tx, call(0, say("good night", 600)), call(9, say("sleep well", 603), say("good morning", 0), say("tea?", 3)))
    assert texts(tx, None) == [["good night", "sleep well"], ["good morning", "tea?"]]


def test_unplaced_words_after_a_rollover_within_a_call_belong_to_the_new_conversation(tx: Store) -> None:
    save(tx, call(9, say("good night", 600), say("good morning", 0)), call(10, say("hm")))
    assert texts(tx, None) == [["good night"], ["good morning", "hm"]]


def test_the_same_id_at_a_personal_url_is_another_session(tx: Store) -> None:
    save(tx, call(0, say("shared", 0)), call(1, say("personal", 2), origin="ada"))
    assert texts(tx, None) == [["shared"]]
    assert texts(tx, "ada") == [["personal"]]


# Owners


def test_what_was_saved_stays_with_its_owner_and_a_later_owner_never_sees_it(tx: Store) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(2, say("adas", 0)))
    sessions.unlink(tx, "kitchen", "ada", moment(3))
    save(tx, call(5, say("nobodys", 3)))
    assert texts(tx, "ada") == [["adas"]]
    sessions.link(tx, "kitchen", "ben", moment(6))
    save(tx, call(9, say("bens", 7)))
    assert (texts(tx, "ada"), texts(tx, "ben"), texts(tx, None)) == ([["adas"]], [["nobodys", "bens"]], [])


def test_a_late_update_does_not_change_what_was_saved_for_the_owner_before(tx: Store) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(2, say("tea", 0, id="a")))
    sessions.unlink(tx, "kitchen", "ada", moment(3))
    sessions.link(tx, "kitchen", "ben", moment(3))
    save(tx, call(5, say("tea for two", 0, id="a")))
    assert (texts(tx, "ada"), texts(tx, "ben")) == ([["tea"]], [])


def test_ownerless_words_come_along_and_the_talk_goes_on(tx: Store) -> None:
    save(tx, call(0, say("one", 0)), call(400, say("two", 0)))
    sessions.link(tx, "kitchen", "ada", moment(401))
    save(tx, call(403, say("three", 2)))
    assert texts(tx, "ada") == [["one"], ["two", "three"]]


# Deleted words


def delete(tx: Store, owner: str, heard: float) -> None:
    for talk in talks(tx, owner):
        history.delete(tx, talk.id, owner, at(heard))


@pytest.mark.parametrize(
    ("id", "later"), [(None, 1), (None, 30), ("a", 30), (UNIQUE, 30), (UNIQUE, 600), (UNIQUE, 3000)]
)
@pytest.mark.parametrize("place", [(40.0,), ()], ids=["placed", "unplaced"])
def test_deleted_words_stay_deleted_when_they_come_again(
    tx: Store, place: tuple[float, ...], id: str | None, later: float
) -> None:
    """For as long as they would be known if they had not been deleted."""
    sessions.link(tx, "kitchen", "ada", moment(0))
    words = say("a secret", *place, id=id)
    save(tx, call(42, words))
    delete(tx, "ada", 43)
    save(tx, call(43 + later, words))
    assert texts(tx, "ada") == []


def test_what_is_said_after_a_deletion_begins_a_new_conversation(tx: Store) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    save(tx, call(42, say("a secret", 40)))
    delete(tx, "ada", 43)
    save(tx, call(46, say("a secret", 40), say("tea?", 44)), call(48, say("a secret", 40), say("yes", 46)))
    assert texts(tx, "ada") == [["tea?", "yes"]]
    assert talks(tx, "ada")[0].title == "tea?"


# Any number of arrivals in any order


def a_talk(ids: bool, pieces: Sequence[tuple[int, int, str]]) -> list[Said]:
    """Segments one after another: (pause before it, its length, both in tenths of a second, the words)."""
    segments, clock = [], 0
    for number, (pause, length, text) in enumerate(pieces):
        start = clock + pause
        clock = start + length
        fields = {"id": f"segment {number}"} if ids else {}
        segments.append(say(text, start / 10, clock / 10, speaker=f"SPEAKER_{number % 2}", **fields))
    return segments


pieces = st.tuples(st.integers(1, 400), st.integers(5, 60), st.sampled_from(["yes", "no", "tea", "is there any left"]))
delays = st.lists(st.sampled_from([0, 0.4, 1, 5, 12, 36]), min_size=1, max_size=3)


@given(st.booleans(), st.lists(st.tuples(pieces, delays), min_size=1, max_size=12), st.integers(1, 3))
def test_retries_and_both_paths_in_any_order_give_the_words_once_and_in_spoken_order(
    engine: Engine, ids: bool, spoken: list[tuple[tuple[int, int, str], list[float]]], batch: int
) -> None:
    """Every batch comes once or several times, up to 36 s late, which is inside clocks.LATE. A batch from a clock's
    first seconds comes in time: late, it could not be told from a clock that starts anew."""
    segments = a_talk(ids, [piece for piece, _ in spoken])
    arrivals = []
    for first in range(0, len(segments), batch):
        together, late = segments[first : first + batch], spoken[first][1]
        if together[0]["start"] < 5:
            late = [0, *late]
        arrivals += [call(together[-1]["end"] + delay, *together) for delay in late]
    arrivals.sort(key=lambda delivery: delivery.received_at)
    with empty_store(engine) as tx:
        save_one_by_one(tx, arrivals)
        (talk,) = talks(tx, None)
        assert [(m.text, m.start, m.rev) for m in messages(tx, None)] == [(s["text"], s["start"], 1) for s in segments]
        assert talk.message_count == len(segments)
        before = everything(tx)
        save(tx, *arrivals)
        assert everything(tx) == before


@given(
    st.lists(st.text("ab ", min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=6),
    st.data(),
)
def test_a_segment_that_grows_ends_up_whole_in_whatever_order_its_versions_come(
    engine: Engine, parts: list[str], data: st.DataObject
) -> None:
    versions = [say("x".join(parts[: n + 1]), 30, 31 + n, id="a") for n in range(len(parts))]
    order = data.draw(st.permutations(versions + versions[::2]))
    with empty_store(engine) as tx:
        save(tx, call(32, say("before", 28, 29, id="b")))
        revs = []
        for number, version in enumerate(order):
            save(tx, call(40 + number, version))
            revs.append(messages(tx, None)[1].rev)
        whole = messages(tx, None)[1]
        assert (whole.text, whole.end) == (versions[-1]["text"].strip(), versions[-1]["end"])
        assert all(0 <= after - before <= 1 for before, after in pairwise(revs))
        assert whole.rev <= len({json.dumps(version) for version in order})


# Many calls in one transaction


spoken = st.builds(
    lambda text, start, length, id: say(text, *([] if start is None else [start, start + length]), id=id),
    st.sampled_from(["yes", "no", "tea", "tea please"]),
    st.none() | st.sampled_from([0.0, 1.5, 4.0, 9.0, 20.0, 21.0, 60.0, 200.0, 600.0]),
    st.sampled_from([1, 2, 35]),
    st.none() | st.sampled_from(["a", "b", "c", "d"]),
)
a_call = st.tuples(
    st.sampled_from([0, 1, 3, 30, 125, 160, 1500, 3500]),
    st.sampled_from(["kitchen", A]),
    st.sampled_from([None, None, A, "uid of ada", "uid of ben"]),
    st.lists(spoken, max_size=4),
)


@given(st.lists(a_call, min_size=2, max_size=8), st.data())
def test_how_calls_are_bundled_into_transactions_changes_nothing(
    engine: Engine, history: list[tuple[float, str, str | None, list[Said]]], data: st.DataObject
) -> None:
    """The first call is saved alone, so that every bundle meets something that is there already."""
    clock, calls = 0.0, []
    for pause, session, uid, segments in history:
        clock += pause
        calls.append(call(clock, *segments, session=session, uid=uid))
    cut = data.draw(st.integers(1, len(calls)), "cut")
    with empty_store(engine) as tx, ids_in_order():
        verify_both(tx)
        save_one_by_one(tx, calls)
        expected = everything(tx)
    with empty_store(engine) as tx, ids_in_order():
        verify_both(tx)
        for bundle in calls[:1], calls[1:cut], calls[cut:]:
            if bundle:
                save(tx, *bundle)
        assert everything(tx) == expected


@pytest.mark.parametrize("bundles", [[2], [1, 1]], ids=["together", "one by one"])
@pytest.mark.parametrize("known", ["yes", "yes I do"], ids=["a correction", "a late retry"])
def test_a_call_that_comes_twice_finds_its_words_where_it_put_them(tx: Store, known: str, bundles: list[int]) -> None:
    """Two conversations have a message of that id, and what changes one makes its conversation the latest."""
    save(tx, call(0, say(known, 0, id="b"), say("tea", 2, id="c"), say("no", 200, id="b")))
    for times in bundles:
        save(tx, *[call(1, say("yes", 0, 1, id="b"), say("tea for two", 2, id="c"))] * times)
    assert sorted(texts(tx, None)) == [["no"], [known, "tea for two"]]
    assert max(message.rev for message in messages(tx, None)) == 2


def test_a_deleted_message_does_not_come_back_as_another_of_its_id(tx: Store) -> None:
    verify_both(tx)
    save(tx, call(0, say("no", 0, id="b"), say("secret", 200, id="b"), uid="uid of ada"))
    (deleted,) = (talk for talk in talks(tx, "ada") if tx.messages(talk.id, 1)[0].text == "secret")
    history.delete(tx, deleted.id, "ada", at(1))
    save(tx, call(2, say("secret", 200, id="b"), uid="uid of ada"))
    assert texts(tx, "ada") == [["no"]]


def test_a_bundle_knows_the_words_of_a_conversation_that_it_woke_up(tx: Store) -> None:
    """Half an hour later a segment changes; then one that was said with it comes again."""
    save(tx, call(5, say("tea", 0, id=UNIQUE), say("yes", 3, id=UNIQUE + "b")))
    changed = call(1800, say("tea please", 0, id=UNIQUE))
    again = call(3700, say("yes", 3, id=UNIQUE + "b"))
    save(tx, changed, again)
    assert texts(tx, None) == [["tea please", "yes"]]


def test_late_linking_within_a_bundle_forgets_no_conversation_that_came_later(tx: Store) -> None:
    """A dead letter is retried: it is older than what was saved meanwhile, and now its uid is verified."""
    dead_letter = call(0, say("first", 0, id="a"), uid="uid of ada")
    save(tx, call(400, say("second", 400, id="b")))
    verify_both(tx)
    save(tx, dead_letter, call(405, say("third", 404, id="c")), call(406, say("second", 400, id="b")))
    assert texts(tx, "ada") == [["first"], ["second", "third"]]


def ids_in_order() -> Any:
    """Ids of conversations that begin within one millisecond sort by chance; that is not what is looked at here."""
    ids = (f"conversation {number:04}" for number in count())
    return mock.patch("omilink.ingest.batch.new_id", lambda: next(ids))


def verify_both(tx: Store) -> None:
    for name in "ada", "ben":
        verify(tx, f"uid of {name}", name, at(0))


def everything(tx: Store) -> list[object]:
    """All that is stored, without ids that differ by chance."""
    shown: list[object] = []
    for session in "kitchen", A:
        shown.append(tx.sessions([session_key("shared", session)]))
        for owner in None, "ada", "ben":
            for talk in talks(tx, owner, session):
                words = [astuple(replace(m, conversation_id="")) for m in tx.messages(talk.id, 1000)]
                shown.append((owner, astuple(replace(talk, id="")), words))
    return sorted(shown, key=repr)


def test_calls_that_are_made_up_of_silences_are_compared_with_few_conversations(engine: Engine) -> None:
    """Each segment would begin a conversation, and the next call be compared with all of them."""
    with empty_store(engine) as tx:
        for number in range(4):
            said = [say(f"word {number}.{second}", second * 200.0, second * 200.0 + 1) for second in range(300)]
            save(tx, call(number + 1, *said))
        spoken = texts(tx, None)
        assert sum(map(len, spoken)) == 4 * 300
        assert len(spoken) <= 4 * segmentation.MOST_RUNS
