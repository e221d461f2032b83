"""A cluster on this machine beside the embedded product, in one run: what a webhook costs, how fast words come over
another node, and what an outage of PostgreSQL costs."""

import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench import servers
from bench.load import Arrivals, Call, Latency, Rate, as_many_as_possible, paced, talk
from bench.machine import cpu_seconds, describe
from bench.people import SEGMENTS, Person, sign_up
from bench.report import Line, told
from bench.servers import SECRET, Site
from bench.wire import Stream, open_streams
from lab.cluster import DATABASE, Cluster
from lab.process import Process

PEOPLE = 50
OTHERS = 10
"""People who were silent when PostgreSQL was away, and talk while it is caught up with."""
SLOW, STEADY = 20.0, 300.0
"""Calls a second: for latency; and for the cost at a rate that both can do, and while PostgreSQL is away."""
CATCH_UP = 30.0
"""Seconds in which everything has to be there again."""


@dataclass(frozen=True, kw_only=True)
class Size:
    rounds: int
    seconds: float
    paced_seconds: float
    outage: float


FULL = Size(rounds=3, seconds=6, paced_seconds=20, outage=60)
QUICK = Size(rounds=1, seconds=4, paced_seconds=10, outage=15)


@dataclass(frozen=True, kw_only=True)
class Outage:
    """`caught_up` is in seconds from PostgreSQL's return until the last call from before it was in its stream, `others`
    the latency of people who had been silent."""

    calls: int
    caught_up: float
    others_p50: float
    others_p99: float


@dataclass(kw_only=True)
class Figures:
    """Rounds are kept one by one and shown by their median."""

    machine: dict[str, str]
    rates: dict[str, list[Rate]] = field(default_factory=lambda: {"embedded": [], "cluster": []})
    steady: dict[str, list[Latency]] = field(default_factory=lambda: {"embedded": [], "cluster": []})
    slow: dict[str, Latency] = field(default_factory=dict)
    batches: dict[str, float] = field(default_factory=dict)
    """Deliveries per transaction, flat out and at the steady rate."""
    away: Rate | None = None
    outage: Outage | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | costs(self)


@dataclass(frozen=True, kw_only=True)
class Subject:
    site: Site
    people: Sequence[Person]
    streams: Sequence[Stream]


