"""`omilink serve`"""

import argparse
import asyncio
import gc
import logging
import os
import shlex
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop

from omilink import __version__, logs, settings
from omilink.accounts import signing_in
from omilink.app import wiring
from omilink.app.services import Services
from omilink.cli.program import typed
from omilink.errors import OmilinkError, Unavailable
from omilink.settings import Settings, WebhookAuth

log = logging.getLogger("omilink")

Beside = Callable[[Services, str], AbstractAsyncContextManager[None]]
"""A context that is entered while the server runs, with the services and the server's address."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (OMILINK_HOST, default 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on, 0 for any free one (OMILINK_PORT, default 8000)")
    parser.add_argument("--data-dir", type=Path, help="folder of all data (OMILINK_DATA_DIR, default ./data)")
    parser.add_argument(
        "--webhook-auth", help="required, or open for development (OMILINK_WEBHOOK_AUTH, default required)"
    )
    parser.add_argument(
        "--no-worker", action="store_true", help="accept calls only; `omilink worker` saves them (needs NATS)"
    )
    parser.epilog = "Every other setting is an environment variable: see docs/reference/settings.md."


def run(args: argparse.Namespace) -> int:
    flags = {"host": args.host, "port": args.port, "data_dir": args.data_dir, "webhook_auth": args.webhook_auth}
    chosen = settings.load(**flags)
    if args.no_worker and not chosen.nats_url:
        raise OmilinkError(
            "--no-worker needs OMILINK_NATS_URL: without NATS no worker can save what this server accepts."
        )
    serve(chosen, partial(_print_addresses, flags=flags), worker=not args.no_worker)
    return 0


def serve(chosen: Settings, beside: Beside, *, worker: bool = True) -> None:
    """Runs until SIGTERM or Ctrl-C, then saves what was accepted."""
    logs.set_up()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(chosen, beside, worker))


async def _serve(chosen: Settings, beside: Beside, worker: bool) -> None:
    from omilink.web.app import make_app  # slow to import, and other commands do not need it
    from omilink.web.sockets.server import Server, listen

    with closing(listen(chosen)) as listening:
        port = listening.getsockname()[1]
        async with wiring.run(chosen, worker=worker) as services:
            address = settings.local_address(chosen.model_copy(update={"port": port}))
            server = Server(services, make_app(services))
            gc.freeze()  # what exists now stays: the collector can skip it
            gc.set_threshold(20_000, 20, 10)
            await _warn_of_accounts(services)
            async with beside(services, address):
                await server.serve(sockets=[listening])


@asynccontextmanager
async def _print_addresses(services: Services, address: str, *, flags: dict[str, Any]) -> AsyncIterator[None]:
    print(f"omilink {__version__} listens on {address} (Ctrl-C ends it)", flush=True)
    if services.settings.public_url:
        print(f"Users reach it at {services.settings.public_url}", flush=True)
    same_server = _environment(flags, urlsplit(address).port)
    print(f"The address for OMI or a device: {same_server}{typed()} webhook-url", flush=True)
    _warn(services.settings)
    yield


def _environment(flags: dict[str, Any], port: int | None) -> str:
    """The variables that a command needs to find this server, if flags have set its folder or port."""
    found = {"OMILINK_DATA_DIR": flags["data_dir"], "OMILINK_PORT": flags["port"] and port}
    named = {name: str(value) for name, value in found.items() if value and os.environ.get(name) != str(value)}
    return "".join(f"{name}={shlex.quote(value)} " for name, value in named.items())


async def _warn_of_accounts(services: Services) -> None:
    with suppress(Unavailable):  # PostgreSQL may be unavailable at the start; `omilink doctor` shows the same
        for doubt in await services.store.read(signing_in.in_doubt):
            log.warning("%s Ids: %s. %s", doubt.found, ", ".join(user.id for user in doubt.users), doubt.do)


def _warn(chosen: Settings) -> None:
    if chosen.webhook_auth is WebhookAuth.OPEN:
        log.warning("ANYBODY can post to the webhook: OMILINK_WEBHOOK_AUTH is open. Use that for development only.")
    if chosen.nats_url and not chosen.webhook_secret:
        log.warning(
            "Every node makes its own webhook secret: set OMILINK_WEBHOOK_SECRET to the same value on all nodes."
        )
    if not settings.is_loopback(chosen.host) and not (chosen.public_url or "").startswith("https"):
        log.warning("Without https, words and passwords travel in the clear: see docs/howto/deploy.md.")
