"""Deliveries on their way to be saved: nothing that was accepted is lost, nothing is taken for finished by itself."""

import asyncio
from itertools import pairwise

import pytest
from contract_support import open_database
from msgspec.structs import replace
from sqlalchemy import Engine, delete, func, select

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.deliveries import CROWDED
from omilink.database.queue import SqlQueue
from omilink.database.store import Store, Transaction
from omilink.database.threads import DatabaseThreads
from omilink.errors import Invalid, Malformed
from omilink.ingest import accept
from omilink.ingest.queue import DeliveryQueue
from omilink.ingest.worker import Worker, backoff
from omilink.live.local_bus import LocalBus
from omilink.models.delivery import BATCH_BYTES, LONGEST_WAIT, Delivery
from omilink.models.ids import session_key
from omilink.nats.queue import NatsQueue
from omilink.nats.stream import PARTITIONS, STREAM

pytestmark = pytest.mark.anyio

LONG = 30.0
A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
B = "zR8mWb1EyX5tQnHc0LoGfV63uKsD"


def delivery(words: str, session: str = "kitchen", key: str | None = None, at: int = 1000) -> Delivery:
    body = b'[{"text": "%b"}]' % words.encode()
    return Delivery(kind="transcript", session_id=session, key=key, body=body, received_at=at)


async def put(inbox: DeliveryQueue, *words: str, session: str = "kitchen", limit: int = 100) -> list[Delivery]:
    for text in words:
        await inbox.put(delivery(text, session))
    return await due(inbox, limit=limit)


async def due(inbox: DeliveryQueue, at: int = 1000, limit: int = 100) -> list[Delivery]:
    return await inbox.take(limit, at)


def words(deliveries: list[Delivery]) -> list[str]:
    return [d.body.decode().split('"')[3] for d in deliveries]


async def test_what_was_put_is_taken_in_the_order_of_its_acceptance(inbox: DeliveryQueue) -> None:
    taken = await put(inbox, "one", "two", "three")
    assert words(taken) == ["one", "two", "three"]
    assert [d.seq for d in taken] == sorted({d.seq for d in taken})
    assert words(await due(inbox, limit=2)) == ["one", "two"]


async def test_a_call_that_cannot_be_stored_stops_no_other_that_came_with_it(table: SqlQueue) -> None:
    unstorable = replace(delivery("two"), request_id="\ud800")
    calls = [delivery("one"), unstorable, delivery("three")]
    put = await asyncio.gather(*(table.put(call) for call in calls), return_exceptions=True)
    assert [isinstance(result, Exception) for result in put] == [False, True, False]
    assert sorted(words(await due(table))) == ["one", "three"]


async def test_whoever_stops_waiting_stops_no_other_call_that_came_with_theirs(table: SqlQueue) -> None:
    gone, stays = asyncio.create_task(table.put(delivery("one"))), asyncio.create_task(table.put(delivery("two")))
    await asyncio.sleep(0)  # both have begun
    gone.cancel()
    await stays
    assert gone.cancelled()
    assert "two" in words(await due(table))


async def test_a_moment_lies_between_what_was_accepted_before_and_what_comes_after(inbox: DeliveryQueue) -> None:
    """Whatever the clock says."""
    moments = [await inbox.moment(5000)]
    for number, at in enumerate((9000, 100, 5000)):
        await asyncio.gather(*(inbox.put(delivery(f"{number}", f"device {one}")) for one in range(10)))
        moments.append(await inbox.moment(at))
    orders = {one: [d.order for d in await due(inbox) if words([d]) == [str(one)]] for one in range(3)}
    for number, (before, after) in enumerate(pairwise(moments)):
        assert before.order is not None and after.order is not None
        assert before.order < min(orders[number]) <= max(orders[number]) <= after.order


async def test_what_is_gone_gives_its_place_to_nothing_else(inbox: DeliveryQueue) -> None:
    (one,) = await put(inbox, "one")
    await inbox.remove([one.seq])
    now = await inbox.moment(1000)
    (two,) = await put(inbox, "two")
    assert now.order is not None and one.order <= now.order < two.order


async def test_acts_are_told_apart_though_nothing_is_accepted_between_them(inbox: DeliveryQueue) -> None:
    first, second = await inbox.moment(2000), await inbox.moment(1000)
    if isinstance(inbox, NatsQueue):
        assert first.act and second.act and first.act < second.act
    assert first.order is not None and first.order == second.order


