"""What commands share: the product beside a running server, and lists for people or programs."""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from omilink import logs
from omilink.models.json import time_text

if TYPE_CHECKING:
    from omilink.app.services import Services

T = TypeVar("T")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def with_services(do: "Callable[[Services], Awaitable[T]]", *, makes: bool = False) -> T:
    """Runs `do` with the product of the environment's settings, which may be serving meanwhile. Raises NotInstalled
    where there is none, unless the command `makes` one."""
    from omilink import settings  # both take a while to import, and a command's help does without
    from omilink.app.wiring import open_services

    logs.set_up()

    async def run() -> T:
        async with open_services(settings.load(), makes=makes) as services:
            return await do(services)

    return asyncio.run(run())


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def print_list(rows: Sequence[dict[str, Any]], *, as_json: bool, empty: str) -> None:
    if as_json:
        print(json.dumps(list(rows), ensure_ascii=False, indent=2))
    elif not rows:
        print(empty)
    else:
        _print_table(rows)


def moment(at: int | None) -> str:
    return time_text(at) or "-"


def _print_table(rows: Sequence[dict[str, Any]]) -> None:
    names = list(rows[0])
    lines = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    text = "-" if value is None else str(value)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)  # no control of the terminal
