"""What 10,000, a million and 50 million wearables need, from what one call costs: `python -m bench.capacity --help`.

A model on paper. Every number that goes in stands in one of six tables below with its source; a source that begins
with "guess" is one. What comes out is told in docs/reference/capacity.md.
"""

import argparse
import json
import math
import random
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain, takewhile
from pathlib import Path
from typing import Any

SCALES = (10_000, 1_000_000, 50_000_000)
DAY = 86_400
BEGIN, END = "<!-- python -m bench.capacity: begin -->", "<!-- end -->"


def known(value: Any, source: str) -> Any:
    return field(default=value, metadata={"source": source})


# what goes in


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Microseconds of CPU, on the 2 virtual cores on which everything here was measured."""

    web_us: float = known(440, "to accept a webhook and publish it: 441 and 449 measured, decision 0011")
    worker_us: float = known(410, "to fetch and save a delivery: 410 and 412 measured, decision 0011")
    postgres_us: float = known(220, "PostgreSQL's part in a delivery and in streaming it: 197 and 237 measured")
    postgres_batch_us: float = known(2700, "and in each batch: 3,020 measured for a batch of one")
    nats_us: float = known(220, "all three servers together: 2 cores / 6,000 acknowledged a second, less the publisher")
    stream_us: float = known(130, "to read an event and stream it: 126 and 136 measured, decision 0011")
    hint_us: float = known(14, "to receive a hint with nats-py, measured")
    name_us: float = known(0.2, "to look for one user named in a hint: 0.18 measured")
    mark_us: float = known(1.3, "PostgreSQL's part in comparing one stream's mark, measured for 500 and 5,000 at once")
    batch_ms: float = known(5, "a batch's round trips and commit, not CPU: 5.3 measured for a batch of one")

    @property
    def saving(self) -> float:
        """Seconds of a worker process for each delivery of a batch: it waits while PostgreSQL works."""
        return (self.worker_us + self.postgres_us) / 1e6


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How wearables are used. It decides the outcome more than anything else, and nobody has measured it."""

    worn: float = known(0.6, "guess: share of the wearables that are worn on a day")
    talk: tuple[float, ...] = known(
        (2, 1, 1, 1, 1, 2, 6, 12, 18, 22, 24, 24, 27, 24, 22, 22, 22, 24, 28, 27, 22, 16, 9, 5),
        "guess: percent of the worn that hear talk, by local hour. The sum, 3.6 hours, is twice the 16,000 words that "
        "a person says in a day (Mehl and others, Science 317, 2007) at 150 a minute: others talk too",
    )
    zones: tuple[tuple[int, float], ...] = known(
        ((-8, 0.15), (-5, 0.35), (1, 0.25), (5, 0.10), (8, 0.15)), "guess: hours from UTC, and the share living there"
    )
    pause: float = known(2, "seconds between the calls of one who talks: OMI sends every 1 to 3")
    segments: float = known(1.5, "guess: OMI sends 1 to 5, but 150 words a minute are 5 words in 2 s")
    rush: float = known(1.3, "guess: the busiest minute over the mean of its hour")
    watching: float = known(0.06, "guess: streams open at once per wearable, each on somebody who talks")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Bytes. Measured in PostgreSQL 18: 60,000 calls interleaved over 2,000 users, with all indexes."""

    message: float = known(500, "a message, of which 44 are its words: 493 to 499 measured")
    event: float = known(780, "an event of the log without its messages: 777 measured")
    event_message: float = known(340, "each message in an event: 342 measured")
    wal: float = known(1300, "write-ahead log of a call without its messages: measured")
    wal_message: float = known(1015, "and of each message: measured")
    call: float = known(72, "a webhook's body without its segments: the benchmark's")
    call_segment: float = known(255, "each segment in it: 1,092 for four")
    name: float = known(39, "a user's id in a hint")


@dataclass(frozen=True, kw_only=True)
class Design:
    """What decision 0010 builds."""

    partitions: int = known(32, "decision 0010")
    batch: int = known(200, "the most that a worker saves in one transaction")
    crowd: int = known(8, "calls in a batch that make the worker let the next one gather")
    gather_ms: float = known(15, "for so many milliseconds: the worker's own")
    connections: int = known(6, "of each process to PostgreSQL: decision 0010")
    lease: float = known(5, "seconds until a dead worker's partitions go to others: decision 0010")
    watch: float = known(2, "seconds between looks at the marks: decision 0006")
    keep_events: float = known(30, "days: the default of OMILINK_KEEP_EVENTS")
    replicas: int = known(3, "copies of everything: R3 in NATS, two standbys in PostgreSQL")
    stream_bytes: float = known(32_000, "memory of an open stream: decision 0009")


@dataclass(frozen=True, kw_only=True)
class Machines:
    """What one of each can do."""

    publishes: float = known(5400, "acknowledged a second by one R3 stream: 5,361 to 6,740 measured")
    streams: int = known(5000, "open streams of a web process: 1,300 opened a second, so all are back in 4 s")
    load: float = known(0.5, "of what there is may be used in the busiest minute: see the simulation")
    cores: int = known(8, "guess: of a web or worker node, one process on each")
    database_cores: int = known(32, "guess")
    database_connections: int = known(500, "guess: more wants a pooler")
    database_wal: float = known(
        200_000_000, "guess: bytes of write-ahead log a second that standbys and archive follow"
    )
    database_disk: float = known(8_000_000_000_000, "guess: bytes that can still be backed up and restored in a day")
    aside: float = known(0.1, "guess: share of a core or a database that hints and watching may take")


@dataclass(frozen=True, kw_only=True)
class Later:
    """What would replace keeping everything in PostgreSQL."""

    keep_words: float = known(30, "guess: days that conversations stay in PostgreSQL before they are archived")
    keep_events: float = known(1, "guess: days of the log; who was away longer begins with a snapshot")
    archived: float = known(40, "guess: bytes of an archived message; 25 are its key and fingerprint, not compressible")


@dataclass(frozen=True, kw_only=True)
class Model:
    costs: Costs = Costs()
    habits: Habits = Habits()
    sizes: Sizes = Sizes()
    design: Design = Design()
    machines: Machines = Machines()
    later: Later = Later()


# what follows


@dataclass(frozen=True, kw_only=True)
class Load:
    """What so many wearables cause. Everything is in proportion to their number."""

    wearables: float
    hours: tuple[float, ...]
    """Webhooks a second, by hour of the day in UTC."""
    mean: float
    peak: float
    """Webhooks a second in the busiest minute, to which the rates below belong."""
    batches: float
    hints: float
    """Bytes a second to each node that hears them all."""
    streams: float
    streamed: float
    marks: float
    """Rows of the watch a second, of all nodes."""
    web_cores: float
    worker_seconds: float
    """Of worker processes, a second: with the waiting for PostgreSQL."""
    nats_cores: float
    postgres_cores: float
    wal: float
    messages_a_year: float
    words_a_year: float
    """Bytes, one copy; so is the log."""
    log: float
    stream_an_hour: float
    """Bytes that the stream grows by in an hour without PostgreSQL."""


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Whole things, with the headroom of `Machines.load`."""

    web_processes: int
    web_nodes: int
    worker_processes: int
    worker_nodes: int
    nats_streams: int
    partitions: int
    nats_cores: int
    postgres_cores: int
    postgres_shards: int
    postgres_shards_by_disk: int
    postgres_shards_by_disk_later: int
    connections: int
    streams_on_a_node: int
    marks_on_a_node: float
    hints_to_a_node_by_shard: float