async def test_what_failed_keeps_its_place_in_the_order(inbox: DeliveryQueue) -> None:
    poison, other = await put(inbox, "poison", "other")
    await inbox.failed(poison, "ValueError", retry_at=None)
    await inbox.done([other.seq], {})
    await put(inbox, "later")
    await inbox.retry(None)
    again = next(d for d in await due(inbox) if d.body == poison.body)
    assert (again.order, again.seen, again.way) == (poison.order, poison.seen, poison.way)


async def test_a_stream_that_is_made_anew_and_a_table_after_it_count_on_above(
    inbox: DeliveryQueue, database: DatabaseThreads
) -> None:
    if not isinstance(inbox, NatsQueue):
        return
    (one,) = await put(inbox, "one")
    client = inbox._stream._client()
    await client.jetstream().delete_stream(STREAM)
    await inbox._stream._ensure(client)
    made_anew = await inbox.moment(1000)
    reader = await inbox._stream.read(range(PARTITIONS))
    await inbox.put(delivery("two"))
    async with asyncio.timeout(LONG):
        while not (taken := await reader.take(1)):
            await reader.wait(1)
    await reader.close()
    assert made_anew.order is not None and one.order < made_anew.order < taken[0].order
    table = SqlQueue(database)
    without_nats = await table.moment(1000)
    (three,) = await put(table, "three")
    assert without_nats.order is not None and taken[0].order < without_nats.order < three.order


async def test_of_what_is_put_aside_the_newest_hundred_of_a_uid_are_kept(inbox: DeliveryQueue) -> None:
    """What shows no uid is counted by its session; nothing that waits is counted."""
    crowd = [replace(delivery(f"word {number}"), uid=A) for number in range(CROWDED + 3)]
    others = [replace(delivery("another's"), uid=B), delivery("no uid"), delivery("no uid", "garden")]
    for one in [*others, *crowd, replace(delivery("waits"), uid=A)]:
        await inbox.put(one)
    *aside, waits = [d.seq for d in await due(inbox, limit=200)]
    await inbox.done(aside, dict.fromkeys(aside, "why"))
    kept = {job.seq for job in await inbox.jobs("quarantined", None, 200)}
    assert kept == {*aside[:3], *aside[-CROWDED:]}
    assert [d.seq for d in await due(inbox)] == [waits]


async def test_at_a_personal_address_they_count_together_whatever_uids_they_show(inbox: DeliveryQueue) -> None:
    """Whoever has one may make up a uid for each call."""
    crowd = [replace(delivery("more"), origin="ada", uid=f"uid-{number}") for number in range(CROWDED + 3)]
    for one in [replace(delivery("ben's"), origin="ben", uid="uid-0"), *crowd]:
        await inbox.put(one)
    bens, *adas = [d.seq for d in await due(inbox, limit=200)]
    await inbox.done([bens, *adas], dict.fromkeys([bens, *adas], "why"))
    assert {job.seq for job in await inbox.jobs("quarantined", None, 200)} == {bens, *adas[-CROWDED:]}


async def test_a_delivery_comes_back_as_it_was_put(inbox: DeliveryQueue) -> None:
    sent = Delivery(
        kind="conversation",
        origin="ada",
        session_id="kitchen",
        uid="u-1",
        key="k",
        contradiction="The call shows several uids.",
        proven=True,
        request_id="r-1",
        body=b"\x00\xff{}",
        received_at=1_790_000_000_123,
    )
    await inbox.put(sent)
    (taken,) = await due(inbox)
    assert taken.seq > 0
    assert taken.order > 0
    assert replace(taken, seq=0, order=0, seen=0) == sent


async def test_it_stays_due_until_it_is_done(inbox: DeliveryQueue) -> None:
    one, two = await put(inbox, "one", "two")
    assert words(await due(inbox)) == ["one", "two"]
    await inbox.done([one.seq], {})
    assert words(await due(inbox)) == ["two"]
    await inbox.done([two.seq], {})
    assert await due(inbox) == []
    assert await inbox.counts() == {}


async def test_it_is_there_after_a_restart(engine: Engine) -> None:
    first = open_database(engine)
    (accepted,) = await put(SqlQueue(first), "one")
    await first.close()
    second = open_database(engine)
    assert await due(SqlQueue(second)) == [accepted]
    await second.close()


async def test_fifty_at_once_are_fifty(inbox: DeliveryQueue) -> None:
    await asyncio.gather(*(inbox.put(delivery(f"word {number}")) for number in range(50)))
    taken = await due(inbox)
    assert set(words(taken)) == {f"word {number}" for number in range(50)}
    assert len({d.seq for d in taken}) == 50


