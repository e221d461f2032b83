"""What a search promises on SQLite and PostgreSQL: everything that a user may read is found, and nothing else."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from contract_support import moment
from msgspec.structs import replace
from sqlalchemy import Engine, text

from omilink.conversations import history, people, speakers
from omilink.conversations.batch import Batch, unit_of_work
from omilink.database import migrate
from omilink.database.search import SPELLED_OUT, Filters
from omilink.database.store import Store, Transaction
from omilink.ingest import saving
from omilink.linking import sessions
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.message import Message
from omilink.models.summary import ActionItem, CalendarEvent, Details, Participant, Section
from omilink.models.user import User
from omilink.search import index
from omilink.search.find import Cursor, Hit, Order, find

GAP = 150.0
ALL = 200
HOUR = 3_600_000


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with engine.begin() as connection:
        tx = Transaction(connection, writes=True)
        for name in "ada", "ben":
            add_user(tx, name)
        yield tx


def add_user(tx: Transaction, name: str) -> None:
    tx.add_user(User(id=name, email=f"{name}@example.org", display_name=None, created_at=0), "-")
    sessions.link(tx, f"pendant of {name}".replace(" ", "-"), name, moment(1))


def say(tx: Transaction, *texts: str, whose: str = "ada", at: int = HOUR, **more: Any) -> None:
    """A call with these segments, two seconds each, which the index holds afterwards."""
    save(tx, *texts, whose=whose, at=at, **more)
    catch_up(tx)


def save(
    tx: Transaction, *texts: str, whose: str = "ada", at: int = HOUR, session: str | None = None, **more: Any
) -> None:
    segments = [{"text": one, "start": 2 * n, "end": 2 * n + 2, **more} for n, one in enumerate(texts)]
    session = session or f"pendant-of-{whose}"
    body = json.dumps({"session_id": session, "segments": segments}).encode()
    call = Delivery(kind="transcript", session_id=session, body=body, received_at=at, order=at)
    saving.save_all(tx, [call], GAP)


def hits(tx: Transaction, q: str, whose: str = "ada", order: Order = Order.NEWEST, **filters: Any) -> list[Hit]:
    page = find(tx, whose, q, Filters(**filters), order, ALL)
    assert page.next is None
    return page.hits


def found(tx: Transaction, q: str, whose: str = "ada", **filters: Any) -> list[str]:
    """The words, newest first; titles are beside the point here."""
    return [hit.text for hit in hits(tx, q, whose, **filters) if hit.field == "words"]


def catch_up(tx: Transaction) -> None:
    while index.catch_up(tx):
        pass


@unit_of_work
def put(batch: Batch, one: Conversation | Message) -> None:
    batch.put_conversation(one) if isinstance(one, Conversation) else batch.put_message(one)


def current(tx: Transaction, whose: str = "ada") -> Conversation:
    conversation = tx.latest_conversation(whose)
    assert conversation
    return conversation


# What is found


@pytest.mark.parametrize(
    ("q", "said"),
    [
        ("kettle", "The kettle is broken"),
        ("KETTLE the", "The kettle is broken"),
        ("kett", "The kettle is broken"),
        ("br", "The kettle is broken"),
        ('"kettle is"', "The kettle is broken"),
        ("“kettle is”", "The kettle is broken"),
        ('"the kett', "The kettle is broken"),
        ("cafe", "Zwei Tassen im Café"),
        ("CAFÉ", "zwei tassen im cafe"),
        ("cafe\u0301", "zwei tassen im cafe"),
        ("strasse", "Die Straße ist lang"),
        ("lodz", "pociąg do Łodzi"),
        ("smorrebrod", "smørrebrød til frokost"),
        ("it's", "and it's over"),
        ("e-mail", "send an E-Mail, please"),
        ("3.50", "it costs 3.50 euros"),
        ("北京", "我们在北京大学学习"),
        ("京大", "我们在北京大学学习"),
        ("学", "我们在北京大学学习"),
        ("北京 学习", "我们在北京大学学习"),
        ("東京タワー", "昨日東京タワーを見た"),
        ("見", "昨日東京タワーを見た"),
        ("น้ำชา", "ดื่มน้ำชาตอนเช้า"),
        ("ｱｲｽ", "アイスを食べた"),
        ("iphone手机", "我的iPhone手机坏了"),
        ("привет", "Привет, мир"),
        ("שלום", "שָׁלוֹם עולם"),
        ("안녕", "안녕하세요 여러분"),
        ("नमस्ते", "नमस्ते दुनिया"),
        ("🎉", "what a party 🎉"),
        ("party 🎉", "what a party🎉"),
        ("👍", "well done 👍🏽"),
        ("❤", "I ❤️ it"),
        ("👩\u200d🚀", "she is an 👩\u200d🚀 now"),
        ("🇩🇪", "from 🇩🇪 to 🇫🇷"),
    ],
)
def test_words_beginnings_phrases_and_every_script_are_found(tx: Transaction, q: str, said: str) -> None:
    say(tx, "something else entirely", said, "and more of it")
    assert found(tx, q) == [said]


@pytest.mark.parametrize(
    "q",
    [
        "ettle",
        "kettles",
        "k",
        "kettle kitchen",
        '"kett is"',
        '"is kettle"',
        '"kettle broken"',
        "北大",
        "京北",
        "大京",
        "kettle OR something",
        "NOT kitchen",
        "kettle NEAR(broken)",
        "kettle 🎉",
        "🫖",
    ],
)
def test_what_was_not_said_is_not_found(tx: Transaction, q: str) -> None:
    say(tx, "The kettle is broken", "我们在北京大学学习", "北。京")
    assert found(tx, q) == []


@pytest.mark.parametrize(
    "q", ["", " ", "!!!", '"', '""', "*", "' - ()", "🎉", "¤", "\0", "\ud800", "a AND", "AND", "NEAR("]
)
def test_no_sign_is_an_error_and_none_finds_another_users_words(tx: Transaction, q: str) -> None:
    say(tx, "The kettle is broken")
    say(tx, "a secret of Ben's AND more", whose="ben")
    assert find(tx, "ada", q, Filters(), Order.BEST, ALL).hits == []


@pytest.mark.parametrize(
    "q",
    [
        'kettle"',
        "kettle*",
        "kettle'",
        "kettle)",
        "(kettle",
        "kettle:*",
        "kettle\\",
        "tokens:kettle^",
        "-kettle",
        "kettle …",
    ],
)
def test_signs_around_a_word_mean_nothing(tx: Transaction, q: str) -> None:
    say(tx, "The kettle is broken", "all tokens: kettle of all")
    assert "all tokens: kettle of all" in found(tx, q)


def test_ten_thousand_characters_are_a_search_too(tx: Transaction) -> None:
    long = " ".join(f"word{number}" for number in range(1_200))
    say(tx, "short", long)
    assert found(tx, long) == [long]
    assert found(tx, long + " other") == []
    assert found(tx, "x" * 10_000) == []


def test_the_longest_text_is_found_by_its_last_words(tx: Transaction) -> None:
    long = " ".join(f"{number:x}{chr(0x4E00 + number)}{chr(0x5E00 + number)}" for number in range(4_000))
    say(tx, long)
    assert len(long) > 20_000  # it becomes more than one message
    assert found(tx, long[-2:]) == [tx.all_messages(current(tx).id)[-1].text]


def test_titles_and_summaries_are_found(tx: Transaction) -> None:
    say(tx, "the first sentence is the title")
    put(tx, replace(current(tx), title="About the kettle", summary="Somebody broke the kettle, and nobody did it."))
    fields = [hit.field for hit in hits(tx, "kettle")]
    assert fields == ["title", "summary"]
    put(tx, replace(current(tx), title="About tea"))
    assert [hit.field for hit in hits(tx, "kettle")] == ["summary"]
    assert [hit.field for hit in hits(tx, "tea")] == ["title"]


def test_what_a_record_says_is_found_as_it_is_now(tx: Transaction) -> None:
    say(tx, "some words")
    section = Section(heading="The broken kettle", text="Nobody *did* it.")
    items = [ActionItem(id="1", text="Buy a kettle", done=False), ActionItem(id="2", text="Repair a chair", done=True)]
    put(tx, replace(current(tx), details=Details(sections=[section], action_items=items).text(), omi_title="Breakage"))
    found_in = [(hit.field, hit.text) for hit in hits(tx, "kettle", order=Order.BEST)]
    assert found_in == [("summary", "The broken kettle\nNobody *did* it."), ("action_item", "Buy a kettle")]
    assert [hit.field for hit in hits(tx, "nobody did")] == ["summary"]
    assert [hit.field for hit in hits(tx, "breakage")] == ["title"]
    assert [hit.field for hit in hits(tx, "some")] == ["words"]  # which are the title no more
    put(tx, replace(current(tx), details=Details(action_items=items[1:]).text(), user_title="My own"))
    assert hits(tx, "kettle") == hits(tx, "breakage") == []
    assert [hit.text for hit in hits(tx, "chair")] == ["Repair a chair"]
    assert [hit.text for hit in hits(tx, "own")] == ["My own"]


def test_the_emoji_participants_and_appointments_of_a_conversation_are_found(tx: Transaction) -> None:
    say(tx, "some words")
    lesson = CalendarEvent(title="Piano lesson", description="Bring the scores")
    details = Details(participants=[Participant(name="Zoë Quist"), Participant(name="Ben")], events=[lesson])
    put(tx, replace(current(tx), emoji="🫖", omi_title="Breakage", details=details.text()))
    assert [(hit.field, hit.text) for hit in hits(tx, "🫖")] == [("title", "🫖 Breakage")]
    assert [(hit.field, hit.text) for hit in hits(tx, "zoe")] == [("summary", "Zoë Quist, Ben")]
    [appointment] = hits(tx, "piano scores")
    assert (appointment.field, appointment.text) == ("summary", "Piano lesson\nBring the scores")
    put(tx, replace(current(tx), emoji="🎉", details=None))
    assert (hits(tx, "🫖"), hits(tx, "zoe"), [hit.text for hit in hits(tx, "🎉")]) == ([], [], ["🎉 Breakage"])


def test_a_beginning_of_many_different_words_is_found(tx: Transaction) -> None:
    many = [f"kettle{number}" for number in range(SPELLED_OUT + 5)]
    say(tx, *many)
    assert found(tx, "kettle") == many[::-1]
    assert found(tx, "kettle1") == [one for one in many[::-1] if one.startswith("kettle1")]


def test_a_summary_of_any_length_is_kept_and_found_by_its_beginning(tx: Transaction) -> None:
    say(tx, "some words")
    long = " ".join(f"{number:x}漢字{number:x}" for number in range(200_000))
    put(tx, replace(current(tx), summary=long))
    assert [hit.field for hit in hits(tx, "漢字1")] == ["summary"]


def test_a_word_that_changes_is_found_as_it_is_now(tx: Transaction) -> None:
    say(tx, "we met at the bark", id="one")
    say(tx, "we met at the park yesterday", at=HOUR + 1000, id="one")
    assert found(tx, "met") == found(tx, "park") == ["we met at the park yesterday"]
    assert found(tx, "bark") == []
    [message] = tx.all_messages(current(tx).id)
    put(tx, message.without("we met in the garden"))
    assert found(tx, "garden") == ["we met in the garden"]
    assert found(tx, "park") == []


# Whose


@pytest.mark.parametrize("is_in_index", [True, False])
def test_a_removed_message_leaves_nothing_and_its_number_is_not_given_again(tx: Transaction, is_in_index: bool) -> None:
    save(tx, "the copper kettle", "the tin spoon")
    if is_in_index:
        catch_up(tx)
    kettle, spoon = tx.all_messages(current(tx).id)
    remove(tx, kettle)
    say(tx, "the glass jar", at=HOUR + 5_000, id="5d2b6f0e-0000-4000-8000-000000000000")
    assert (found(tx, "kettle"), found(tx, "spoon"), found(tx, "jar")) == ([], [spoon.text], ["the glass jar"])
    assert sorted(one.seq for one in tx.all_messages(current(tx).id)) == [2, 3]
    rows = tx._connection.execute(text("SELECT count(*) FROM messages WHERE text LIKE '%kettle%'"))
    assert rows.scalar_one() == 0


@unit_of_work
def remove(batch: Batch, message: Message) -> None:
    """The message changes, is removed, and is not there for the rest of the batch."""
    batch.put_message(replace(message, text="the golden kettle", rev=2))
    batch.remove_message(message)
    batch._keep_stored(batch.tx.all_messages(message.conversation_id))
    assert batch.message((message.conversation_id, message.key)) is None


def test_nobodys_words_are_found_by_nobody_until_they_are_somebodys(tx: Transaction) -> None:
    say(tx, "a lonely kettle", session="nobodys")
    assert found(tx, "kettle") == found(tx, "kettle", "ben") == []
    sessions.link(tx, "nobodys", "ben", moment(HOUR + 5000))
    catch_up(tx)
    assert (found(tx, "kettle"), found(tx, "kettle", "ben")) == ([], ["a lonely kettle"])
    say(tx, "a lonely kettle", "no more", session="nobodys", at=HOUR + 6000)
    assert found(tx, "no more", "ben") == ["no more"]


def test_words_that_come_before_the_index_has_caught_up_are_found_once(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PIECE", 2)
    save(tx, "kettle one", "kettle two", "kettle three", session="nobodys")
    sessions.link(tx, "nobodys", "ada", moment(HOUR + 5000))
    assert index.catch_up(tx)
    assert found(tx, "kettle") == ["kettle two", "kettle one"]
    save(tx, "kettle one", "kettle two", "kettle three", "kettle four", session="nobodys", at=HOUR + 6000)
    put(tx, tx.all_messages(current(tx).id)[2].without("kettle three and a half"))
    assert found(tx, "kettle") == ["kettle two", "kettle one"]
    catch_up(tx)
    assert not tx.is_index_behind()
    assert found(tx, "kettle") == ["kettle four", "kettle three and a half", "kettle two", "kettle one"]
    assert [hit.field for hit in hits(tx, "kettle")] == ["title", *["words"] * 4]


@pytest.mark.parametrize("piece", [1, 2, 3, 4, 500])
def test_new_words_of_several_conversations_are_added_a_piece_at_a_time(
    tx: Transaction, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PIECE", piece)
    save(tx, "tea one", "tea two", "tea three")
    save(tx, "tea of Ben", whose="ben")
    save(tx, "tea four", "tea five", at=2 * HOUR)
    assert hits(tx, "tea") == hits(tx, "tea", "ben") == []
    before, is_behind = 0, True
    while is_behind:
        is_behind = index.catch_up(tx)
        assert 0 <= entries(tx) - before <= piece + 3  # and a title of each conversation
        before = entries(tx)
    save(tx, "tea four", "tea five", "tea six", at=2 * HOUR + 5000)
    catch_up(tx)
    assert found(tx, "tea") == ["tea six", "tea five", "tea four", "tea three", "tea two", "tea one"]
    assert (found(tx, "tea", "ben"), entries(tx)) == (["tea of Ben"], 7 + 3)


@pytest.mark.anyio
async def test_several_workers_add_every_word_once_while_more_is_saved(store: Store) -> None:
    names = [f"user{number}" for number in range(4)]
    for name in names:
        await store.write(partial(add_user, name=name))

    async def talk(name: str) -> None:
        for number in range(1, 9):
            texts = [f"tea {each}" for each in range(number)]
            call = partial(save, whose=name, at=HOUR + 2000 * number)
            await store.write(lambda tx, call=call, texts=texts: call(tx, *texts))

    async def add() -> None:
        for _ in range(12):
            await store.write(index.catch_up)

    await asyncio.gather(*map(talk, names), add(), add(), add())
    await store.write(catch_up)
    for name in names:
        expected = [f"tea {each}" for each in reversed(range(8))]
        assert await store.read(lambda tx, name=name: found(tx, "tea", name)) == expected
    assert await store.read(entries) == len(names) * (8 + 1)  # and the titles


def test_words_that_are_deleted_or_given_back_before_they_are_added_stay_out(tx: Transaction) -> None:
    save(tx, "the kettle is broken")
    history.delete(tx, current(tx).id, "ada", HOUR + 5000)
    save(tx, "another kettle", at=3 * HOUR)
    put(tx, replace(current(tx), user_id=None))
    save(tx, "a kettle of Ben", whose="ben")
    history.remove_user(tx, "ben", moment(4 * HOUR))
    assert not tx.is_index_behind()
    catch_up(tx)
    assert entries(tx) == 0


def test_saving_writes_no_mark_that_is_there(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tx, "the kettle is broken")
    marked: list[str] = []
    monkeypatch.setattr(Transaction, "mark_waiting", lambda _, ids: marked.extend(ids))
    save(tx, "the kettle is broken", "indeed", at=HOUR + 5000)
    assert marked == []
    catch_up(tx)
    save(tx, "the kettle is broken", "indeed", "it is", at=HOUR + 9000)
    assert marked == [current(tx).id]


def test_words_of_a_conversation_that_is_given_back_are_found_no_more(tx: Transaction) -> None:
    say(tx, "the kettle is broken")
    conversation = current(tx)

    @unit_of_work
    def give_back(batch: Batch) -> None:
        history.give_back(batch, conversation)

    give_back(tx)
    assert hits(tx, "kettle") == []
    assert entries(tx) == 0
    put(tx, replace(conversation, user_id="ben"))
    catch_up(tx)
    assert (found(tx, "kettle"), found(tx, "kettle", "ben")) == ([], ["the kettle is broken"])


def test_deleted_words_are_found_no_more_and_a_retry_brings_none_back(tx: Transaction) -> None:
    say(tx, "the kettle is broken", "indeed")
    history.delete(tx, current(tx).id, "ada", HOUR + 5000)
    say(tx, "the kettle is broken", "indeed", at=HOUR + 6000)
    assert hits(tx, "kettle") == hits(tx, "indeed") == []
    assert entries(tx) == 0


def test_a_user_who_is_removed_leaves_nothing_in_the_index(tx: Transaction) -> None:
    say(tx, "the kettle is broken")
    say(tx, "the kettle is fine", whose="ben")
    history.remove_user(tx, "ada", moment(HOUR + 5000))
    assert found(tx, "kettle", "ben") == ["the kettle is fine"]
    assert entries(tx) == 2


def entries(tx: Transaction) -> int:
    """How many texts the index has."""
    if tx._connection.dialect.name == "postgresql":
        return int(tx._run(text("SELECT count(*) FROM search_index")).scalar_one())
    tx._run(text("CREATE VIRTUAL TABLE IF NOT EXISTS temp.instances USING fts5vocab(main, search_index, instance)"))
    return int(tx._run(text("SELECT count(DISTINCT doc) FROM temp.instances")).scalar_one())


# Filters, order, pages


def test_filters_narrow_a_search(tx: Transaction) -> None:
    sessions.link(tx, "watch", "ada", moment(2))
    say(tx, "kettle of old", at=HOUR)
    say(tx, "kettle of the watch", at=2 * HOUR, session="watch")
    say(tx, "kettle of now", "and tea", at=50 * HOUR, person_id="p1")
    assert found(tx, "kettle") == ["kettle of now", "kettle of the watch", "kettle of old"]
    assert found(tx, "kettle", session_id="watch") == ["kettle of the watch"]
    assert found(tx, "kettle", session_id="unknown") == []
    assert found(tx, "kettle", person_id="p1") == ["kettle of now"]
    [message, _] = tx.all_messages(current(tx).id)
    put(tx, replace(message, person_id="p2"))
    assert (found(tx, "kettle", person_id="p1"), found(tx, "kettle", person_id="p2")) == ([], ["kettle of now"])
    assert found(tx, "kettle", conversation_id=current(tx).id) == ["kettle of now"]
    assert found(tx, "kettle", "ben", conversation_id=current(tx).id) == []
    assert found(tx, "kettle", since=2 * HOUR - 10_000) == ["kettle of now", "kettle of the watch"]
    assert found(tx, "kettle", until=2 * HOUR - 10_000) == ["kettle of old"]
    assert found(tx, "kettle", since=HOUR + 1, until=49 * HOUR) == ["kettle of the watch"]


def test_somebody_is_found_by_name_in_each_conversation_in_which_they_speak(tx: Transaction) -> None:
    for number in range(1, 5):
        say(tx, f"tea {number}", f"more {number}", at=number * HOUR, speaker="SPEAKER_1")
        speakers.correct(tx, current(tx).id, "ada", "SPEAKER_1", name="Zoë Quist" if number % 2 else "Ben")
    assert [(hit.field, hit.text) for hit in hits(tx, "zoe qui")] == [("summary", "Zoë Quist")] * 2
    assert hits(tx, "zoe tea") == hits(tx, "zoe", "ben") == []
    assert [hit.text for hit in hits(tx, "zoe", until=2 * HOUR)] == ["Zoë Quist"]
    for order in Order:
        seen, page = [], find(tx, "ada", "quist", Filters(), order, 1)
        while page.next:
            seen += page.hits
            page = find(tx, "ada", "quist", Filters(), order, 1, page.next)
        assert len({hit.entry for hit in [*seen, *page.hits]}) == len([*seen, *page.hits]) == 2
    talk = current(tx)
    put(tx, replace(talk, details=Details(participants=[Participant(name="Ben")]).text()))
    assert [hit.text for hit in hits(tx, "ben")] == ["Ben", "Ben"]  # one as participant, and not as speaker too
    [ben, zoe] = sorted(people.page(tx, "ada", 10), key=lambda one: one.name or "")
    people.rename(tx, "ada", zoe.id, "Idana")
    assert (hits(tx, "quist"), len(hits(tx, "idana"))) == ([], 2)
    people.merge(tx, "ada", ben.id, zoe.id)
    assert [len(hits(tx, "idana")), len(hits(tx, "ben"))] == [4, 1]


def test_words_of_a_person_are_found_by_every_id_that_means_the_person(tx: Transaction) -> None:
    for number, name in enumerate(("Zoë", "Ben", "Ida"), 1):
        say(tx, f"tea {number}", at=number * HOUR, speaker="SPEAKER_1")
        speakers.correct(tx, current(tx).id, "ada", "SPEAKER_1", name=name)
    ben, ida, zoe = sorted(people.page(tx, "ada", 10), key=lambda one: one.name or "")
    assert found(tx, "tea", person_id=ben.id) == ["tea 2"]
    people.merge(tx, "ada", ben.id, zoe.id)
    people.merge(tx, "ada", zoe.id, ida.id)
    for one in ben, zoe, ida:
        assert found(tx, "tea", person_id=one.id) == ["tea 3", "tea 2", "tea 1"]
    assert found(tx, "tea", "ben", person_id=ida.id) == []
    people.undo(tx, "ada", zoe.id)
    assert (found(tx, "tea", person_id=ida.id), found(tx, "tea", person_id=ben.id)) == (["tea 3"], ["tea 2", "tea 1"])
    people.remove(tx, "ada", ida.id)
    assert found(tx, "tea", person_id=ida.id) == hits(tx, "ida") == []
    assert found(tx, "tea") == ["tea 3", "tea 2", "tea 1"]


def test_best_first_puts_whole_words_before_beginnings_and_titles_before_words(tx: Transaction) -> None:
    say(tx, "never mind", "the kettle is here", "kettles everywhere", "a kettle again")
    put(tx, replace(current(tx), title="kettle"))
    best = [hit.text for hit in hits(tx, "kettle", order=Order.BEST)]
    assert best == ["kettle", "a kettle again", "the kettle is here", "kettles everywhere"]


@pytest.mark.parametrize("order", Order)
def test_pages_show_every_hit_once_while_words_come_and_go(
    tx: Transaction, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omilink.search.find.WINDOW", 7)
    for number in range(6):
        say(tx, *(f"tea {number} {n}" for n in range(4)), at=HOUR * (number + 1))
    expected = {hit.entry for hit in hits(tx, "tea", order=Order.NEWEST)}
    assert len(expected) == 30  # titles too
    seen: list[int] = []
    page = find(tx, "ada", "tea", Filters(), order, 3)
    while page.next:
        seen += [hit.entry for hit in page.hits]
        say(tx, f"more tea {len(seen)}", at=HOUR * (10 + len(seen)))
        page = find(tx, "ada", "tea", Filters(), order, 3, page.next)
    seen += [hit.entry for hit in page.hits]
    assert len(seen) == len(set(seen))
    assert set(seen) == expected


def test_a_cursor_of_somebodys_own_making_finds_nothing_else(tx: Transaction) -> None:
    say(tx, "tea for me")
    say(tx, "tea for Ben", whose="ben")
    for cursor in Cursor(10**18 - 1, 0, 10**9 - 1, 10**18 - 1), Cursor(0), Cursor(10**18 - 1, 10**18 - 1, 0, 0):
        page = find(tx, "ada", "tea", Filters(), Order.BEST, ALL, cursor)
        assert {hit.text for hit in page.hits} <= {"tea for me"}


def test_a_rare_order_of_common_words_is_found_over_several_pages(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omilink.search.find.READ_MOST", 5)
    say(tx, "tea not coffee", *(f"coffee not tea {number}" for number in range(30)))
    page, seen = find(tx, "ada", '"tea not coffee"', Filters(), Order.NEWEST, 1), []
    while page.next:
        seen += page.hits
        page = find(tx, "ada", '"tea not coffee"', Filters(), Order.NEWEST, 1, page.next)
    assert [hit.field for hit in [*seen, *page.hits]] == ["title", "words"] or len([*seen, *page.hits]) == 2


def test_long_texts_count_as_several(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omilink.search.find.READ_MOST", 9)
    say(tx, "red tea", *(f"tea red {number} {'and so on ' * 100}" for number in range(6)))
    pages = [find(tx, "ada", '"red tea"', Filters(), Order.NEWEST, 5)]
    while pages[-1].next:
        pages.append(find(tx, "ada", '"red tea"', Filters(), Order.NEWEST, 5, pages[-1].next))
    assert len(pages) >= 3
    assert "red tea" in {hit.text for page in pages for hit in page.hits}


# Of before, and what is overwritten


def test_words_from_before_the_index_are_found_once_it_has_caught_up(empty: Engine) -> None:
    migrate.upgrade(empty, "0015")
    with empty.begin() as connection:
        for statement in BEFORE:
            connection.execute(text(statement))
    migrate.upgrade(empty)
    with empty.begin() as connection:
        tx = Transaction(connection, writes=True)
        assert found(tx, "kettle") == []
        catch_up(tx)
        assert found(tx, "kettle") == ["a newer kettle", "an old kettle"]


def test_what_was_removed_leaves_the_files(engine: Engine, tmp_path: Path) -> None:
    """Only SQLite can: PostgreSQL reuses the space in its own time."""
    if engine.dialect.name != "sqlite":
        return
    with engine.begin() as connection:
        tx = Transaction(connection, writes=True)
        add_user(tx, "ada")
        for number in range(90):
            say(tx, f"some other words {number}", at=HOUR * (number + 1))
        say(tx, "the xylophonist plays", at=HOUR * 400)
    with engine.begin() as connection:
        tx = Transaction(connection, writes=True)
        history.delete(tx, current(tx).id, "ada", HOUR * 401)
    more = True
    while more:
        with engine.begin() as connection:
            tx = Transaction(connection, writes=True)
            more = tx.erase_index()
            say(tx, "words that come meanwhile", at=HOUR * 402)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # type: ignore[union-attr]
    assert not any(b"xylophon" in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    with engine.connect() as connection:
        assert not Transaction(connection).is_erasure_due()
        assert len(found(Transaction(connection), "words")) == 91


def test_an_erasure_is_noted_once_for_all_removed_messages(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    say(tx, *(f"words {number}" for number in range(20)), at=HOUR)
    assert len(found(tx, "words")) == 20
    noted = list[None]()
    monkeypatch.setattr(Transaction, "note_erasure", lambda _: noted.append(None))
    history.delete(tx, current(tx).id, "ada", HOUR * 2)
    assert not found(tx, "words")
    assert len(noted) == 1


_TALK = (
    "INSERT INTO conversations (id, session_id, user_id, first_order, created_at, last_at, active_until, "
    "message_count) VALUES ('{}', 'shared/kitchen', {}, {}, 1, 1, 1, 1)"
)
_SAID = (
    "INSERT INTO messages (conversation_id, position, seq, text, is_user, created_at, spoken_at, rev, key, versions) "
    "VALUES ('{}', 1, {}, '{}', {}, 1, 1, 1, 'id:{}', '')"
)
BEFORE = [
    "INSERT INTO users (id, email, password_hash, created_at) VALUES ('ada', 'ada@example.org', '-', 0)",
    "INSERT INTO omi_sessions (id, origin, omi_session_id, user_id, created_at) "
    "VALUES ('shared/kitchen', 'shared', 'kitchen', 'ada', 1)",
    _TALK.format("newer", "'ada'", 2),
    _TALK.format("older", "'ada'", 1),
    _TALK.format("nobodys", "NULL", 1),
    _SAID.format("newer", 1, "a newer kettle", "false", 1),
    _SAID.format("older", 1, "an old kettle", "false", 1),
    _SAID.format("nobodys", 1, "a kettle of nobody''s", "false", 1),
]
