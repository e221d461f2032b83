"""When and how much a session's device talks, so that an unusual silence and missing words are noticed. It holds no
words, and its size is limited.
"""

from collections import Counter

from msgspec import Struct, json
from msgspec.structs import replace

from omilink.clock import DAY, HOUR, Millis

HOURS = 168
"""Hours of a week, which begins on Thursday at 0:00 UTC, as the time of computers does."""
WEEKS = 5
"""Weeks that are remembered. The newest is the week of the last words."""
USUAL = 3
"""Weeks with words in an hour of the week that make the hour a usual one."""
LONGEST_SILENCE = 2 * HOURS
"""Hours of a silence that are looked at."""
_ALL = (1 << WEEKS) - 1
_DIGITS = "0123456789abcdefghijklmnopqrstuv"


class Habits(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The counts of one session.

    `hours` has a digit for each hour of the week: its bit of value 2 ** n says whether words came in that hour, n weeks
    before `week`. `live` and `recorded` count the words of `day` that came live, and those that only a record had;
    `live_before` and `recorded_before` those of the day before. `unrecorded` counts the words that have come live since
    the last record, the first of them at `unrecorded_since`, in counted time.
    """

    week: int = 0
    hours: str = ""
    day: int = 0
    live: int = 0
    recorded: int = 0
    live_before: int = 0
    recorded_before: int = 0
    unrecorded: int = 0
    unrecorded_since: Millis | None = None

    def text(self) -> str:
        return json.encode(self).decode()

    def heard(self, words: int, at: Millis, counted: Millis, recorded: int = 0) -> "Habits":
        """The habits after words came live at the time `at`, which is `counted` in counted time. `recorded` is the
        change of the number of words that only records have."""
        here = self if self._is_in_hour(at // HOUR) else self._in_hour(at // HOUR)
        here = here if here.day == at // DAY else here._on_day(at // DAY)
        return replace(
            here,
            live=here.live + words,
            recorded=max(0, here.recorded + recorded),
            unrecorded=here.unrecorded + words,
            unrecorded_since=counted if here.unrecorded_since is None else here.unrecorded_since,
        )

    def had_record(self, words: int, at: Millis) -> "Habits":
        """The habits after a record came that alone had so many words."""
        here = self._on_day(at // DAY)
        return replace(here, recorded=max(0, here.recorded + words), unrecorded=0, unrecorded_since=None)

    def words_of_last_day(self, at: Millis) -> tuple[float, float]:
        """The number of words that came live in the 24 hours before, and of those that only a record had. Of the day
        before, that share counts which falls into these hours."""
        here = self._on_day(at // DAY)
        rest = 1 - (at % DAY) / DAY
        return here.live + here.live_before * rest, here.recorded + here.recorded_before * rest

    def usual_hours(self, at: Millis) -> set[int]:
        """The hours of the week in which words came in `USUAL` of the last `WEEKS` weeks."""
        passed = max(0, at // HOUR // HOURS - self.week)
        still = _ALL >> min(passed, WEEKS)
        return {hour for hour, digit in enumerate(self.hours) if (int(digit, 32) & still).bit_count() >= USUAL}

    def usual_hours_between(self, since: Millis, until: Millis) -> int:
        """The number of usual hours that lie whole between these times."""
        first, end = -(-since // HOUR), until // HOUR
        if first >= end:
            return 0
        usual = self.usual_hours(until)
        return sum(hour % HOURS in usual for hour in range(max(first, end - LONGEST_SILENCE), end))

    def busiest_day(self, at: Millis) -> int:
        """The most usual hours that one day of the week has."""
        return max(Counter(hour // 24 for hour in self.usual_hours(at)).values(), default=0)

    def _is_in_hour(self, hour: int) -> bool:
        """Whether words in this hour are noted already."""
        week, place = divmod(hour, HOURS)
        return week == self.week and self.hours != "" and int(self.hours[place], 32) & 1 == 1

    def _in_hour(self, hour: int) -> "Habits":
        week, place = divmod(hour, HOURS)
        if not self.hours or abs(week - self.week) >= WEEKS:
            return replace(self, week=week, hours=_with_digit("0" * HOURS, place, "1"))
        aged = self._in_week(week) if week > self.week else self
        digit = _DIGITS[int(aged.hours[place], 32) | 1 << (aged.week - week)]
        return replace(aged, hours=_with_digit(aged.hours, place, digit))

    def _in_week(self, week: int) -> "Habits":
        passed = week - self.week
        aged = (_DIGITS[int(digit, 32) << passed & _ALL] for digit in self.hours)
        return replace(self, week=week, hours="".join(aged))

    def _on_day(self, day: int) -> "Habits":
        """The habits with the counts of this day. A clock that was set back by more than a day begins anew."""
        if self.day - 1 <= day <= self.day:
            return self
        is_next = day == self.day + 1
        return replace(
            self,
            day=day,
            live=0,
            recorded=0,
            live_before=self.live if is_next else 0,
            recorded_before=self.recorded if is_next else 0,
        )


def habits_of(text: str | None) -> Habits:
    return json.decode(text, type=Habits) if text else Habits()


def _with_digit(hours: str, place: int, digit: str) -> str:
    return hours[:place] + digit + hours[place + 1 :]
