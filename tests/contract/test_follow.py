"""A stream from its first frame to its last, over every store and every bus."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from contract_support import Collected
from support import Turned

from omilink.accounts import signing_in
from omilink.accounts.signing_in import TOKEN_LIFE, AuthenticatedUser, fingerprint
from omilink.clock import Millis
from omilink.database.store import Store, Transaction
from omilink.errors import Unavailable
from omilink.live import event_log, live_stream
from omilink.live.bus import Bus, Hint
from omilink.live.event_log import Frame
from omilink.live.live_stream import COMMENT_EVERY, HEARTBEAT, LiveStream, Quiet
from omilink.models.event import Event
from omilink.models.json import json_text
from omilink.models.user import User

pytestmark = pytest.mark.anyio

NOON: Millis = 1_790_000_000_000
TOKEN = "adas token"


class Stream:
    """Frames as a client gets them, one by one."""

    def __init__(self, live: LiveStream, reader: Collected) -> None:
        self.live, self.reader = live, reader
        self._frames: list[Frame] = []
        self.last_id = ""

    async def next(self) -> dict[str, Any]:
        while not self._frames:
            batch = await self.reader.next()
            assert not isinstance(batch, Quiet)
            self._frames = list(batch)
        frame = self._frames.pop(0)
        self.last_id = frame.id
        event: dict[str, Any] = json.loads(frame.data)
        return event

    async def types(self, count: int) -> list[str]:
        return [(await self.next())["type"] for _ in range(count)]

    async def ends(self) -> bool:
        await self.reader.over()
        return not self._frames and self.reader.batches.empty()


@pytest.fixture
async def ada(store: Store, clock: Turned) -> AuthenticatedUser:
    user = User(id="ada", email="ada@example.org", display_name=None, created_at=NOON)
    await store.write(lambda tx: signing_in.add(tx, user, "hash", TOKEN))
    return AuthenticatedUser(user, fingerprint(TOKEN), NOON + TOKEN_LIFE)


@pytest.fixture
def clock(counted: Turned) -> Turned:
    counted.at = NOON
    return counted


@pytest.fixture
def open_stream(store: Store, bus: Bus, ada: AuthenticatedUser, clock: Turned) -> Callable[..., Stream]:
    def opened(after: str | None = None) -> Stream:
        stream = Stream(LiveStream(store, bus, clock, ada), Collected())
        stream.live.open(stream.reader, after)
        return stream

    return opened


async def tell(store: Store, bus: Bus, *types: str) -> None:
    await store.write(lambda tx: tx.add_events([event(type) for type in types]))
    bus.publish(["ada"])


async def kept(store: Store, *types: str) -> Sequence[Event]:
    def append(tx: Transaction) -> Sequence[Event]:
        tx.add_events([event(type, "talk") for type in types])
        return tx.events_added()

    return await store.write(append)


def event(type: str, conversation_id: str | None = None) -> Event:
    return Event(user_id="ada", conversation_id=conversation_id, data=json_text({"type": type}))


async def handed_over(bus: Bus, stream: Stream, new: Sequence[Event], count: int | None = None) -> list[str]:
    """What comes of a stream that waits."""
    bus.publish(["ada"], new={"ada": new})
    return await stream.types(len(new) if count is None else count)


async def test_it_begins_with_a_snapshot_and_goes_on_with_what_comes(store: Store, bus: Bus, open_stream: Any) -> None:
    stream = open_stream()
    connected = await stream.next()
    assert (connected["type"], connected["resumed"], connected["cursor"]) == ("connected", False, stream.last_id)
    assert await stream.types(2) == ["update", "caught_up"]
    await tell(store, bus, "one", "two")
    await tell(store, bus, "three")
    assert await stream.types(3) == ["one", "two", "three"]


async def test_it_goes_on_where_another_was_cut(store: Store, bus: Bus, open_stream: Any) -> None:
    first = open_stream()
    await first.types(3)
    await tell(store, bus, "one", "two", "three")
    await first.types(1)
    second = open_stream(first.last_id)
    connected = await second.next()
    assert (connected["resumed"], connected["cursor"]) == (True, first.last_id)
    assert await second.types(3) == ["two", "three", "caught_up"]


async def test_what_is_committed_while_it_opens_comes_once(
    store: Store, bus: Bus, open_stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = asyncio.Event()

    async def read(fn: Callable[[Transaction], object]) -> object:
        await told.wait()
        return await Store.read(store, fn)

    monkeypatch.setattr(store, "read", read)
    stream = open_stream()
    await tell(store, bus, "before it read")
    told.set()
    assert await stream.types(3) == ["connected", "update", "caught_up"]
    await tell(store, bus, "after")
    assert await stream.types(1) == ["after"]


async def test_the_next_events_are_sent_as_they_are_handed_over(store: Store, bus: Bus, open_stream: Any) -> None:
    stream = open_stream()
    await stream.types(3)
    for types in ["one", "two"], ["three"]:
        new = await kept(store, *types)
        await store.write(lambda tx: tx.remove_events("ada", "talk"))  # so that no read finds them
        assert await handed_over(bus, stream, new) == types
    await tell(store, bus, "four")
    assert await stream.types(1) == ["four"]


async def test_what_is_handed_over_and_is_not_next_is_read(store: Store, bus: Bus, open_stream: Any) -> None:
    """Another process wrote the first, and its hint was lost."""
    stream = open_stream()
    await stream.types(3)
    await kept(store, "one")
    new = [*await kept(store, "two"), *await kept(store, "three")]
    assert await handed_over(bus, stream, new, 3) == ["one", "two", "three"]
    assert await handed_over(bus, stream, [*new, *await kept(store, "four")], 1) == ["four"]


async def test_more_than_a_page_of_missed_events_comes_whole_and_in_order(store: Store, open_stream: Any) -> None:
    await store.write(lambda tx: tx.add_events([event(f"event {n}") for n in range(1 + 2 * event_log.PAGE)]))
    name = (await store.read(lambda tx: event_log.current(tx, "ada"))).cursor.partition(".")[0]
    stream = open_stream(f"{name}.1")
    assert await stream.types(2 + 2 * event_log.PAGE) == [
        "connected",
        *(f"event {n}" for n in range(1, 1 + 2 * event_log.PAGE)),
        "caught_up",
    ]


async def test_a_hint_that_was_lost_is_made_up_for_by_looking(store: Store, bus: Bus, open_stream: Any) -> None:
    stream = open_stream()
    await stream.types(3)
    marks = await event_log.watch(store, bus, {})
    await store.write(lambda tx: tx.add_events([event("by another process")]))
    await event_log.watch(store, bus, marks)
    assert await stream.types(1) == ["by another process"]


async def test_who_signs_out_is_told_and_hears_nothing_more(store: Store, bus: Bus, open_stream: Any) -> None:
    stream = open_stream()
    await stream.types(3)
    await store.write(lambda tx: signing_in.sign_out(tx, fingerprint(TOKEN)))
    await store.write(lambda tx: tx.add_events([event("not for this stream")]))
    bus.publish(["ada"], Hint.RIGHTS | Hint.NEW_EVENTS)
    assert await stream.next() == {"type": "signed_out", "reason": "signed_out"}
    assert await stream.ends()


async def test_a_right_that_ended_before_the_stream_listened_opens_nothing(store: Store, open_stream: Any) -> None:
    await store.write(lambda tx: signing_in.sign_out(tx, fingerprint(TOKEN)))
    stream = open_stream()
    assert await stream.next() == {"type": "signed_out", "reason": "signed_out"}
    assert await stream.ends()


async def test_a_sign_in_that_expires_ends_the_stream(bus: Bus, clock: Turned, open_stream: Any) -> None:
    stream = open_stream()
    await stream.types(3)
    clock.at += TOKEN_LIFE
    bus.publish(["ada"])
    assert await stream.next() == {"type": "signed_out", "reason": "expired"}
    assert await stream.ends()


async def test_another_sign_out_of_the_same_user_changes_nothing(store: Store, bus: Bus, open_stream: Any) -> None:
    stream = open_stream()
    await stream.types(3)
    bus.publish(["ada"], Hint.RIGHTS)
    await tell(store, bus, "still here")
    assert await stream.types(1) == ["still here"]


async def test_a_node_that_drains_ends_its_streams(bus: Bus, open_stream: Any) -> None:
    stream = open_stream()
    await stream.types(3)
    bus.drain()
    assert await stream.ends()


async def test_a_silent_stream_shows_that_it_lives(open_stream: Any) -> None:
    stream = open_stream()
    await stream.types(3)
    now = asyncio.get_running_loop().time()
    for silent_for in 0, HEARTBEAT / 2, HEARTBEAT, HEARTBEAT:
        stream.live.check(now + silent_for)
    assert [await stream.reader.next() for _ in range(2)] == [Quiet.STILL_HERE] * 2
    assert stream.reader.batches.empty()


async def test_events_that_others_hand_over_are_of_use_only_while_nothing_else_is_to_be_done(
    store: Store, bus: Bus, open_stream: Any
) -> None:
    stream = open_stream()
    await stream.types(3)
    for other in Hint.NEW_EVENTS, Hint.RIGHTS:
        new = await kept(store, "first", "second")
        bus.publish(["ada"], other)
        bus.publish(["ada"], new={"ada": new[1:]})
        assert await stream.types(2) == ["first", "second"]


async def test_a_slow_reader_holds_no_events_and_gets_them_once_it_has_room(
    store: Store, bus: Bus, open_stream: Any
) -> None:
    stream = open_stream()
    await stream.types(3)
    stream.reader.stop()
    for type in "one", "two", "three":
        bus.publish(["ada"], new={"ada": await kept(store, type)})
    await stream.reader.asked()
    assert stream.reader.batches.empty()
    stream.reader.go_on()
    assert await stream.types(3) == ["one", "two", "three"]
    assert await handed_over(bus, stream, await kept(store, "four")) == ["four"]


async def test_a_slow_reader_is_asked_for_room_when_a_comment_is_due(open_stream: Any) -> None:
    """So that one that makes none is dropped."""
    stream = open_stream()
    await stream.types(3)
    stream.reader.stop()
    stream.live.check(asyncio.get_running_loop().time() + HEARTBEAT)
    await stream.reader.asked()
    assert stream.reader.batches.empty()


async def test_a_reader_that_has_gone_is_subscribed_no_more(store: Store, bus: Bus, open_stream: Any) -> None:
    gone, other = open_stream(), open_stream()
    await gone.types(3)
    await other.types(3)
    gone.reader.end()
    gone.live.close()
    assert bus.listeners() == {"ada": 1}
    await tell(store, bus, "for the other")
    assert await other.types(1) == ["for the other"]
    assert gone.reader.batches.empty()


async def test_a_waiting_stream_has_no_task(store: Store, bus: Bus, open_stream: Any) -> None:
    stream = open_stream()
    await stream.types(3)
    assert stream.live._task is None
    assert await handed_over(bus, stream, await kept(store, "one")) == ["one"]
    assert stream.live._task is None
    await tell(store, bus, "two")
    assert stream.live._task is not None
    assert await stream.types(1) == ["two"]
    assert stream.live._task is None


async def test_a_stream_waits_while_the_database_is_away_and_says_so(
    store: Store, bus: Bus, open_stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = open_stream()
    await stream.types(3)
    monkeypatch.setattr(live_stream, "AGAIN", (0.0, 0.0))
    away = 2 * COMMENT_EVERY + 1
    tries = 0

    async def read(fn: Callable[[Transaction], object]) -> object:
        nonlocal tries
        tries += 1
        if tries <= away:
            raise Unavailable("The database is away.", 1)
        return await Store.read(store, fn)

    await kept(store, "meanwhile")
    monkeypatch.setattr(store, "read", read)
    bus.publish(["ada"])
    assert [await stream.reader.next() for _ in range(3)] == [Quiet.DATABASE_AWAY] * 3
    assert await stream.types(1) == ["meanwhile"]
