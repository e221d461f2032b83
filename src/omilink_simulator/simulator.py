"""Simulates a wearable: sends a webhook the calls of OMI's cloud at their times, and reports the answers."""

import asyncio
import heapq
import itertools
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from omilink_simulator.calls import Account, Call, Shape, Writer, account_id
from omilink_simulator.oddities import ODD_OF_THE_CLOUD, ODD_SEGMENTS
from omilink_simulator.record import Records, day_summary, record, sent
from omilink_simulator.sender import Answer, Path, Sender, Target, connect, wait_before_retry
from omilink_simulator.wearable import Habits, Post, listen

SECOND_DEVICE_STARTS_AFTER = 7.0
MOST_TOLD = 20  # conversations that a day's summary tells of
HOUSEHOLD = Habits(
    conversations=None,
    posts=None,
    first_talk=50.0,
    talk=180.0,
    pause=35.0,
    closes_after=4.0,
    updates=7,
    loses=24,
    unfinished=9,
)
SOON = Records(after=8.0, joined=True)


@dataclass(frozen=True, kw_only=True)
class Wearer:
    """Everything that decides what is said and sent. Equal wearers send the same bytes."""

    account: Account
    habits: Habits = field(default_factory=Habits)
    seed: int = 0
    devices: int = 1
    odd: bool = False
    records: Records | None = None
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    speed: float = 1.0

    def calls(self) -> Iterator[Call]:
        """All calls of the wearer's devices, in order of time."""
        return heapq.merge(*(self._calls_of(device) for device in range(self.devices)), key=lambda call: call.at)

    def _calls_of(self, device: int) -> Iterator[Call]:
        wearable = f"{self.seed}/{device}"
        writer = Writer(self.account, device, self.began, random.Random(wearable), self.speed)
        habits = replace(self.habits, starts_at=self.habits.starts_at + device * SECOND_DEVICE_STARTS_AFTER)
        return _in_order(self._groups(writer, listen(habits, wearable)))

    def _groups(self, writer: Writer, posts: Iterator[Post]) -> Iterator[tuple[float, list[Call]]]:
        """Each post's time with the calls that follow from it, now or later."""
        oddities, told = self._oddities(), deque[Shape](maxlen=MOST_TOLD)
        for post in posts:
            if post.kind == "ended":
                oddities = self._oddities()
                yield post.at, self._records(writer, post, told)
            elif post.kind != "lost":
                yield post.at, [writer.transcript(post), *(odd(writer, post) for odd in itertools.islice(oddities, 1))]

    def _records(self, writer: Writer, post: Post, told: deque[Shape]) -> list[Call]:
        """The record of a conversation that has ended, and the day's summary if it is due. A device without an account
        at OMI has neither. `told` has the records of the day."""
        if self.account.session is not None or not (self.records or self.odd):
            return []
        how = self.records or Records(after=0)
        body = record(writer, post, how)
        calls = sent(writer, post, body, how)
        told.append(body)
        is_due = post.is_last or self.habits.conversations is None  # a demo has no evening
        return [*calls, day_summary(writer, calls[0].at, told)] if self.records and is_due else calls

    def _oddities(self) -> Iterator[Callable[[Writer, Post], Call]]:
        """Each kind once in a conversation, one after each post."""
        kinds = ODD_OF_THE_CLOUD if self.account.session is None else ODD_SEGMENTS
        return iter(kinds if self.odd else ())


def _in_order(groups: Iterator[tuple[float, list[Call]]]) -> Iterator[Call]:
    """The calls in order of time. Groups come in order of their times, and no call of a group is earlier than that."""
    held: list[tuple[float, int, Call]] = []
    order = itertools.count()
    for at, calls in groups:
        while held and held[0][0] < at:
            yield heapq.heappop(held)[2]
        for call in calls:
            heapq.heappush(held, (call.at, next(order), call))
    yield from (heapq.heappop(held)[2] for _ in range(len(held)))


@dataclass(frozen=True, kw_only=True)
class Try:
    at: float
    call: Call
    path: Path
    number: int = 1


