"""What counts as an unusual silence, as missing words and as a missing record, in many made-up weeks."""

import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from omilink.clock import DAY, HOUR, Millis
from omilink.linking import watchdog
from omilink.models.habits import HOURS, Habits, habits_of
from omilink.models.session import Alarm, Method, OmiSession

MONDAY: Millis = 1_793_577_600_000  # 2 November 2026, 0:00 UTC
WEEK = HOURS * HOUR
UID = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
SESSION = OmiSession(omi_session_id=UID, user_id="ada", method=Method.PERSONAL, last_uid=UID, created_at=MONDAY)


def alarm_of(session: OmiSession, at: Millis, counted: Millis, called_at: Millis | None = None) -> Alarm | None:
    return watchdog.alarm_of(session, habits_of(session.habits), at, counted, called_at)


Worn = Callable[[int, int], bool]
"""Whether words come in an hour of a day; both count from the first Monday, at 0:00."""


def office(day: int, hour: int) -> bool:
    return day % 7 < 5 and 9 <= hour < 17


def night_shift(day: int, hour: int) -> bool:
    return day % 7 < 5 and (hour >= 22 or hour < 6)


def always_awake(day: int, hour: int) -> bool:
    return 7 <= hour < 23


def one_hour_a_day(day: int, hour: int) -> bool:
    return hour == 9


def on_sundays(day: int, hour: int) -> bool:
    return day % 7 == 6 and 10 <= hour < 12


def now_and_then(day: int, hour: int) -> bool:
    return random.Random(f"{day}/{hour}").random() < 0.3


PEOPLE = (office, night_shift, always_awake, one_hour_a_day, on_sundays, now_and_then)


def with_words(session: OmiSession, at: Millis, words: int = 500, recorded: int = 0) -> OmiSession:
    habits = habits_of(session.habits).heard(words, at, at).had_record(recorded, at)
    return replace(session, habits=habits.text(), last_seen_at=at)