@dataclass(frozen=True)
class Limit:
    """A part as it is today, what it carries, how many wearables that is, and what comes then."""

    part: str
    carries: str
    wearables: float
    then: str


def load(wearables: float, model: Model) -> Load:
    habits, costs, sizes = model.habits, model.costs, model.sizes
    hours = tuple(share * wearables / habits.pause for share in talking(habits))
    mean, peak = sum(hours) / 24, max(hours) * habits.rush
    batches, streams = peak / mean_batch(model), wearables * habits.watching
    streamed = streams / habits.pause
    calls_a_year = mean * DAY * 365
    event = sizes.event + habits.segments * sizes.event_message
    return Load(
        wearables=wearables,
        hours=hours,
        mean=mean,
        peak=peak,
        batches=batches,
        hints=peak * sizes.name,
        streams=streams,
        streamed=streamed,
        marks=streams / model.design.watch,
        web_cores=(peak * costs.web_us + streamed * costs.stream_us) / 1e6,
        worker_seconds=peak * costs.saving,
        nats_cores=peak * costs.nats_us / 1e6,
        postgres_cores=(peak * costs.postgres_us + batches * costs.postgres_batch_us) / 1e6,
        wal=peak * (sizes.wal + habits.segments * sizes.wal_message),
        messages_a_year=calls_a_year * habits.segments,
        words_a_year=calls_a_year * habits.segments * sizes.message,
        log=mean * DAY * model.design.keep_events * event,
        stream_an_hour=peak * 3600 * (sizes.call + habits.segments * sizes.call_segment),
    )