async def test_the_same_key_is_one_delivery_even_at_once_and_after_it_was_done(inbox: DeliveryQueue) -> None:
    await asyncio.gather(*(inbox.put(delivery("one", key="k")) for _ in range(20)))
    (one,) = await due(inbox)
    await inbox.done([one.seq], {})
    await inbox.put(delivery("one", key="k"))
    assert await due(inbox) == []


async def test_without_a_key_every_delivery_counts(inbox: DeliveryQueue) -> None:
    assert words(await put(inbox, "one", "one")) == ["one", "one"]


async def test_a_failed_one_waits_for_its_time_and_lets_its_neighbours_pass(inbox: DeliveryQueue) -> None:
    poison, other = await put(inbox, "poison", "other")
    await inbox.failed(poison, "ValueError", retry_at=5000)
    assert words(await due(inbox, at=4999)) == ["other"]
    again = {d.attempts: d for d in await due(inbox, at=5000)}
    assert (again[1].body, again[0].body) == (poison.body, other.body)
    await inbox.done([other.seq], {})
    assert await due(inbox, at=4999) == []
    assert await inbox.counts() == {"waiting": 1}


async def test_a_dead_letter_comes_back_only_when_it_is_asked_for(inbox: DeliveryQueue) -> None:
    one, two = await put(inbox, "one", "two")
    for taken in one, two:
        await inbox.failed(taken, "ValueError", retry_at=None)
    assert await due(inbox, at=10**15) == []
    assert await inbox.counts() == {"dead": 2}
    newest = (await inbox.jobs("dead", None, 1))[0].seq
    assert await inbox.retry([newest, 999]) == 1
    assert words(await due(inbox)) == ["two"]
    assert await inbox.retry(None) == 1
    assert sorted((d.body, d.attempts) for d in await due(inbox)) == sorted([(one.body, 0), (two.body, 0)])
    assert await inbox.retry(None) == 0


async def test_what_is_put_aside_is_kept_and_not_due(inbox: DeliveryQueue) -> None:
    one, two, three = await put(inbox, "one", "two", "three")
    reasons = {one.seq: "hands-change-only-by-unlinking", three.seq: "The call shows several uids."}
    await inbox.done([one.seq, two.seq, three.seq], reasons)
    assert await due(inbox) == []
    assert await inbox.retry(None) == 0
    assert await inbox.counts() == {"quarantined": 2}
    kept = [job.error for job in await inbox.jobs("quarantined", None, 10)]
    assert kept == ["The call shows several uids.", "hands-change-only-by-unlinking"]


async def test_what_came_for_a_deleted_account_leaves_nothing(store: Store, inbox: DeliveryQueue) -> None:
    """Neither at once nor after it failed and an operator brought it back."""
    worker = Worker(store, inbox, LocalBus(), gap=150, clock=lambda: 1000, count=lambda saved: None)
    for words in "failed", "on its way":
        await inbox.put(replace(delivery(words), origin="gone"))
    failed, _ = await due(inbox)
    await inbox.failed(failed, "ValueError", retry_at=None)
    await inbox.retry(None)
    await worker.save_or_split(await due(inbox))
    assert await due(inbox) == []
    assert await inbox.jobs(None, None, 10) == []


async def test_what_is_finished_with_its_words_is_finished_when_they_are_saved(
    store: Store, inbox: DeliveryQueue
) -> None:
    one, two, three, four = await put(inbox, "one", "two", "three", "four")

    def fails(tx: Transaction) -> bool:
        if inbox.finish_within(tx, [one.seq, two.seq], {two.seq: "why"}, [three.seq]):
            raise ValueError
        return False

    if isinstance(inbox, NatsQueue):  # which is not in the store: nothing is done, and it is told after the commit
        assert await store.write(fails) is False
        assert words(await due(inbox)) == ["one", "two", "three", "four"]
        return
    with pytest.raises(ValueError):
        await store.write(fails)
    assert words(await due(inbox)) == ["one", "two", "three", "four"]
    await store.write(lambda tx: inbox.finish_within(tx, [one.seq, two.seq], {two.seq: "why"}, [three.seq]))
    assert words(await due(inbox)) == ["four"]
    there = [(job.seq, job.state, job.error) for job in await inbox.jobs(None, None, 10)]
    assert there == [(four.seq, "waiting", None), (two.seq, "quarantined", "why"), (one.seq, "done", None)]