def alarms(worn: Worn, days: int) -> list[tuple[int, Alarm | None]]:
    """The changes of the alarm in these days, each with its hour since the first Monday."""
    session, changes = replace(SESSION, last_seen_at=MONDAY), []
    for hour in range(24 * days):
        at = MONDAY + hour * HOUR + HOUR // 2
        if worn(hour // 24, hour % 24):
            session = with_words(session, at)
        alarm = alarm_of(session, at, at, session.last_seen_at)
        if alarm != session.alarm:
            session = replace(session, alarm=alarm)
            changes.append((hour, alarm))
    return changes


def but_not(worn: Worn, away: range) -> Worn:
    return lambda day, hour: worn(day, hour) and day not in away


# silence


@pytest.mark.parametrize("worn", PEOPLE)
def test_usual_weeks_give_no_alarm(worn: Worn) -> None:
    assert alarms(worn, 50) == []


@pytest.mark.parametrize("worn", PEOPLE)
@pytest.mark.parametrize("away", [36, 39, 41])
def test_a_day_without_the_wearable_gives_no_alarm(worn: Worn, away: int) -> None:
    assert alarms(but_not(worn, range(away, away + 1)), 45) == []


@pytest.mark.parametrize("worn", PEOPLE)
def test_a_new_device_gives_no_alarm_in_its_first_two_weeks(worn: Worn) -> None:
    for last in (1, 8, 14):
        assert alarms(but_not(worn, range(last, 90)), 30) == []


@pytest.mark.parametrize(
    ("worn", "day"),
    [(office, 1), (night_shift, 1), (always_awake, 1), (one_hour_a_day, 4)],
)
def test_a_longer_silence_is_told_once_and_ends_with_the_next_words(worn: Worn, day: int) -> None:
    away = range(35, 45)
    [(began, alarm), (ended, none)] = alarms(but_not(worn, away), 70)
    assert (alarm, none) == (Alarm.SILENT, None)
    assert began // 24 == away[0] + day
    assert ended // 24 == away[-1] + 1 + (0 if worn(away[-1] + 1, 9) or worn(away[-1] + 1, 22) else 1)


def test_a_device_that_is_never_used_again_is_not_missed_for_ever() -> None:
    [(_, alarm), (ended, none)] = alarms(but_not(office, range(35, 200)), 120)
    assert (alarm, none) == (Alarm.SILENT, None)
    assert ended // 24 - 35 < 22


def test_a_holiday_of_three_weeks_and_the_weeks_after_it_tell_at_most_once() -> None:
    assert [alarm for _, alarm in alarms(but_not(office, range(35, 56)), 120)] == [Alarm.SILENT, None]


def test_other_hours_after_a_change_give_no_alarm() -> None:
    def changed(day: int, hour: int) -> bool:
        return office(day, hour) if day < 42 else night_shift(day, hour)

    assert alarms(changed, 90) == []


def usually_in_the_office() -> OmiSession:
    session = SESSION
    for hour in range(24 * 33):
        if office(hour // 24, hour % 24):
            session = with_words(session, MONDAY + hour * HOUR)
    return session


def test_hours_in_which_no_server_ran_are_no_silence() -> None:
    session, later = usually_in_the_office(), MONDAY + 5 * WEEK + 3 * DAY
    assert alarm_of(session, later, later, later - 7 * DAY) is Alarm.SILENT
    assert alarm_of(session, later, later, later - 5 * 60_000) is None


# what is stored


def test_the_counts_stay_small_however_long_and_however_much_is_said() -> None:
    habits = Habits()
    for hour in range(0, 24 * 7 * 40, 1):
        habits = habits.heard(10_000, MONDAY + hour * HOUR, MONDAY)
    assert len(habits.text()) < 400
    assert habits_of(habits.text()) == habits


def test_a_clock_that_was_far_ahead_is_forgotten() -> None:
    ahead = Habits().heard(10, MONDAY + 300 * WEEK, MONDAY)
    put_right = ahead
    for week in range(4):
        put_right = put_right.heard(10, MONDAY + week * WEEK, MONDAY)
    assert put_right.usual_hours(MONDAY + 4 * WEEK) == {MONDAY // HOUR % HOURS}
    assert put_right.words_of_last_day(MONDAY + 3 * WEEK) == (10, 0)


def test_a_call_that_was_held_up_counts_in_its_own_week() -> None:
    habits = Habits()
    for week in (0, 2, 1):
        habits = habits.heard(10, MONDAY + week * WEEK, MONDAY)
    assert habits.usual_hours(MONDAY + 2 * WEEK) == {MONDAY // HOUR % HOURS}


# missing words


def after_words(live: int, recorded: int, *, at: Millis = MONDAY) -> OmiSession:
    return with_words(SESSION, at, live, recorded)


@pytest.mark.parametrize(
    ("live", "recorded", "alarm"),
    [
        (880, 120, Alarm.WORDS_MISSING),
        (0, 100, Alarm.WORDS_MISSING),
        (1900, 100, Alarm.WORDS_MISSING),
        (2000, 100, None),
        (0, 99, None),
        (5000, 0, None),
    ],
)
def test_words_that_only_records_have_are_missing_from_a_share_on(
    live: int, recorded: int, alarm: Alarm | None
) -> None:
    assert alarm_of(after_words(live, recorded), MONDAY, MONDAY) is alarm


def test_words_are_missing_until_few_of_a_day_are() -> None:
    told = replace(after_words(880, 120), alarm=Alarm.WORDS_MISSING)
    assert alarm_of(with_words(told, MONDAY, 3000), MONDAY, MONDAY) is Alarm.WORDS_MISSING
    assert alarm_of(with_words(told, MONDAY, 6000), MONDAY, MONDAY) is None
    assert alarm_of(told, MONDAY + DAY + DAY // 2, MONDAY) is Alarm.WORDS_MISSING
    assert alarm_of(told, MONDAY + DAY + DAY * 9 // 10, MONDAY) is None
    assert alarm_of(told, MONDAY + 2 * DAY, MONDAY) is None


# a missing record


def unrecorded(words: int, session: OmiSession = SESSION) -> OmiSession:
    return replace(session, habits=Habits().heard(words, MONDAY, MONDAY).text(), last_seen_at=MONDAY)


@pytest.mark.parametrize(
    ("words", "hours", "alarm"),
    [(100, 24, Alarm.NO_RECORD), (100, 23, None), (99, 100, None)],
)
def test_a_record_is_missed_after_a_day_with_words(words: int, hours: int, alarm: Alarm | None) -> None:
    assert alarm_of(unrecorded(words), MONDAY, MONDAY + hours * HOUR) is alarm


def test_a_record_is_expected_only_of_omis_cloud() -> None:
    programmed = replace(SESSION, omi_session_id="kitchen", last_uid=None)
    assert alarm_of(unrecorded(1000, programmed), MONDAY, MONDAY + DAY) is None
    assert alarm_of(unrecorded(1000, replace(programmed, last_uid=UID)), MONDAY, MONDAY + DAY) is None


def test_a_record_ends_the_alarm() -> None:
    session = replace(unrecorded(1000), alarm=Alarm.NO_RECORD)
    habits = habits_of(session.habits).had_record(0, MONDAY)
    assert alarm_of(replace(session, habits=habits.text()), MONDAY, MONDAY + DAY) is None