def talking(habits: Habits) -> Iterator[float]:
    """The share of all wearables that hear talk, by hour in UTC."""
    for hour in range(24):
        yield habits.worn * sum(share * habits.talk[(hour + east) % 24] / 100 for east, share in habits.zones)


def mean_batch(model: Model) -> float:
    """What comes while a worker, loaded as it may be, saves one batch and lets the next gather:
    n = rate * (pause + n * saving), where rate = load / saving."""
    busy, pause = model.machines.load, (model.costs.batch_ms + model.design.gather_ms) / 1e3
    return min(model.design.batch, max(1, busy / (1 - busy) * pause / model.costs.saving))


def needs(caused: Load, model: Model) -> Needs:
    machines, design = model.machines, model.design
    web = _two_or_more(max(caused.web_cores / machines.load, caused.streams / machines.streams))
    workers = _two_or_more(caused.worker_seconds / machines.load)
    web_nodes, worker_nodes = (_two_or_more(processes / machines.cores) for processes in (web, workers))
    shards = _whole(max(part / most for part, most in _database_rates(caused, machines)))
    return Needs(
        web_processes=web,
        web_nodes=web_nodes,
        worker_processes=workers,
        worker_nodes=worker_nodes,
        nats_streams=_whole(caused.peak / machines.publishes / machines.load),
        partitions=max(design.partitions, 1 << math.ceil(math.log2(4 * workers))),
        nats_cores=_whole(caused.nats_cores / machines.load),
        postgres_cores=_whole(caused.postgres_cores / machines.load),
        postgres_shards=shards,
        postgres_shards_by_disk=_whole((caused.words_a_year + caused.log) / machines.database_disk),
        postgres_shards_by_disk_later=_whole(_kept_later(caused, model) / machines.database_disk),
        connections=design.connections * (web + workers),
        streams_on_a_node=math.ceil(caused.streams / web_nodes),
        marks_on_a_node=caused.marks / web_nodes,
        hints_to_a_node_by_shard=caused.batches / shards,
    )


def _database_rates(caused: Load, machines: Machines) -> tuple[tuple[float, float], ...]:
    cores = machines.database_cores * machines.load
    return (caused.postgres_cores, cores), (caused.wal, machines.database_wal)


def _kept_later(caused: Load, model: Model) -> float:
    later = model.later
    words, log = later.keep_words / 365, later.keep_events / model.design.keep_events
    return caused.words_a_year * words + caused.log * log


def _whole(wanted: float) -> int:
    return max(1, math.ceil(wanted))


def _two_or_more(wanted: float) -> int:
    """One may die."""
    return max(2, math.ceil(wanted))


def limits(model: Model) -> list[Limit]:
    """What breaks, first things first."""
    one, costs, design, machines = load(1, model), model.costs, model.design, model.machines
    hints = one.batches * costs.hint_us + one.peak * costs.name_us
    processes = (one.web_cores + one.worker_seconds) / machines.load
    (cores, most_cores), (wal, most_wal) = _database_rates(one, machines)
    most_publishes = machines.publishes * machines.load
    found = [
        Limit(
            "one web process",
            f"{about(machines.load / one.web_cores * one.peak)} webhooks/s",
            machines.load / one.web_cores,
            "more of them behind the proxy; nothing changes",
        ),
        Limit(
            "one worker process",
            f"{about(machines.load / costs.saving)} deliveries/s",
            machines.load / one.worker_seconds,
            "more of them; the partitions spread by themselves",
        ),
        Limit(
            f"{design.partitions} partitions, a worker process for each",
            f"{about(design.partitions * machines.load / costs.saving)} deliveries/s",
            design.partitions * machines.load / one.worker_seconds,
            "more partitions; a session's partition changes with their number, so the stream is emptied first",
        ),
        Limit(
            "one R3 stream",
            f"{about(most_publishes)} webhooks/s",
            most_publishes / one.peak,
            "a stream for each group of partitions, with leaders on different servers; later a NATS cluster a cell",
        ),
        Limit(
            "one PostgreSQL: processor",
            f"{about(most_cores)} of {machines.database_cores} cores",
            most_cores / cores,
            "larger batches first: let calls gather for longer; then shards by user, found in a directory",
        ),
        Limit(
            "one PostgreSQL: write-ahead log",
            f"{size(most_wal)}/s",
            most_wal / wal,
            "shards by user",
        ),
        Limit(
            "one PostgreSQL: connections",
            f"{machines.database_connections} connections",
            machines.database_connections / design.connections / processes,
            "a pooler by transaction in front, or fewer lanes in each process",
        ),
        Limit(
            "one PostgreSQL: disk, for a year of words and the log",
            size(machines.database_disk),
            machines.database_disk / (one.words_a_year + one.log),
            "a shorter log, tables by month, and old conversations as compressed files in an object store",
        ),
        Limit(
            "every hint to every node",
            f"{machines.aside:.0%} of each web process",
            machines.aside * 1e6 / hints,
            "a subject for each shard of users, and live streams that the proxy leads to nodes by shard",
        ),
        Limit(
            "the watch of the marks",
            f"{machines.aside:.0%} of PostgreSQL's cores in use",
            machines.aside * most_cores * 1e6 / (one.marks * costs.mark_us),
            "shards by user; a standby may answer it, since it only finds what hints have missed",
        ),
    ]
    return sorted(found, key=lambda limit: limit.wearables)


