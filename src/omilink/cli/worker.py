"""`omilink worker`"""

import argparse
import asyncio
import signal

import uvloop

from omilink import __version__, bootstrap, logs, settings
from omilink.errors import OmilinkError
from omilink.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Any number of workers share the work. They need PostgreSQL and NATS (OMILINK_DATABASE_URL, OMILINK_NATS_URL), "
        "the same as the servers that take the calls: omilink serve --no-worker."
    )


def run(args: argparse.Namespace) -> int:
    chosen = settings.load()
    if not chosen.nats_url:
        raise OmilinkError(
            "A worker of its own needs OMILINK_DATABASE_URL=postgresql://… and OMILINK_NATS_URL=nats://…. "
            "Without them `omilink serve` does its work itself."
        )
    logs.set_up()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(chosen))
    return 0


async def _work(chosen: Settings) -> None:
    """Runs until SIGTERM or Ctrl-C; what was taken is finished first."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with bootstrap.run(chosen, web=False):
        print(f"omilink worker {__version__} saves what is accepted (Ctrl-C ends it)", flush=True)
        await ended.wait()
