"""What is kept of one sender in a day is bounded, and no clock locks anybody out for longer than a day."""

import json
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from omilink.clock import DAY, Millis
from omilink.database.store import Store, Transaction
from omilink.errors import TooManySessions
from omilink.ingest import saving
from omilink.ingest.budget import SEGMENT, Budget
from omilink.linking import sessions
from omilink.linking.rules import ONE_TOO_MANY
from omilink.models.delivery import Delivery
from omilink.models.ids import session_key
from omilink.models.order import Moment
from omilink.models.session import MOST_SESSIONS, Method, Mistake, OmiSession
from omilink.models.user import User

pytestmark = pytest.mark.anyio

GAP = 150.0
NOW: Millis = 1_000 * DAY
WHEN = Moment(at=NOW, order=0)
KITCHEN = session_key("shared", "kitchen")


@pytest.fixture(autouse=True)
async def people(store: Store) -> None:
    for name in "ada", "ben":
        user = User(id=name, email=f"{name}@example.org", display_name=None, created_at=1)
        await store.write(lambda tx, user=user: tx.add_user(user, "-"))  # type: ignore[misc]
        await store.write(lambda tx, name=name: sessions.link(tx, f"{name}s", name, WHEN))  # type: ignore[misc]


def call(session: str, text: str, at: Millis = NOW + 1, seq: int = 1, origin: str = "shared") -> Delivery:
    body = json.dumps({"session_id": session, "segments": [{"text": text, "start": seq, "end": seq + 1}]}).encode()
    named = {"kind": "transcript", "session_id": session, "origin": origin}
    return Delivery(seq=seq, order=seq, **named, body=body, received_at=at, counted_at=at)  # type: ignore[arg-type]


SIZE = len(call("adas", "one").body) + SEGMENT
LONGER = len(call("adas", f"{NOW}").body) + SEGMENT


async def save(store: Store, deliveries: Sequence[Delivery], daily_bytes: float = 3.5 * SIZE) -> saving.Saved:
    return await store.write(lambda tx: saving.save_all(tx, deliveries, GAP, daily_bytes))


async def test_what_is_beyond_the_budget_of_a_day_is_not_kept_and_that_is_told(store: Store) -> None:
    saved = await save(store, [call("adas", "one", seq=n) for n in range(1, 7)] + [call("bens", "one", seq=9)])
    assert (saved.messages, saved.dropped, saved.not_kept) == (4, {4, 5, 6}, 3)
    found = await store.read(lambda tx: tx.sessions(["shared/adas", "shared/bens"]))
    assert (found["shared/adas"].not_kept, found["shared/adas"].mistake) == (3, Mistake.TOO_MUCH)
    assert (found["shared/bens"].not_kept, found["shared/bens"].mistake) == (0, None)
    assert found["shared/adas"].last_seen_at == NOW + 1


async def test_over_batches_it_is_one_budget_which_fills_again_evenly(store: Store) -> None:
    async def kept(at: Millis) -> int:
        counts = [await save(store, [call("adas", f"{at}", at, seq)], 3.5 * LONGER) for seq in range(1, 7)]
        return sum(one.messages for one in counts)

    assert await kept(NOW + 1) == 3
    assert await kept(NOW + DAY // 2) == 2
    assert await kept(NOW + 4 * DAY) == 3


async def test_what_is_nobodys_counts_for_its_uid_and_a_personal_address_for_its_user(store: Store) -> None:
    nobodys = [call(f"unknown-{n}", "one", seq=n) for n in range(1, 6)]
    assert (await save(store, nobodys)).not_kept == 0
    assert (await save(store, [call("unknown", "one", seq=n) for n in range(1, 6)])).not_kept == 2
    personal = [call(f"pin-{n}", "one", seq=n, origin="ada") for n in range(1, 6)]
    assert (await save(store, personal)).not_kept == 2


async def test_a_clock_that_was_ahead_locks_nobody_out(store: Store) -> None:
    await save(store, [call("adas", "one", NOW + 30 * DAY, seq) for seq in range(1, 9)])
    assert (await save(store, [call("adas", "one", seq=9)])).messages == 1


async def test_a_clock_that_went_back_gives_no_more_than_a_budget(store: Store) -> None:
    await save(store, [call("adas", "one", seq=seq) for seq in range(1, 9)])
    for back in 1_000, DAY // 2:
        assert (await save(store, [call("adas", "one", NOW - back, seq) for seq in range(1, 9)])).not_kept == 8
    later = [call("adas", "one", NOW - DAY // 2 + DAY, seq) for seq in range(1, 9)]
    assert (await save(store, later)).not_kept == 5


@pytest.mark.parametrize("jump", [-2 * DAY, 2 * DAY])
async def test_whatever_the_wall_clock_shows_it_fills_again_as_time_passes(store: Store, jump: Millis) -> None:
    def calls(counted_at: Millis, seq: int) -> list[Delivery]:
        sent = [call("adas", "one", seq=seq + n) for n in range(8)]
        return [replace(one, counted_at=counted_at, received_at=NOW + jump) for one in sent]

    assert (await save(store, calls(NOW, 1))).not_kept == 5
    jump = 0
    assert (await save(store, calls(NOW + 1, 11))).not_kept == 8
    assert (await save(store, calls(NOW + DAY, 21))).not_kept == 5


async def test_what_one_has_used_is_read_for_many_at_once(store: Store) -> None:
    def use(tx: Transaction) -> list[bool]:
        budget = Budget(tx, 1000, {"ada", "ben"})  # the third is read when it is used
        used = [budget.use(who, 600, NOW) for who in ("ada", "ben", "ada", "cleo")]
        budget.flush()
        return used

    assert await store.write(use) == [True, True, False, True]
    assert await store.write(use) == [False, False, False, False]


# how many sessions one can have


async def fill(store: Store, origin: str, method: Method, count: int) -> None:
    many = [
        OmiSession(omi_session_id=f"s{n}", origin=origin, user_id="ada", method=method, linked_at=1, created_at=1)
        for n in range(count)
    ]
    await store.write(lambda tx: tx.put_sessions(many))


async def test_nobody_links_more_sessions_than_one_can_have(store: Store) -> None:
    await fill(store, "shared", Method.MANUAL, MOST_SESSIONS - 2)
    await store.write(lambda tx: sessions.link(tx, "the-last", "ada", WHEN))
    with pytest.raises(TooManySessions):
        await store.write(lambda tx: sessions.link(tx, "one-more", "ada", WHEN))
    await store.write(lambda tx: sessions.link(tx, "the-last", "ada", WHEN))
    await store.write(lambda tx: sessions.link(tx, "one-more", "ben", WHEN))
    await store.write(lambda tx: sessions.unlink(tx, "s1", "ada", WHEN))
    await store.write(lambda tx: sessions.link(tx, "another", "ada", WHEN))


async def test_at_a_personal_address_one_too_many_is_put_aside_and_makes_none(store: Store) -> None:
    await fill(store, "ada", Method.PERSONAL, MOST_SESSIONS - 2)
    calls = [call(name, "one", seq=n, origin="ada") for n, name in enumerate(["new", "newer", "new", "s1"], 1)]
    saved = await save(store, calls, 10**9)
    assert saved.quarantined == {2: ONE_TOO_MANY}
    assert saved.messages == 3
    assert await store.read(lambda tx: tx.sessions(["ada/newer"])) == {}
    assert await store.read(lambda tx: tx.count_sessions("ada")) == MOST_SESSIONS
