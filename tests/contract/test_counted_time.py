"""No jump of a clock ends or prolongs anything, on either database and over restarts."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from contract_support import Collected, moment
from msgspec.structs import replace
from sqlalchemy import Engine, update

from omilink import clock
from omilink.accounts import personal_webhook, signing_in
from omilink.accounts.signing_in import TICKET_LIFE, TOKEN_LIFE, fingerprint
from omilink.clock import Millis
from omilink.counted_time import MOST, CountedTime
from omilink.database import dialects, schema, work
from omilink.database.queue import SqlQueue
from omilink.database.removal import PLAYED_AGAIN
from omilink.database.store import Store, Transaction
from omilink.database.threads import DatabaseThreads
from omilink.ingest import saving
from omilink.linking import omi_accounts, sessions
from omilink.linking.omi_accounts import CODE_LIFE
from omilink.live.live_stream import HEARTBEAT, LiveStream, Quiet
from omilink.live.local_bus import LocalBus
from omilink.models import ids
from omilink.models.audit import By
from omilink.models.delivery import Delivery
from omilink.models.event import Event
from omilink.models.user import User

pytestmark = pytest.mark.anyio

NOON: Millis = 1_790_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
JUMPS = [-2 * DAY, 2 * DAY]
GAP = 150.0

Disturb = Callable[[], Awaitable[None]]
"""A jump of the clock, while the server runs or between two runs."""


class Site:
    """One installation, whose clocks the test sets: `wall` is everybody's, `passed` what really passes."""

    def __init__(self, database: DatabaseThreads) -> None:
        self._database = database
        self.wall, self.passed = NOON, 0
        self.start()

    def start(self) -> None:
        self.counted = CountedTime(lambda: self.passed)
        self.store = Store(self._database, self.counted)

    async def restart(self) -> None:
        self.start()
        await self.do(lambda tx: tx.counted())

    async def do(self, fn: Callable[[Transaction], object]) -> object:
        return await self.store.write(fn)

    async def passes(self, time: Millis) -> None:
        """As long as it takes, with the looks and notes of a running server."""
        while time > 0:
            step = min(time, MOST)
            self.wall, self.passed, time = self.wall + step, self.passed + step, time - step
            self.counted()
        await self.do(lambda tx: tx.note_counted())

    async def jumps(self, by: Millis) -> None:
        self.wall += by
        await self.do(lambda tx: tx.note_counted())