# a minute of it, and what goes wrong in one


@dataclass(frozen=True, kw_only=True)
class Minute:
    """Workers, and calls that come as a Poisson process. `load` is the share of their time that saving alone takes."""

    load: float
    database_away: float = 0
    """Seconds, from `TROUBLE` on."""
    worker_dies: bool = False
    seconds: float = 60
    workers: int = 4


TROUBLE = 5.0
"""When it begins."""
LATE = 1.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Seconds. `caught_up` is how long after the trouble's beginning the last delivery that had to wait longer than
    `LATE` was saved; None when that did not happen before the end."""

    arrived: int
    saved: int
    p50: float
    p99: float
    caught_up: float | None


def simulate(minute: Minute, model: Model, seed: int = 1) -> Outcome:
    arrivals = _arrivals(minute, model, random.Random(seed))
    saved = list(work(arrivals, minute, model))
    waits = sorted(wait for _, wait in saved)
    late = max((at for at, wait in saved if wait > LATE), default=TROUBLE)
    return Outcome(
        arrived=sum(map(len, arrivals)),
        saved=len(saved),
        p50=waits[len(waits) // 2],
        p99=waits[len(waits) * 99 // 100],
        caught_up=late - TROUBLE if late <= minute.seconds else None,
    )


def _arrivals(minute: Minute, model: Model, chance: random.Random) -> list[list[float]]:
    """Times by partition. Sessions are spread by chance, so partitions are not alike; a Poisson process of which the
    number of calls is known is that many times at random."""
    pause, partitions = model.habits.pause, model.design.partitions
    sessions = round(minute.load * minute.workers / model.costs.saving * pause)
    crowds = Counter(chance.randrange(partitions) for _ in range(sessions))
    calls = [round(crowds[partition] / pause * minute.seconds) for partition in range(partitions)]
    return [sorted(minute.seconds * chance.random() for _ in range(count)) for count in calls]


def work(arrivals: Sequence[list[float]], minute: Minute, model: Model) -> Iterator[tuple[float, float]]:
    """When each delivery was saved, and how long it had waited."""
    shares = [arrivals[worker :: minute.workers] for worker in range(minute.workers)]
    inherited: list[list[float]] = [[] for _ in shares]
    if minute.worker_dies:
        dead, *shares = shares
        before = list(takewhile(lambda saved: saved[0] <= TROUBLE, _work_alone(dead, [], minute, model)))
        yield from before
        left = sorted(chain(*dead))[len(before) :]
        inherited = [[] for _ in shares]
        for number, times in enumerate(dead):
            inherited[number % len(shares)] += times[bisect_left(times, left[0]) :] if left else []
    for share, more in zip(shares, inherited, strict=True):
        yield from _work_alone(share, more, minute, model)


def _work_alone(
    share: Sequence[list[float]], inherited: list[float], minute: Minute, model: Model
) -> Iterator[tuple[float, float]]:
    """One worker: it saves what waits in all its partitions, oldest first, and lets calls gather after many."""
    costs, design = model.costs, model.design
    database_back, handed_over = TROUBLE + minute.database_away, TROUBLE + design.lease
    times, first, at = sorted(chain(*share)), 0, 0.0
    while inherited or first < len(times):
        start = max(at, times[first] if first < len(times) else handed_over)
        if inherited and start >= handed_over:
            times, first, inherited, at = sorted(times[first:] + inherited), 0, [], max(at, handed_over)
            continue
        last = min(first + design.batch, bisect_right(times, start))
        done = start + costs.batch_ms / 1e3 + (last - first) * costs.saving
        if minute.database_away and start < database_back and done > TROUBLE:
            at = database_back
            continue
        yield from ((done, done - time) for time in times[first:last])
        first, at = last, done + (design.gather_ms / 1e3 if last - first >= design.crowd else 0)


# how it is told


def report(model: Model) -> str:
    """The part of the page that the model writes."""
    parts = [
        ("What each scale needs", _scales(model)),
        ("What breaks first", _limits(model)),
        ("Webhooks a second by hour", _hours(model)),
        ("If a guess is wrong", _sensitivity(model)),
        ("A minute in which something goes wrong", _minutes(model)),
        ("What goes in", _inputs(model)),
    ]
    return "\n\n".join(f"## {heading}\n\n{table}" for heading, table in parts)


Cell = Callable[[Load, Needs, Model], str]
ROWS: tuple[tuple[str, Cell], ...] = (
    ("Webhooks/s: mean of the day", lambda caused, *_: about(caused.mean)),
    ("… in the busiest hour", lambda caused, *_: about(max(caused.hours))),
    ("… in the busiest minute; all rates below are for that", lambda caused, *_: about(caused.peak)),
    ("Web processes, on nodes", lambda _, n, __: f"{n.web_processes:,} on {n.web_nodes:,}"),
    ("Worker processes, on nodes", lambda _, n, __: f"{n.worker_processes:,} on {n.worker_nodes:,}"),
    ("Partitions, four for each worker process", lambda _, n, __: f"{n.partitions:,}"),
    ("R3 streams for the publish rate", lambda _, n, __: f"{n.nats_streams:,}"),
    ("NATS cores, over all servers", lambda _, n, __: f"{n.nats_cores:,}"),
    ("… the streams grow in an hour without PostgreSQL, one copy", lambda caused, *_: size(caused.stream_an_hour)),
    ("PostgreSQL cores, over all primaries", lambda _, n, __: f"{n.postgres_cores:,}"),
    ("PostgreSQL shards for the rate", lambda _, n, __: f"{n.postgres_shards:,}"),
    ("… for a year on their disks, as designed", lambda _, n, __: f"{n.postgres_shards_by_disk:,}"),
    ("… for their disks when what is old is archived", lambda _, n, __: f"{n.postgres_shards_by_disk_later:,}"),
    ("Write-ahead log, over all primaries", lambda caused, *_: f"{size(caused.wal)}/s"),
    ("Connections to PostgreSQL, without a pooler", lambda _, n, __: f"{n.connections:,}"),
    ("Live streams open", lambda caused, *_: about(caused.streams)),
    ("… on a web node", lambda _, n, __: f"{n.streams_on_a_node:,}"),
    ("… their memory there", lambda _, n, model: size(n.streams_on_a_node * model.design.stream_bytes)),
    ("Events streamed/s", lambda caused, *_: about(caused.streamed)),
    (
        "Hints/s that reach each node, as designed",
        lambda caused, *_: f"{about(caused.batches)}, {size(caused.hints)}/s",
    ),
    ("… with a subject for each shard", lambda _, n, __: about(n.hints_to_a_node_by_shard)),
    ("Rows/s of the marks that a node compares", lambda _, n, __: about(n.marks_on_a_node)),
    ("Messages a year", lambda caused, *_: about(caused.messages_a_year)),
    ("… their storage, one copy", lambda caused, *_: size(caused.words_a_year)),
    ("… archived, one copy", lambda caused, _, model: size(caused.messages_a_year * model.later.archived)),
    ("The log of events, one copy", lambda caused, *_: size(caused.log)),
    (
        "Everything after a year, as designed, with its copies",
        lambda caused, _, model: size((caused.words_a_year + caused.log) * model.design.replicas),
    ),
)


def _scales(model: Model) -> str:
    columns = [(caused, needs(caused, model), model) for caused in (load(scale, model) for scale in SCALES)]
    rows = [(label, *(show(*column) for column in columns)) for label, show in ROWS]
    return _table(("", *(f"{scale:,} wearables" for scale in SCALES)), rows)


def _limits(model: Model) -> str:
    rows = [(limit.part, limit.carries, about(limit.wearables), limit.then) for limit in limits(model)]
    return _table(("Part, as designed", "carries", "so many wearables", "What replaces it"), rows)


def _hours(model: Model) -> str:
    days = [load(scale, model).hours for scale in SCALES]
    rows = [(f"{hour:02}:00", *(about(day[hour]) for day in days)) for hour in range(24)]
    return _table(("UTC", *(f"{scale:,} wearables" for scale in SCALES)), rows)


def _sensitivity(model: Model) -> str:
    habits = model.habits
    others = (
        ("as assumed", habits),
        ("all live in one time zone", replace(habits, zones=((0, 1.0),))),
        ("all are worn every day", replace(habits, worn=1.0)),
        ("half as much talk", replace(habits, talk=tuple(share / 2 for share in habits.talk))),
        ("a call every second", replace(habits, pause=1.0)),
        ("a call every 3 s", replace(habits, pause=3.0)),
        ("one segment a call", replace(habits, segments=1.0)),
        ("four segments a call", replace(habits, segments=4.0)),
    )
    return _table(
        (
            "A million wearables, and",
            "webhooks/s at the peak",
            "worker processes",
            "PostgreSQL shards",
            "storage a year",
        ),
        [_differently(label, replace(model, habits=other)) for label, other in others],
    )


def _differently(label: str, model: Model) -> tuple[str, ...]:
    caused = load(1_000_000, model)
    wanted = needs(caused, model)
    counts = f"{wanted.worker_processes:,}", f"{wanted.postgres_shards:,}"
    return label, about(caused.peak), *counts, size(caused.words_a_year)


def _minutes(model: Model) -> str:
    rows = []
    for busy in 0.5, 0.7, 0.85:
        for label, minute in (
            ("nothing", Minute(load=busy)),
            ("PostgreSQL is away for 10 s", Minute(load=busy, database_away=10)),
            ("one of four workers dies", Minute(load=busy, worker_dies=True)),
        ):
            outcome = simulate(minute, model)
            rows.append((f"{busy:.0%}", label, *_told(outcome, quiet=label == "nothing")))
    return _table(
        ("Load", "What goes wrong", "deliveries", "wait p50", "wait p99", "caught up, from its beginning"), rows
    )


def _told(outcome: Outcome, *, quiet: bool) -> tuple[str, ...]:
    caught_up = "not in this minute" if outcome.caught_up is None else f"{outcome.caught_up:.0f} s"
    return about(outcome.arrived), _wait(outcome.p50), _wait(outcome.p99), "" if quiet else caught_up


def _wait(seconds: float) -> str:
    return (
        f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s" if seconds >= 1 else f"{about(seconds * 1000)} ms"
    )


def _inputs(model: Model) -> str:
    rows = []
    for part in fields(model):
        values = getattr(model, part.name)
        for one in fields(values):
            value = getattr(values, one.name)
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:,}"
            rows.append((f"`{part.name}.{one.name}`", shown, one.metadata["source"]))
    return _table(("", "value", "what it is and where it comes from"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def about(value: float) -> str:
    """Two figures: more would claim too much."""
    if value == 0:
        return "0"
    rounded = round(value, 1 - math.floor(math.log10(abs(value))))
    for word, unit in ("trillion", 1e12), ("billion", 1e9), ("million", 1e6):
        if rounded >= unit:
            return f"{rounded / unit:,.3g} {word}"
    return f"{rounded:,.10g}"


def size(value: float) -> str:
    for unit, name in (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"):
        if value >= unit:
            return f"{about(value / unit)} {name}"
    return f"{about(value)} B"


# how it is run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    parser.add_argument("--costs", type=Path, metavar="FILE", help="JSON with measured costs, named as in Costs")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write into this page, between the marks")
    arguments = parser.parse_args()
    told = report(Model(costs=costs_of(arguments.costs) if arguments.costs else Costs()))
    if arguments.page:
        arguments.page.write_text(with_report(arguments.page.read_text(), told))
    else:
        print(told)


def costs_of(file: Path) -> Costs:
    """Those that the file names; the others stay."""
    found, names = json.loads(file.read_text()), [cost.name for cost in fields(Costs)]
    if not found.keys() & set(names):
        raise SystemExit(f"{file} names no cost. The costs are: {', '.join(names)}.")
    return Costs(**{name: found[name] for name in names if name in found})


def with_report(page: str, told: str) -> str:
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"The page has no lines {BEGIN} and {END} to write between.")
    return f"{before}{begin}\n\n{told}\n\n{end}{after}"


if __name__ == "__main__":
    main()
