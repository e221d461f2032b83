"""`omilink export`"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from omilink.accounts import signing_in
from omilink.app.services import Services
from omilink.cli.common import with_services
from omilink.errors import Invalid
from omilink.exports import account, formats
from omilink.exports.reading import Read, document, documents, in_thread

LINES, ZIP = "jsonl", "zip"
DESCRIPTION = """\
Writes what a user has here: by default all conversations, one JSON object a line, the newest first. With --format zip
everything, as the user gets it from the page. With --conversation one conversation, in the other formats."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("--user", required=True, metavar="EMAIL")
    parser.add_argument("--format", choices=[LINES, ZIP, *formats.FORMATS], default=LINES, help=f"default: {LINES}")
    parser.add_argument("--conversation", metavar="ID", help="only this conversation")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of standard output")


def run(args: argparse.Namespace) -> int:
    if (args.conversation is None) != (args.format in (LINES, ZIP)):
        raise Invalid(f"--conversation ID goes with --format {', '.join(formats.FORMATS)}, and the other way round.")
    if args.format == ZIP and args.output is None and sys.stdout.isatty():
        raise Invalid("A zip does not go to a terminal. Add --output FILE.")

    async def write(services: Services) -> None:
        user = await services.store.read(lambda tx: signing_in.find(tx, args.user))
        await in_thread(lambda read: _write(_pieces(read, user.id, args), args.output), services.store)

    with_services(write)
    return 0


def _pieces(read: Read, user_id: str, args: argparse.Namespace) -> Iterator[bytes]:
    if args.format == ZIP:
        from omilink.web.schema.exported import schema  # slow to import

        return account.archive(read, user_id, schema())
    if args.conversation:
        found = document(read, user_id, args.conversation)
        return (piece.encode() for piece in formats.FORMATS[args.format].write(found))
    return (piece.encode() for each in documents(read, user_id) for piece in formats.as_json(each))


def _write(pieces: Iterator[bytes], output: Path | None) -> None:
    """A file has its name only once it is whole."""
    if output is None:
        _copy(pieces, sys.stdout.buffer)
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            _copy(pieces, file)
            os.fsync(file.fileno())
        part.replace(output)
    except OSError as error:
        raise Invalid(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)


def _copy(pieces: Iterator[bytes], to: BinaryIO) -> None:
    for piece in pieces:
        to.write(piece)
    to.flush()
