"""Conversations that omilink has cut and OMI's record has as one, on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest
from properties.followers import Screen, read
from properties.histories import NOON, call, empty_store, save, say, verify
from sqlalchemy import Engine
from test_joining import ids, listed, texts
from test_record import A, record, uuid

from omilink.conversations import editing, joining
from omilink.database.store import Transaction
from omilink.errors import NothingToUndo
from omilink.models.json import to_json

BEGINNING = ["The van comes at nine.", "Yes.", "And the piano goes first."]
END = ["Who carries the straps?", "Hedda has them.", "Yes."]


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        yield tx


def spoken(texts: list[str], first: float, number: int) -> list[dict[str, Any]]:
    return [say(text, first + 3.0 * n, first + 3.0 * n + 2, id=uuid(number + n)) for n, text in enumerate(texts)]


def heard(tx: Transaction, at: float, segments: list[dict[str, Any]]) -> None:
    save(tx, call(at, *segments, session=A, uid=A))


def recorded(*segments: dict[str, Any], title: str = "Moving") -> dict[str, Any]:
    return {"id": "omi", "started_at": "", "transcript_segments": segments, "structured": {"title": title}}


def joined(segments: list[dict[str, Any]]) -> dict[str, Any]:
    """One segment, as OMI joins them. It has the first id."""
    return {**segments[0], "text": " ".join(one["text"] for one in segments), "end": segments[-1]["end"]}


def late(tx: Transaction) -> dict[str, Any]:
    """The end comes before the beginning, which becomes a conversation of its own. Returns the record, in which OMI has
    joined both."""
    beginning, end = spoken(BEGINNING, 0.0, 1), spoken(END, 60.0, 5)
    heard(tx, 72, end)
    heard(tx, 73, beginning)
    return recorded(joined(beginning), say("Good.", 30, 31, id=uuid(4)), joined(end))


def restarted(tx: Transaction) -> dict[str, Any]:
    """The device's clock begins anew in the middle. The record has one clock."""
    heard(tx, 10, spoken(BEGINNING, 0.0, 1))
    heard(tx, 72, spoken(END, 0.0, 5))
    return recorded(
        joined(spoken(BEGINNING, 0.0, 1)), say("Good.", 30, 31, id=uuid(4)), joined(spoken(END, 60.0, 5)) | {"id": None}
    )


@pytest.mark.parametrize("talk", [late, restarted])
def test_the_record_joins_what_was_cut(tx: Transaction, talk: Any) -> None:
    body = talk(tx)
    assert len(listed(tx)) == 2
    live = {m["id"]: m["text"] for one in ids(tx) for m in read(tx, one)}
    screen = Screen(tx)
    save(tx, record(body, 200))
    [whole] = listed(tx)
    assert texts(tx, whole) == [*BEGINNING, "Good.", *END]
    assert live.items() <= {m["id"]: m["text"] for m in read(tx, whole.id)}.items()
    shown = to_json(whole)
    assert (shown["title"], shown["omiConversationId"], shown["repairedCount"]) == ("Moving", "omi", 1)
    assert NOON <= whole.started_at <= NOON + 1000
    assert screen.is_as_fresh()
    events = len(tx.events_after("ada", 0, 1000))
    save(tx, record(body, 210), record(body, 220))
    assert (listed(tx), len(tx.events_after("ada", 0, 1000))) == ([whole], events)


@pytest.mark.parametrize("talk", [late, restarted])
def test_a_later_record_respects_that_its_user_took_the_join_back(tx: Transaction, talk: Any) -> None:
    body = talk(tx)
    save(tx, record(body, 200))
    [whole] = listed(tx)
    screen = Screen(tx)
    joining.undo(tx, whole.id, "ada")
    apart = {one.id: texts(tx, one) for one in listed(tx)}
    assert sorted(map(len, apart.values())) == [3, 4]
    assert screen.is_as_fresh()
    save(tx, record({**body, "structured": {"title": "Moving on Saturday"}}, 210))
    assert {one.id: texts(tx, one) for one in listed(tx)} == apart
    assert [one.shown_title for one in listed(tx)].count("Moving on Saturday") == 1
    assert screen.is_as_fresh()
    with pytest.raises(NothingToUndo):
        joining.undo(tx, whole.id, "ada")


@pytest.mark.parametrize("talk", [late, restarted])
def test_what_comes_after_the_join_is_shown_in_the_whole(tx: Transaction, talk: Any) -> None:
    body = talk(tx)
    save(tx, record(body, 200))
    [whole] = listed(tx)
    editing.rename(tx, whole.id, "ada", "Piano")
    screen = Screen(tx)
    heard(tx, 205, spoken(END, 60.0 if talk is late else 0.0, 5))
    body["transcript_segments"] = [*body["transcript_segments"], say("Until Saturday then.", 80, 82, id=uuid(9))]
    save(tx, record(body, 210))
    [whole] = listed(tx)
    assert texts(tx, whole) == [*BEGINNING, "Good.", *END, "Until Saturday then."]
    assert whole.shown_title == "Piano"
    assert screen.is_as_fresh()


def test_a_record_that_finds_the_second_piece_later_joins_it_then(tx: Transaction) -> None:
    beginning, end = spoken(BEGINNING, 0.0, 1), spoken(END, 60.0, 5)
    heard(tx, 72, end)
    save(tx, record(recorded(joined(end)), 73))
    heard(tx, 74, beginning)
    assert len(listed(tx)) == 2
    screen = Screen(tx)
    save(tx, record(recorded(joined(beginning), joined(end), title="Both"), 200))
    [whole] = listed(tx)
    assert (texts(tx, whole), whole.shown_title) == ([*BEGINNING, *END], "Both")
    assert screen.is_as_fresh()


def test_another_device_that_heard_the_same_words_keeps_its_conversation(tx: Transaction) -> None:
    heard(tx, 10, spoken(BEGINNING, 0.0, 1))
    heard(tx, 72, spoken(BEGINNING, 0.0, 5))
    before = {one.id: texts(tx, one) for one in listed(tx)}
    assert len(before) == 2
    save(tx, record(recorded(*spoken(BEGINNING, 0.0, 1)), 200))
    assert {one.id: texts(tx, one) for one in listed(tx)} == before


def test_words_of_another_talk_are_not_joined(tx: Transaction) -> None:
    heard(tx, 10, spoken(BEGINNING, 0.0, 1))
    heard(tx, 72, spoken([*END, "That is not in the record."], 0.0, 5))
    save(tx, record(recorded(*spoken(BEGINNING, 0.0, 1), joined(spoken(END, 60.0, 5)) | {"id": None}), 200))
    assert len(listed(tx)) == 2


def test_what_its_user_has_joined_with_others_stays_there(tx: Transaction) -> None:
    body = restarted(tx)
    first, second = ids(tx)
    heard(tx, 900, [say("Something else", 0, 2, id=uuid(8))])
    other = ids(tx)[2]
    joining.join(tx, other, second, "ada")
    screen = Screen(tx)
    save(tx, record(body, 1000))
    assert set(ids(tx)) == {first, other}
    assert sorted(texts(tx, first) + texts(tx, other)) == sorted([*BEGINNING, "Good.", *END, "Something else"])
    assert screen.is_as_fresh()
