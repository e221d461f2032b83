"""`omilink backup`"""

import argparse
from pathlib import Path

from omilink import settings
from omilink.app import wiring
from omilink.database import move
from omilink.errors import OmilinkError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Writes a consistent copy of the SQLite database while the server runs. It holds everything that was said: "
        "keep it as safe as the database."
    )
    parser.add_argument("file", type=Path, help="where to write it; must not be there yet")


def run(args: argparse.Namespace) -> int:
    chosen = settings.load()
    if chosen.postgres_url:
        raise OmilinkError("PostgreSQL has its own tools for that: pg_dump, pg_basebackup (docs/howto/backup.md).")
    wiring.check_installed(chosen)
    move.back_up(chosen.database_path, args.file)
    print(f"Written: {args.file}")
    return 0
