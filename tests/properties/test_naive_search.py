"""A search finds what reading everything finds, whatever has been said, changed, deleted and handed on."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from properties.histories import PEOPLE, call, empty_store, moment, save, say
from sqlalchemy import Engine

from omilink.conversations import history, joining
from omilink.conversations.batch import Batch, unit_of_work
from omilink.database.search import Filters
from omilink.database.store import Transaction
from omilink.linking import sessions
from omilink.models.message import Message
from omilink.models.summary import ActionItem, Details, Participant, Section
from omilink.search import index
from omilink.search.find import Order, find

WORDS = [
    "tea",
    "Tea",
    "teas",
    "team",
    "Thé",
    "the",
    "a",
    "at",
    "café",
    "CAFE",
    "cafe\u0301",
    "iPhone",
    "kettle",
    "it's",
    "Łódź",
    "чай",
    "ЧАЙНИК",
]
CHINESE = ["北京", "北京大学", "大学", "京大", "学习", "北", "我们在北京大学学习"]
THAI = ["น้ำชา", "ชา", "ดื่มน้ำชา"]
EMOJI = ["🎉", "🫖", "👩\u200d🚀", "🇩🇪"]
MIXED = ["iPhone手机", "café北京", "tea🫖tea", "ชาtea"]
SIGNS = [" ", " ", " ", ", ", " - ", " 🎉 ", "! ", "\n"]
WITHOUT_SPACES = re.compile("[\u0e00-\u0e7f\u4e00-\u9fff]")
ON_THE_LATEST = ["delete", "change", "correct", "remove", "split", "retitle", "give back"]
STROKES = str.maketrans("łŁ", "lL")


@dataclass(frozen=True)
class Wish:
    """A search, and the sentence that tells by reading whether a text has it."""

    q: str
    reads: Callable[[str], bool]


def plain(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.casefold().translate(STROKES))
    return "".join(letter for letter in apart if not "\u0300" <= letter <= "\u036f")


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", WITHOUT_SPACES.sub(" ", plain(text)))


def has_run(text: str, wanted: list[str], *, open_end: bool) -> bool:
    """Whether the words follow one another in the text; the last one may go on if it has two letters."""
    its = words_of(text)
    runs = [its[at : at + len(wanted)] for at in range(len(its) - len(wanted) + 1)]
    goes_on = open_end and len(wanted[-1]) > 1
    return any(
        run[:-1] == wanted[:-1] and (run[-1] == wanted[-1] or (goes_on and run[-1].startswith(wanted[-1])))
        for run in runs
    )


def word(text: str) -> Wish:
    return Wish(text, lambda said: has_run(said, words_of(text), open_end=True))


def phrase(texts: list[str]) -> Wish:
    together = " ".join(texts)
    return Wish(f'"{together}"', lambda said: has_run(said, words_of(together), open_end=False))


def characters(text: str) -> Wish:
    return Wish(text, lambda said: text in said)


@st.composite
def sentences(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.sampled_from([*WORDS, *CHINESE, *THAI, *EMOJI, *MIXED]), min_size=1, max_size=6))
    return "".join(part + draw(st.sampled_from(SIGNS)) for part in parts).strip()


beginnings = st.builds(lambda text, most: text[:most], st.sampled_from(WORDS), st.integers(1, 4)).filter(words_of)
wishes = st.lists(
    beginnings.map(word)
    | st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(phrase)
    | st.sampled_from([*CHINESE, *THAI, *EMOJI]).map(characters),
    min_size=1,
    max_size=3,
)
spoken = st.tuples(
    st.just("say"), st.sampled_from(PEOPLE), st.lists(sentences(), min_size=1, max_size=4), st.booleans()
)
others = st.tuples(
    st.sampled_from([*ON_THE_LATEST, "nobody says", "unlink", "catch up"]),
    st.sampled_from(PEOPLE),
    st.lists(sentences(), min_size=1, max_size=2),
    st.booleans(),
)


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        yield tx


@given(st.lists(spoken | others, min_size=1, max_size=14), st.lists(wishes, min_size=3, max_size=6), st.integers(1, 5))
def test_a_search_equals_reading_everything(
    engine: Engine, story: list[tuple[str, str, list[str], bool]], searches: list[list[Wish]], limit: int
) -> None:
    with empty_store(engine) as tx:
        for name in PEOPLE:
            sessions.link(tx, f"pendant-{name}", name, moment(0))
        for number, (act, whose, texts, is_new) in enumerate(story, 1):
            happen(tx, number, act, whose, texts, is_new=is_new)
        catch_up(tx)
        for wanted in searches:
            for name in PEOPLE:
                expected = naive(tx, name, wanted)
                for order in Order:
                    assert sorted(searched(tx, name, wanted, order, limit)) == sorted(expected)


def happen(tx: Transaction, number: int, act: str, whose: str, texts: list[str], *, is_new: bool) -> None:
    at = 1000.0 * number if is_new else 1000.0 * number - 990 + number  # else within the silence of the call before
    latest = tx.latest_conversation(whose)
    if act == "say":
        save(tx, call(at, *(say(text, 3.0 * n) for n, text in enumerate(texts)), session=f"pendant-{whose}"))
    elif act == "nobody says":
        save(tx, call(at, *(say(text, 3.0 * n) for n, text in enumerate(texts)), session=f"nobodys-{number}"))
        if is_new:
            sessions.link(tx, f"nobodys-{number}", whose, moment(at + 1))
    elif act == "unlink" and is_new:
        sessions.unlink(tx, f"pendant-{whose}", whose, moment(at))
        sessions.link(tx, f"pendant-{whose}", whose, moment(at + 1))
    elif act == "catch up":
        catch_up(tx)
    elif latest and act == "delete":
        history.delete(tx, latest.id, whose, 0)
    elif latest and act in ("change", "correct", "remove", "split"):
        messages = sorted(tx.all_messages(latest.id), key=lambda one: (one.position, one.seq))
        if act == "split" and len(messages) > 1:
            joining.split(tx, latest.id, messages[-1].id, whose)
        elif messages and act != "split":
            change(tx, messages[-1], act, texts[0])
    elif latest and act == "retitle":
        items = [ActionItem(id=text, text=text, done=False) for text in texts]
        details = Details(
            action_items=items,
            sections=[Section(heading=texts[0], text=texts[-1])],
            participants=[Participant(name=text) for text in texts],
        )
        more = {"details": details.text(), "user_title": texts[0], "emoji": EMOJI[number % 4]} if is_new else {}
        put(tx, replace(latest, title=texts[-1], summary=texts[-1] if is_new else None, **more))
    elif latest and act == "give back":
        give_back(tx, latest.id, whose)


def catch_up(tx: Transaction) -> None:
    while index.catch_up(tx):
        pass


@unit_of_work
def put(batch: Batch, conversation: history.Conversation) -> None:
    batch.put_conversation(conversation)


@unit_of_work
def change(batch: Batch, message: Message, act: str, text: str) -> None:
    if act == "remove":
        batch.remove_message(message)
    else:
        batch.put_message(message.corrected(text) if act == "correct" else message.without(text))


@unit_of_work
def give_back(batch: Batch, conversation_id: str, whose: str) -> None:
    history.give_back(batch, history.one(batch.tx, conversation_id, whose))


def naive(tx: Transaction, whose: str, wanted: list[Wish]) -> list[tuple[str, str]]:
    found = []
    for conversation in tx.conversations_of(whose, 1_000):
        title = " ".join(filter(None, (conversation.emoji, conversation.shown_title)))
        texts = [("title", title), ("summary", conversation.summary)]
        texts += [("summary", ", ".join(participant.name for participant in conversation.participants))]
        texts += [("summary", f"{section.heading}\n{section.text}") for section in conversation.sections]
        texts += [("action_item", item.text) for item in conversation.action_items]
        texts += [("words", message.shown_text) for message in tx.all_messages(conversation.id)]
        found += [
            (conversation.id, f"{field}: {text}")
            for field, text in texts
            if text and all(w.reads(text) for w in wanted)
        ]
    return found


def searched(tx: Transaction, whose: str, wanted: list[Wish], order: Order, limit: int) -> list[tuple[str, str]]:
    q = " ".join(wish.q for wish in wanted)
    page = find(tx, whose, q, Filters(), order, limit)
    hits = page.hits
    while page.next:
        page = find(tx, whose, q, Filters(), order, limit, page.next)
        hits += page.hits
    return [(hit.entry.conversation_id, f"{hit.field}: {hit.text}") for hit in hits]
