"""`omilink worker`"""

import argparse
import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing

import uvloop

from omilink import __version__, logs, settings
from omilink.app import wiring
from omilink.app.services import Services
from omilink.errors import OmilinkError
from omilink.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address for --port (OMILINK_HOST, default 127.0.0.1)")
    parser.add_argument(
        "--port", help="answer /health, /ready and /metrics there, 0 for any free port (default: nowhere)"
    )
    parser.epilog = (
        "Any number of workers share the work. They need PostgreSQL and NATS (OMILINK_DATABASE_URL, OMILINK_NATS_URL), "
        "the same as the servers that take the calls: omilink serve --no-worker."
    )


def run(args: argparse.Namespace) -> int:
    chosen = settings.load(host=args.host, port=args.port)
    if not chosen.nats_url:
        raise OmilinkError(
            "A worker of its own needs OMILINK_DATABASE_URL=postgresql://… and OMILINK_NATS_URL=nats://…. "
            "Without them `omilink serve` does its work itself."
        )
    logs.set_up()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(chosen, _answering if args.port else _silent))
    return 0


Beside = Callable[[Services, asyncio.Event], AbstractAsyncContextManager[str]]
"""What goes on while the worker runs: takes the product and what is set at its end, and yields how to tell of it."""


async def _work(chosen: Settings, beside: Beside) -> None:
    """Runs until SIGTERM or Ctrl-C; what was taken is finished first."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with wiring.run(chosen, web=False) as services, beside(services, ended) as where:
        print(f"omilink worker {__version__} saves what is accepted{where} (Ctrl-C ends it)", flush=True)
        await ended.wait()


@asynccontextmanager
async def _silent(_product: Services, _ended: asyncio.Event) -> AsyncIterator[str]:
    yield ""


@asynccontextmanager
async def _answering(services: Services, ended: asyncio.Event) -> AsyncIterator[str]:
    """Answers how the worker is, and yields where. The server takes over the signals, so its end is the worker's."""
    from omilink.web.app import make_worker_app  # FastAPI takes a while to import
    from omilink.web.server import Server, listen

    with closing(listen(services.settings)) as listening:
        address = services.settings.model_copy(update={"port": listening.getsockname()[1]})
        server = Server(services, make_worker_app(services))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        serving.add_done_callback(lambda _: ended.set())
        yield f", and tells how it is on {settings.local_address(address)}"
        server.should_exit = True
        await serving
