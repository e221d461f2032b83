"""The figures of a run as a table with their targets, and as JSON."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bench.greedy import LOOPS, SESSIONS, Greedy
from bench.load import Idle, Latency, Rate
from bench.screen import LONG, LONG_FRAME, Screen, Way

KILOBYTE = 1024


@dataclass(kw_only=True)
class Version:
    """What was measured of one version, round by round. Latencies are by database, `written` and `logged` are bytes a
    webhook that the process and its write-ahead log have written, and `pages` milliseconds of each page of messages."""

    empty: list[Rate] = field(default_factory=list)
    full: list[Rate] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    logged: list[float] = field(default_factory=list)
    slow: dict[str, list[Latency]] = field(default_factory=lambda: {"empty": [], "full": []})
    half: dict[str, list[Latency]] = field(default_factory=lambda: {"empty": [], "full": []})
    pages: list[list[float]] = field(default_factory=list)
    idle: list[list[Idle]] = field(default_factory=list)


@dataclass(kw_only=True)
class Figures:
    """Everything measured, of one version or of two that took turns."""

    machine: dict[str, str]
    stored: int
    versions: dict[str, Version]
    noop: list[Rate] = field(default_factory=list)
    greedy: Greedy | None = None
    screen: Screen | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure of a version, one value a round. A target is met when the median of the rounds is at most `most`, or at
    least `least`."""

    what: str
    values: Sequence[float]
    shown: str
    most: float | None = None
    least: float | None = None

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    @property
    def target(self) -> str:
        bounds = ("≤", self.most), ("≥", self.least)
        return "".join(f"{sign} {self.shown.format(bound)}" for sign, bound in bounds if bound is not None)

    @property
    def met(self) -> bool | None:
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)


@dataclass(frozen=True)
class Line:
    """A figure of the two things that are compared."""

    what: str
    first: str
    second: str = ""
    target: str = ""
    met: bool | None = None


def table(figures: Figures) -> str:
    rows = [rows_of(version, figures) for version in figures.versions.values()]
    lines = beside_each_other(*rows) if len(rows) == 2 else _alone(*rows)
    if figures.greedy:
        lines += _greedy(figures.greedy)
    if len(rows) == 1:
        lines += _screen(figures.screen)
    return told(figures.machine, lines)


def _alone(rows: Sequence[Row]) -> list[Line]:
    head = Line("", "median", "rounds", "target")
    return [head, *(Line(row.what, _shown(row, row.value), _range(row), row.target, row.met) for row in rows)]


def _range(row: Row) -> str:
    if len(row.values) == 1:
        return ""
    return f"{_shown(row, min(row.values))} to {_shown(row, max(row.values))}"


def _pair(this: Row, other: Row) -> Line:
    ratios = [one / another for one, another in zip(this.values, other.values, strict=True) if another]
    compared = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else ""
    return Line(this.what, _shown(this, this.value), _shown(other, other.value), compared)


def _shown(row: Row, value: float) -> str:
    return row.shown.format(value)


def beside_each_other(these: Sequence[Row], others: Sequence[Row]) -> list[Line]:
    """Each ratio is that of the values of one round."""
    head = Line("", "this", "beside", "this ÷ beside: median of the rounds (range)")
    return [head, *(_pair(this, other) for this, other in zip(these, others, strict=True))]


def screen_table(figures: Screen) -> str:
    return told(figures.machine, [Line("", "Chromium", "", "target"), *_screen(figures)])


