"""`omilink migrate`"""

import argparse
import asyncio
import contextlib
import sys

from sqlalchemy.exc import DBAPIError, OperationalError

from omilink import logs, settings
from omilink.app import wiring
from omilink.database import move
from omilink.database.history import rename_history
from omilink.errors import OmilinkError
from omilink.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Upgrades the database to this version's schema, as `serve` and `worker` do when they start; "
        "or moves an installation to another database."
    )
    parser.add_argument(
        "--from", dest="source", metavar="URL", help="the database to move from, like sqlite:///data/omilink.db"
    )
    parser.add_argument(
        "--to", dest="target", metavar="URL", help="the empty database to move to (default: OMILINK_DATABASE_URL)"
    )
    parser.add_argument(
        "--new-history", action="store_true", help="after restoring an older state: clients reload instead of resuming"
    )


def run(args: argparse.Namespace) -> int:
    logs.set_up()
    if args.target and not args.source:
        raise OmilinkError("--to needs --from: the database to move from.")
    if args.source and args.new_history:
        raise OmilinkError("--new-history is for a restored database; a moved database keeps its history.")
    if args.source:
        _move(args.source, args.target)
    else:
        asyncio.run(_upgrade(settings.load(), new_history=args.new_history))
    return 0


async def _upgrade(chosen: Settings, *, new_history: bool) -> None:
    if not chosen.postgres_url:
        wiring.check_installed(chosen)
    async with wiring.open_database(chosen) as database:
        await database.write(rename_history if new_history else lambda connection: None)
    print("The database has this version's schema.")
    if new_history:
        print("Its history has a new name: streams and polls answer older cursors with `reset`.")


def _move(source: str, target: str | None) -> None:
    old, new = (settings.load(database_url=url, nats_url="") for url in (source, target))
    if (old.postgres_url, old.database_path) == (new.postgres_url, new.database_path):
        raise OmilinkError("Name the database to move to: --to URL, or OMILINK_DATABASE_URL.")
    if old.postgres_url is None and not old.database_path.exists():
        raise OmilinkError(f"There is no database at {old.database_path}.")
    alone = contextlib.nullcontext() if old.postgres_url else wiring.only_one(old.database_path.parent)
    with alone:
        try:
            move.move(wiring.engine(old), wiring.engine(new), _print_progress)
        except OperationalError as error:  # its text is about the connection or the disk, and holds no rows
            raise OmilinkError(f"Nothing was moved: {str(error.orig).strip()}") from None
        except DBAPIError as error:  # its text may quote a row
            raise OmilinkError(
                f"Nothing was moved: {type(error.orig).__name__}. Does another program write to it?"
            ) from None
    print(
        "Everything has been moved. Set OMILINK_DATABASE_URL to the new database, and start the server. If the data\n"
        "folder changes, set OMILINK_WEBHOOK_SECRET to the content of the old folder's file webhook_secret."
    )


def _print_progress(table: str, rows: int) -> None:
    print(f"{table}: {rows}", file=sys.stderr)
