"""Words that OMI's record had filled in, and that their user deleted, stay deleted when they come live. On both
databases."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from properties.histories import NOON, call, empty_store, moment, save, say, talks, verify
from sqlalchemy import Engine

from omilink.conversations import history, joining
from omilink.database.store import Transaction
from omilink.models.delivery import Delivery
from omilink.models.json import time_text

A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
LATE = 60.0
KETTLE = say("The copper kettle is on,", 0.0, 4.0)
SPOON = say("and the tin spoon is gone.", 4.5, 8.0)
BUS = say("When does the bus to Bergen leave?", 12.0, 15.0)
TEN = say("Ten past nine.", 15.5, 17.0)


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        yield tx


def uuid(number: int) -> str:
    return f"0000000{number}-0000-4000-8000-000000000000"


TALK = [{**one, "id": uuid(number), "speaker": "SPEAKER_1"} for number, one in enumerate([KETTLE, SPOON, BUS, TEN])]


def joined(*segments: dict[str, Any]) -> dict[str, Any]:
    """The segments as OMI joins them: the first one's id stays."""
    return {**segments[0], "text": " ".join(one["text"] for one in segments), "end": segments[-1]["end"]}


def record(heard: float, *segments: dict[str, Any], id: str = "omi-1") -> Delivery:
    body = {"id": id, "structured": {"title": "T"}, "started_at": time_text(NOON), "transcript_segments": segments}
    return replace(call(heard, session=A, uid=A), kind="conversation", body=json.dumps(body).encode())


def live(heard: float, *segments: dict[str, Any]) -> Delivery:
    return call(heard, *segments, session=A, uid=A)


def delete(tx: Transaction) -> None:
    for one in talks(tx, "ada", A):
        history.delete(tx, one.id, "ada", NOON + 50_000)


def said(tx: Transaction) -> list[str]:
    return [message.text for one in talks(tx, "ada", A) for message in tx.all_messages(one.id)]


RECORDS = {
    "one segment for each": TALK,
    "joined, so that ids are gone": [joined(*TALK[:2]), joined(*TALK[2:])],
    "with other ids": [{**one, "id": uuid(9 - number)} for number, one in enumerate(TALK)],
    "without ids": [{**one, "id": None} for one in TALK],
    "one segment for all": [joined(*TALK)],
}


@pytest.mark.parametrize("recorded", RECORDS.values(), ids=RECORDS)
@pytest.mark.parametrize("live_before", [(), (0,), (2,), (1, 3)])
def test_words_that_come_live_after_the_deletion_stay_away(
    tx: Transaction, recorded: list[dict[str, Any]], live_before: tuple[int, ...]
) -> None:
    for number in live_before:
        save(tx, live(TALK[number]["end"] + 1, TALK[number]))
    save(tx, record(20, *recorded))
    delete(tx)
    for number, one in enumerate(TALK):
        save(tx, live(LATE + number, one))
    assert said(tx) == []
    save(tx, live(LATE + 10, *TALK), record(LATE + 11, *TALK), record(LATE + 12, *TALK, id="omi-2"))
    assert said(tx) == []


@pytest.mark.parametrize("recorded", RECORDS.values(), ids=RECORDS)
def test_what_is_said_after_the_deletion_is_kept(tx: Transaction, recorded: list[dict[str, Any]]) -> None:
    save(tx, record(18, *recorded))
    delete(tx)
    save(tx, live(24, {**say("The kettle again.", 20.0, 22.0), "id": uuid(5)}))
    save(tx, live(25, *TALK))
    assert said(tx) == ["The kettle again."]


def test_the_next_talk_on_a_new_clock_is_kept(tx: Transaction) -> None:
    save(tx, record(18, *TALK))
    delete(tx)
    fresh = ["Have you seen my blue umbrella?", "It stands next to the door.", "Thanks."]
    for number, text in enumerate(fresh):
        start = 5.0 * number
        save(tx, live(600 + start, {**say(text, start, start + 2), "id": uuid(number + 5)}))
    assert said(tx) == fresh


def test_what_nobody_had_shown_yet_is_kept(tx: Transaction) -> None:
    save(tx, live(5, TALK[0]))
    save(tx, record(9, TALK[0], TALK[1]))
    delete(tx)
    save(tx, live(LATE, *TALK[1:]))
    assert said(tx) == [BUS["text"], TEN["text"]]