def told(machine: dict[str, str], lines: Sequence[Line]) -> str:
    """The first line is the head."""
    rows = [(line.what, line.first, line.second, line.target, _verdict(line.met)) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    shown = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    return "\n".join([*facts_of(machine), "", shown[0], "-" * len(max(shown, key=len)), *shown[1:]])


def facts_of(machine: dict[str, str]) -> list[str]:
    return [f"{name:<12}{value}" for name, value in machine.items()]


def done(rates: Sequence[Rate]) -> float:
    return statistics.median(rate.done for rate in rates)


def rows_of(version: Version, figures: Figures) -> list[Row]:
    full = _with_much_stored(version, figures.stored) if version.full else []
    return [*_rates(version, figures.noop), *_written(version), *_latencies(version, "empty"), *full, *_idle(version)]


def _rates(version: Version, noop: Sequence[Rate]) -> list[Row]:
    pairs, others = list(zip(version.empty, noop, strict=True)), [rate.others for rate in version.empty]
    costs = [rate.server_cpu / nothing.server_cpu for rate, nothing in pairs]
    shares, rates = [rate.done / nothing.done for rate, nothing in pairs], [rate.done for rate in version.empty]
    return [
        Row(what="no-op POST on the same stack", values=[rate.done for rate in noop], shown="{:,.0f}/s"),
        Row(what="  server CPU", values=[rate.server_cpu for rate in noop], shown="{:.0f} µs"),
        Row(what="webhooks durable (200)", values=[rate.accepted for rate in version.empty], shown="{:,.0f}/s"),
        Row(what="webhooks saved and streamed, sustained", values=rates, shown="{:,.0f}/s", least=1000),
        Row(what="  ÷ no-op", values=shares, shown="{:.1%}", least=0.3),
        Row(what="server CPU a webhook", values=[rate.server_cpu for rate in version.empty], shown="{:.0f} µs"),
        Row(what="  ÷ no-op", values=costs, shown="{:.2f}", most=3.5),
        Row(what="load generator's CPU", values=[rate.generator_cpu for rate in version.empty], shown="{:.0f} µs"),
        Row(what="share of the machine's CPU that other programs took", values=others, shown="{:.0%}"),
    ]


def _written(version: Version) -> list[Row]:
    kilobytes = [[each / KILOBYTE for each in one] for one in (version.logged, version.written)]
    log, all_ = "written a webhook: log (growth of the -wal file)", "  log and database (write_bytes of /proc/PID/io)"
    return [
        Row(what=log, values=kilobytes[0], shown="{:.1f} kB", most=28),
        Row(what=all_, values=kilobytes[1], shown="{:.1f} kB"),
    ]


def _latencies(version: Version, database: str) -> list[Row]:
    slow, half = version.slow[database], version.half[database]
    used = [sum(one.cpu.values()) / 1000 for one in slow]
    slowly, at_half = "words arrive at 20/s", "words arrive at half the sustained rate"
    return [
        Row(what=f"{slowly}, p50", values=[one.p50 for one in slow], shown="{:.1f} ms", most=5),
        Row(what=f"{slowly}, p99", values=[one.p99 for one in slow], shown="{:.1f} ms", most=25),
        Row(what="  server CPU a call", values=used, shown="{:.1f} ms", most=4),
        Row(what=f"{at_half}, p50", values=[one.p50 for one in half], shown="{:.1f} ms"),
        Row(what=f"{at_half}, p99", values=[one.p99 for one in half], shown="{:.1f} ms", most=100),
        Row(what="  that rate", values=[one.rate for one in half], shown="{:,.0f}/s"),
    ]


def _with_much_stored(version: Version, stored: int) -> list[Row]:
    ratios = [full.done / empty.done for full, empty in zip(version.full, version.empty, strict=True)]
    rows = [
        Row(what="saved and streamed, sustained", values=[rate.done for rate in version.full], shown="{:,.0f}/s"),
        Row(what="  ÷ empty database", values=ratios, shown="{:.0%}", least=0.9),
        Row(what="server CPU a webhook", values=[rate.server_cpu for rate in version.full], shown="{:.0f} µs"),
        *_latencies(version, "full"),
        Row(
            what="a conversation's newest page, p50", values=[_at(one, 0.5) for one in version.pages], shown="{:.1f} ms"
        ),
        Row(
            what="a conversation's newest page, p99",
            values=[_at(one, 0.99) for one in version.pages],
            shown="{:.1f} ms",
        ),
    ]
    return [replace(row, what=f"{stored:,} messages stored: {row.what.strip()}") for row in rows]


def _idle(version: Version) -> list[Row]:
    bases = [counts[0] for counts in version.idle]
    memory = [base.resident / KILOBYTE**2 for base in bases]
    rows = [Row(what="server without streams", values=memory, shown="{:.0f} MB")]
    for number, idle in enumerate(version.idle[0][1:], 1):
        what = f"{idle.streams:,} idle streams of users with words"
        each = [
            (counts[number].resident - base.resident) / KILOBYTE / idle.streams
            for counts, base in zip(version.idle, bases, strict=True)
        ]
        used = [counts[number].cpu_percent for counts in version.idle]
        rows += [
            Row(what=f"{what}, each", values=each, shown="{:.1f} kB", most=13),
            Row(what="  server CPU", values=used, shown="{:.1f} %"),
        ]
    return rows


def _screen(figures: Screen | None) -> list[Line]:
    if not figures:
        return [Line("webhook to pixel", "not measured: there is no Chromium")]
    return [
        _visits("first visit", figures.first_visits, 4),
        _visits("later visit", figures.later_visits, 1),
        *_pixels(figures.words),
        *_scrolling("the first way up, which loads them", figures.first_ways, figures.blank_first),
        *_scrolling("down and up again", figures.ways, figures.blank),
        Line("load of the machine, at the end", f"{figures.load_at_the_end:.1f}"),
    ]


def _visits(which: str, seconds: Sequence[float], most: float) -> Line:
    p50 = statistics.median(seconds)
    found = f"{p50:.1f} s, longest {max(seconds):.1f} s"
    return Line(f"{which} at 1.6 Mb/s and 150 ms, until sign-in", found, "", f"≤ {most:g} s", p50 <= most)


def _pixels(words: Sequence[float]) -> list[Line]:
    p50 = statistics.median(words)
    return [
        Line("webhook to pixel, p50", f"{p50:.0f} ms", "", "≤ 50 ms", p50 <= 50),
        Line("webhook to pixel, longest", f"{max(words):.0f} ms"),
    ]


def _scrolling(how: str, ways: Sequence[Way], blank: Sequence[Way]) -> list[Line]:
    target = f"no frame > {LONG_FRAME} ms"
    return [
        Line(f"{LONG:,} messages on the page, {how}", _frames(ways), "", target, not any(way.long for way in ways)),
        Line("  a blank page, by turns and for as long", _frames(blank)),
    ]


def _frames(ways: Sequence[Way]) -> str:
    frames, long = sum(way.frames for way in ways), sum(way.long for way in ways)
    longest, task = max(way.longest for way in ways), max(way.longest_task for way in ways)
    longest_task = f"longest task {task:.0f} ms" if task else "no task of 50 ms"
    return f"{long} of {frames:,} frames > {LONG_FRAME} ms, longest {longest:.0f} ms, {longest_task}"


def greedy_table(figures: Greedy, machine: dict[str, str]) -> str:
    return told(machine, [Line("", "alone", "beside the greedy one", "target"), *_greedy(figures)])


def _greedy(figures: Greedy) -> list[Line]:
    head = Line(f"beside {LOOPS} loops over one user's {SESSIONS:,} sessions", "alone", "beside them")
    return [head, *(_beside(figures, what) for what in figures.alone)]


def _beside(figures: Greedy, what: str) -> Line:
    alone, beside = figures.alone[what], figures.beside[what]
    shown = (f"{statistics.median(one):.1f} ms, longest {max(one):.0f}" for one in (alone, beside))
    ratio = figures.ratio(what)
    return Line(f"  another user's {what}, p50", next(shown), next(shown), f"{ratio:.1f} times")


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def _verdict(met: bool | None) -> str:
    return {None: "", True: "met", False: "MISSED"}[met]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
