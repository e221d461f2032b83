"""Conversations that their user joins, splits and takes back, on both databases: what is shown, and what an open stream
is told."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from properties.followers import ALL, Screen, read
from properties.histories import NOON, at, call, empty_store, moment, save, say, verify
from sqlalchemy import Engine
from test_record import A, body_of, heard_live, record, uuid

from omilink.conversations import action_items, editing, history, joining, wholes
from omilink.conversations.batch import Batch
from omilink.database.search import Filters
from omilink.database.store import Store, Transaction
from omilink.errors import CannotJoin, CannotSplit, NotFound, NothingToUndo
from omilink.linking import omi_accounts, sessions
from omilink.models.audit import By
from omilink.models.conversation import Conversation
from omilink.models.json import to_json
from omilink.models.user import User
from omilink.search import find, index


def texts(tx: Transaction, conversation: Conversation | str, user: str = "ada") -> list[str]:
    id = conversation if isinstance(conversation, str) else conversation.id
    return [message["text"] for message in read(tx, id, user)]


def listed(tx: Transaction, user: str = "ada") -> list[Conversation]:
    return history.page(tx, user, ALL)


def ids(tx: Transaction) -> list[str]:
    """The conversations, the one that began first first."""
    return [one.id for one in reversed(listed(tx))]


def found(tx: Transaction, words: str, **filters: Any) -> list[tuple[str, str]]:
    while index.catch_up(tx):
        pass
    page = find.find(tx, "ada", words, Filters(**filters), find.Order.NEWEST, 100)
    shown = find.show(tx, [hit for hit in page.hits if hit.field == "words"])
    return [(one.conversation.id, one.hit.text) for one in shown]


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    """A store where the kitchen's and the garden's wearables are ada's, and the cellar's is ben's."""
    with empty_store(engine) as tx:
        for session, user in ("kitchen", "ada"), ("garden", "ada"), ("cellar", "ben"):
            sessions.link(tx, session, user, moment(0))
        yield tx


def two(tx: Transaction) -> tuple[str, str]:
    """A conversation in the kitchen, and five minutes later one in the garden."""
    save(tx, call(10, say("one", 0), say("two", 4)))
    save(tx, call(310, say("three", 0), say("four", 4), session="garden"))
    first, second = ids(tx)
    return first, second