@dataclass(frozen=True, kw_only=True)
class Report:
    """A try and its answer. `retry_in`: seconds until the next try, None after the last."""

    attempt: Try
    answer: Answer
    retry_in: float | None


@dataclass(kw_only=True)
class Summary:
    """Counts of deliveries by the outcome of their last try; `tries` counts every POST."""

    sent: int = 0
    tries: int = 0
    pushed: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def all_accepted(self) -> bool:
        return self.outcomes["accepted"] == self.sent

    def add(self, report: Report) -> None:
        self.sent += report.attempt.number == 1
        self.tries += report.answer.outcome != "lost"
        self.pushed += report.answer.pushed is not None
        if report.retry_in is None:
            self.outcomes[report.answer.outcome] += 1


class Clock:
    """Simulated seconds since the start, `speed` times as fast as real ones. At speed 0 the clock never waits."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began = asyncio.get_running_loop().time()
        self._jumped_to = 0.0

    def now(self) -> float:
        if not self._speed:
            return self._jumped_to
        return (asyncio.get_running_loop().time() - self._began) * self._speed

    async def until(self, moment: float) -> None:
        self._jumped_to = max(self._jumped_to, moment)
        if self._speed:
            await asyncio.sleep(max(0.0, moment - self.now()) / self._speed)


async def simulate(
    wearer: Wearer, sender: Sender, clock: Clock, paths: tuple[Path, ...], report: Callable[[Report], None]
) -> None:
    """Sends all calls of the wearer over every path, with retries. Passes the result of each try to `report`."""
    timeline = _Timeline(wearer.calls(), paths)
    while tries := timeline.next():
        await clock.until(tries[0].at)
        answers = await asyncio.gather(*(sender.post(each.call, each.path, clock.now()) for each in tries))
        for attempt, answer in zip(tries, answers, strict=True):
            wait = wait_before_retry(attempt.path, attempt.number, answer)
            if wait is not None:
                timeline.add(replace(attempt, at=clock.now() + wait, number=attempt.number + 1))
            report(Report(attempt=attempt, answer=answer, retry_in=wait))


async def talk(
    url: str,
    *,
    uid: str | None = None,
    session: str | None = None,
    seed: int = 0,
    speed: float = 1.0,
    report: Callable[[Report], None] = lambda report: None,
) -> None:
    """Simulates a household that talks until it is cancelled: conversations of some minutes, pauses, sentences that
    speech-to-text corrects, and calls that are lost. The wearer ends each conversation in the OMI app, so that its
    record comes soon; the first one is short. Without uid and session, the account id is made from the seed."""
    if uid is None and session is None:
        uid = account_id(seed)
    wearer = Wearer(account=Account(uid=uid, session=session), habits=HOUSEHOLD, seed=seed, records=SOON, speed=speed)
    async with connect() as client:
        await simulate(wearer, Sender(Target(url=url), client), Clock(speed), ("app",), report)


class _Timeline:
    """The calls of all devices and their retries, in order of time."""

    def __init__(self, upcoming: Iterator[Call], paths: tuple[Path, ...]) -> None:
        self._upcoming = upcoming
        self._paths = paths
        self._waiting: list[tuple[float, int, Try]] = []
        self._order = itertools.count()
        self._read_on()

    def add(self, attempt: Try) -> None:
        heapq.heappush(self._waiting, (attempt.at, next(self._order), attempt))

    def next(self) -> list[Try]:
        """Removes and returns the earliest tries: one, or one for each path. Empty at the end."""
        if not self._waiting:
            return []
        moment = self._waiting[0][0]
        tries = []
        while self._waiting and self._waiting[0][0] == moment:
            tries.append(heapq.heappop(self._waiting)[2])
        if any(attempt.call is self._last_read for attempt in tries):
            self._read_on()
        return tries

    def _read_on(self) -> None:
        """Reads one call ahead, because the calls may have no end."""
        self._last_read = next(self._upcoming, None)
        if self._last_read:
            for path in self._paths:
                self.add(Try(at=self._last_read.at, call=self._last_read, path=path))
