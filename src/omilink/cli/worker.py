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
        "--port", help="answer /health, /ready and /metrics on this port, 0 for any free one (default: none)"
    )
    parser.epilog = (
        "Any number of workers share the work. They need the same PostgreSQL and NATS (OMILINK_DATABASE_URL, "
        "OMILINK_NATS_URL) as the servers that accept the calls: omilink serve --no-worker."
    )


def run(args: argparse.Namespace) -> int:
    chosen = settings.load(host=args.host, port=args.port)
    if not chosen.nats_url:
        raise OmilinkError(
            "`omilink worker` needs OMILINK_DATABASE_URL=postgresql://… and OMILINK_NATS_URL=nats://…. "
            "Without them `omilink serve` saves calls itself."
        )
    logs.set_up()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(chosen, _answering if args.port else _silent))
    return 0


Beside = Callable[[Services, asyncio.Event], AbstractAsyncContextManager[str]]
"""A context that is entered while the worker runs, with the services and the event that ends the worker. Yields a part
of the sentence that the worker prints."""


async def _work(chosen: Settings, beside: Beside) -> None:
    """Runs until SIGTERM or Ctrl-C, then finishes the calls that it has taken."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with wiring.run(chosen, web=False) as services, beside(services, ended) as where:
        print(f"omilink worker {__version__} saves what is accepted{where} (Ctrl-C ends it)", flush=True)
        await ended.wait()


@asynccontextmanager
async def _silent(_services: Services, _ended: asyncio.Event) -> AsyncIterator[str]:
    yield ""


@asynccontextmanager
async def _answering(services: Services, ended: asyncio.Event) -> AsyncIterator[str]:
    """Serves the worker's status. The server handles the signals, so its end is the end of the worker."""
    from omilink.web.app import make_worker_app  # slow to import
    from omilink.web.sockets.server import Server, listen

    with closing(listen(services.settings)) as listening:
        address = services.settings.model_copy(update={"port": listening.getsockname()[1]})
        server = Server(services, make_worker_app(services))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        serving.add_done_callback(lambda _: ended.set())
        yield f", and answers /health, /ready and /metrics on {settings.local_address(address)}"
        server.should_exit = True
        await serving
