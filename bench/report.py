"""The figures of a run as a table with their targets, and as JSON."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.greedy import LOOPS, SESSIONS, Greedy
from bench.load import Idle, Latency, Rate
from bench.screen import LONG, LONG_FRAME, Screen, Way

KILOBYTE = 1024


@dataclass(kw_only=True)
class Figures:
    """Everything measured; rounds are kept one by one and shown by their median."""

    machine: dict[str, str]
    stored: int
    noop: list[Rate] = field(default_factory=list)
    empty: list[Rate] = field(default_factory=list)
    full: list[Rate] = field(default_factory=list)
    slow: dict[str, Latency] = field(default_factory=dict)
    half: dict[str, Latency] = field(default_factory=dict)
    idle: list[Idle] = field(default_factory=list)
    greedy: Greedy | None = None
    screen: Screen | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Line:
    """A figure of the two things that are compared."""

    what: str
    first: str
    second: str = ""
    target: str = ""
    met: bool | None = None


def table(figures: Figures) -> str:
    head = Line("", "empty database", f"{figures.stored:,} messages" if figures.full else "", "target")
    return told(
        figures.machine,
        [
            head,
            *_rates(figures),
            *_latencies(figures),
            *_idle(figures),
            *_greedy(figures.greedy),
            *_screen(figures.screen),
        ],
    )


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


def _rates(figures: Figures) -> list[Line]:
    noop, empty = done(figures.noop), done(figures.empty)
    accepted = [statistics.median(rate.accepted for rate in rates) for rates in (figures.empty, figures.full) if rates]
    return [
        Line("no-op POST on the same stack", f"{noop:,.0f}/s"),
        Line("webhooks durable (200)", *_two(f"{rate:,.0f}/s" for rate in accepted)),
        Line(
            "webhooks saved and streamed, sustained",
            f"{empty:,.0f}/s",
            f"{done(figures.full):,.0f}/s" if figures.full else "",
            "≥ 1,000/s",
            empty >= 1000,
        ),
        Line("  of the no-op rate", f"{empty / noop:.0%}", "", "≥ 30 %", empty / noop >= 0.3),
        *_fullness(figures, empty),
        Line("  server CPU a webhook", *_two(_cpu(rates) for rates in (figures.empty, figures.full) if rates)),
        Line("  server CPU a no-op POST", _cpu(figures.noop)),
        Line("  load generator's CPU a webhook", f"{_generator(figures.empty)} (no-op: {_generator(figures.noop)})"),
        Line(
            "  the machine's CPU that others took",
            *_two(_others(rates) for rates in (figures.empty, figures.full) if rates),
        ),
    ]


def _fullness(figures: Figures, empty: float) -> list[Line]:
    if not figures.full:
        return []
    ratio = done(figures.full) / empty
    return [Line("  of the empty database's rate", "", f"{ratio:.0%}", "≥ 90 %", ratio >= 0.9)]


def _latencies(figures: Figures) -> list[Line]:
    return [
        _latency("webhook to stream at 20/s, p50", [each.p50 for each in figures.slow.values()], 15),
        _latency("webhook to stream at 20/s, p99", [each.p99 for each in figures.slow.values()], 60),
        _latency("webhook to stream at half the rate, p50", [each.p50 for each in figures.half.values()], None),
        _latency("webhook to stream at half the rate, p99", [each.p99 for each in figures.half.values()], 150),
    ]


def _latency(what: str, milliseconds: list[float], most: float | None) -> Line:
    shown = _two(f"{value:.1f} ms" for value in milliseconds)
    target = f"≤ {most:.0f} ms" if most else ""
    return Line(what, *shown, target, max(milliseconds) <= most if most else None)


def _idle(figures: Figures) -> list[Line]:
    base = figures.idle[0]
    lines = [Line("server without streams", f"{base.resident / KILOBYTE**2:.0f} MB, {base.cpu_percent:.1f} % CPU")]
    for idle in figures.idle[1:]:
        each = (idle.resident - base.resident) / KILOBYTE / idle.streams
        cost = f"{each:.1f} kB each, {idle.cpu_percent:.1f} % CPU"
        lines.append(Line(f"{idle.streams:,} idle streams", cost, "", "≤ 32 kB", each <= 32))
    return lines


def _screen(figures: Screen | None) -> list[Line]:
    if not figures:
        return [Line("webhook to pixel", "not measured: there is no Chromium")]
    lines = _pixels("on the page", figures.words)
    if not figures.app_words:
        return [*lines, Line("the app", "not measured: `npm run export` in clients/expo builds it")]
    return [
        *lines,
        *_pixels("in the app", figures.app_words),
        *_scrolling("the first way up, which loads them", figures.first_ways, figures.blank_first),
        *_scrolling("down and up again", figures.ways, figures.blank),
        Line("load of the machine, at the end", f"{figures.load_at_the_end:.1f}"),
    ]


def _pixels(where: str, words: Sequence[float]) -> list[Line]:
    p50 = statistics.median(words)
    return [
        Line(f"webhook to pixel {where}, p50", f"{p50:.0f} ms", "", "≤ 50 ms", p50 <= 50),
        Line(f"webhook to pixel {where}, longest", f"{max(words):.0f} ms"),
    ]


def _scrolling(how: str, ways: Sequence[Way], blank: Sequence[Way]) -> list[Line]:
    target = f"no frame > {LONG_FRAME} ms"
    return [
        Line(f"{LONG:,} messages in the app, {how}", _frames(ways), "", target, not any(way.long for way in ways)),
        Line("  a blank page, by turns and for as long", _frames(blank)),
    ]


def _frames(ways: Sequence[Way]) -> str:
    frames, long = sum(way.frames for way in ways), sum(way.long for way in ways)
    longest, task = max(way.longest for way in ways), max(way.longest_task for way in ways)
    longest_task = f"longest task {task:.0f} ms" if task else "no task of 50 ms"
    return f"{long} of {frames:,} frames > {LONG_FRAME} ms, longest {longest:.0f} ms, {longest_task}"


def greedy_table(figures: Greedy, machine: dict[str, str]) -> str:
    return told(machine, [Line("", "alone", "beside the greedy one", "target"), *_greedy(figures)])


def _greedy(figures: Greedy | None) -> list[Line]:
    if figures is None:
        return []
    head = Line(f"beside {LOOPS} loops over one user's {SESSIONS:,} sessions", "alone", "beside them")
    return [head, *(_beside(figures, what) for what in figures.alone)]


def _beside(figures: Greedy, what: str) -> Line:
    alone, beside = figures.alone[what], figures.beside[what]
    shown = (f"{statistics.median(one):.1f} ms, longest {max(one):.0f}" for one in (alone, beside))
    ratio = figures.ratio(what)
    return Line(f"  another user's {what}, p50", *shown, f"{ratio:.1f} times", None)


def _two(shown: Iterable[str]) -> tuple[str, str]:
    empty, *full = shown
    return empty, full[0] if full else ""


def _cpu(rates: Sequence[Rate]) -> str:
    return f"{statistics.median(rate.server_cpu for rate in rates):.0f} µs"


def _generator(rates: Sequence[Rate]) -> str:
    return f"{statistics.median(rate.generator_cpu for rate in rates):.0f} µs"


def _others(rates: Sequence[Rate]) -> str:
    return f"{statistics.median(rate.others for rate in rates):.0%}"


def _verdict(met: bool | None) -> str:
    return {None: "", True: "met", False: "MISSED"}[met]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
