"""`omilink demo`: a server, an account and a simulated wearable, for a first look."""

import argparse
import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from omilink import settings
from omilink.accounts import signing_in
from omilink.app.services import Services
from omilink.cli.serve import serve
from omilink.database.store import Transaction
from omilink.errors import EmailTaken
from omilink.linking import omi_accounts
from omilink.models.audit import OPERATOR
from omilink.settings import WebhookAuth
from omilink_simulator.calls import account_id
from omilink_simulator.simulator import talk

EMAIL = "demo@example.org"
PASSWORD = "omilink-demo"  # noqa: S105 not secret: it is printed, and the server listens on this machine only
DATA_DIR = Path("data/demo")
WELCOME = f"""
  Page      {{address}}/
  Email     {EMAIL}
  Password  {PASSWORD}

A wearable is talking. After about a minute its first conversation ends, and OMI's record of it comes: it fills in the
sentences that were lost on the way, and gives the conversation its title, summary and action items. The summary of the
day follows. The next conversation begins half a minute later.

Ctrl-C ends it. The demo is for trying on this computer: it takes words from any program here without a secret, and its
password is known. For your own words, use `script/serve`.
"""
SEED = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", help="port to listen on, 0 for any free one (OMILINK_PORT, default 8000)")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="speed of the wearable; 2 is twice as fast as real time (default 1)"
    )


def run(args: argparse.Namespace) -> int:
    data_dir = Path(os.environ.get("OMILINK_DATA_DIR") or DATA_DIR)
    chosen = settings.load(
        host="127.0.0.1",
        port=args.port,
        data_dir=data_dir,
        database_url=f"sqlite:///{data_dir / 'omilink.db'}",  # never the real database: the password is known
        nats_url="",
        webhook_auth=WebhookAuth.OPEN,
    )

    @contextlib.asynccontextmanager
    async def wearable(services: Services, address: str) -> AsyncIterator[None]:
        await _sign_up(services)
        print(WELCOME.format(address=address), flush=True)
        talking = asyncio.create_task(_talk(address, args.speed))
        try:
            yield
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)

    serve(chosen, wearable)
    return 0


async def _sign_up(services: Services) -> None:
    """Makes the account and verifies the wearable's uid for it, so that its session links by itself."""
    now = await services.moment()
    user = signing_in.new_user(EMAIL, PASSWORD, "Demo", now.at)
    hashed = await services.passwords.hash(PASSWORD)

    def add(tx: Transaction) -> None:
        with contextlib.suppress(EmailTaken):
            signing_in.add_user(tx, user, hashed)

    await services.store.write(add)

    def verify(tx: Transaction) -> None:
        omi_accounts.verify_by_operator(tx, account_id(SEED), signing_in.find(tx, EMAIL).id, now, OPERATOR)

    await services.store.write(verify)


async def _talk(address: str, speed: float) -> None:
    """Talks with a new seed at each start: segments that come again are the same messages, and nothing would appear."""
    await talk(f"{address}/omi-webhook", uid=account_id(SEED), seed=secrets.randbits(32), speed=speed)
