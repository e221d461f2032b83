"""What was said off the record is not kept, whenever and however it comes. On both databases."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from properties.histories import NOON, at, call, empty_store, save, say, talks, turn, verify
from sqlalchemy import Engine

from omilink.conversations import recording
from omilink.database.queue import SqlQueue
from omilink.database.store import Store, Transaction
from omilink.errors import Invalid
from omilink.ingest import saving
from omilink.ingest.saving import Saved
from omilink.ingest.worker import Worker
from omilink.live.local_bus import LocalBus
from omilink.models.delivery import Delivery
from omilink.models.json import time_text
from omilink.models.omi_account import Challenge
from omilink.models.recording import Recording
from omilink.models.user import User

A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
BEFORE, WITHIN, AFTER = "The kettle is on.", "Nobody may hear this.", "The tea is ready."


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        yield tx


def pause(tx: Transaction, seconds: float, until: float | None = None, user: str = "ada") -> Recording:
    turn(tx, seconds)
    return recording.pause(tx, user, None if until is None else at(until), lambda: at(seconds))


def resume(tx: Transaction, seconds: float, user: str = "ada", wall: float | None = None) -> Recording:
    turn(tx, seconds)
    return recording.resume(tx, user, lambda: at(seconds if wall is None else wall))


def live(heard: float, *segments: dict[str, Any], wall: float | None = None) -> Delivery:
    return call(heard, *segments, session=A, uid=A, wall=wall)


def record(heard: float, *segments: dict[str, Any], began: float | None = 0, **more: Any) -> Delivery:
    said = {"title": "A secret", "overview": "They said a secret.", "emoji": "🤫", "category": "work"}
    said |= {
        "action_items": [{"description": "Keep the secret"}],
        "events": [{"title": "A secret", "start": time_text(NOON)}],
    }
    body = {"id": "omi-1", "structured": said, "transcript_segments": segments} | more
    if began is not None:
        body |= {"started_at": time_text(at(began))}
    return replace(call(heard, session=A, uid=A), kind="conversation", body=json.dumps(body).encode())


def said(tx: Transaction) -> list[str]:
    return [message.text for one in talks(tx, "ada", A) for message in tx.messages(one.id, 100)]


def calls_not_kept(tx: Transaction) -> int:
    return tx.not_kept("ada").calls


def is_removed(saved: Saved, delivery: Delivery) -> bool:
    """Whether nothing is left of the raw call."""
    return delivery.seq in saved.dropped and saved.off_record == 1


def test_what_comes_live_while_paused_is_not_kept(tx: Transaction) -> None:
    save(tx, live(10, say(BEFORE, 8)))
    pause(tx, 20)
    unheard = live(32, say(WITHIN, 30))
    assert is_removed(save(tx, unheard), unheard)
    resume(tx, 40)
    save(tx, live(52, say(AFTER, 50)))
    assert said(tx) == [BEFORE, AFTER]
    assert len(talks(tx, "ada", A)) == 1
    assert recording.now(tx, "ada", at(52)).state == "on"
    assert tx.not_kept("ada").last_at == at(32)


def test_of_a_call_the_segments_outside_the_pause_are_kept(tx: Transaction) -> None:
    """A backlog that comes after resuming, on a clock that is known, and its repeat."""
    save(tx, live(2, say("Hello.", 0)))
    pause(tx, 20)
    resume(tx, 40)
    backlog = live(70, say(BEFORE, 10), say(WITHIN, 25), say(AFTER, 45))
    assert is_removed(save(tx, backlog), backlog)
    told = [json.loads(one.data)["type"] for one in tx.events_after("ada", 0, 100)]
    assert told.count("new_messages") == 2, "one for each call"
    save(tx, replace(backlog, seq=backlog.seq + 1000, order=at(71), received_at=at(71)))
    assert said(tx) == ["Hello.", BEFORE, AFTER]
    assert calls_not_kept(tx) == 2


@pytest.mark.parametrize("start", [18.5, 39.5])
def test_a_segment_that_is_partly_off_the_record_is_not_kept(tx: Transaction, start: float) -> None:
    save(tx, live(2, say("Hello.", 0)))
    pause(tx, 20)
    resume(tx, 40)
    save(tx, live(50, say(WITHIN, start)))
    assert said(tx) == ["Hello."]


def test_a_backlog_on_a_clock_of_its_own_is_cut_by_when_it_came(tx: Transaction) -> None:
    pause(tx, 20)
    resume(tx, 40)
    save(tx, live(60, say(BEFORE, 100), say(WITHIN, 125), say(AFTER, 150)))
    assert said(tx) == [BEFORE, AFTER]


def test_a_late_call_from_before_the_pause_is_kept(tx: Transaction) -> None:
    save(tx, live(2, say("Hello.", 0)))
    pause(tx, 20)
    save(tx, live(30, say(BEFORE, 10)))
    assert said(tx) == ["Hello.", BEFORE]
    assert calls_not_kept(tx) == 0


def test_a_clock_that_begins_anew_within_the_pause_brings_nothing(tx: Transaction) -> None:
    """Its seconds are those of words from before the pause."""
    save(tx, live(15, say("Hello.", 0), say(BEFORE, 12)))
    pause(tx, 18)
    save(tx, live(32, say(WITHIN, 4), say(WITHIN, 7)))
    assert said(tx) == ["Hello.", BEFORE]


@pytest.mark.parametrize("known_before", [True, False])
def test_repeats_after_resuming_stay_away(tx: Transaction, known_before: bool) -> None:
    if known_before:
        save(tx, live(10, say("Hello.", 8)))
    pause(tx, 20)
    for number in range(5):
        save(tx, live(32 + 3 * number, say(WITHIN, 30 + 3 * number)))
    resume(tx, 50)
    for number in range(5):
        save(tx, live(51 + number, say(WITHIN, 30 + 3 * number)))
    save(tx, live(60, say(AFTER, 58)), live(64, say("And the cake.", 62)))
    assert said(tx) == ["Hello."] * known_before + [AFTER, "And the cake."]
    assert len(talks(tx, "ada", A)) == 1


def test_words_without_a_time_are_not_kept_while_paused(tx: Transaction) -> None:
    pause(tx, 20)
    save(tx, live(30, say(WITHIN)))
    resume(tx, 40)
    save(tx, live(50, say(AFTER)))
    assert said(tx) == [AFTER]


@pytest.mark.parametrize("end", [14, 10])
def test_a_segment_does_not_grow_off_the_record(tx: Transaction, end: float) -> None:
    """Whatever end the device gives it."""
    known = {"id": "10000000-0000-4000-8000-000000000000"}
    save(tx, live(10, say(BEFORE, 8, 10, **known)))
    pause(tx, 11)
    grown = live(14, say(f"{BEFORE} {WITHIN}", 8, end, **known))
    assert is_removed(save(tx, grown), grown)
    assert said(tx) == [BEFORE]


def test_a_pause_ends_by_itself_at_its_time(tx: Transaction) -> None:
    assert pause(tx, 20, until=40).until == at(40)
    save(tx, live(32, say(WITHIN, 30)), live(62, say(AFTER, 60)))
    assert said(tx) == [AFTER]
    assert recording.now(tx, "ada", at(39)).state == "paused"
    assert recording.now(tx, "ada", at(40)).state == "on"


def test_a_pause_gets_another_end(tx: Transaction) -> None:
    pause(tx, 20, until=30)
    assert pause(tx, 25).until is None
    assert pause(tx, 26, until=50).until == at(50)
    save(tx, live(34, say(WITHIN, 32)), live(62, say(AFTER, 60)))
    assert said(tx) == [AFTER]
    with pytest.raises(Invalid):
        pause(tx, 70, until=60)


def test_only_the_user_is_off_the_record_who_paused(tx: Transaction) -> None:
    pause(tx, 20, user="ben")
    save(tx, live(32, say(AFTER, 30)))
    assert said(tx) == [AFTER]


def test_a_wall_clock_that_is_set_back_ends_no_pause(tx: Transaction) -> None:
    pause(tx, 20)
    save(tx, live(32, say(WITHIN, 30), wall=-3600))
    resume(tx, 40, wall=-3592)
    save(tx, live(62, say(AFTER, 60), wall=-3570))
    assert said(tx) == [AFTER]


# records


def test_a_record_does_not_bring_it_back(tx: Transaction) -> None:
    save(tx, live(10, say(BEFORE, 8)))
    pause(tx, 30)
    save(tx, live(42, say(WITHIN, 40)))
    resume(tx, 60)
    save(tx, live(82, say(AFTER, 80)))
    recorded = record(100, say(BEFORE, 8), say("A word between.", 12), say(WITHIN, 40), say(AFTER, 80))
    for heard in 100, 200:
        again = replace(recorded, seq=recorded.seq + heard, order=at(heard), received_at=at(heard))
        assert is_removed(save(tx, again), again)
    assert said(tx) == [BEFORE, "A word between.", AFTER]
    [talk] = talks(tx, "ada", A)
    assert (talk.shown_title, talk.title_source, talk.summary, talk.emoji) == (BEFORE, "words", None, None)
    assert (*talk.action_items, *talk.events, *talk.sections, talk.category) == (None,)


def test_a_record_that_was_wholly_off_the_record_leaves_nothing(tx: Transaction) -> None:
    pause(tx, 0)
    save(tx, record(100, say(WITHIN, 40)))
    assert talks(tx, "ada", A) == []
    assert calls_not_kept(tx) == 1


@pytest.mark.parametrize("recorded", [record(100, say(WITHIN, 40), began=None), record(100, say(WITHIN))])
def test_a_record_without_times_is_not_kept_after_a_pause(tx: Transaction, recorded: Delivery) -> None:
    pause(tx, 30)
    resume(tx, 60)
    save(tx, recorded)
    assert talks(tx, "ada", A) == []


def test_a_record_beside_a_pause_is_whole(tx: Transaction) -> None:
    pause(tx, 100)
    resume(tx, 200)
    save(tx, record(300, say(BEFORE, 10), say(AFTER, 250)))
    [talk] = talks(tx, "ada", A)
    assert (talk.shown_title, said(tx)) == ("A secret", [BEFORE, AFTER])


def test_what_a_record_of_an_earlier_part_said_stays(tx: Transaction) -> None:
    save(tx, record(20, say(BEFORE, 8)))
    pause(tx, 60)
    resume(tx, 90)
    save(tx, record(100, say(BEFORE, 8), say(WITHIN, 70)))
    [talk] = talks(tx, "ada", A)
    assert (talk.shown_title, len(talk.action_items), said(tx)) == ("A secret", 1, [BEFORE])


@pytest.mark.parametrize(("paused", "is_kept"), [(20, False), (3 * 86_400, True)])
def test_the_summary_of_a_day_with_a_pause_is_not_kept(tx: Transaction, paused: float, is_kept: bool) -> None:
    pause(tx, paused, until=paused + 60)
    date = (time_text(NOON) or "")[:10]
    body = {"summary": "The day", "summary_json": {"headline": "A secret", "date": date}, "date": date}
    summary = replace(call(9000, session=A, uid=A), kind="day_summary", body=json.dumps(body).encode())
    saved = save(tx, summary)
    assert bool(tx.days_of("ada", 10)) is is_kept
    assert is_removed(saved, summary) is not is_kept


def test_the_call_that_proves_an_account_keeps_nothing_else_of_a_pause(tx: Transaction) -> None:
    """Until the sentence is found, the call is nobody's."""
    uid, say_this = "b" * 28, "link dinner carpet mermaid season seven"
    asked = Challenge(
        user_id="ada", uid=uid, say=say_this, number_hash=None, include_earlier=False, expires_at=at(99_999)
    )
    tx.put_challenge(asked)
    pause(tx, 20)
    save(tx, replace(call(32, say(WITHIN, 26), say(say_this, 29), session=uid, uid=uid), proven=True))
    assert tx.users_verified_for({uid}) == {uid: "ada"}
    assert [m.text for one in talks(tx, "ada", uid) for m in tx.messages(one.id, 100) if WITHIN in m.text] == []


