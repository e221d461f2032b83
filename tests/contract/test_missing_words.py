"""Words that are missing upstream, told once to the user of the session that misses them. On both databases."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from properties.histories import NOON, at, call, empty_store, moment, save, say, turn, verify
from sqlalchemy import Engine

from omilink.clock import DAY, HOUR
from omilink.database.store import Transaction
from omilink.ingest.batch import DeliveryBatch
from omilink.linking import health, sessions, watchdog
from omilink.models.delivery import Delivery
from omilink.models.habits import habits_of
from omilink.models.session import Alarm, Method, OmiSession

UID = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
KEY = f"shared/{UID}"


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        verify(tx, UID, "ada", NOON)
        yield tx


def session(tx: Transaction) -> OmiSession:
    return tx.sessions([KEY])[KEY]


def told(tx: Transaction, user_id: str = "ada") -> list[dict[str, str]]:
    """The health that the user's streams were told, oldest first."""
    events = [json.loads(event.data) for event in tx.events_after(user_id, 0, 1000)]
    return [event["session"]["health"] for event in events if event["type"] == "session_health_changed"]


def look(tx: Transaction, clock: float, wall: float | None = None) -> set[str]:
    """What the server does every few minutes."""
    turn(tx, clock)
    now = at(clock if wall is None else wall)
    keys, _ = watchdog.due(tx, "", now)
    return watchdog.tell(tx, keys, now)


def heard(tx: Transaction, clock: float, *, words: int = 40, start: float = 0.0) -> None:
    turn(tx, clock)
    text = " ".join(f"word{number}at{clock:.0f}" for number in range(words))
    save(tx, call(clock, say(text, start, start + words / 3), session=UID, uid=UID))


def record(clock: float, *segments: dict[str, Any], id: str = "a-talk") -> Delivery:
    body = {"id": id, "structured": {"title": "A talk"}, "transcript_segments": segments}
    return replace(call(clock, session=UID, uid=UID), kind="conversation", body=json.dumps(body).encode())


def lost(number: int, words: int = 20) -> dict[str, Any]:
    """A segment that never came live."""
    return say(" ".join(f"lost{number}x{word}" for word in range(words)), 100.0 + 10 * number, 108.0 + 10 * number)


# words that only records have


def test_missing_words_are_told_at_once_and_once(tx: Transaction) -> None:
    heard(tx, 60)
    save(tx, record(400, *map(lost, range(6))))
    assert session(tx).alarm is Alarm.WORDS_MISSING
    save(tx, record(500, *map(lost, range(7))))
    heard(tx, 900)
    assert look(tx, 1000) == set()
    [alarm] = told(tx)
    assert alarm["status"] == "failing"
    assert alarm["message"].startswith("75 % of the words of the last day came only by OMI's record")
    assert "Real-time Transcript" in alarm["nextStep"]
    shown = health.judged(session(tx), 1, at(1000), {})
    assert shown.message.startswith("64 %")


def test_missing_words_are_over_when_a_day_had_none(tx: Transaction) -> None:
    heard(tx, 60)
    save(tx, record(400, *map(lost, range(6))))
    assert look(tx, 2.5 * DAY / 1000) == {"ada"}
    assert session(tx).alarm is None
    assert [one["status"] for one in told(tx)] == ["failing", "quiet"]


def test_a_record_without_anything_new_is_no_alarm(tx: Transaction) -> None:
    heard(tx, 60, words=400)
    save(tx, record(400, lost(0)))
    save(tx, record(500, lost(0)))
    assert habits_of(session(tx).habits).recorded == 20
    assert told(tx) == []


def test_filled_in_words_that_come_live_after_all_are_not_missing(tx: Transaction) -> None:
    late = call(500, say("hello", 0), session=UID, uid=UID)
    batch = DeliveryBatch(tx, 150, [(late, ())])
    conversation = replace(batch.begun(late), repaired_count=25)
    batch.put_conversation(conversation, new=True)
    batch.put_conversation(replace(conversation, repaired_count=20))
    batch.put_conversation(replace(conversation, repaired_count=4))
    assert batch.words_filled_in == -21
    habits = habits_of(None).had_record(25, NOON).heard(21, NOON, NOON, batch.words_filled_in)
    assert habits.words_of_last_day(NOON) == (21, 4)


# records that do not come