class Nodes:
    """A cluster, as those see it who load it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.ports = [urlsplit(web.url).port or 0 for web in cluster.webs]
        self._parts: dict[str, Sequence[Process]] = {
            "web": cluster.webs,
            "worker": cluster.workers,
            "nats": cluster.nats,
        }

    def cpu_seconds(self) -> dict[str, float]:
        used = {part: sum(cpu_seconds(process.pid) for process in all) for part, all in self._parts.items()}
        return used | {"postgres": cpu_seconds(self.cluster.postgres.pid) if self.cluster.postgres.running else 0.0}

    def transactions(self) -> int:
        """That have saved messages so far."""
        ((count,),) = self.cluster.postgres.run("SELECT count(DISTINCT xmin::text) FROM messages", DATABASE)
        return int(count)


async def measure(size: Size, folder: Path, workers: int) -> Figures:
    figures = Figures(machine=describe(folder) | {"cluster": f"2 web nodes, {workers} worker(s), 1 NATS, PostgreSQL"})
    with contextlib.ExitStack() as running:
        _say(f"signing {PEOPLE} people up on both")
        embedded = servers.omilink("embedded", folder / "embedded")
        running.callback(embedded.stop)
        settings = {"OMILINK_WEBHOOK_SECRET": SECRET, "OMILINK_RATE_LIMITS": "off"}
        cluster = Cluster(folder / "cluster", workers=workers, nats=1, durable=True, settings=settings)
        nodes = Nodes(running.enter_context(cluster))
        subjects = {"embedded": await _subject(embedded, PEOPLE), "cluster": await _subject(nodes, PEOPLE + OTHERS)}
        await _rates(figures, size, subjects, nodes)
        for name, subject in subjects.items():
            _say(f"{name}: latency at {SLOW:.0f}/s")
            figures.slow[name] = await _paced(subject, SLOW, size.paced_seconds)
        await _outage(figures, size, subjects["cluster"], nodes)
    return figures


async def _subject(site: Site, people: int) -> Subject:
    signed_up = sign_up(site, people)
    return Subject(site=site, people=signed_up, streams=await open_streams(site, signed_up))


async def _rates(figures: Figures, size: Size, subjects: dict[str, Subject], nodes: Nodes) -> None:
    """Both in each round, since a machine is not equally fast all the time."""
    for subject in subjects.values():
        await _flat_out(subject, 1.0)  # warms up
    batches: dict[str, list[float]] = {"flat out": [], "steady": []}
    for number in range(size.rounds):
        _say(f"rates: round {number + 1} of {size.rounds}")
        for name, subject in subjects.items():
            before = nodes.transactions()
            figures.rates[name].append(await _flat_out(subject, size.seconds))
            between = nodes.transactions()
            figures.steady[name].append(await _paced(subject, STEADY, size.seconds))
            after = nodes.transactions()
        batches["flat out"].append(figures.rates["cluster"][-1].calls / (between - before))
        batches["steady"].append(STEADY * size.seconds / (after - between))
    figures.batches = {load: statistics.median(sizes) for load, sizes in batches.items()}


async def _outage(figures: Figures, size: Size, subject: Subject, nodes: Nodes) -> None:
    """First how fast calls are accepted meanwhile, then a long one under load."""
    postgres, people, others = nodes.cluster.postgres, subject.people[:PEOPLE], subject.people[PEOPLE:]
    _say("PostgreSQL is away: intake")
    await asyncio.to_thread(postgres.stop)
    arrivals = Arrivals(subject.streams)
    figures.away = await as_many_as_possible(nodes, people, (), min(size.seconds, 4))
    await asyncio.to_thread(postgres.start)
    await arrivals.wait_for(figures.away.calls * SEGMENTS)
    _say(f"PostgreSQL is away for {size.outage:.0f} s at {STEADY:.0f} calls/s")
    talking = asyncio.create_task(
        talk(nodes, people, subject.streams[:PEOPLE], STEADY, size.outage + CATCH_UP), name="talking"
    )
    await asyncio.to_thread(postgres.stop)
    await asyncio.sleep(size.outage)
    await asyncio.to_thread(postgres.start)
    back = time.perf_counter()
    of_others, _ = await talk(nodes, others, subject.streams[PEOPLE:], SLOW, CATCH_UP)
    calls, _ = await talking
    figures.outage = _judged(calls, of_others, back)


def _judged(calls: Sequence[Call], of_others: Sequence[Call], back: float) -> Outage:
    caught_up = max(call.arrived for call in calls if call.posted < back)
    ordered = sorted(call.milliseconds for call in of_others if call.posted < caught_up)
    return Outage(
        calls=sum(call.posted < back < call.arrived for call in calls),
        caught_up=caught_up - back,
        others_p50=statistics.median(ordered),
        others_p99=ordered[int(len(ordered) * 0.99)],
    )


async def _flat_out(subject: Subject, seconds: float) -> Rate:
    return await as_many_as_possible(subject.site, subject.people[:PEOPLE], subject.streams[:PEOPLE], seconds)


async def _paced(subject: Subject, rate: float, seconds: float) -> Latency:
    return await paced(subject.site, subject.people[:PEOPLE], subject.streams[:PEOPLE], rate, seconds)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


# how it is told


def costs(figures: Figures) -> dict[str, float]:
    """What docs/reference/capacity.md calculates with, in microseconds. PostgreSQL has a cost for each call and a cost
    for each batch, which two loads with batches of different sizes tell apart."""
    web, worker, nats, postgres = (
        _part(figures.rates["cluster"], part) for part in ("web", "worker", "nats", "postgres")
    )
    accepting = figures.away.cpu["web"] if figures.away else web
    alone = _part(figures.steady["cluster"], "postgres")
    flat_out, steady = (1 / figures.batches[load] for load in ("flat out", "steady"))
    each_batch = (alone - postgres) / (steady - flat_out)
    return {
        "web_us": accepting,
        "stream_us": web - accepting,
        "worker_us": worker,
        "nats_us": nats,
        "postgres_us": postgres - each_batch * flat_out,
        "postgres_batch_us": each_batch,
    }


def table(figures: Figures) -> str:
    head = Line("", "embedded", "cluster", "target")
    lines = [*_costs(figures, "flat out", figures.rates), *_costs(figures, f"at {STEADY:.0f}/s", figures.steady)]
    return told(figures.machine, [head, *lines, *_throughput(figures), *_latency(figures), *_outages(figures)])


def _costs(figures: Figures, load: str, measured: dict[str, Any]) -> list[Line]:
    embedded, cluster = (_total(each) for each in measured.values())
    parts = [Line(f"  {part}", "", f"{_part(measured['cluster'], part):.0f} µs") for part in measured["cluster"][0].cpu]
    factor = cluster / embedded
    return [
        Line(f"CPU a webhook, {load}", f"{embedded:.0f} µs", f"{cluster:.0f} µs"),
        *parts,
        Line("  of the embedded product's", "", f"{factor:.2f} times", "≤ 2.5 times", factor <= 2.5),
    ]


def _throughput(figures: Figures) -> list[Line]:
    embedded, cluster = (statistics.median(rate.done for rate in rates) for rates in figures.rates.values())
    flat_out, steady = figures.batches["flat out"], figures.batches["steady"]
    return [
        Line("webhooks saved and streamed, flat out", f"{embedded:,.0f}/s", f"{cluster:,.0f}/s"),
        Line("deliveries in a transaction, flat out", "", f"{flat_out:.1f}", "≥ 20", flat_out >= 20),
        Line(f"  at {STEADY:.0f}/s", "", f"{steady:.1f}"),
    ]


def _latency(figures: Figures) -> list[Line]:
    embedded, cluster = figures.slow.values()
    return [
        _milliseconds(f"webhook to another node's stream at {SLOW:.0f}/s, p50", embedded.p50, cluster.p50, 25),
        _milliseconds(f"webhook to another node's stream at {SLOW:.0f}/s, p99", embedded.p99, cluster.p99, 100),
    ]


def _milliseconds(what: str, embedded: float, cluster: float, most: float) -> Line:
    return Line(what, f"{embedded:.1f} ms", f"{cluster:.1f} ms", f"≤ {most} ms", cluster <= most)


def _outages(figures: Figures) -> list[Line]:
    outage, away = figures.outage, figures.away
    assert outage and away
    usual = statistics.median(rate.accepted for rate in figures.rates["cluster"])
    share = away.accepted / usual
    return [
        Line("accepted with PostgreSQL", "", f"{usual:,.0f}/s"),
        Line("accepted without PostgreSQL", "", f"{away.accepted:,.0f}/s, {share:.0%}", "≥ 90 %", share >= 0.9),
        Line(
            f"caught up with {outage.calls:,} calls",
            "",
            f"{outage.caught_up:.1f} s",
            f"≤ {CATCH_UP:.0f} s",
            outage.caught_up <= CATCH_UP,
        ),
        Line("  latency of others meanwhile, p50", "", f"{outage.others_p50:.0f} ms"),
        Line("  p99", "", f"{outage.others_p99:.0f} ms", "≤ 1,000 ms", outage.others_p99 <= 1000),
    ]


def _total(measured: Sequence[Rate | Latency]) -> float:
    return statistics.median(sum(each.cpu.values()) for each in measured)


def _part(measured: Sequence[Rate | Latency], part: str) -> float:
    return statistics.median(each.cpu[part] for each in measured)