# calls that nobody sees


def test_a_call_that_goes_into_quarantine_is_not_kept_there(tx: Transaction) -> None:
    save(tx, live(10, say(BEFORE, 8)))
    verify(tx, "anothers" * 3, "ben", NOON)
    pause(tx, 20)
    refused = call(30, say(WITHIN, 28), session=A, uid="anothers" * 3)
    saved = save(tx, refused)
    assert is_removed(saved, refused)
    assert not saved.quarantined
    resume(tx, 40)
    later = call(40 + 2 * 3600, say(AFTER, 28), session=A, uid="anothers" * 3)
    assert save(tx, later).quarantined.keys() == {later.seq}


@pytest.mark.parametrize("kind", ["conversation", "day_summary"])
def test_what_contradicts_itself_and_tells_of_a_pause_is_not_kept_in_quarantine(tx: Transaction, kind: str) -> None:
    pause(tx, 20, until=60)
    late = record(3 * 3600, say(WITHIN, 28))
    if kind == "day_summary":
        body = {"summary": "The day", "summary_json": {"headline": "A secret", "date": (time_text(NOON) or "")[:10]}}
        late = replace(late, kind=kind, body=json.dumps(body).encode())
    late = replace(late, contradiction="two_uids")
    assert is_removed(save(tx, late), late)


def test_a_call_that_contradicts_itself_is_not_kept_in_quarantine(tx: Transaction) -> None:
    save(tx, live(10, say(BEFORE, 8)))
    pause(tx, 20)
    refused = replace(live(30, say(WITHIN, 28)), contradiction="two_uids")
    assert is_removed(save(tx, refused), refused)


@pytest.mark.anyio
async def test_a_call_that_cannot_be_saved_is_not_kept(
    store: Store, table: SqlQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    def prepare(tx: Transaction) -> None:
        tx.add_user(User(id="ada", email="ada@example.org", display_name=None, created_at=0), "-")
        verify(tx, A, "ada", NOON)
        recording.pause(tx, "ada", None, lambda: NOON)

    await store.write(prepare)
    monkeypatch.setattr(saving, "save_all", fail)
    await table.put(live(30, say(WITHIN, 28)))
    worker = Worker(store, table, LocalBus(), gap=120, clock=lambda: at(30), count=lambda _: None)
    worker.stop()
    async with asyncio.timeout(60):
        await worker.run()
    assert await table.jobs(None, None, 10) == []