def test_a_missing_record_is_told_after_a_day_and_over_when_one_comes(tx: Transaction) -> None:
    for hour in range(4):
        heard(tx, 3600 * hour)
    assert look(tx, 86_300) == set()
    assert look(tx, 86_500) == {"ada"}
    assert look(tx, 90_000) == set()
    [alarm] = told(tx)
    assert alarm["status"] == "ok"
    assert "no record" in alarm["message"]
    assert "Conversation Events" in alarm["nextStep"]
    turn(tx, 95_000)
    save(tx, record(95_000, say("hello there", 0)))
    assert session(tx).alarm is None
    assert [one["nextStep"] for one in told(tx)][1] is None


# silence


def worn_every_day(tx: Transaction) -> float:
    """Weeks in which the wearable talked for eight hours each day; the clock after them."""
    heard(tx, 0)
    save(tx, record(60, say("hello there", 0)))
    habits = habits_of(session(tx).habits)
    for day in range(28):
        for hour in range(8):
            habits = habits.heard(1, NOON + day * DAY + hour * HOUR, NOON)
    silent_from = NOON + 27 * DAY + 8 * HOUR
    habits = habits.had_record(0, silent_from)
    turn(tx, (silent_from - NOON) / 1000)
    tx.put_sessions([replace(session(tx), habits=habits.text(), last_seen_at=silent_from)])
    return (silent_from - NOON) / 1000


def test_an_unusual_silence_is_told_once_and_is_over_with_the_next_words(tx: Transaction) -> None:
    clock = worn_every_day(tx)
    assert look(tx, clock + 86_400) == set()
    assert look(tx, clock + 2 * 86_400) == {"ada"}
    assert look(tx, clock + 3 * 86_400) == set()
    heard(tx, clock + 3.5 * 86_400)
    silent, over = told(tx)
    assert (silent["status"], over["status"]) == ("failing", "ok")
    assert "charged" in silent["nextStep"]


def test_a_server_that_was_off_misses_nothing(tx: Transaction) -> None:
    """Its counted time has stood still, and the wall clock went on."""
    clock = worn_every_day(tx)
    assert look(tx, clock + 300, wall=clock + 5 * 86_400) == set()


def test_an_alarm_does_not_prolong_a_link(tx: Transaction) -> None:
    clock = worn_every_day(tx)
    tx.put_sessions([replace(session(tx), method=Method.MANUAL)])
    assert look(tx, clock + 2 * 86_400) == {"ada"}
    since = at(clock + 86_400)
    assert sessions.expire(tx, since, moment(clock + 2 * 86_400), 100) == {"ada"}


def test_of_two_nodes_that_look_one_tells(tx: Transaction) -> None:
    clock = worn_every_day(tx) + 2 * 86_400
    turn(tx, clock)
    assert watchdog.tell(tx, [KEY], at(clock)) == {"ada"}
    assert watchdog.tell(tx, [KEY], at(clock)) == set()
    assert len(told(tx)) == 1


def test_sessions_are_watched_page_by_page(tx: Transaction) -> None:
    habits = habits_of(None).heard(1, NOON, NOON).text()
    ids = sorted(f"device-{number}" for number in range(7))
    tx.put_sessions([OmiSession(omi_session_id=one, user_id="ada", habits=habits, created_at=1) for one in ids])
    tx.put_sessions([OmiSession(omi_session_id="nobodys", habits=habits, created_at=1)])
    tx.put_sessions([OmiSession(omi_session_id="silent", user_id="ada", created_at=1)])
    found, after = [], ""
    while page := tx.watched(after, 0, 3):
        assert len(page) <= 3
        found += [one.omi_session_id for one, _ in page]
        after = page[-1][0].id
    assert sorted(found) == ids
    assert tx.watched("", NOON, 10) == []


# who is told


def test_the_next_owner_is_told_nothing_of_the_one_before(tx: Transaction) -> None:
    heard(tx, 60)
    save(tx, record(400, *map(lost, range(6))))
    assert session(tx).alarm is Alarm.WORDS_MISSING
    turn(tx, 500)
    sessions.unlink(tx, UID, "ada", moment(500))
    assert (session(tx).alarm, session(tx).habits) == (None, None)
    save(tx, record(600, *map(lost, range(9))))
    assert look(tx, 1000) == set()
    assert told(tx, "ben") == []
    assert len(told(tx)) == 1


def test_a_device_that_sends_no_records_is_not_asked_for_them(tx: Transaction) -> None:
    sessions.link(tx, "kitchen", "ada", moment(0))
    turn(tx, 10)
    save(tx, call(10, say("word " * 300, 0, 90)))
    assert look(tx, 200_000) == set()
    assert told(tx) == []