@pytest.mark.parametrize("number", [0, 1])
def test_what_was_split_off_and_deleted_stays_away(tx: Transaction, number: int) -> None:
    save(tx, record(20, joined(*TALK[:2]), joined(*TALK[2:])))
    [whole] = talks(tx, "ada", A)
    _, bus = tx.all_messages(whole.id)
    later = joining.split(tx, whole.id, bus.id, "ada")
    history.delete(tx, [whole.id, later][number], "ada", NOON + 50_000)
    save(tx, live(LATE, *TALK))
    assert said(tx) == [[BUS["text"], TEN["text"]], [KETTLE["text"], SPOON["text"]]][number]
    save(tx, record(LATE + 5, *TALK))
    assert said(tx) == [[BUS["text"], TEN["text"]], [KETTLE["text"], SPOON["text"]]][number]


def test_what_was_joined_and_deleted_stays_away(tx: Transaction) -> None:
    save(tx, record(20, joined(*TALK[:2])))
    [first] = talks(tx, "ada", A)
    later = [{**one, "start": one["start"] + 600, "end": one["end"] + 600} for one in TALK[2:]]
    save(tx, record(640, joined(*later), id="omi-2"))
    [second] = [one for one in talks(tx, "ada", A) if one.id != first.id]
    joining.join(tx, first.id, second.id, "ada")
    history.delete(tx, first.id, "ada", NOON + 650_000)
    save(tx, live(660, *TALK[:2]), live(661, *later))
    assert said(tx) == []


def test_a_trace_holds_no_words_and_goes_with_its_conversation(tx: Transaction) -> None:
    save(tx, record(20, *TALK))
    [gone] = talks(tx, "ada", A)
    assert tx.traces(gone.id) == {}
    delete(tx)
    assert tx.traces(gone.id).keys() == {1, 2, 3, 4}
    assert all(set(trace) <= set("0123456789abcdef ") for trace in tx.traces(gone.id).values())
    history.remove_user(tx, "ada", moment(100))
    assert tx.traces(gone.id) == {}


def personal(delivery: Delivery) -> Delivery:
    """The same call at ada's personal address."""
    return replace(delivery, origin="ada")


def everything(tx: Transaction) -> list[str]:
    """The words of all conversations, whatever address they came at."""
    return [message.text for one in tx.conversations_of("ada", 100) for message in tx.all_messages(one.id)]


@pytest.mark.parametrize("recorded", RECORDS.values(), ids=RECORDS)
def test_the_other_address_brings_no_deleted_record_back(tx: Transaction, recorded: list[dict[str, Any]]) -> None:
    save(tx, live(20, *TALK))
    delete(tx)
    save(tx, personal(record(LATE, *recorded)))
    save(tx, personal(record(LATE + 5, *recorded, id="omi-2")))
    assert everything(tx) == []


def test_the_other_address_brings_no_deleted_live_words_back(tx: Transaction) -> None:
    save(tx, live(20, *TALK))
    delete(tx)
    fresh = {**say("Good evening.", 40, 42), "id": uuid(8)}
    save(tx, personal(live(LATE, *TALK[:3])), personal(live(LATE + 1, TALK[3], fresh)))
    assert everything(tx) == ["Good evening."]


@pytest.mark.parametrize("after", [LATE, 5 * 3_600.0])
@pytest.mark.parametrize("recorded", RECORDS.values(), ids=RECORDS)
def test_long_words_that_a_record_had_filled_in_stay_away_everywhere(
    tx: Transaction, recorded: list[dict[str, Any]], after: float
) -> None:
    save(tx, record(20, *recorded))
    delete(tx)
    save(tx, personal(live(after, *TALK[:3])), live(after + 1, *TALK[:3]))
    assert everything(tx) == []


def test_another_talk_of_the_same_time_at_the_other_address_is_kept(tx: Transaction) -> None:
    save(tx, live(20, *TALK))
    delete(tx)
    other = ["Our train to Oslo was cancelled today.", "We take the night ferry then."]
    texts = [{**say(text, 8.0 * n, 8.0 * n + 6), "id": uuid(n + 5)} for n, text in enumerate(other)]
    save(tx, personal(record(LATE, *texts, id="omi-2")))
    assert everything(tx) == other


def test_new_words_of_a_device_that_has_one_id_for_all_are_kept(tx: Transaction) -> None:
    one_id = {"id": uuid(1)}
    save(tx, live(5, KETTLE | one_id))
    delete(tx)
    save(tx, live(4 * 3_600, BUS | one_id))
    assert said(tx) == [BUS["text"]]