@pytest.fixture
async def site(database: DatabaseThreads, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(database)
    monkeypatch.setattr(clock, "now", lambda: site.wall)
    monkeypatch.setattr(ids, "now", lambda: site.wall)
    monkeypatch.setattr(work, "wall_clock", lambda connection: site.wall)
    ada = User(id="ada", email="ada@example.org", display_name=None, created_at=NOON)
    await site.do(lambda tx: signing_in.add(tx, ada, "hash", "token"))
    await site.passes(1)
    return site


@pytest.fixture(params=JUMPS, ids=lambda jump: f"{jump / HOUR:+.1f}h")
def jump(request: pytest.FixtureRequest) -> Millis:
    return int(request.param)


@pytest.fixture(params=[False, True], ids=["running", "restarted"])
def restarts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def disturb(site: Site, jump: Millis, restarts: bool) -> Disturb:
    async def disturb() -> None:
        if restarts:
            site.wall += jump
            await site.restart()
        await site.jumps(0 if restarts else jump)

    return disturb


async def test_a_sign_in_lasts_thirty_days(site: Site, disturb: Disturb) -> None:
    await _lasts(site, disturb, TOKEN_LIFE, lambda tx: tx.token_holder(fingerprint("token"), tx.counted()))


async def test_a_sign_in_of_a_clock_that_was_ahead_lasts_no_longer(site: Site, jump: Millis) -> None:
    await site.jumps(jump)
    signed_in = User(id="ada", email="ada@example.org", display_name=None, created_at=NOON)
    await site.do(lambda tx: signing_in.sign_in(tx, signed_in, "second", clock.now()))
    await site.jumps(-jump)
    await site.passes(TOKEN_LIFE - MINUTE)
    assert await site.do(lambda tx: tx.token_holder(fingerprint("second"), tx.counted()))
    await site.passes(2 * MINUTE)
    assert not await site.do(lambda tx: tx.token_holder(fingerprint("second"), tx.counted()))


async def test_using_a_sign_in_gives_it_its_full_life_and_no_more(site: Site, jump: Millis) -> None:
    def use(tx: Transaction) -> None:
        who = signing_in.holder(tx, fingerprint("token"), tx.counted())
        if signing_in.wants_renewal(who, tx.counted()):
            signing_in.renew(tx, who, tx.counted())

    await site.passes(2 * DAY)
    await site.jumps(jump)
    await site.do(use)
    await site.jumps(-jump)
    await site.passes(TOKEN_LIFE - MINUTE)
    assert await site.do(lambda tx: tx.token_holder(fingerprint("token"), tx.counted()))
    await site.passes(2 * MINUTE)
    assert not await site.do(lambda tx: tx.token_holder(fingerprint("token"), tx.counted()))


async def test_a_ticket_lasts_a_minute(site: Site, jump: Millis) -> None:
    """Not over a restart, which may have taken five of them for all anybody knows."""
    who = await site.store.read(lambda tx: signing_in.holder(tx, fingerprint("token"), tx.counted()))
    await site.do(lambda tx: signing_in.issue_ticket(tx, who, "ticket", tx.counted()))
    await site.jumps(jump)
    await site.passes(TICKET_LIFE - 2)
    assert await site.do(lambda tx: tx.peek_ticket(fingerprint("ticket"), tx.counted()))
    await site.passes(2)
    assert not await site.do(lambda tx: tx.peek_ticket(fingerprint("ticket"), tx.counted()))


async def test_a_number_and_a_sentence_last_ten_minutes(site: Site, disturb: Disturb) -> None:
    await site.do(lambda tx: omi_accounts.start(tx, "uid", "ada", moment(site.wall), By("ada"), by_phone=True))
    await _lasts(site, disturb, CODE_LIFE, lambda tx: tx.challenges_of("ada", tx.counted()))


async def test_the_sentence_counts_in_a_call_that_comes_after_the_jump(site: Site, disturb: Disturb) -> None:
    started = await site.store.write(
        lambda tx: omi_accounts.start(tx, "uid", "ada", moment(site.wall), By("ada"), by_phone=False)
    )
    await disturb()
    said = Delivery(
        seq=1,
        kind="transcript",
        session_id="uid",
        uid="uid",
        proven=True,
        body=f'{{"segments": [{{"text": "{started.say}", "start": 0, "end": 4}}]}}'.encode(),
        received_at=site.wall,
        counted_at=site.counted(),
    )
    await site.do(lambda tx: saving.save_all(tx, [said], GAP))
    assert await site.do(lambda tx: tx.users_verified_for(["uid"])) == {"uid": "ada"}


async def test_the_personal_url_before_lasts_a_day(site: Site, disturb: Disturb) -> None:
    (first,) = await site.store.write(lambda tx: personal_webhook.rotate(tx, "ada", site.wall))
    await site.do(lambda tx: personal_webhook.rotate(tx, "ada", site.wall))
    await _lasts(
        site, disturb, personal_webhook.GRACE, lambda tx: tx.personal_url_owner(fingerprint(first.secret), tx.counted())
    )


async def test_a_link_lasts_as_long_as_is_set_after_the_last_call(site: Site, disturb: Disturb) -> None:
    ttl = 3 * DAY
    await site.do(lambda tx: sessions.link(tx, "kitchen", "ada", moment(site.wall)))

    def is_linked(tx: Transaction) -> bool:
        sessions.expire(tx, tx.counted() - ttl, moment(site.wall), 10)
        return sessions.find(tx, "kitchen", 0).user_id == "ada"

    await _lasts(site, disturb, ttl, is_linked)


async def test_what_is_kept_for_days_is_kept_for_days(site: Site, database: DatabaseThreads, disturb: Disturb) -> None:
    """Raw calls, words and calls of nobody's, events for resuming, and what tells a signed call that was saved."""
    keep, inbox = 3 * DAY, SqlQueue(database)
    call = Delivery(
        kind="transcript",
        session_id="attic",
        signature="signature",
        body=b'{"segments": [{"text": "hello", "start": 0, "end": 1}]}',
        received_at=site.wall,
        counted_at=site.counted(),
    )
    await inbox.put(call)
    (taken,) = await inbox.take(10, site.counted())
    await site.do(lambda tx: saving.save_all(tx, [taken], GAP))
    await inbox.done([taken.seq], {})
    await inbox.keep(replace(call, session_id="cellar"), "quarantined", "a reason")
    await site.do(lambda tx: tx.add_events([Event(user_id="ada", data="{}")]))

    def tidy(tx: Transaction) -> object:
        at = tx.counted()
        tx.prune(now=at, deliveries_before=at - keep, unlinked_before=at - keep, events_before=at - keep, most=100)
        return tx.ownerless_counts(10) and tx.events_after("ada", 0, 10) and tx.log_bounds("ada")[0] == 0

    await disturb()
    assert await site.do(tidy)
    assert await inbox.counts() == {"quarantined": 1}
    assert len(await inbox.jobs(None, None, 10)) == 2
    assert await site.do(lambda tx: tx.known_signatures({"signature"}))
    await site.passes(PLAYED_AGAIN + MINUTE)
    assert await site.do(tidy) and not await site.do(lambda tx: tx.known_signatures({"signature"}))
    await site.passes(keep)
    assert not await site.do(tidy)
    assert await inbox.jobs(None, None, 10) == []


async def test_a_stream_goes_on_over_a_jump_and_ends_with_its_sign_in(site: Site, jump: Millis) -> None:
    who = await site.store.read(lambda tx: signing_in.holder(tx, fingerprint("token"), tx.counted()))
    stream, reader = LiveStream(site.store, LocalBus(), site.counted, who), Collected()
    stream.open(reader, None)
    async with asyncio.timeout(30):
        await reader.next()
        await reader.next()
        await site.jumps(jump)
        stream.check(now=asyncio.get_running_loop().time() + HEARTBEAT)
        assert await reader.next() is Quiet.STILL_HERE
        await site.passes(TOKEN_LIFE)
        stream.check(now=asyncio.get_running_loop().time())
        last = await reader.next()
    assert not isinstance(last, Quiet) and '"signed_out"' in last[-1].data and '"expired"' in last[-1].data


async def test_every_node_of_a_database_counts_alike(site: Site, database: DatabaseThreads, jump: Millis) -> None:
    await site.passes(HOUR)
    node = CountedTime(lambda: 12_345)
    site.wall += jump
    other = Store(database, node)
    await other.write(lambda tx: tx.note_counted())
    since = min(max(0, jump), MOST)
    assert node() == site.counted() + since
    await site.do(lambda tx: tx.note_counted())
    assert node() == site.counted()


async def test_a_database_from_before_goes_on_at_the_wall_clock(site: Site, engine: Engine) -> None:
    """What it holds was written in the wall clock's time, and stays valid for as long as it was."""
    with engine.begin() as connection:
        connection.execute(schema.meta.delete().where(schema.meta.c.name == work.COUNTED))
        connection.execute(update(schema.tokens).values(expires_at=site.wall + DAY))
    await site.restart()
    assert site.counted() == site.wall
    await site.passes(DAY - MINUTE)
    assert await site.do(lambda tx: tx.token_holder(fingerprint("token"), tx.counted()))


async def test_a_database_from_before_does_not_go_back_with_a_clock_that_begins_at_0(
    site: Site, engine: Engine
) -> None:
    """As that of a small machine without a battery does, until the network is there."""
    with engine.begin() as connection:
        connection.execute(schema.meta.delete().where(schema.meta.c.name == work.COUNTED))
    site.wall = 0
    await site.restart()
    assert site.counted() == NOON
    site.wall = NOON + DAY
    await site.passes(TOKEN_LIFE - MINUTE)
    assert await site.do(lambda tx: tx.token_holder(fingerprint("token"), tx.counted()))
    await site.passes(2 * MINUTE)
    assert not await site.do(lambda tx: tx.token_holder(fingerprint("token"), tx.counted()))


async def test_the_databases_own_clock_tells_what_passed_while_nothing_ran(database: DatabaseThreads) -> None:
    shown = await database.read(dialects.wall_clock)
    assert abs(shown - clock.now()) < HOUR


async def _lasts(site: Site, disturb: Disturb, life: Millis, is_valid: Callable[[Transaction], object]) -> None:
    """For as long as it should, give or take what may be taken for the time of a restart."""
    assert await site.do(is_valid)
    await disturb()
    assert await site.do(is_valid), "the jump ended it"
    await site.passes(life - MOST - 2)
    assert await site.do(is_valid), "it ended too early"
    await site.passes(MOST + 3)
    assert not await site.do(is_valid), "it lasts too long"
