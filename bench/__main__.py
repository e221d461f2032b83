"""Measures omilink beside a server that does nothing. Rates depend on the machine, so nothing here asserts them."""

import argparse
import json
import math
import os
import resource
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import uvloop

from bench import cluster, embedded, machine, records, report, rights, screen, searching, servers
from bench.servers import THIS

AT_LEAST_BY_TURNS = 3
"""Rounds, when two versions take turns."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, fewer stored messages")
    parser.add_argument(
        "--stored",
        type=int,
        help=f"messages in the full database, a multiple of {embedded.CALL_STORED:,}; 0: no such part",
    )
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="an older checkout, by turns with this one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure of every round there")
    parser.add_argument("--screen", action="store_true", help="what a user sees in a browser, alone")
    parser.add_argument("--greedy", action="store_true", help="what one greedy user costs another, alone")
    parser.add_argument("--search", action="store_true", help="what search costs, instead")
    parser.add_argument("--records", action="store_true", help="what a long record costs, instead")
    parser.add_argument("--rights", action="store_true", help="how fast streams end with their right, instead")
    parser.add_argument("--cluster", action="store_true", help="a cluster beside the embedded product, instead")
    parser.add_argument("--workers", type=int, default=1, help="the cluster's, 1 by default")
    args = parser.parse_args()
    if args.beside and any(getattr(args, name) for name in PARTS):
        parser.error(f"--beside goes with none of these: {', '.join(PARTS)}")
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
    size = embedded.QUICK if args.quick else embedded.FULL
    figures = uvloop.run(embedded.beside_a_greedy_one(size, folder, THIS))
    return report.greedy_table(figures, machine.describe(folder)), asdict(figures)


def _clustered(args: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    size = cluster.QUICK if args.quick else cluster.FULL
    figures = uvloop.run(cluster.measure(size, folder, args.workers))
    return cluster.table(figures), figures.as_json()


def _search(args: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    figures = uvloop.run(searching.measure(searching.QUICK if args.quick else searching.FULL, folder))
    return searching.table(figures), figures.as_json()


def _recorded(args: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    figures = uvloop.run(records.measure(records.QUICK if args.quick else records.FULL, folder))
    return records.table(figures), figures.as_json()


def _on_the_screen(args: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    if not os.environ.get("CHROMIUM"):
        raise SystemExit("There is no Chromium: `apt-get install chromium`, or set CHROMIUM=/path/to/chromium.")
    figures = _seen(args, folder)
    return report.screen_table(figures), figures.as_json()


def _seen(args: argparse.Namespace, folder: Path) -> screen.Screen:
    return uvloop.run(screen.measure(screen.QUICK if args.quick else screen.FULL, folder))


def _embedded(args: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    size = embedded.QUICK if args.quick else embedded.FULL
    if args.stored is not None:
        size = replace(size, stored=math.ceil(args.stored / embedded.CALL_STORED) * embedded.CALL_STORED)
    if args.beside:
        return _by_turns(args, replace(size, rounds=max(size.rounds, AT_LEAST_BY_TURNS)), folder)
    figures = uvloop.run(embedded.measure(size, folder, [THIS]))
    if os.environ.get("CHROMIUM"):
        print("the screen of a browser", file=sys.stderr, flush=True)
        figures.screen = _seen(args, folder)
    return report.table(figures), figures.as_json()


def _by_turns(args: argparse.Namespace, size: embedded.Size, folder: Path) -> tuple[str, dict[str, Any]]:
    checkouts = [THIS, servers.older(args.beside)]
    commits = {checkout.name: checkout.commit for checkout in checkouts}
    figures = uvloop.run(embedded.measure(size, folder, checkouts))
    figures.machine |= commits
    return report.table(figures), figures.as_json()


PARTS = {
    "cluster": _clustered,
    "greedy": _beside_a_greedy_one,
    "records": _recorded,
    "rights": _rights,
    "screen": _on_the_screen,
    "search": _search,
}


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
