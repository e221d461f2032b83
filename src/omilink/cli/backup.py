"""`omilink backup`"""

import argparse
from pathlib import Path

from omilink import settings
from omilink.app import wiring
from omilink.database import move
from omilink.errors import OmilinkError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Writes a consistent copy of the SQLite database while the server runs. The copy holds all conversations: "
        "protect it like the database."
    )
    parser.add_argument("file", type=Path, help="the file to write; it must not exist yet")


def run(args: argparse.Namespace) -> int:
    chosen = settings.load()
    if chosen.postgres_url:
        raise OmilinkError(
            "This command copies SQLite databases. For PostgreSQL use pg_dump or pg_basebackup (docs/howto/backup.md)."
        )
    wiring.check_installed(chosen)
    move.back_up(chosen.database_path, args.file)
    print(f"Written: {args.file}")
    return 0