@pytest.mark.parametrize("ahead", [LONGEST_WAIT + 1, 86_400_000, 2 * 86_400_000])
async def test_what_a_clock_that_was_ahead_put_off_is_due_when_the_clock_is_put_right(
    inbox: DeliveryQueue, ahead: Millis
) -> None:
    (one,) = await put(inbox, "one")
    await inbox.failed(one, "ValueError", retry_at=1000 + ahead)
    assert words(await due(inbox)) == ["one"]


@pytest.mark.parametrize("attempt", range(1, 40))
def test_no_try_is_put_off_for_longer_than_the_longest_wait(attempt: int) -> None:
    assert 0 < backoff(attempt) <= LONGEST_WAIT


async def test_jobs_are_for_people_and_hold_no_words(inbox: DeliveryQueue) -> None:
    poison, _ = await put(inbox, "secret words", "more secret words")
    await inbox.put(delivery("garden words", "garden"))
    await inbox.failed(poison, "ValueError", retry_at=None)
    await due(inbox)
    newest, *_ = jobs = await inbox.jobs(None, None, 10)
    assert newest.session_id == "garden"
    assert "words" not in repr(jobs)
    (dead,) = await inbox.jobs("dead", None, 10)
    assert (dead.session_id, dead.attempts, dead.error) == ("kitchen", 1, "ValueError")
    assert len(await inbox.jobs(None, session_key("shared", "kitchen"), 10)) == 2
    assert len(await inbox.jobs(None, None, 1)) == 1


async def test_jobs_are_counted_for_one_session_too(inbox: DeliveryQueue) -> None:
    await put(inbox, "one", "two")
    await inbox.put(delivery("three", "garden"))
    assert await inbox.counts() == {"waiting": 3}
    assert await inbox.counts(session_key("shared", "kitchen")) == {"waiting": 2}
    assert await inbox.counts(session_key("ada", "kitchen")) == {}


