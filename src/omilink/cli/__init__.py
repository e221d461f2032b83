"""The program `omilink`. Exit codes: 0 success, 1 failure, 2 wrong arguments, 130 Ctrl-C."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from omilink import __version__
from omilink.cli.program import as_typed
from omilink.errors import OmilinkError

COMMANDS = {
    "serve": "run the server",
    "worker": "save the calls that other servers have accepted",
    "demo": "run the server with a demo account and a wearable that talks",
    "simulate": "simulate a wearable: send a webhook the calls that OMI's cloud would send",
    "doctor": "find out why no words appear, and what to do",
    "sessions": "issue, list, unlink and hand over sessions",
    "users": "list users, and verify their OMI accounts",
    "audit": "list who linked or lost a session, and by which proof",
    "jobs": "list the jobs of the queue, and retry dead ones",
    "tail": "follow your live conversation in the terminal",
    "export": "write a user's conversations as JSON",
    "migrate": "upgrade the database to this version, or move it to another database",
    "backup": "copy the SQLite database while it is in use",
    "webhook-url": "print the webhook address for OMI or a device",
}
"""The purpose of each command. Its module has the same name and is imported only when the command runs: importing
all of them takes a second."""


def main(argv: Sequence[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="omilink", description="Shows what a wearable hears, live, to the user who owns it."
    )
    parser.add_argument("--version", action="version", version=f"omilink {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    asked = next((word for word in argv if not word.startswith("-")), None)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        if name == asked:
            module = module_of(name)
            command.set_defaults(run=module.run)
            module.add_arguments(command)
    args = parser.parse_args(argv)
    os.umask(0o077)  # files are readable by the operator only
    try:
        code: int = args.run(args)
    except OmilinkError as error:
        print(f"omilink: {as_typed(error.message)}", file=sys.stderr)
        return 1
    except EOFError:
        print(
            "omilink: there is no terminal to ask for a password. Set OMILINK_PASSWORD, or OMILINK_TOKEN for `tail`.",
            file=sys.stderr,
        )
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    return code


def module_of(name: str) -> ModuleType:
    """The module of a command, with `add_arguments(parser)` and `run(args)`, which returns the exit code."""
    return import_module(f"omilink.cli.{name.replace('-', '_')}")
