"""What a store promises: transactions, numbered events, and rows that come back as they went."""

import asyncio
import json
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from contract_support import moment, open_database, prune, verified
from msgspec.structs import replace
from sqlalchemy import Engine, select, text
from support import Turned, wait_until

from omilink.accounts import personal_webhook, signing_in
from omilink.conversations import history
from omilink.database import migrate, schema, sqlite
from omilink.database.queue import SqlQueue
from omilink.database.removal import ACCEPTED_IN_TIME, GONE, OWNERLESS_MOST, PLAYED_AGAIN
from omilink.database.sqlite import Sqlite
from omilink.database.store import Store, Transaction
from omilink.errors import EmailTaken, Unavailable
from omilink.ingest import saving
from omilink.ingest.queue import DeliveryQueue
from omilink.linking import omi_accounts, sessions
from omilink.models.audit import AuditEntry, By
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.event import Event
from omilink.models.ids import SHARED, session_key
from omilink.models.message import Message
from omilink.models.omi_account import Challenge
from omilink.models.order import Moment
from omilink.models.session import Device, Method, OmiSession
from omilink.models.user import SignIn, User

pytestmark = pytest.mark.anyio

T = TypeVar("T")

KITCHEN = session_key(SHARED, "kitchen")


def user(name: str) -> User:
    return User(id=name, email=f"{name}@example.org", display_name=name.title(), created_at=1)


@pytest.fixture(autouse=True)
async def people(store: Store) -> None:
    for name in "ada", "ben":
        await store.write(lambda tx, name=name: tx.add_user(user(name), f"hash of {name}"))


def session(session_id: str = "kitchen", **fields: object) -> OmiSession:
    return OmiSession(omi_session_id=session_id, created_at=1, **fields)  # type: ignore[arg-type]


def talk(name: str, owner: str | None = "ada", **fields: object) -> Conversation:
    values = {"session_key": KITCHEN, "created_at": 1000, "last_at": 2000, "message_count": 3} | fields
    return Conversation(id=name, user_id=owner, **values)  # type: ignore[arg-type]


def said(seq: int, text: str = "hello", position: float | None = None, talk: str = "talk") -> Message:
    return Message(
        conversation_id=talk,
        seq=seq,
        key=f"id:{seq}",
        text=text,
        speaker="SPEAKER_0",
        is_user=True,
        person_id=None,
        start=None,
        end=None,
        position=float(seq) if position is None else position,
        created_at=1000 + seq,
        spoken_at=900 + seq,
        versions="v1",
    )


def audited(rule: str, **fields: str | None) -> AuditEntry:
    values = {"session_key": KITCHEN, "actor": "ada", "uid": "a", "proof": "uid", "before": None, "after": "ada"}
    return AuditEntry(at=1, request_id="r1", rule=rule, **values | fields)  # type: ignore[arg-type]


def event(name: str, data: str = "{}", conversation: str | None = None) -> Event:
    return Event(user_id=name, conversation_id=conversation, data=data)


async def keep(store: Store, *conversations: Conversation, messages: Sequence[Message] = ()) -> None:
    def write(tx: Transaction) -> None:
        tx.put_sessions([session(key.partition("/")[2]) for key in {c.session_key for c in conversations}])
        tx.put_conversations(conversations, [])
        tx.put_messages(messages, [])

    await store.write(write)


# Transactions


