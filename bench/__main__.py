"""Measures omilink beside a server that does nothing. Rates depend on the machine, so nothing here asserts them."""

import argparse
import contextlib
import json
import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import uvloop

from bench import cluster, greedy, machine, report, rights, screen, servers
from bench.fill import fill
from bench.load import Rate, as_many_as_possible, paced, waiting
from bench.people import Person, nobody, sign_up
from bench.servers import Server
from bench.wire import Stream, open_streams

USERS_STORED = 1000
IDLE_STREAMS = (0, 500, 2000)


@dataclass(frozen=True, kw_only=True)
class Size:
    people: int
    rounds: int
    seconds: float
    paced_seconds: float
    idle_seconds: float
    greedy_seconds: float
    stored: int


FULL = Size(people=50, rounds=3, seconds=6, paced_seconds=20, idle_seconds=20, greedy_seconds=5, stored=1_000_000)
QUICK = Size(people=50, rounds=1, seconds=3, paced_seconds=5, idle_seconds=5, greedy_seconds=3, stored=100_000)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A running server with its people and one open stream of each."""

    server: Server
    people: Sequence[Person]
    streams: Sequence[Stream]


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, fewer stored messages")
    parser.add_argument("--stored", type=int, help="messages in the full database; 0 leaves that part out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure of every round there")
    parser.add_argument("--screen", action="store_true", help="what a user sees in a browser, alone")
    parser.add_argument("--greedy", action="store_true", help="what one greedy user costs another, alone")
    parser.add_argument("--rights", action="store_true", help="how fast streams end with their right, instead")
    parser.add_argument("--cluster", action="store_true", help="a cluster beside the embedded product, instead")
    parser.add_argument("--workers", type=int, default=1, help="the cluster's, 1 by default")
    args = parser.parse_args()
    _allow_many_connections()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_on_a_real_disk()) as folder:
        measure = next((how for name, how in PARTS.items() if getattr(args, name)), _embedded)
        table, figures = measure(args, Path(folder))
    print(table)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


def _rights(_: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    figures = uvloop.run(rights.measure(folder))
    return rights.table(figures), figures.as_json()


def _beside_a_greedy_one(args: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    size = QUICK if args.quick else FULL

    async def measure() -> greedy.Greedy:
        with contextlib.ExitStack() as running:
            return await _greedy(size, folder, await _subject("empty", folder, replace(size, people=2), running))

    figures = uvloop.run(measure())
    return report.greedy_table(figures, machine.describe(folder)), asdict(figures)


def _clustered(args: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    size = cluster.QUICK if args.quick else cluster.FULL
    figures = uvloop.run(cluster.measure(size, folder, args.workers))
    return cluster.table(figures), figures.as_json()


def _on_the_screen(args: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    if not os.environ.get("CHROMIUM"):
        raise SystemExit("There is no Chromium: `apt-get install chromium`, or set CHROMIUM=/path/to/chromium.")
    figures = _seen(args, folder)
    return report.screen_table(figures), figures.as_json()


def _seen(args: argparse.Namespace, folder: Path) -> screen.Screen:
    return uvloop.run(screen.measure(screen.QUICK if args.quick else screen.FULL, folder))


def _embedded(args: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    size = QUICK if args.quick else FULL
    if args.stored is not None:
        size = replace(size, stored=args.stored)
    figures = uvloop.run(_measure(size, folder))
    if os.environ.get("CHROMIUM"):
        _say("the screen of a browser")
        figures.screen = _seen(args, folder)
    return report.table(figures), figures.as_json()


async def _measure(size: Size, folder: Path) -> report.Figures:
    figures = report.Figures(machine=machine.describe(folder), stored=size.stored)
    with contextlib.ExitStack() as running:
        noop = Subject(server=servers.noop(folder), people=nobody(size.people), streams=())
        running.callback(noop.server.stop)
        subjects = {"empty": await _subject("empty", folder, size, running)}
        if size.stored:
            subjects["full"] = await _subject("full", folder, size, running)
        await _rates(figures, size, noop, subjects)
        await _latencies(figures, size, subjects)
        _say("one greedy user")
        figures.greedy = await _greedy(size, folder, subjects["empty"])
    await _idle(figures, size, folder, subjects["empty"].people)
    return figures


async def _subject(name: str, folder: Path, size: Size, running: contextlib.ExitStack) -> Subject:
    _say(f"{name} database: signing {size.people} people up")
    data = folder / name
    server = servers.omilink(name, data)
    running.callback(server.stop)
    people = sign_up(server, size.people)
    if name == "full":
        server.stop()
        _say(f"{name} database: storing {size.stored:,} messages")
        fill(servers.database(data), people, users=USERS_STORED, messages=size.stored)
        server = servers.omilink(name, data)
        running.callback(server.stop)
    return Subject(server=server, people=people, streams=await open_streams(server, people))


async def _rates(figures: report.Figures, size: Size, noop: Subject, subjects: dict[str, Subject]) -> None:
    """Every server once in each round, since a machine is not equally fast all the time."""
    measured = {"noop": noop, **subjects}
    for subject in measured.values():
        await _sustained(subject, 1.0)  # warms up
    for number in range(size.rounds):
        _say(f"rates: round {number + 1} of {size.rounds}")
        for name, subject in measured.items():
            getattr(figures, name).append(await _sustained(subject, size.seconds))


async def _sustained(subject: Subject, seconds: float) -> Rate:
    return await as_many_as_possible(subject.server, subject.people, subject.streams, seconds)


async def _latencies(figures: report.Figures, size: Size, subjects: dict[str, Subject]) -> None:
    half = report.done(figures.empty) / 2
    for name, subject in subjects.items():
        for rate, kept in (20.0, figures.slow), (half, figures.half):
            _say(f"{name} database: latency at {rate:.0f}/s")
            kept[name] = await paced(subject.server, subject.people, subject.streams, rate, size.paced_seconds)


async def _greedy(size: Size, folder: Path, subject: Subject) -> greedy.Greedy:
    one, other = subject.people[:2]
    return await greedy.measure(subject.server, folder / "empty", one, other, size.greedy_seconds, size.rounds)


async def _idle(figures: report.Figures, size: Size, folder: Path, people: Sequence[Person]) -> None:
    """On a fresh process: memory that a loaded one has freed and kept would hide what streams cost."""
    server = servers.omilink("idle", folder / "empty")
    _say("idle streams: " + ", ".join(str(count) for count in IDLE_STREAMS))
    try:
        figures.idle = await waiting(server, people, IDLE_STREAMS, size.idle_seconds)
    finally:
        server.stop()


PARTS = {"cluster": _clustered, "greedy": _beside_a_greedy_one, "rights": _rights, "screen": _on_the_screen}


def _on_a_real_disk() -> Path:
    """The temporary folder of many machines is memory, where an fsync costs nothing."""
    folder = Path("data")
    folder.mkdir(exist_ok=True)
    return folder.resolve()


def _allow_many_connections() -> None:
    """Inherited by the servers."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