async def test_what_is_taken_together_is_bounded_in_bytes(inbox: DeliveryQueue) -> None:
    large = "x" * (BATCH_BYTES // 3)
    for number in range(7):
        await inbox.put(delivery(f"{number}{large}"))
    await inbox.put(delivery("y" * (BATCH_BYTES + 1), "garden"))
    heard: list[str] = []
    while taken := await due(inbox):
        assert sum(len(one.body) for one in taken[1:]) <= BATCH_BYTES
        await inbox.done([one.seq for one in taken], {})
        heard += [text[0] for text in words(taken)]
    assert sorted(heard) == [*"0123456", "y"]
    assert [one for one in heard if one != "y"] == [*"0123456"]


LARGE = 3 << 20
"""Bytes, more than a message of NATS may hold."""


def large(key: str, session: str = "kitchen") -> Delivery:
    return Delivery(kind="conversation", session_id=session, key=key, body=key.encode() * LARGE, received_at=1000)


async def test_a_large_delivery_comes_back_whole_and_in_its_place(inbox: DeliveryQueue) -> None:
    await put(inbox, "one")
    for key in "a", "a", "b":
        await inbox.put(large(key))
    (one,) = await put(inbox, "two", limit=1)
    await inbox.done([one.seq], {})
    for key in "a", "b":
        (taken,) = await due(inbox)
        assert (taken.key, taken.body == large(key).body, taken.kind) == (key, True, "conversation")
        assert taken.order > one.order
        (again,) = await due(inbox)
        assert again.body == taken.body
        await inbox.done([taken.seq], {})
    (two,) = await due(inbox)
    assert words([two]) == ["two"]
    await inbox.remove([two.seq])
    assert (await inbox.counts()).get("waiting", 0) == 0 or isinstance(inbox, NatsQueue)


async def test_a_large_delivery_that_failed_comes_back_whole(inbox: DeliveryQueue, store: Store) -> None:
    await inbox.put(large("a"))
    await inbox.put(large("b", "cellar"))
    (failed,) = await due(inbox)
    await inbox.failed(failed, "ValueError", retry_at=None)
    (held,) = await due(inbox)
    await inbox.done([held.seq], {held.seq: "a rule"})
    assert await due(inbox) == []
    await inbox.retry(None)
    (again,) = await due(inbox)
    assert (again.key, again.body == failed.body, again.order) == (failed.key, True, failed.order)
    await inbox.done([again.seq], {})
    assert [(job.state, job.type) for job in await inbox.jobs("quarantined", None, 9)] == [
        ("quarantined", "CONVERSATION_RECORD")
    ]
    assert await store.read(stored_bodies) == 0


async def test_a_large_delivery_that_was_saved_before_is_finished(inbox: DeliveryQueue, store: Store) -> None:
    """A worker died between removing its body and removing it from the stream."""
    if not isinstance(inbox, NatsQueue):
        return
    await inbox.put(large("a"))
    await store.write(lambda tx: tx._run(delete(schema.large_bodies)))
    assert words(await put(inbox, "later")) == ["later"]


def stored_bodies(tx: Transaction) -> int:
    return int(tx._run(select(func.count()).select_from(schema.large_bodies)).scalar_one())


async def test_who_sends_large_calls_delays_nobody(inbox: DeliveryQueue) -> None:
    for _ in range(5):
        await inbox.put(delivery("x" * (BATCH_BYTES + 1), "greedy"))
    await inbox.put(delivery("ada"))
    heard: list[str] = []
    for _ in range(2):
        taken = await due(inbox)
        await inbox.done([one.seq for one in taken], {})
        heard += words(taken)
    assert "ada" in heard


async def test_who_sends_much_delays_nobody(inbox: DeliveryQueue) -> None:
    """Of a personal address all sessions together."""
    for number in range(60):
        await inbox.put(replace(delivery(f"crowd {number}", f"session-{number % 2}"), origin="greedy"))
    await inbox.put(delivery("ada"))
    assert "ada" in words(await due(inbox, limit=20))


async def test_jobs_of_many_sessions_are_counted_at_once(inbox: DeliveryQueue) -> None:
    (one,) = await put(inbox, "one")
    await inbox.failed(one, "ValueError", retry_at=None)
    await put(inbox, "two")
    await inbox.put(delivery("three", "garden"))
    await inbox.put(delivery("four", "attic"))
    wanted = [session_key("shared", name) for name in ("kitchen", "garden", "cellar")]
    assert await inbox.counts_of(wanted) == {
        session_key("shared", "kitchen"): {"dead": 1, "waiting": 1},
        session_key("shared", "garden"): {"waiting": 1},
    }
    assert await inbox.counts_of([]) == {}


async def test_waiting_ends_at_once_when_something_new_is_there(inbox: DeliveryQueue) -> None:
    async with asyncio.timeout(LONG):
        waiting = asyncio.create_task(inbox.wait(LONG * 2))
        await asyncio.sleep(0)
        await inbox.put(delivery("one"))
        await waiting
        await due(inbox)
        await inbox.put(delivery("two"))
        await inbox.wait(LONG * 2)


async def test_waiting_ends_when_dead_letters_come_back(inbox: DeliveryQueue) -> None:
    (one,) = await put(inbox, "one")
    await inbox.failed(one, "ValueError", retry_at=None)
    async with asyncio.timeout(LONG):
        await inbox.retry(None)
        await inbox.wait(LONG * 2)


async def test_waiting_ends_by_itself(inbox: DeliveryQueue) -> None:
    async with asyncio.timeout(LONG):
        await inbox.wait(0.01)


# What intake makes of it


async def take(inbox: DeliveryQueue, body: bytes, query: list[tuple[str, str]], key: str | None = None) -> None:
    await accept.accept(inbox, body, query, at=1000, idempotency_key=key)


async def test_an_accepted_call_is_a_delivery_with_its_raw_body(inbox: DeliveryQueue) -> None:
    body = b' {"session_id": "abc-123", "segments": []}\n'
    await take(inbox, body, [("uid", "user-device-456")])
    (taken,) = await due(inbox)
    assert (taken.session_key, taken.uid, taken.body) == ("shared/abc-123", "user-device-456", body)


async def test_a_retry_with_the_same_key_and_body_is_the_same_delivery(inbox: DeliveryQueue) -> None:
    body = b'{"session_id": "abc-123", "segments": []}'
    await take(inbox, body, [], key="k-1")
    await take(inbox, body, [], key="k-1")
    assert len(await due(inbox)) == 1
    await take(inbox, body.replace(b"123", b"124"), [], key="k-1")
    await take(inbox, body, [], key="k-2")
    await take(inbox, body, [])
    assert len(await due(inbox)) == 4


async def test_a_call_with_two_uids_says_in_what_it_contradicts_itself(inbox: DeliveryQueue) -> None:
    await take(inbox, b'{"session_id": "%b", "segments": []}' % A.encode(), [("uid", B)])
    (taken,) = await due(inbox)
    assert taken.contradiction


async def test_a_refused_call_is_not_kept(inbox: DeliveryQueue) -> None:
    with pytest.raises(Malformed):
        await take(inbox, b"hello", [])
    with pytest.raises(Invalid):
        await take(inbox, b"{}", [])
    assert await inbox.jobs(None, None, 10) == []