async def test_a_write_that_fails_leaves_nothing_behind_and_its_neighbours_untouched(store: Store) -> None:
    def write(number: int) -> Awaitable[int]:
        def link(tx: Transaction) -> int:
            tx.put_sessions([session(f"s{number}")])
            if number % 5 == 0:
                raise ValueError(number)
            return number

        return store.write(link)

    outcomes = await asyncio.gather(*(write(number) for number in range(40)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == [str(number) for number in range(40)]
    stored = await store.read(lambda tx: {s.omi_session_id for s in tx.all_sessions(100)})
    assert stored == {f"s{number}" for number in range(40) if number % 5}


async def test_a_read_that_fails_fails_alone(store: Store) -> None:
    reads = [store.read(lambda tx, n=n: 1 // n) for n in (1, 0, 1)]
    good, bad, also_good = await asyncio.gather(*reads, return_exceptions=True)
    assert (good, also_good) == (1, 1)
    assert isinstance(bad, ZeroDivisionError)


async def test_a_read_sees_one_moment_whatever_is_written_meanwhile(store: Store) -> None:
    started, written = threading.Event(), threading.Event()

    def look_twice(tx: Transaction) -> tuple[int, int]:
        before = tx.log_bounds("ada")[1]
        started.set()
        assert written.wait(30)
        return before, tx.log_bounds("ada")[1]

    looking = asyncio.create_task(store.read(look_twice))
    await asyncio.to_thread(started.wait, 30)
    await store.write(lambda tx: tx.add_events([event("ada")]))
    written.set()
    assert await looking == (0, 0)
    assert await store.read(lambda tx: tx.log_bounds("ada")) == (0, 1)


async def test_what_was_written_is_there_after_a_restart(engine: Engine) -> None:
    first = open_database(engine)
    await Store(first).write(lambda tx: tx.put_sessions([session("attic")]))
    await first.close()
    second = open_database(engine)
    (found,) = await Store(second).read(lambda tx: tx.all_sessions(10))
    assert found == session("attic")
    await second.close()


async def test_a_database_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    engine = sqlite.engine(tmp_path / "omilink.db")
    migrate.upgrade(engine)
    with sqlite3.connect(tmp_path / "omilink.db") as behind_its_back:
        behind_its_back.execute("DROP TABLE meta")
    behind_its_back.close()
    database = Sqlite(engine)
    store = Store(database)
    for run in store.read, store.write:
        with pytest.raises(Unavailable) as away:
            await run(lambda tx: tx.epoch())
        assert away.value.retry_after > 0
    await database.close()


async def test_a_history_has_one_name_and_another_database_another(store: Store, tmp_path: Path) -> None:
    other = sqlite.engine(tmp_path / "other.db")
    migrate.upgrade(other)
    database = Sqlite(other)
    names = [await s.read(lambda tx: tx.epoch()) for s in (store, store, Store(database))]
    await database.close()
    assert names[0] == names[1] != names[2]


# The event log


async def test_each_users_events_are_numbered_from_one_without_a_gap(store: Store) -> None:
    def append(number: int) -> Awaitable[None]:
        return store.write(
            lambda tx: tx.add_events([event("ada", f"a{number}"), event("ben"), event("ada", f"b{number}")])
        )

    await asyncio.gather(*(append(number) for number in range(25)))
    for name, count in ("ada", 50), ("ben", 25):
        events = await store.read(lambda tx, name=name: tx.events_after(name, 0, 1000))
        assert [e.seq for e in events] == list(range(1, count + 1))
        assert await store.read(lambda tx, name=name: tx.log_bounds(name)) == (0, count)
    pairs = [e.data for e in await store.read(lambda tx: tx.events_after("ada", 0, 1000))]
    assert all(a[1:] == b[1:] for a, b in zip(pairs[::2], pairs[1::2], strict=True))


async def test_a_reader_who_asks_for_everything_after_n_never_misses_one(store: Store) -> None:
    async def append(number: int) -> None:
        await store.write(lambda tx: tx.add_events([event("ada", str(number))]))

    writing = asyncio.gather(*(append(number) for number in range(60)))
    seen: list[Event] = []
    while len(seen) < 60:
        last = seen[-1].seq if seen else 0
        seen += await store.read(lambda tx, last=last: tx.events_after("ada", last, 7))
    await writing
    assert [e.seq for e in seen] == list(range(1, 61))


async def test_an_event_that_is_rolled_back_leaves_its_number_to_the_next(store: Store) -> None:
    def fail(tx: Transaction) -> None:
        tx.add_events([event("ada", "lost")])
        raise ValueError

    with pytest.raises(ValueError):
        await store.write(fail)
    await store.write(lambda tx: tx.add_events([event("ada", "kept")]))
    (only,) = await store.read(lambda tx: tx.events_after("ada", 0, 10))
    assert (only.seq, only.data) == (1, "kept")


async def test_old_events_are_pruned_and_the_log_says_how_far(store: Store, counted: Turned) -> None:
    for counted.at in 10, 20, 30:
        await store.write(lambda tx: tx.add_events([event("ada")]))
    await store.write(lambda tx: prune(tx, events_before=25))
    assert await store.read(lambda tx: tx.log_bounds("ada")) == (2, 3)
    assert [e.seq for e in await store.read(lambda tx: tx.events_after("ada", 0, 10))] == [3]
    await store.write(lambda tx: prune(tx, events_before=99))
    await store.write(lambda tx: tx.add_events([event("ada")]))
    assert await store.read(lambda tx: tx.log_bounds("ada")) == (3, 4)


async def test_marks_move_with_words_and_with_rights(store: Store) -> None:
    before = await store.read(lambda tx: tx.log_versions(["ada", "ben", "nobody"]))
    assert set(before) == {"ada", "ben"}
    await store.write(lambda tx: tx.add_events([event("ada")]))
    await store.write(lambda tx: tx.add_token("t", "ben", 0, 100, None))
    await store.write(lambda tx: tx.remove_token("t"))
    after = await store.read(lambda tx: tx.log_versions(["ada", "ben"]))
    assert after["ada"] == (before["ada"][0] + 1, before["ada"][1])
    assert after["ben"] == (before["ben"][0], before["ben"][1] + 1)


async def test_marks_of_forty_thousand_listeners(store: Store) -> None:
    names = ["ada", *(f"user-{number}" for number in range(40_000))]
    assert set(await store.read(lambda tx: tx.log_versions(names))) == {"ada"}


# Sessions and proof


async def test_a_session_comes_back_as_it_went_and_is_replaced(store: Store) -> None:
    new = session(last_seen_at=5, bad_segments=2)
    linked = new.linked_to("ada", Method.ISSUED, moment(7))
    seen = linked.seen(call("kitchen", "words", 8))
    left = seen.unlinked(Moment(at=9, order=9, act=5))
    blind = left.linked_to("ben", Method.MANUAL, Moment(at=10, order=None, act=6))
    suspended = linked.unlinked(moment(7), suspended=True)
    returned = replace(left, device=Device.RETURNED)
    for one in new, linked, seen, suspended, left, blind, blind.unlinked(Moment(at=9, order=None, act=7)), returned:
        await store.write(lambda tx, one=one: tx.put_sessions([one]))
        assert await store.read(lambda tx: tx.sessions([KITCHEN, "shared/unknown"])) == {KITCHEN: one}


async def test_the_same_id_at_another_url_is_another_session(store: Store) -> None:
    mine, shared = session(origin="ada", user_id="ada", method=Method.PERSONAL), session(user_id="ben")
    await store.write(lambda tx: tx.put_sessions([mine, shared]))
    assert await store.read(lambda tx: tx.sessions(["ada/kitchen", KITCHEN])) == {"ada/kitchen": mine, KITCHEN: shared}


async def test_a_users_sessions_are_the_linked_and_the_suspended_last_seen_first(store: Store) -> None:
    sessions = [
        session("early", user_id="ada", last_order=10, last_seen_at=99),
        session("suspended", suspended_user_id="ada", last_order=30),
        session("unseen", user_id="ada", linked_order=20),
        session("bens", user_id="ben", last_order=40),
        session("nobodys", last_order=50),
    ]
    await store.write(lambda tx: tx.put_sessions(sessions))
    mine = await store.read(lambda tx: tx.sessions_of("ada"))
    assert [s.omi_session_id for s in mine] == ["suspended", "unseen", "early"]


async def test_a_page_of_a_users_sessions_tells_how_many_messages_they_hold(store: Store) -> None:
    def fill(tx: Transaction) -> None:
        six = ["one", "two", "three", "four", "five", "six"]
        tx.put_sessions([replace(session(name, user_id="ada"), created_at=at) for at, name in enumerate(six, 1)])
        tx.put_sessions([session("bens", user_id="ben"), session("nobodys")])
        tx.put_sessions([replace(session("held-back", suspended_user_id="ada"), created_at=0)])
        heard = talk("heard", session_key="shared/three")
        others = [replace(heard, id="bens", user_id="ben"), replace(heard, id="gone", deleted_at=1)]
        tx.put_conversations([heard, replace(heard, id="more"), *others], ())

    await store.write(fill)
    pages, before = [], None
    while page := await store.read(lambda tx, before=before: tx.sessions_page("ada", 3, before)):  # type: ignore[misc]
        pages.append([(one.omi_session_id, saved) for one, saved in page])
        before = page[-1][0].created_at, page[-1][0].id
        await store.write(lambda tx: tx.put_sessions([replace(session("one", user_id="ada"), last_seen_at=99)]))
    assert pages == [[("six", 0), ("five", 0), ("four", 0)], [("three", 6), ("two", 0), ("one", 0)], [("held-back", 0)]]


async def test_the_session_of_a_user_that_was_seen_last(store: Store) -> None:
    assert await store.read(lambda tx: tx.latest_session("ada")) is None
    early, late = session("early", user_id="ada", last_order=10), session("late", user_id="ada", linked_order=20)
    await store.write(lambda tx: tx.put_sessions([early, late, session("bens", user_id="ben", last_order=40)]))
    assert await store.read(lambda tx: tx.latest_session("ada")) == late


async def test_what_has_not_called_for_long_can_be_found(store: Store, counted: Turned) -> None:
    """Whatever the wall clock showed meanwhile."""
    linked = {"user_id": "ada", "linked_at": 10}
    for counted.at, one in [
        (10, session("a-never-heard", method=Method.MANUAL, **linked)),
        (99, session("b-long-silent", method=Method.UID, last_seen_at=9_999, **linked)),
        (100, session("c-heard", method=Method.MANUAL, last_seen_at=1, **linked)),
        (100, session("d-just-linked", method=Method.MANUAL, user_id="ada", linked_at=1, last_seen_at=1)),
        (10, session("e-issued", method=Method.ISSUED, **linked)),
        (10, session("f-personal", origin="ada", method=Method.PERSONAL, **linked)),
        (20, session("g-nobodys", last_seen_at=20)),
    ]:
        await store.write(lambda tx, one=one: tx.put_sessions([one]))
    for most, names in (10, ["a-never-heard", "b-long-silent"]), (1, ["a-never-heard"]):
        silent = await store.read(lambda tx, most=most: tx.silent_sessions(100, most))
        assert [s.omi_session_id for s in silent] == names


async def test_what_calls_meanwhile_is_not_silent(store: Store, counted: Turned) -> None:
    counted.at = 20
    silent = session(user_id="ada", method=Method.MANUAL, linked_at=10, last_seen_at=20)
    await store.write(lambda tx: tx.put_sessions([silent]))
    counted.at = 200

    def call_again(tx: Transaction) -> None:
        tx.put_sessions([one.seen(call("kitchen", "again", 200)) for one in tx.sessions([KITCHEN]).values()])

    assert await meanwhile(store, call_again, lambda tx: tx.silent_sessions(100, 10)) == []


async def test_a_call_waits_while_the_proof_of_its_uid_is_taken_back(store: Store) -> None:
    await store.write(lambda tx: tx.add_omi_link(verified("a", "ada", 5)))
    said = replace(call("kitchen", "whose", 100), uid="a")
    unlink = partial(omi_accounts.unlink, uid="a", user_id="ada", moment=moment(99), by=By("ada"))
    await meanwhile(store, unlink, lambda tx: saving.save_all(tx, [said], 150))
    kitchen = (await store.read(lambda tx: tx.sessions([KITCHEN])))[KITCHEN]
    assert (kitchen.last_seen_at, kitchen.user_id) == (100, None)


async def meanwhile(store: Store, change: Callable[[Transaction], object], act: Callable[[Transaction], T]) -> T:
    """What `act` comes to that begins before `change` is committed."""
    changed, acted = threading.Event(), threading.Event()

    def change_slowly(tx: Transaction) -> None:
        change(tx)
        changed.set()
        wait_until(lambda: acted.is_set() or somebody_waits(tx), "the other one")

    changing = asyncio.create_task(store.write(change_slowly))
    assert await asyncio.to_thread(changed.wait, 30)
    acting = asyncio.create_task(store.write(act))
    acting.add_done_callback(lambda _: acted.set())
    result = await acting
    await changing
    return result


def somebody_waits(tx: Transaction) -> bool:
    assert isinstance(tx, Transaction)
    if tx._connection.dialect.name == "sqlite":
        return True  # there is one writer
    return tx._connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).first() is not None


async def test_every_uid_that_a_session_has_shown_is_remembered_once(store: Store) -> None:
    await store.write(lambda tx: tx.put_sessions([session(), session("garden")]))
    for _ in range(2):
        await store.write(lambda tx: tx.add_uids_shown([(KITCHEN, "a"), (KITCHEN, "b"), (KITCHEN, "a")]))
    shown = await store.read(lambda tx: tx.uids_shown([KITCHEN, "shared/garden"]))
    assert shown == {KITCHEN: {"a", "b"}}


async def test_a_uid_is_verified_for_one_user_until_that_is_taken_back(store: Store) -> None:
    assert await store.write(lambda tx: tx.add_omi_link(verified("a", "ada", 5)))
    assert await store.read(lambda tx: tx.users_verified_for(["a", "b"])) == {"a": "ada"}
    assert not await store.write(lambda tx: tx.add_omi_link(verified("a", "ben", 6)))
    assert await store.read(lambda tx: tx.omi_links("ada")) == [verified("a", "ada", 5)]
    assert await store.read(lambda tx: tx.omi_links("ben")) == []
    assert await store.write(lambda tx: tx.remove_omi_link("a"))
    assert not await store.write(lambda tx: tx.remove_omi_link("a"))
    assert await store.read(lambda tx: tx.users_verified_for(["a"])) == {}
    assert await store.read(lambda tx: tx.users_verified_for([])) == {}


async def test_the_rule_that_decided_last_can_be_told(store: Store) -> None:
    assert await store.read(lambda tx: [entry.rule for entry in tx.audit_entries(1, session_key=KITCHEN)]) == []
    for rule, key in ("verified-uid", KITCHEN), ("unlinked", KITCHEN), ("issued", "shared/garden"):
        await store.write(lambda tx, rule=rule, key=key: tx.add_audit_entry(audited(rule, session_key=key)))
    assert await store.read(lambda tx: [entry.rule for entry in tx.audit_entries(1, session_key=KITCHEN)]) == [
        "unlinked"
    ]


# Conversations


async def test_a_conversation_comes_back_as_it_went_and_is_changed(store: Store) -> None:
    new = talk("talk", None, created_at=1000, message_count=0, first_order=7, last_order=7, turn=2)
    await keep(store, new)
    assert await store.read(lambda tx: tx.ownerless_conversations(KITCHEN)) == [new]
    changed = replace(
        new,
        brought_at=2500,
        brought_order=20,
        last_order=30_000,
        user_id="ada",
        title="Tea",
        summary="…",
        zero_at=900,
        last_at=3000,
        first=1.5,
        end=9.25,
        message_count=7,
    )
    await store.write(lambda tx: tx.put_conversations([], [changed]))
    assert await store.read(lambda tx: tx.conversation("talk", "ada")) == changed
    assert await store.read(lambda tx: tx.ownerless_conversations(KITCHEN)) == []


async def test_nobody_reads_somebody_elses_conversation(store: Store) -> None:
    await keep(store, talk("adas"), talk("nobodys", None))
    for name in "adas", "nobodys":
        assert await store.read(lambda tx, name=name: tx.conversation(name, "ben")) is None
    assert await store.read(lambda tx: tx.conversations_of("ben", 10)) == []
    assert await store.read(lambda tx: tx.latest_conversation("ben")) is None
    assert await store.read(lambda tx: tx.messages_saved([KITCHEN], "ben")) == {}


async def test_what_is_near_has_words_after_tombstones_too(store: Store) -> None:
    await keep(
        store,
        talk("over", created_at=100, last_at=500),
        talk("going on", created_at=100, last_at=501),
        talk("deleted", created_at=100, last_at=600, deleted_at=650),
        talk("of a clock that was ahead", created_at=10**12, last_at=10**12),
        talk("elsewhere", session_key="shared/garden", created_at=100, last_at=600),
    )
    near = await store.read(lambda tx: tx.conversations_near([KITCHEN], 500))
    assert {c.id for c in near} == {"going on", "deleted", "of a clock that was ahead"}


async def test_a_tombstone_is_shown_nowhere(store: Store) -> None:
    await keep(store, talk("gone", deleted_at=5), talk("gone too", None, deleted_at=5))
    assert await store.read(lambda tx: tx.conversation("gone", "ada")) is None
    assert await store.read(lambda tx: tx.latest_conversation("ada")) is None
    assert await store.read(lambda tx: tx.conversations_of("ada", 10)) == []
    assert await store.read(lambda tx: tx.ownerless_conversations(KITCHEN)) == []
    assert await store.read(lambda tx: tx.count_conversations(KITCHEN, "ada")) == 0
    assert await store.read(lambda tx: tx.messages_saved([KITCHEN], "ada")) == {}


async def test_pages_of_conversations_miss_none_and_repeat_none(store: Store) -> None:
    """Three of them began in the same call, and while they are read words come to one that is on no page yet."""
    began = dict(zip("abcdefg", (1, 2, 2, 2, 3, 4, 4), strict=True))
    talks = {name: talk(name, first_order=order, last_order=order) for name, order in began.items()}
    await keep(store, *talks.values())
    seen: list[str] = []
    before: tuple[int, str] | None = None
    while page := await store.read(lambda tx, before=before: tx.conversations_of("ada", 2, before)):
        seen += [c.id for c in page]
        before = page[-1].first_order, page[-1].id
        await store.write(lambda tx: tx.put_conversations((), [replace(talks["a"], last_order=5, last_at=9000)]))
    assert seen == list("gfedcba")


async def test_the_latest_conversation_is_that_whose_words_were_accepted_last(store: Store) -> None:
    """Whatever the clock said, and among many."""
    many = [talk(f"talk {number:03}", first_order=number, last_order=number * 100) for number in range(200)]
    latest = talk("latest", first_order=5, last_order=20_001, created_at=1, last_at=1)
    await keep(
        store, *many, latest, talk("bens", "ben", last_order=30_000), talk("gone", last_order=40_000, deleted_at=1)
    )
    assert await store.read(lambda tx: tx.latest_conversation("ada")) == latest


async def test_what_is_counted_is_the_users_of_that_session(store: Store) -> None:
    await keep(
        store,
        talk("a", message_count=3),
        talk("b", message_count=4),
        talk("c", "ben", message_count=50),
        talk("d", session_key="shared/garden", message_count=600),
    )
    saved = await store.read(lambda tx: tx.messages_saved([KITCHEN, "shared/garden", "shared/attic"], "ada"))
    assert saved == {KITCHEN: 7, "shared/garden": 600}
    assert await store.read(lambda tx: tx.count_conversations(KITCHEN, "ada")) == 2


# Messages


async def test_a_message_comes_back_as_it_went_and_is_changed(store: Store) -> None:
    first = replace(said(1), text="Où est 🔑 \"'\\%_", start=1.5, end=2.25, person_id="ida", key='id:"[]{}\\ 🔑 é')
    await keep(store, talk("talk"), messages=[first])
    wanted = [("talk", first.key), ("talk", "id:other"), ("other", first.key)]
    assert await store.read(lambda tx: tx.known_messages(wanted)) == {("talk", first.key): first}
    changed = replace(first, text="Là", speaker=None, is_user=False, rev=2, position=7.0, versions="v1 v2", spoken_at=1)
    await store.write(lambda tx: tx.put_messages([], [changed]))
    assert await store.read(lambda tx: tx.messages("talk", 10)) == [changed]
    assert await store.read(lambda tx: tx.known_messages([])) == {}


async def test_messages_are_in_spoken_order_and_older_pages_miss_none(store: Store) -> None:
    """Three of them at the same place on the clock: then the order of arrival counts."""
    places = {1: 5.0, 2: 1.0, 3: 5.0, 4: 0.0, 5: 5.0, 6: 9.0, 7: 2.5}
    await keep(store, talk("talk"), messages=[said(seq, position=place) for seq, place in places.items()])
    pages: list[list[int]] = []
    before: tuple[float, int] | None = None
    while page := await store.read(lambda tx, before=before: tx.messages("talk", 2, before)):
        pages.insert(0, [m.seq for m in page])
        before = page[0].position, page[0].seq
    assert pages == [[4], [2, 7], [1, 3], [5, 6]]


async def test_all_messages_of_a_conversation_come_in_spoken_order(store: Store) -> None:
    words = [said(seq, position=-(seq // 2)) for seq in range(1, 6)]
    await keep(store, talk("talk"), talk("other"), messages=[*words, said(1, talk="other")])
    assert [m.seq for m in await store.read(lambda tx: tx.all_messages("talk"))] == [4, 5, 2, 3, 1]


async def test_what_was_said_in_some_seconds_is_found_also_what_began_before(store: Store) -> None:
    places = [(-9.5, -5.0), (0.0, 72.0), (20.0, 20.5), (75.0, 80.0), (0.0, None), (90.0, 91.0)]
    words = [
        replace(said(seq, position=start), start=None if end is None else start, end=end)
        for seq, (start, end) in enumerate(places, 1)
    ]
    await keep(store, talk("talk"), talk("other"), messages=[*words, said(1, talk="other")])

    async def around(start: float, until: float) -> list[int]:
        return sorted(m.seq for m in await store.read(lambda tx: tx.messages_around("talk", start, until)))

    assert await around(30, 75) == [2, 4]
    assert await around(-20, 0) == [1, 2]
    assert await around(20.5, 21) == [2, 3]
    assert await around(81, 89) == await around(100, 200) == []


async def test_forgotten_words_are_in_no_message_no_event_and_no_delivery(store: Store, table: DeliveryQueue) -> None:
    gone, kept = talk("gone"), talk("kept", session_key="shared/garden")
    for session_id in "kitchen", "garden":
        await table.put(Delivery(kind="transcript", session_id=session_id, body=b"the secret", received_at=1500))
    await table.done([d.seq for d in await table.take(10, 9999)], {})
    messages = [said(1, "the secret", talk="gone"), said(1, "the secret", talk="kept")]
    await keep(store, gone, kept, messages=messages)
    told = [event("ada", "the secret", "gone"), event("ada", "the secret", "kept"), event("ada", "linked")]
    await store.write(lambda tx: tx.add_events(told))
    await store.write(lambda tx: tx.remove_words(gone))
    assert [m.text for m in await store.read(lambda tx: tx.messages("gone", 10))] == [""]
    assert [m.text for m in await store.read(lambda tx: tx.messages("kept", 10))] == ["the secret"]
    assert [e.seq for e in await store.read(lambda tx: tx.events_after("ada", 0, 10))] == [2, 3]
    assert [job.session_id for job in await table.jobs(None, None, 10)] == ["garden"]


async def test_raw_deliveries_are_pruned_once_they_are_finished_and_old(store: Store, table: SqlQueue) -> None:
    for at in 100, 200, 300:
        await table.put(Delivery(kind="transcript", session_id="kitchen", body=b"", received_at=at))
    first, second, _ = await table.take(10, 9999)
    await table.done([first.seq], {})
    await store.write(lambda tx: prune(tx, deliveries_before=250))
    assert [job.seq for job in await table.jobs(None, None, 10)] == [second.seq + 1, second.seq]


async def test_words_that_are_nobodys_are_pruned_when_nobody_has_come_for_them(
    store: Store, table: SqlQueue, counted: Turned
) -> None:
    for counted.at, one in [(249, talk("forgotten", None)), (250, talk("lately", None)), (249, talk("adas"))]:
        await keep(store, one, messages=[said(1, talk=one.id)])
    for at in 249, 250:
        await table.keep(call("kitchen", "whose", at), "quarantined", "a reason")
        await table.keep(call("kitchen", "a poison", at), "dead", "a reason")
    await store.write(lambda tx: prune(tx, unlinked_before=250))
    left = [await store.read(lambda tx, n=n: len(tx.all_messages(n))) for n in ("forgotten", "lately", "adas")]
    assert left == [0, 1, 1]
    assert [c.id for c in await store.read(lambda tx: tx.ownerless_conversations(KITCHEN))] == ["lately"]
    assert [(job.state, job.received_at) for job in await table.jobs(None, None, 10)] == [
        ("dead", 250),
        ("quarantined", 250),
        ("dead", 249),
    ]


async def test_calls_of_sessions_that_are_nobodys_stay_as_long_as_their_words(store: Store, table: SqlQueue) -> None:
    await store.write(lambda tx: tx.put_sessions([session("kitchen"), session("garden", user_id="ada")]))
    for session_id, at in ("kitchen", 249), ("kitchen", 250), ("garden", 249):
        await table.put(call(session_id, "words", at))
    await table.done([delivery.seq for delivery in await table.take(10, 9999)], {})
    await store.write(lambda tx: prune(tx, unlinked_before=250))
    left = [(job.session_id, job.received_at) for job in await table.jobs(None, None, 10)]
    assert sorted(left) == [("garden", 249), ("kitchen", 250)]


async def test_of_one_uid_the_newest_words_of_nobodys_are_kept(store: Store) -> None:
    await keep(
        store,
        talk("oldest", None, last_order=1, message_count=1),
        talk("older", None, last_order=2, message_count=OWNERLESS_MOST, session_key="shared/attic"),
        talk("newest", None, last_order=3, message_count=OWNERLESS_MOST - 1),
        talk("another's", None, last_order=1, message_count=2, session_key="shared/garden"),
        talk("adas", last_at=1, message_count=1),
    )
    shown = [session("kitchen", last_uid="uid"), session("attic", last_uid="uid"), session("garden")]
    await store.write(lambda tx: tx.put_sessions(shown))
    attic, garden = ("attic", 1, OWNERLESS_MOST), ("garden", 1, 2)
    assert await store.read(lambda tx: tx.ownerless_counts(10)) == [attic, ("kitchen", 2, OWNERLESS_MOST), garden]
    await store.write(prune)
    assert await store.read(lambda tx: tx.ownerless_counts(10)) == [attic, ("kitchen", 1, OWNERLESS_MOST - 1), garden]
    assert await store.read(lambda tx: tx.count_conversations(KITCHEN, "ada")) == 1


async def test_signatures_are_remembered_for_a_day(store: Store, counted: Turned) -> None:
    for counted.at, signature in (100, "one"), (200, "two"):
        await store.write(lambda tx, signature=signature: tx.add_signatures({signature}))
    await store.write(lambda tx: tx.add_signatures(set()))
    assert await store.read(lambda tx: tx.known_signatures({"one", "two", "three"})) == {"one", "two"}
    assert await store.read(lambda tx: tx.known_signatures(set())) == set()
    await store.write(lambda tx: prune(tx, now=100 + PLAYED_AGAIN))
    assert await store.read(lambda tx: tx.known_signatures({"one", "two"})) == {"two"}


# What users have been asked for


async def test_a_challenge_comes_back_as_it_went_and_is_replaced_by_the_next(store: Store) -> None:
    first = Challenge(user_id="ada", uid="a", say="s", number_hash=None, include_earlier=False, expires_at=100)
    for one in first, replace(first, say="t", number_hash="n", include_earlier=True, expires_at=200, used_at=150):
        await store.write(lambda tx, one=one: tx.put_challenge(one))
        assert await store.read(lambda tx: tx.challenges(["a", "b"], 99)) == [one]
        assert await store.read(lambda tx: tx.challenges_of("ada", 99)) == [one]


async def test_challenges_are_each_users_own_until_they_expire_or_are_taken_back(store: Store) -> None:
    for name in "ada", "ben":
        asked = Challenge(user_id=name, uid="a", say="s", number_hash=None, include_earlier=True, expires_at=100)
        await store.write(lambda tx, asked=asked: tx.put_challenge(asked))
    for at, names in (99, {"ada", "ben"}), (100, set()):
        assert {c.user_id for c in await store.read(lambda tx, at=at: tx.challenges(["a"], at))} == names
    assert await store.read(lambda tx: tx.challenges_of("ada", 100)) == []
    assert await store.read(lambda tx: tx.challenges([], 0)) == []
    await store.write(lambda tx: tx.remove_challenge("ada", "a"))
    assert [c.user_id for c in await store.read(lambda tx: tx.challenges(["a"], 0))] == ["ben"]
    for now, left in (100 + ACCEPTED_IN_TIME - 1, ["ben"]), (100 + ACCEPTED_IN_TIME, []):
        await store.write(lambda tx, now=now: prune(tx, now=now))
        assert [c.user_id for c in await store.read(lambda tx: tx.challenges(["a"], 0))] == left


async def test_one_look_tells_which_uids_are_verified_and_for_which_a_proof_is_asked(store: Store) -> None:
    await store.write(lambda tx: tx.add_omi_link(verified("a", "ada", 1)))
    for uid, until in ("a", 100), ("b", 100), ("c", 99):
        asked = Challenge(user_id="ben", uid=uid, say="s", number_hash=None, include_earlier=True, expires_at=until)
        await store.write(lambda tx, asked=asked: tx.put_challenge(asked))
    assert await store.read(lambda tx: tx.proofs(["a", "b", "c", "d"], 99)) == ({"a": "ada"}, {"a", "b"})
    assert await store.read(lambda tx: tx.proofs([], 99)) == ({}, set())


async def test_of_many_who_prove_a_uid_at_once_one_has_it(store: Store) -> None:
    def prove(name: str) -> Awaitable[bool]:
        return store.write(lambda tx: tx.add_omi_link(verified("a", name, 1)))

    outcomes = await asyncio.gather(*(prove(name) for name in ["ada", "ben"] * 10))
    assert sum(outcomes) == 1
    owner = await store.read(lambda tx: tx.users_verified_for(["a"])["a"])
    assert [link.uid for link in await store.read(lambda tx: tx.omi_links(owner))] == ["a"]


async def test_the_sessions_that_show_a_uid_are_those_of_the_shared_url(store: Store) -> None:
    """By its last call, or ever."""
    shown = [
        session("pendant", last_uid="a"),
        session("sold", last_uid="b"),
        session("a"),
        session("other", last_uid="b"),
        session("pendant", origin="ada", user_id="ada", last_uid="a"),
    ]
    await store.write(lambda tx: tx.put_sessions(shown))
    pairs = [("shared/pendant", "a"), ("shared/sold", "a"), ("shared/sold", "b"), ("shared/other", "b")]
    await store.write(lambda tx: tx.add_uids_shown(pairs))
    for ever, names in (False, {"shared/pendant", "shared/a"}), (True, {"shared/pendant", "shared/sold", "shared/a"}):
        assert set(await store.read(lambda tx, ever=ever: tx.sessions_showing("a", ever=ever))) == names


async def test_what_came_along_with_a_proof_is_found_by_when(store: Store) -> None:
    await keep(
        store,
        talk("before", brought_at=2999, brought_order=7, last_order=7),
        talk("along", brought_at=3000, brought_order=7, last_order=7),
        talk("gone on since", brought_at=3000, brought_order=7, last_order=8),
        talk("not brought"),
        talk("deleted", brought_at=3000, brought_order=7, deleted_at=3001),
        talk("bens", "ben", brought_at=3000, brought_order=7),
    )
    assert [c.id for c in await store.read(lambda tx: tx.conversations_brought(KITCHEN, "ada", 3000))] == ["along"]


async def test_the_audit_tells_what_was_done_the_newest_first_to_whom_it_concerns(store: Store) -> None:
    for rule, before, after in ("first", None, "ada"), ("second", "ada", "ben"), ("third", "ben", None):
        await store.write(
            lambda tx, r=rule, b=before, a=after: tx.add_audit_entry(audited(r, actor="device", before=b, after=a))
        )
    await store.write(lambda tx: tx.add_audit_entry(audited("elsewhere", session_key="shared/garden")))
    newest, *_ = await store.read(lambda tx: tx.audit_entries(10))
    assert newest == audited("elsewhere", session_key="shared/garden")
    for wanted, rules in (
        ({"session_key": KITCHEN}, ["third", "second", "first"]),
        ({"user_id": "ben"}, ["third", "second"]),
        ({"user_id": "ada"}, ["elsewhere", "second", "first"]),
    ):
        found = await store.read(lambda tx, wanted=wanted: tx.audit_entries(10, **wanted))
        assert [entry.rule for entry in found] == rules
    assert len(await store.read(lambda tx: tx.audit_entries(2))) == 2


async def test_a_deleted_account_takes_its_uid_out_of_the_audit(store: Store) -> None:
    for key in KITCHEN, "shared/a":
        await store.write(lambda tx, key=key: tx.add_audit_entry(audited("verified-uid", session_key=key)))
    await store.write(lambda tx: history.remove_user(tx, "ada", moment(9)))
    left = await store.read(lambda tx: tx.audit_entries(10))
    assert [(entry.session_key, entry.uid) for entry in left] == [(f"shared/{GONE}", None), (KITCHEN, None)]


# Accounts


async def test_an_email_is_one_account_even_when_fifty_register_at_once(store: Store) -> None:
    def register(number: int) -> Awaitable[None]:
        newcomer = User(id=f"n{number}", email="new@example.org", display_name=None, created_at=1)
        return store.write(lambda tx: signing_in.add(tx, newcomer, "hash", f"token {number}"))

    outcomes = await asyncio.gather(*(register(number) for number in range(50)), return_exceptions=True)
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 49
    assert sum(outcome is None for outcome in outcomes) == 1
    assert len(await store.read(lambda tx: tx.users())) == 3


async def test_a_user_comes_back_as_they_went(store: Store) -> None:
    assert await store.read(lambda tx: tx.user("ada")) == user("ada")
    assert await store.read(lambda tx: tx.user_by_email("ada@example.org")) == (user("ada"), "hash of ada")
    assert await store.read(lambda tx: tx.user_by_email("ida@example.org")) is None
    assert await store.read(lambda tx: tx.user("ida")) is None


async def test_a_token_is_good_until_it_expires_or_is_taken_away(store: Store) -> None:
    await store.write(lambda tx: tx.add_token("t", "ada", 0, 100, None))
    assert await store.read(lambda tx: tx.token_holder("t", 99)) == (user("ada"), 100)
    assert await store.read(lambda tx: tx.token_holder("t", 100)) is None
    await store.write(lambda tx: tx.renew_token("t", 200))
    assert await store.read(lambda tx: tx.token_holder("t", 150)) == (user("ada"), 200)
    assert await store.write(lambda tx: tx.remove_token("t")) == "ada"
    assert await store.write(lambda tx: tx.remove_token("t")) is None
    assert await store.read(lambda tx: tx.token_holder("t", 0)) is None


async def test_sign_ins_are_listed_until_they_expire_the_newest_first(store: Store) -> None:
    for name, owner, at, client in (
        ("expired", "ada", 9, "an old phone"),
        ("first", "ada", 10, None),
        ("second", "ada", 20, "a browser"),
        ("bens", "ben", 30, "another"),
    ):
        await store.write(
            lambda tx, row=(name, owner, at, at + 100, client): tx.add_token(*row),
        )
    assert await store.read(lambda tx: tx.sign_ins("ada", 109)) == [
        SignIn(token_hash="second", created_at=20, expires_at=120, client="a browser"),
        SignIn(token_hash="first", created_at=10, expires_at=110, client=None),
    ]


async def test_a_password_is_changed_for_its_user(store: Store) -> None:
    await store.write(lambda tx: tx.change_password("ada", "another hash"))
    assert await store.read(lambda tx: tx.user_by_email("ada@example.org")) == (user("ada"), "another hash")
    assert await store.read(lambda tx: tx.user_by_email("ben@example.org")) == (user("ben"), "hash of ben")


async def test_users_that_are_there_are_told_from_those_that_are_not(store: Store) -> None:
    assert await store.read(lambda tx: tx.existing_users(["ada", "nobody"])) == {"ada"}
    assert await store.read(lambda tx: tx.existing_users([])) == set()


async def test_a_ticket_is_redeemed_once_however_many_try(store: Store) -> None:
    await store.write(lambda tx: tx.add_token("t", "ada", 0, 100, None))
    await store.write(lambda tx: tx.add_ticket("ticket", "t", 60))
    tries = await asyncio.gather(*(store.write(lambda tx: tx.take_ticket("ticket", 59)) for _ in range(50)))
    assert sorted(filter(None, tries)) == ["t"]


async def test_a_ticket_ends_with_its_time_and_with_its_token(store: Store) -> None:
    await store.write(lambda tx: tx.add_token("t", "ada", 0, 100, None))
    for name in "late", "orphan":
        await store.write(lambda tx, name=name: tx.add_ticket(name, "t", 60))
    assert await store.write(lambda tx: tx.take_ticket("late", 60)) is None
    await store.write(lambda tx: tx.remove_token("t"))
    assert await store.write(lambda tx: tx.take_ticket("orphan", 10)) is None


async def test_what_has_expired_is_pruned(store: Store, counted: Turned) -> None:
    counted.at = 0
    await store.write(lambda tx: tx.add_token("old", "ada", 0, 100, None))
    await store.write(lambda tx: tx.add_token("new", "ada", 0, 101, None))
    await store.write(lambda tx: prune(tx, now=100))
    assert await store.read(lambda tx: tx.token_holder("old", 0)) is None
    assert await store.read(lambda tx: tx.token_holder("new", 0))
    await store.write(lambda tx: personal_webhook.rotate(tx, "ada", 0))
    await store.write(lambda tx: personal_webhook.rotate(tx, "ada", 0))
    await store.write(lambda tx: prune(tx, now=personal_webhook.GRACE))
    assert [url.valid_until for url in await store.read(lambda tx: tx.personal_urls("ada", 0))] == [None]


# Personal addresses


async def test_the_personal_url_before_is_good_for_its_time_and_what_was_before_that_no_more(store: Store) -> None:
    await store.write(lambda tx: tx.add_personal_url("h1", "ada", "first", 10))
    for number, name in (2, "second"), (3, "third"):
        await store.write(lambda tx, number=number: tx.retire_personal_urls("ada", 100 + number))
        await store.write(lambda tx, number=number, name=name: tx.add_personal_url(f"h{number}", "ada", name, 10))
    valid = await store.read(lambda tx: tx.personal_urls("ada", 102))
    assert [(url.secret, url.valid_until) for url in valid] == [("third", None), ("second", 103)]
    owners = [await store.read(lambda tx, h=h: tx.personal_url_owner(h, 102)) for h in ("h1", "h2", "h3", "h4")]
    assert owners == [None, "ada", "ada", None]
    assert await store.read(lambda tx: tx.personal_url_owner("h2", 103)) is None
    assert [url.secret for url in await store.read(lambda tx: tx.personal_urls("ada", 103))] == ["third"]
    assert await store.read(lambda tx: tx.personal_urls("ben", 0)) == []


@pytest.mark.parametrize("do", [personal_webhook.show, personal_webhook.rotate])
async def test_however_many_ask_at_once_one_personal_url_is_current(
    store: Store, counted: Turned, do: Callable[[Transaction, str, int], object]
) -> None:
    counted.at = 10
    await asyncio.gather(*(store.write(lambda tx: do(tx, "ada", 10)) for _ in range(20)))
    valid = await store.read(lambda tx: tx.personal_urls("ada", 11))
    assert [url.valid_until for url in valid] == (
        [None] if do is personal_webhook.show else [None, 10 + personal_webhook.GRACE]
    )


# Deleting an account


async def test_nothing_of_a_deleted_user_is_left_in_any_table(store: Store, table: SqlQueue, engine: Engine) -> None:
    await live_a_while(store, table, "ada")
    held = tables_with(engine, "ada")
    assert held >= {
        "users",
        "tokens",
        "personal_urls",
        "omi_links",
        "challenges",
        "omi_sessions",
        "conversations",
        "events",
        "audit",
    }
    assert tables_with(engine, "words of") >= {"messages", "events", "deliveries"}
    await store.write(lambda tx: history.remove_user(tx, "ada", moment(9000)))
    assert tables_with(engine, "ada") == set()
    assert tables_with(engine, "words of") == set()
    for rows in (schema.tickets, schema.messages, schema.deliveries):
        with engine.connect() as connection:
            assert connection.execute(select(rows)).all() == []
    (left,) = await store.read(lambda tx: tx.all_sessions(10))
    assert (left.id, left.user_id, left.method, left.left_user_id, left.left_order) == (KITCHEN, None, None, None, 9000)


async def test_what_is_somebody_elses_stays_when_an_account_is_deleted(
    store: Store, table: SqlQueue, engine: Engine
) -> None:
    """Also what has the same session id, was said to the same session later, or waits for it."""
    await live_a_while(store, table, "ben", "attic")
    await live_a_while(store, table, "ada")
    await table.put(call("kitchen", "waiting", 9999))  # accepted for ada, whatever the clock says
    now = await table.moment(5000)
    await store.write(lambda tx: sessions.unlink(tx, "kitchen", "ada", now))
    await store.write(lambda tx: sessions.link(tx, "kitchen", "ben", now))
    await table.put(call("kitchen", "waiting", 4000))
    (*_, last) = await table.take(100, 99_999)
    await store.write(lambda tx: saving.save_all(tx, [last], 150))
    deleted = await table.moment(9000)
    await store.write(lambda tx: history.remove_user(tx, "ada", deleted))
    assert [d.received_at for d in await table.take(100, 99_999)] == [4000]
    assert tables_with(engine, "ada") == set()
    assert tables_with(engine, "words of ben") >= {"messages", "events", "deliveries"}
    assert {s.omi_session_id for s in await store.read(lambda tx: tx.sessions_of("ben"))} == {"kitchen", "attic", "pin"}
    assert await store.read(lambda tx: tx.latest_conversation("ben"))
    assert await store.read(lambda tx: tx.existing_users(["ada", "ben"])) == {"ben"}


async def test_words_that_wait_for_a_deleted_user_reach_nobody(store: Store, engine: Engine) -> None:
    await store.write(lambda tx: sessions.link(tx, "kitchen", "ada", moment(100)))
    late = [call("kitchen", "on its way", 200), call("pin", "on its way", 200, origin="ada")]
    await store.write(lambda tx: history.remove_user(tx, "ada", moment(300)))
    await store.write(lambda tx: saving.save_all(tx, late, 150))
    assert tables_with(engine, "on its way") == tables_with(engine, "ada") == set()
    await store.write(lambda tx: saving.save_all(tx, [call("kitchen", "said later", 301)], 150))
    await store.write(lambda tx: sessions.link(tx, "kitchen", "ben", moment(400)))
    (talk,) = await store.read(lambda tx: tx.conversations_of("ben", 10))
    assert [m.text for m in await store.read(lambda tx: tx.messages(talk.id, 10))] == ["said later"]


async def test_an_account_can_be_deleted_while_words_come_in(store: Store, engine: Engine) -> None:
    await store.write(lambda tx: sessions.link(tx, "kitchen", "ada", moment(1)))

    async def speak(number: int) -> None:
        words = [call("kitchen", f"words {number}", 1000 + number), call("pin", "words", 1000 + number, origin="ada")]
        await store.write(lambda tx: saving.save_all(tx, words, 150))

    deleting = store.write(lambda tx: history.remove_user(tx, "ada", moment(5000)))
    await asyncio.gather(*(speak(number) for number in range(20)), deleting, *(speak(n) for n in range(20, 40)))
    assert tables_with(engine, "ada") == tables_with(engine, "words") == set()


def call(session_id: str, text: str, at: int, origin: str = SHARED) -> Delivery:
    body = json.dumps({"segments": [{"text": text, "start": at, "end": at + 1}]}).encode()
    return Delivery(kind="transcript", origin=origin, session_id=session_id, body=body, received_at=at, order=at)


async def live_a_while(store: Store, table: SqlQueue, name: str, session_id: str = "kitchen") -> None:
    """Leaves something of the user in every table that can hold it: at the shared URL and at the user's own."""
    await store.write(lambda tx: signing_in.sign_in(tx, user(name), f"token of {name}", 1, f"{name}'s phone"))
    token_hash = signing_in.fingerprint(f"token of {name}")
    await store.write(lambda tx: tx.add_ticket(f"ticket of {name}", token_hash, 99_999))
    await store.write(lambda tx: personal_webhook.show(tx, name, 1))
    await store.write(lambda tx: tx.add_omi_link(verified(f"uid of {name}".replace(" ", "-"), name, 1)))
    asked = Challenge(user_id=name, uid="a", say="s", number_hash=None, include_earlier=True, expires_at=99_999)
    await store.write(lambda tx: tx.put_challenge(asked))
    now = await table.moment(1000)
    await store.write(lambda tx: sessions.link(tx, session_id, name, now))
    for delivery in call(session_id, f"words of {name}", 2000), call("pin", f"words of {name}", 2001, origin=name):
        await table.put(delivery)
    waiting = await table.take(100, 99_999)
    await store.write(lambda tx: saving.save_all(tx, waiting, 150))
    await table.done([delivery.seq for delivery in waiting], {})
    for state in "dead", "quarantined":
        await table.keep(replace(waiting[0], body=f"words of {name}".encode(), key=None), state, "a reason")


def tables_with(engine: Engine, text: str) -> set[str]:
    """The tables that hold it, in whatever column; not as a part of an id, which is made of letters from a to f."""
    whole = re.compile(rf"(?<![0-9a-f]){re.escape(text)}(?![0-9a-f])".encode())
    with engine.connect() as connection:
        return {
            table.name
            for table in schema.metadata.sorted_tables
            for row in connection.execute(select(table))
            if any(whole.search(value if isinstance(value, bytes) else str(value).encode()) for value in row)
        }
