"""What was answered with 200 is somewhere: saved, known already, put aside, deleted, or counted as unreadable. Only the
sentence that a user was asked to say is taken out."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from properties.histories import PEOPLE, at, call, empty_store, moment, save, verify
from sqlalchemy import Engine, select

from omilink.conversations import history
from omilink.database.schema import messages
from omilink.database.store import Transaction
from omilink.errors import OmilinkError
from omilink.ingest import json_body, payload
from omilink.linking import omi_accounts, sessions
from omilink.models.audit import By
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED

SESSIONS = ("kitchen", "garden")
UID = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
READABLE = ("text", "number", "placed", "unplaced", "short id", "long id", "before a sentence", "after half of one")
UNREADABLE = ("bare", "list", "object", "boolean", "other key")
ELSEWHERE = ("Segments", "text", "transcript")


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        yield tx


@dataclass(frozen=True)
class Sent:
    """A call, the words in it that can be read, and how many pieces cannot."""

    delivery: Delivery
    words: frozenset[str]
    unreadable: int


def piece(kind: str, word: str, start: float, sentence: str) -> Any:
    place, (*first_half, _, _, _) = {"start": start, "end": start + 1}, sentence.split()
    return {
        "text": {"text": word},
        "number": {"text": int(word)},
        "placed": {"text": word} | place,
        "unplaced": {"text": word, "start": -1, "end": -1},
        "short id": {"text": word, "id": "s0"} | place,
        "long id": {"text": word, "id": "x" * 128 + word} | place,
        "before a sentence": {"text": f"{word}. {sentence}."} | place,
        "after half of one": {"text": f"{' '.join(first_half)} and then {word}"} | place,
        "blank": {"text": " "} | place,
        "bare": word,
        "list": {"text": [word]},
        "object": {"text": {"en": word}},
        "boolean": {"text": True},
        "other key": {"transcript": word},
    }[kind]


pieces = st.lists(st.sampled_from([*READABLE, *UNREADABLE, "blank"]), max_size=6)
calls = st.tuples(
    st.just("call"),
    st.sampled_from(SESSIONS),
    st.sampled_from([SHARED, SHARED, "ada"]),
    st.sampled_from([None, None, UID]),
    st.sampled_from(["segments", "segments", "segments", *ELSEWHERE]),
    pieces,
)
acts = st.lists(
    st.one_of(
        calls,
        calls,
        st.tuples(st.just("again"), st.integers(0, 50)),
        st.tuples(st.sampled_from(["link", "unlink", "delete"]), st.sampled_from(SESSIONS), st.sampled_from(PEOPLE)),
        st.tuples(st.just("verify")),
        st.tuples(st.just("ask"), st.sampled_from(PEOPLE)),
    ),
    max_size=25,
)


@given(acts=acts)
def test_every_accepted_word_is_somewhere(engine: Engine, acts: list[tuple[Any, ...]]) -> None:
    with empty_store(engine) as tx:
        check(tx, acts)


def check(tx: Transaction, acts: list[tuple[Any, ...]]) -> None:
    numbers, seconds = count(1000), count(1)
    sent: list[Sent] = []
    aside: set[str] = set()
    deleted: set[str] = set()
    unreadable = counted = 0
    sentence = "link amber falcon river maple seven"
    for act, *about in acts:
        now = next(seconds) * 30
        if act == "call":
            sent.append(make(numbers, now, sentence, *about))
        elif act == "ask":
            [person] = about
            asked = omi_accounts.start(tx, UID, person, moment(now), By(person), by_phone=False)
            sentence = asked.say or sentence
            continue
        elif act != "again":
            deleted |= change(tx, act, now, *about)
            continue
        elif sent:
            again = sent[about[0] % len(sent)]
            sent.append(replace(again, delivery=structs.replace(again.delivery, received_at=at(now), order=at(now))))
        else:
            continue
        saved = save(tx, sent[-1].delivery)
        counted += saved.bad_segments
        unreadable += sent[-1].unreadable
        if saved.quarantined:
            aside |= sent[-1].words
    shown = {word.strip(".") for text in tx._run(select(messages.c.text)).scalars() for word in text.split()}
    everything = set().union(*(one.words for one in sent))
    assert everything <= shown | aside | deleted
    assert counted == unreadable


def make(
    numbers: "count[int]",
    now: int,
    sentence: str,
    session: str,
    origin: str,
    uid: str | None,
    key: str,
    kinds: list[str],
) -> Sent:
    words = [str(next(numbers)) for _ in kinds]
    pairs = enumerate(zip(kinds, words, strict=True))
    said = [piece(kind, word, now + place, sentence) for place, (kind, word) in pairs]
    value: Any = " ".join(words) if key in ("text", "transcript") else said
    delivery = call(now, session=session, uid=uid, origin=origin, proven=origin == SHARED)
    delivery = structs.replace(delivery, body=json.dumps({"session_id": session, key: value}).encode())
    assert payload.call(json_body.read(delivery.body), ()).kind == "transcript"
    if key == "segments":
        readable = {word for kind, word in zip(kinds, words, strict=True) if kind in READABLE}
        return Sent(delivery, frozenset(readable), sum(kind in UNREADABLE for kind in kinds))
    return Sent(delivery, frozenset(), bool(words) if isinstance(value, str) else len(said))


def change(tx: Transaction, act: str, now: int, *about: str) -> set[str]:
    """Something else that happens. Returns the words that somebody deleted by it."""
    if act == "verify":
        if tx.omi_link(UID) is None:
            verify(tx, UID, "ben", at(now))
        return set()
    session, person = about
    if act == "delete":
        latest = tx.latest_conversation(person)
        texts = [message.text for message in tx.all_messages(latest.id)] if latest else []
        words = {word.strip(".") for text in texts for word in text.split()}
        if latest:
            history.delete(tx, latest.id, person, at(now))
        return words
    with contextlib.suppress(OmilinkError):
        (sessions.link if act == "link" else sessions.unlink)(tx, session, person, moment(now))
    return set()
