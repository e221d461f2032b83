"""Action items over all conversations, on both databases: listed, added, changed, deleted, whatever OMI says later."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from properties.histories import NOON, empty_store, moment, save, verify
from sqlalchemy import Engine
from test_record import A, body_of, events_of, heard_live, only, record

from omilink.conversations import action_items, editing, history
from omilink.conversations.batch import unit_of_work
from omilink.database.store import Transaction
from omilink.errors import Invalid, NotFound
from omilink.models.action_item import ListedItem
from omilink.models.json import to_json
from omilink.models.summary import details_of


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    """A store where ada has proven the samples' account, and OMI's record of a conversation has come."""
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        heard_live(tx, "20a", "20b", "20c")
        save(tx, record(body_of("20z"), 160))
        yield tx


def items(tx: Transaction, done: bool | None = None, user: str = "ada") -> list[ListedItem]:
    return action_items.page(tx, user, done, 100)


def texts(tx: Transaction, done: bool | None = None, user: str = "ada") -> list[str]:
    return [item.text for item in items(tx, done, user)]


def recorded(*texts: str, heard: float) -> Any:
    """A later edition of the record, with these action items."""
    body = body_of("22")
    body["structured"]["action_items"] = [{"description": text, "completed": False} for text in texts]
    return record(body, heard)


TRANSFER, HEDDA = (item["description"] for item in body_of("20z")["structured"]["action_items"])


def test_items_of_records_and_ones_own_are_one_list(tx: Transaction) -> None:
    conversation = only(tx)
    milk = action_items.add(tx, "ada", "  Buy\nmilk ", NOON, None)
    van = action_items.add(tx, "ada", "Book the van", None, conversation.id)
    assert texts(tx) == ["Buy milk", TRANSFER, HEDDA, "Book the van"]
    assert (milk.conversation_id, milk.due_at, van.conversation_id) == (None, NOON, conversation.id)
    assert [to_json(item) | {"conversationId": ...} for item in items(tx)[1:]] == [
        {**item, "conversationId": ...} for item in to_json(only(tx))["actionItems"]
    ]
    assert items(tx, user="ben") == []


def test_pages_hold_every_item_once(tx: Transaction) -> None:
    save(tx, record(body_of("21"), 2_000, began=1_900))
    for number in range(3):
        action_items.add(tx, "ada", f"Thing {number}", None, None)
    action_items.change(tx, items(tx)[3].id, "ada", done=True)
    for done in None, True, False:
        for limit in 1, 2, 3:
            paged: list[ListedItem] = []
            while page := action_items.page(tx, "ada", done, limit, paged[-1].id if paged else ""):
                paged += page
            assert paged == items(tx, done)
    assert texts(tx)[:3] == ["Thing 2", "Thing 1", "Thing 0"]
    assert len(items(tx, True)) + len(items(tx, False)) == len(items(tx)) > 5


def test_texts_that_look_like_json_are_found_by_what_they_are(tx: Transaction) -> None:
    for item in items(tx):
        action_items.change(tx, item.id, "ada", done=True, text='Say "done":false')
    assert items(tx, False) == []
    assert len(items(tx, True)) == 2


def test_what_its_user_did_to_an_item_outlasts_later_records(tx: Transaction) -> None:
    transfer, hedda = items(tx)
    action_items.change(tx, transfer.id, "ada", text="Transfer half", due_at=None)
    action_items.change(tx, transfer.id, "ada", done=True)
    action_items.remove(tx, hedda.id, "ada")
    action_items.add(tx, "ada", "Book the van", None, only(tx).id)
    save(tx, recorded(HEDDA, "Thank Hedda", TRANSFER, heard=9_000))
    assert texts(tx) == ["Thank Hedda", "Transfer half", "Book the van"]
    save(tx, recorded("Thank Hedda", heard=9_100))
    assert texts(tx, False) == ["Thank Hedda", "Book the van"]
    [kept] = items(tx, True)
    assert (kept.id, kept.text, kept.due_at) == (transfer.id, "Transfer half", None)


def test_an_added_item_of_a_conversation_is_deleted_for_good(tx: Transaction) -> None:
    van = action_items.add(tx, "ada", "Book the van", None, only(tx).id)
    action_items.remove(tx, van.id, "ada")
    save(tx, recorded(HEDDA, heard=9_000))
    assert texts(tx) == [HEDDA]
    with pytest.raises(NotFound):
        action_items.remove(tx, van.id, "ada")


def test_a_deleted_conversation_takes_its_items_along(tx: Transaction) -> None:
    conversation = only(tx)
    action_items.add(tx, "ada", "Book the van", None, conversation.id)
    action_items.add(tx, "ada", "Buy milk", None, None)
    history.delete(tx, conversation.id, "ada", NOON + 200_000)
    save(tx, recorded(TRANSFER, heard=9_000))
    assert texts(tx) == ["Buy milk"]
    assert "Book the van" not in repr(tx.conversations_of_record("", "ada", conversation.session_key))
    with pytest.raises(NotFound):
        action_items.add(tx, "ada", "Book the van", None, conversation.id)


def test_open_streams_get_each_change_once(tx: Transaction) -> None:
    last, new = tx.log_bounds("ada")[1], list[Any]()

    def read_on() -> None:
        nonlocal last
        new.extend(json.loads(event.data) for event in tx.events_after("ada", last, 1000))
        last = tx.log_bounds("ada")[1]

    milk = action_items.add(tx, "ada", "Buy milk", None, None)
    for _ in range(2):
        action_items.change(tx, milk.id, "ada", done=True)
    read_on()
    action_items.remove(tx, milk.id, "ada")
    hedda = items(tx)[1]
    for _ in range(2):
        action_items.change(tx, hedda.id, "ada", done=True)
    read_on()
    action_items.remove(tx, hedda.id, "ada")
    read_on()
    assert [event["type"] for event in new] == [
        *("action_item_changed", "action_item_changed", "action_item_deleted"),
        *("conversation_changed", "conversation_changed"),
    ]
    assert [event["actionItem"]["done"] for event in new[:2]] == [False, True]
    assert new[2]["actionItemId"] == milk.id
    assert [len(event["conversation"]["actionItems"]) for event in new[3:]] == [2, 1]


@pytest.mark.parametrize("gone", range(4))
def test_a_page_goes_on_behind_items_that_have_been_deleted(tx: Transaction, gone: int) -> None:
    save(tx, recorded(*(f"Item {number}" for number in range(8)), heard=200))
    page = action_items.page(tx, "ada", None, 5)
    cursor = action_items.cursor_of(tx, "ada", page[-1])
    for item in page[5 - gone :]:
        action_items.remove(tx, item.id, "ada")
    assert [item.text for item in action_items.page(tx, "ada", None, 5, cursor)] == ["Item 5", "Item 6", "Item 7"]


def test_of_two_equal_items_the_one_that_was_not_deleted_stays(tx: Transaction) -> None:
    save(tx, recorded("Call Hedda", "Call Hedda", heard=200))
    first, second = items(tx)
    action_items.change(tx, second.id, "ada", done=True)
    action_items.remove(tx, first.id, "ada")
    for number, times in enumerate((2, 1, 2)):
        save(tx, recorded(*["Call Hedda"] * times, heard=300 + number))
        assert [(item.id, item.done) for item in items(tx)] == [(second.id, True)]
    save(tx, recorded(*["Call Hedda"] * 3, heard=400))
    assert [item.done for item in items(tx)] == [True, False]


def test_a_deleted_item_leaves_the_stored_events_and_words_stay_there(tx: Transaction) -> None:
    conversation = only(tx)
    said = [one["text"] for event in events_of(tx) for one in event.get("messages", ())]
    milk = action_items.add(tx, "ada", "Buy milk", None, None)
    bread = action_items.add(tx, "ada", "Buy bread", None, None)
    van = action_items.add(tx, "ada", "Book the van", None, conversation.id)
    hedda = items(tx)[3]
    stored = [event.data for event in tx.events_after("ada", 0, 1000)]
    assert all(any(text in data for data in stored) for text in ("Buy milk", "Book the van", HEDDA))
    for item in milk, van, hedda:
        action_items.remove(tx, item.id, "ada")
    events = events_of(tx)
    left = [event.data for event in tx.events_after("ada", 0, 1000)]
    assert not [data for data in left for text in ("Buy milk", "Book the van", HEDDA) if text in data]
    assert [event["actionItem"]["id"] for event in events if event["type"] == "action_item_changed"] == [bread.id]
    assert [one["text"] for event in events for one in event.get("messages", ())] == said
    assert events[-1]["conversation"] == to_json(only(tx))
    assert [item["text"] for item in events[-1]["conversation"]["actionItems"]] == [TRANSFER]


def test_nobody_else_reads_or_changes_them(tx: Transaction) -> None:
    milk = action_items.add(tx, "ada", "Buy milk", None, None)
    before, count = items(tx), len(events_of(tx))
    for item in milk, items(tx)[1]:
        for attempt in (
            lambda id: action_items.change(tx, id, "ben", done=True),
            lambda id: action_items.remove(tx, id, "ben"),
        ):
            with pytest.raises(NotFound):
                attempt(item.id)
    for odd in "", ".", "none", f"{only(tx).id}.none", f"{milk.id}.x", "\x00", "\x00.\x00":
        with pytest.raises(NotFound):
            action_items.change(tx, odd, "ada", done=True)
    with pytest.raises(NotFound):
        action_items.add(tx, "ben", "Buy milk", None, only(tx).id)
    assert (items(tx), len(events_of(tx))) == (before, count)


@pytest.mark.parametrize("text", ["", " \n", "x" * 501, "a\x00", "\ud800"])
def test_a_text_that_says_nothing_or_cannot_be_stored_is_refused(tx: Transaction, text: str) -> None:
    for conversation_id in None, only(tx).id:
        with pytest.raises(Invalid):
            action_items.add(tx, "ada", text, None, conversation_id)
    with pytest.raises(Invalid):
        action_items.change(tx, items(tx)[0].id, "ada", text=text)


def test_a_conversation_takes_only_a_hundred_added_items(tx: Transaction) -> None:
    for number in range(action_items.MOST_ADDED):
        action_items.add(tx, "ada", f"Thing {number}", None, only(tx).id)
    with pytest.raises(Invalid):
        action_items.add(tx, "ada", "One more", None, only(tx).id)
    action_items.add(tx, "ada", "One more", None, None)


def test_a_user_has_only_so_many_items_without_a_conversation(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_items, "MOST_OWN", 3)
    for number in range(3):
        action_items.add(tx, "ada", f"Thing {number}", None, None)
    with pytest.raises(Invalid, match="the most"):
        action_items.add(tx, "ada", "One more", None, None)
    action_items.add(tx, "ada", "One more", None, only(tx).id)


def test_a_conversation_that_is_given_back_keeps_nothing_that_its_user_wrote(tx: Transaction) -> None:
    editing.rename(tx, only(tx).id, "ada", "My secret title")
    editing.star(tx, only(tx).id, "ada", True)
    action_items.add(tx, "ada", "Book the van", None, only(tx).id)
    action_items.change(tx, items(tx)[0].id, "ada", text="My secret")
    unit_of_work(history.give_back)(tx, only(tx))
    [given] = tx.ownerless_conversations(f"shared/{A}")
    assert [item.text for item in given.action_items] == [HEDDA]
    assert (given.user_title, given.starred) == (None, False)


def test_what_its_user_ticked_and_deleted_is_not_given_on(tx: Transaction) -> None:
    save(tx, recorded(TRANSFER, HEDDA, heard=200))
    transfer, hedda = items(tx)
    action_items.change(tx, transfer.id, "ada", done=True)
    action_items.remove(tx, hedda.id, "ada")
    unit_of_work(history.give_back)(tx, only(tx))
    [given] = tx.ownerless_conversations(f"shared/{A}")
    assert [(item.text, item.done) for item in given.action_items] == [(TRANSFER, False)]
    assert details_of(given.details).removed_items == []


def test_they_go_with_their_users_account(tx: Transaction) -> None:
    action_items.add(tx, "ada", "Buy milk", None, None)
    tx.remove_user("ada", moment(200))
    assert items(tx) == []