def test_a_join_shows_the_words_of_both(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    screen = Screen(tx)
    before = {m["id"]: m["text"] for m in (*read(tx, kitchen), *read(tx, garden))}
    joining.join(tx, kitchen, garden, "ada")
    assert texts(tx, kitchen) == ["one", "two", "three", "four"]
    assert {m["id"]: m["text"] for m in read(tx, kitchen)} == before
    assert {m["conversationId"] for m in read(tx, kitchen)} == {kitchen}
    [whole] = listed(tx)
    assert (whole.id, whole.message_count, whole.started_at, whole.ended_at) == (kitchen, 4, at(4), at(310))
    current, words, session = history.current(tx, "ada")
    assert (current, [m.text for m in words], session) == (whole, ["one", "two", "three", "four"], "kitchen")
    with pytest.raises(NotFound):
        history.one(tx, garden, "ada")
    assert screen.is_as_fresh()


def test_the_stream_says_what_moved_where(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    screen = Screen(tx)
    moved = [m["id"] for m in read(tx, garden)]
    joining.join(tx, kitchen, garden, "ada")
    assert [event["type"] for event in screen.catch_up()] == [
        "messages_moved",
        "conversation_changed",
        "new_messages",
        "conversation_deleted",
    ]
    screen = Screen(tx)
    joining.undo(tx, kitchen, "ada")
    events = screen.catch_up()
    assert [(e["type"], e.get("conversationId")) for e in events] == [
        ("messages_moved", None),
        ("conversation_changed", kitchen),
        ("new_messages", kitchen),
        ("conversation_changed", garden),
        ("new_messages", garden),
    ]
    assert (events[0]["from"], events[0]["to"], events[0]["messageIds"]) == (kitchen, garden, {id: id for id in moved})


def test_undo_gives_back_what_was_before_with_what_came_since(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    before = [to_json(one) for one in listed(tx)]
    screen = Screen(tx)
    joining.join(tx, kitchen, garden, "ada")
    joining.undo(tx, kitchen, "ada")
    assert [to_json(one) for one in listed(tx)] == before
    joining.join(tx, kitchen, garden, "ada")
    save(tx, call(320, say("five", 10), session="garden"))
    assert texts(tx, kitchen) == ["one", "two", "three", "four", "five"]
    assert screen.is_as_fresh()
    joining.undo(tx, kitchen, "ada")
    assert (texts(tx, kitchen), texts(tx, garden)) == (["one", "two"], ["three", "four", "five"])
    assert screen.is_as_fresh()
    with pytest.raises(NothingToUndo):
        joining.undo(tx, kitchen, "ada")


def test_words_of_two_wearables_interleave_by_the_time_they_were_said(tx: Transaction) -> None:
    save(tx, call(10, say("one", 0), say("three", 8)))
    save(tx, call(14, say("two", 0), say("four", 8), session="garden"))
    first, second = ids(tx)
    joining.join(tx, second, first, "ada")
    assert texts(tx, second) == ["one", "two", "three", "four"]


def test_what_cannot_be_joined_is_refused(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    save(tx, call(20, say("secret", 0), session="cellar"))
    [cellar] = listed(tx, "ben")
    for other, error in (cellar.id, NotFound), ("nothing", NotFound), ("\x00", NotFound), (kitchen, CannotJoin):
        with pytest.raises(error):
            joining.join(tx, kitchen, other, "ada")
    with pytest.raises(NotFound):
        joining.join(tx, cellar.id, kitchen, "ada")
    joining.join(tx, kitchen, garden, "ada")
    for one, other in (kitchen, garden), (garden, kitchen):
        with pytest.raises(NotFound):
            joining.join(tx, one, other, "ada")
    history.delete(tx, kitchen, "ada", at(900))
    assert listed(tx) == []
    with pytest.raises(NotFound):
        joining.undo(tx, kitchen, "ada")


def test_so_many_are_joined_and_no_more(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MOST_MEMBERS", 3)
    for number in range(4):
        save(tx, call(10 + 300 * number, say("hello", 0)))
    first, second, third, fourth = ids(tx)
    joining.join(tx, first, second, "ada")
    joining.join(tx, third, fourth, "ada")
    with pytest.raises(CannotJoin):
        joining.join(tx, first, third, "ada")
    joining.undo(tx, third, "ada")
    joining.join(tx, first, third, "ada")
    assert ids(tx) == [first, fourth]


def test_a_whole_can_be_joined_to_another_one_and_given_back(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    save(tx, call(900, say("five", 0)))
    later = ids(tx)[-1]
    screen = Screen(tx)
    joining.join(tx, kitchen, garden, "ada")
    joining.join(tx, later, kitchen, "ada")
    assert texts(tx, later) == ["one", "two", "three", "four", "five"]
    assert screen.is_as_fresh()
    joining.undo(tx, later, "ada")
    assert texts(tx, kitchen) == ["one", "two", "three", "four"]
    assert screen.is_as_fresh()
    joining.undo(tx, kitchen, "ada")
    assert [texts(tx, id) for id in (kitchen, garden, later)] == [["one", "two"], ["three", "four"], ["five"]]
    assert screen.is_as_fresh()


def test_undo_goes_back_act_by_act(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    screen = Screen(tx)
    editing.rename(tx, kitchen, "ada", "Dinner")
    joining.join(tx, kitchen, garden, "ada")
    editing.star(tx, kitchen, "ada", True)
    editing.rename(tx, kitchen, "ada", None)
    editing.rename(tx, kitchen, "ada", None)
    shown = []
    for _ in range(4):
        joining.undo(tx, kitchen, "ada")
        one = history.one(tx, kitchen, "ada")
        shown.append((one.shown_title, one.starred, one.message_count))
    assert shown == [("Dinner", True, 4), ("Dinner", False, 4), ("Dinner", False, 2), ("one", False, 2)]
    with pytest.raises(NothingToUndo):
        joining.undo(tx, kitchen, "ada")
    assert screen.is_as_fresh()


def test_deleting_a_whole_deletes_every_word(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    joining.join(tx, kitchen, garden, "ada")
    assert found(tx, "three") == [(kitchen, "three")]
    history.delete(tx, kitchen, "ada", at(900))
    save(tx, call(310, say("three", 0), say("four", 4), session="garden"))
    assert listed(tx) == []
    assert found(tx, "three") == []
    kept = " ".join(event.data for event in tx.events_after("ada", 0, ALL))
    assert not [word for word in ("one", "two", "three", "four") if f'"{word}"' in kept]


def test_a_part_that_was_taken_back_is_deleted_without_a_trace(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    joining.join(tx, kitchen, garden, "ada")
    save(tx, call(320, say("five", 10), session="garden"))
    joining.undo(tx, kitchen, "ada")
    history.delete(tx, garden, "ada", at(900))
    kept = " ".join(event.data for event in tx.events_after("ada", 0, ALL))
    assert not [word for word in ("three", "four", "five") if f'"{word}"' in kept]
    assert texts(tx, kitchen) == ["one", "two"]


def nested(tx: Transaction) -> tuple[str, str, str]:
    """Three conversations: the second one has the others as its parts. Earlier events of the third one have words of
    the first one."""
    for clock, text, session in (10, "bravo", "kitchen"), (310, "charlie", "garden"), (910, "alpha", "kitchen"):
        save(tx, call(clock, say(text, 0), session=session))
    bravo, charlie, alpha = ids(tx)
    joining.join(tx, alpha, bravo, "ada")
    joining.join(tx, charlie, alpha, "ada")
    return bravo, charlie, alpha


def kept(tx: Transaction) -> str:
    return " ".join(event.data for event in tx.events_after("ada", 0, ALL))


def test_a_part_that_a_split_moves_leaves_no_words_of_others_in_its_events(tx: Transaction) -> None:
    screen = Screen(tx)
    _, charlie, _ = nested(tx)
    first = next(m["id"] for m in read(tx, charlie) if m["text"] == "alpha")
    new = joining.split(tx, charlie, first, "ada")
    assert (texts(tx, charlie), texts(tx, new)) == (["bravo", "charlie"], ["alpha"])
    assert screen.is_as_fresh()
    history.delete(tx, charlie, "ada", at(1200))
    assert not [word for word in ("bravo", "charlie") if f'"{word}"' in kept(tx)]
    assert screen.is_as_fresh()


def test_a_part_that_is_given_back_leaves_no_words_of_its_own_in_events(tx: Transaction) -> None:
    screen = Screen(tx)
    bravo, charlie, _ = nested(tx)
    history.give_back(batch := Batch(tx), wholes.stored(tx, bravo, "ada"))
    batch.flush()
    assert texts(tx, charlie) == ["charlie", "alpha"]
    assert '"bravo"' not in kept(tx)
    assert screen.is_as_fresh()


def test_a_split_moves_a_message_and_all_later_ones(tx: Transaction) -> None:
    save(tx, call(30, *(say(text, 4 * n) for n, text in enumerate(["one", "two", "three", "four"]))))
    [kitchen] = ids(tx)
    editing.rename(tx, kitchen, "ada", "Dinner")
    screen = Screen(tx)
    assert found(tx, "three") == [(kitchen, "three")]
    old = {m["text"]: m["id"] for m in read(tx, kitchen)}
    new = joining.split(tx, kitchen, old["three"], "ada")
    assert (texts(tx, kitchen), texts(tx, new)) == (["one", "two"], ["three", "four"])
    left, gone = history.one(tx, kitchen, "ada"), history.one(tx, new, "ada")
    assert (left.shown_title, gone.shown_title, gone.started_at) == ("Dinner", "three", at(24))
    assert [one.id for one in listed(tx)] == [new, kitchen]
    assert (found(tx, "three"), found(tx, "two")) == ([(new, "three")], [(kitchen, "two")])
    events = screen.catch_up()
    assert (events[0]["type"], events[0]["from"], events[0]["to"]) == ("messages_moved", kitchen, new)
    assert events[0]["messageIds"] == {old[m["text"]]: m["id"] for m in read(tx, new)}
    assert screen.is_as_fresh()


def test_later_words_follow_the_split_and_late_ones_their_second(tx: Transaction) -> None:
    save(tx, call(30, say("one", 0), say("two", 4), say("four", 12), say("five", 16)))
    [kitchen] = ids(tx)
    new = joining.split(tx, kitchen, read(tx, kitchen)[2]["id"], "ada")
    screen = Screen(tx)
    save(tx, call(31, say("and two", 6, 8), say("six", 20)))
    save(tx, call(32, say("one", 0), say("two", 4), say("four", 12), say("five", 16)))
    assert texts(tx, kitchen) == ["one", "two", "and two"]
    assert texts(tx, new) == ["four", "five", "six"]
    assert screen.is_as_fresh()
    joining.undo(tx, kitchen, "ada")
    save(tx, call(36, say("three", 8), say("seven", 24)))
    assert texts(tx, kitchen) == ["one", "two", "and two", "three", "four", "five", "six", "seven"]
    assert [one.id for one in listed(tx)] == [kitchen]
    assert screen.is_as_fresh()


def test_words_without_a_place_are_split_as_they_came(tx: Transaction) -> None:
    for n, text in enumerate(["one", "two", "three"]):
        save(tx, call(10 + n, say(text)))
    [kitchen] = ids(tx)
    new = joining.split(tx, kitchen, read(tx, kitchen)[1]["id"], "ada")
    save(tx, call(20, say("four")))
    assert (texts(tx, kitchen), texts(tx, new)) == (["one"], ["two", "three", "four"])


def test_the_first_message_and_unknown_ones_split_nothing(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    with pytest.raises(CannotSplit):
        joining.split(tx, kitchen, read(tx, kitchen)[0]["id"], "ada")
    for message in read(tx, garden)[1]["id"], f"{kitchen}.99", "nothing", "\x00", "":
        with pytest.raises(NotFound):
            joining.split(tx, kitchen, message, "ada")
    with pytest.raises(NotFound):
        joining.split(tx, kitchen, read(tx, kitchen)[1]["id"], "ben")


def test_a_whole_is_split_at_a_message_of_a_part(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    screen = Screen(tx)
    joining.join(tx, kitchen, garden, "ada")
    save(tx, call(600, say("five", 0)))
    later = ids(tx)[-1]
    joining.join(tx, kitchen, later, "ada")
    four = read(tx, kitchen)[3]["id"]
    new = joining.split(tx, kitchen, four, "ada")
    assert (texts(tx, kitchen), texts(tx, new)) == (["one", "two", "three"], ["four", "five"])
    assert screen.is_as_fresh()
    save(tx, call(316, say("later", 8), session="garden"))
    assert texts(tx, new) == ["four", "later", "five"]
    for count in 6, 5, 2:
        joining.undo(tx, kitchen, "ada")
        assert len(texts(tx, kitchen)) == count
        assert screen.is_as_fresh()
    assert [texts(tx, id) for id in (kitchen, garden, later)] == [
        ["one", "two"],
        ["three", "four", "later"],
        ["five"],
    ]


def test_a_whole_whose_own_words_came_last_is_split_before_them(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    screen = Screen(tx)
    joining.join(tx, garden, kitchen, "ada")
    new = joining.split(tx, garden, read(tx, garden)[1]["id"], "ada")
    assert (texts(tx, garden), texts(tx, new)) == (["one"], ["two", "three", "four"])
    assert screen.is_as_fresh()
    save(tx, call(316, say("five", 10), session="garden"))
    assert texts(tx, new) == ["two", "three", "four", "five"]
    joining.undo(tx, garden, "ada")
    assert texts(tx, garden) == ["one", "two", "three", "four", "five"]
    assert screen.is_as_fresh()


def test_hits_and_action_items_of_a_part_are_of_the_whole(tx: Transaction) -> None:
    kitchen, garden = two(tx)
    item = action_items.add(tx, "ada", "Water the beans", None, garden)
    joining.join(tx, kitchen, garden, "ada")
    assert found(tx, "three") == found(tx, "three", conversation_id=kitchen) == [(kitchen, "three")]
    assert found(tx, "one", conversation_id=kitchen) == [(kitchen, "one")]
    assert [(one.id, one.conversation_id) for one in action_items.page(tx, "ada", None, 9)] == [(item.id, kitchen)]
    screen = Screen(tx)
    action_items.tick(tx, kitchen, item.id, "ada", True)
    assert [(one.id, one.done) for one in history.one(tx, kitchen, "ada").action_items] == [(item.id, True)]
    action_items.change(tx, item.id, "ada", text="Water the peas")
    assert screen.is_as_fresh()
    joining.undo(tx, kitchen, "ada")
    assert [(one.id, one.text) for one in history.one(tx, garden, "ada").action_items] == [(item.id, "Water the peas")]
    assert screen.is_as_fresh()


def letters(tx: Transaction, *conversations: str) -> str:
    said = "".join(text for id in conversations for text in texts(tx, id))
    return "".join(letter for letter in said.casefold() if letter.isalnum())


def test_a_title_and_a_summary_that_a_whole_does_not_show_are_not_found(tx: Transaction) -> None:
    verify(tx, A, "ada", NOON)
    for number, name in enumerate(["harbour", "concert"]):
        about = {"title": f"The {name} title", "overview": f"A {name} summary", "emoji": "🎹"}
        items = {"action_items": [{"description": f"Buy {name} tickets"}]}
        body = {"id": name, "started_at": "", "transcript_segments": [say(f"{name} words", 0)]}
        save(tx, record(body | {"structured": about | items}, 900 * number + 20, began=900.0 * number))
    harbour, concert = ids(tx)
    joining.join(tx, harbour, concert, "ada")

    def hits(words: str) -> list[tuple[str, str, str]]:
        while index.catch_up(tx):
            pass
        page = find.find(tx, "ada", words, Filters(), find.Order.BEST, 100)
        return sorted((one.hit.field, one.hit.text, one.conversation.id) for one in find.show(tx, page.hits))

    every = {
        name: [
            ("action_item", f"Buy {name} tickets", harbour),
            ("summary", f"A {name} summary", harbour),
            ("title", f"🎹 The {name} title", harbour),
            ("words", f"{name} words", harbour),
        ]
        for name in ("harbour", "concert")
    }
    assert hits("harbour") == every["harbour"]
    assert hits("concert") == [every["concert"][0], every["concert"][3]]
    joining.undo(tx, harbour, "ada")
    assert hits("concert") == [(field, text, concert) for field, text, _ in every["concert"]]


@pytest.mark.parametrize("before", [True, False], ids=["split before the record", "record before the split"])
@pytest.mark.parametrize("with_ids", [True, False], ids=["with ids", "without ids"])
def test_a_record_fills_both_and_joins_neither_back(engine: Engine, before: bool, with_ids: bool) -> None:
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        body = body_of("20z")
        if not with_ids:
            body["transcript_segments"] = [one | {"id": None} for one in body["transcript_segments"]]
        whole = "".join(one["text"] for one in body["transcript_segments"]).casefold()
        heard_live(tx, "20a", "20b", "20c")
        [kitchen] = ids(tx)
        if not before:
            save(tx, record(body, 160))
        screen = Screen(tx)
        half = len(texts(tx, kitchen)) // 2
        new = joining.split(tx, kitchen, read(tx, kitchen)[half]["id"], "ada")
        for heard in 170, 180:
            save(tx, record(body, heard))
            assert ids(tx) == [kitchen, new]
            assert letters(tx, kitchen, new) == "".join(filter(str.isalnum, whole))
            assert screen.is_as_fresh()
        shown = history.one(tx, kitchen, "ada")
        assert (shown.shown_title, history.one(tx, new, "ada").title_source) == (body["structured"]["title"], "words")
        leads_to = {id for one in shown.action_items for id in one.message_ids}
        assert leads_to <= {m["id"] for id in (kitchen, new) for m in read(tx, id)}
        joining.undo(tx, kitchen, "ada")
        assert letters(tx, kitchen) == "".join(filter(str.isalnum, whole))
        assert screen.is_as_fresh()


def test_a_record_fills_the_part_that_it_describes(tx: Transaction) -> None:
    verify(tx, A, "ada", NOON)
    heard_live(tx, "20a", "20b", "20c")
    save(tx, call(310, say("later", 0)))
    first, second = ids(tx)
    joining.join(tx, second, first, "ada")
    screen = Screen(tx)
    save(tx, record(body_of("20z"), 400))
    whole = history.one(tx, second, "ada")
    assert (whole.shown_title, whole.title_source) == (body_of("20z")["structured"]["title"], "omi")
    assert (len(whole.action_items), whole.repaired_count) == (2, 25)
    assert texts(tx, second)[-1] == "later"
    assert screen.is_as_fresh()
    joining.undo(tx, second, "ada")
    assert screen.is_as_fresh()
    assert history.one(tx, second, "ada").shown_title == "later"


@pytest.mark.parametrize("is_whole", [True, False], ids=["the whole", "a part"])
def test_what_is_given_back_is_no_part_any_more(tx: Transaction, is_whole: bool) -> None:
    """The words of a session that came along with a proof, joined with words of another one."""
    save(tx, call(20, say("one", 0), session="uid", uid="uid"))
    save(tx, call(310, say("two", 0), session="garden"))
    verify(tx, "uid", "ada", at(400))
    save(tx, call(600, say("three", 0), session="uid", uid="uid"))
    one, two, _ = ids(tx)
    whole, part = (one, two) if is_whole else (two, one)
    joining.join(tx, whole, part, "ada")
    editing.rename(tx, whole, "ada", "Dinner")
    screen = Screen(tx)
    assert omi_accounts.leave_earlier(tx, "uid", "ada", moment(700), By("ada")) == 1
    assert [texts(tx, one) for one in ids(tx)] == [["two"], ["three"]]
    assert not [event for event in tx.events_after("ada", 0, ALL) if '"one"' in event.data]
    assert screen.is_as_fresh()
    [ownerless] = tx.ownerless_conversations("shared/uid")
    assert (ownerless.part_of, ownerless.has_parts, ownerless.hand.acts) == (None, False, ())


@pytest.mark.anyio
async def test_words_and_joins_at_once_leave_an_open_stream_as_a_fresh_one(store: Store) -> None:
    """The sessions of a whole and of its part are locked by different transactions at the same moment."""

    def begin(tx: Transaction) -> tuple[str, str, Screen]:
        tx.add_user(User(id="ada", email="ada@example.org", display_name=None, created_at=0), "-")
        for session in "kitchen", "garden":
            sessions.link(tx, session, "ada", moment(0))
        return *two(tx), Screen(tx)

    kitchen, garden, screen = await store.write(begin)

    async def words(session: str) -> None:
        for number in range(10):
            said = call(320 + number, say(f"{session} {number}", 10 + 2 * number), session=session)
            await store.write(lambda tx, said=said: save(tx, said))

    async def act(one: str, other: str) -> None:
        for _ in range(4):
            for use_case in partial(joining.join, other_id=other), joining.undo, partial(editing.star, starred=True):
                with suppress(NotFound, NothingToUndo):
                    await store.write(lambda tx, act=use_case: act(tx, conversation_id=one, user_id="ada"))

    await asyncio.gather(words("kitchen"), words("garden"), act(kitchen, garden), act(garden, kitchen))

    def look(tx: Transaction) -> bool:
        screen.tx = tx
        return screen.is_as_fresh()

    assert await store.read(look)
    assert await store.read(lambda tx: sum(len(texts(tx, id)) for id in ids(tx))) == 24


def test_what_a_later_record_adds_to_a_part_that_was_split_off_is_kept(tx: Transaction) -> None:
    verify(tx, A, "ada", NOON)
    segments = [say(text, 10.0 * n, 10.0 * n + 8, id=uuid(n)) for n, text in enumerate(["one", "two", "three"])]
    body = {"id": "omi", "started_at": "", "transcript_segments": segments, "structured": {"title": "T"}}
    save(tx, record(body, 40))
    [first] = ids(tx)
    later = joining.split(tx, first, read(tx, first)[1]["id"], "ada")
    segments[2] = segments[2] | {"text": "three and four", "end": 30.0}
    save(tx, record(body, 50))
    assert (texts(tx, first), texts(tx, later)) == (["one"], ["two", "three", "and four"])


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_splitting_much_takes_as_many_statements_as_splitting_little(tx: Transaction) -> None:
    driver: Any = tx._connection.connection.driver_connection
    ran: list[int] = []

    class Counted(driver.cursor_factory):  # type: ignore[misc]
        def execute(self, *args: Any, **kwargs: Any) -> Any:
            ran.append(1)
            return super().execute(*args, **kwargs)

        def executemany(self, query: Any, rows: Any, **kwargs: Any) -> None:
            ran.append(len(rows))
            super().executemany(query, rows, **kwargs)

    def statements(session: str, messages: int) -> int:
        save(tx, call(2, *(say(f"Sentence{n} of{n} many{n}.", 10.0 * n) for n in range(messages)), session=session))
        [whole] = [one for one in listed(tx) if one.omi_session_id == session]
        middle = tx.all_messages(whole.id)[messages // 2].id
        driver.cursor_factory, before = Counted, sum(ran)
        joining.split(tx, whole.id, middle, "ada")
        driver.cursor_factory = Counted.__base__
        return sum(ran) - before

    assert statements("kitchen", 10) == statements("garden", 1_000) > 0
