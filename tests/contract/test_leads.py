"""Sections and action items lead only to messages that their conversation shows, on both databases."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from properties.followers import Screen, read
from properties.histories import NOON, call, empty_store, save, say, verify
from sqlalchemy import Engine
from test_join_by_record import late
from test_joining import ids, texts
from test_record import A, body_of, heard_live, record, uuid

from omilink.conversations import action_items, history, joining
from omilink.database.store import Transaction
from omilink.models.json import to_json


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        yield tx


def about_all(segments: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What a record says that rests on all its segments."""
    all_ids = [one["id"] for one in segments]
    part = {"heading": "All", "body_markdown": "Everything.", "source_segment_ids": all_ids}
    item = {"description": "Remember", "source_segment_ids": all_ids}
    return {"title": "T", "sections": [part], "action_items": [item]}


def leads(tx: Transaction, conversation: str) -> list[str]:
    """The texts of the messages to which the conversation's only section and action item lead. Each of them can be
    opened."""
    shown = to_json(history.one(tx, conversation, "ada"))
    [section], [item] = shown["sections"], shown["actionItems"]
    assert section["messageIds"] == item["messageIds"]
    [listed] = [one for one in action_items.page(tx, "ada", None, 100) if one.conversation_id == conversation]
    assert listed.message_ids == item["messageIds"]
    for id in section["messageIds"]:
        assert id in [one.id for one in history.around(tx, history.one(tx, conversation, "ada"), 5, id).messages]
    by_id = {message["id"]: message["text"] for message in read(tx, conversation)}
    return [by_id[id] for id in section["messageIds"]]


def piano() -> dict[str, Any]:
    body = body_of("20z")
    return body | {"structured": about_all(body["transcript_segments"])}


def test_after_a_split_they_lead_to_what_is_left_until_it_is_taken_back(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    save(tx, record(piano(), 160))
    [kitchen] = ids(tx)
    everything = texts(tx, kitchen)
    screen = Screen(tx)
    assert leads(tx, kitchen) == everything
    new = joining.split(tx, kitchen, read(tx, kitchen)[6]["id"], "ada")
    assert leads(tx, kitchen) == everything[:6]
    assert screen.is_as_fresh()
    save(tx, record(piano(), 170))
    assert leads(tx, kitchen) == everything[:6]
    last = joining.split(tx, new, read(tx, new)[2]["id"], "ada")
    assert leads(tx, kitchen) == everything[:6]
    joining.undo(tx, new, "ada")
    joining.undo(tx, kitchen, "ada")
    assert (ids(tx), leads(tx, kitchen)) == ([kitchen], everything)
    assert screen.is_as_fresh()
    assert last not in ids(tx)


def test_they_lead_to_what_is_left_when_the_rest_is_deleted(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    save(tx, record(piano(), 160))
    [kitchen] = ids(tx)
    new = joining.split(tx, kitchen, read(tx, kitchen)[6]["id"], "ada")
    history.delete(tx, new, "ada", NOON + 200_000)
    assert leads(tx, kitchen) == texts(tx, kitchen)


def test_they_follow_words_that_come_live_in_a_part(tx: Transaction) -> None:
    body = late(tx)
    beginning, good, end = body["transcript_segments"]
    segments = [beginning, good | {"text": "Where is the blue ladder? It is in the garden.", "end": 36}, end]
    save(tx, record(body | {"transcript_segments": segments, "structured": about_all(segments)}, 200))
    [whole] = ids(tx)
    before = texts(tx, whole)
    assert leads(tx, whole) == before
    save(tx, call(210, say("It is in the garden.", 33, 36, id=uuid(8)), session=A, uid=A))
    assert texts(tx, whole) == [*before[:3], "Where is the blue ladder?", "It is in the garden.", *before[4:]]
    assert sorted(leads(tx, whole)) == sorted(texts(tx, whole))
    assert Screen(tx).is_as_fresh()
