"""What commands share: the services beside a running server, and lists as a table or JSON."""

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
    parser.add_argument("--json", action="store_true", help="print JSON")


def with_services(do: "Callable[[Services], Awaitable[T]]", *, makes: bool = False) -> T:
    """Runs `do` with the services of the environment's settings; a server may run meanwhile. Raises NotInstalled if
    there is no installation and the command does not make one (`makes`)."""
    from omilink import settings  # slow to import, and --help does not need them
    from omilink.app.wiring import open_services

    logs.set_up()

    async def run() -> T:
        async with open_services(settings.load(), makes=makes) as services:
            return await do(services)

    return asyncio.run(run())


def positive(text: str) -> int:
    """A whole number from 1, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
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
    return "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text
    )  # no control characters in the terminal
