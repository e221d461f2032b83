"""The program `omilink`. A command ends with 0 when it did what was asked, 1 when not, 2 when it was asked wrongly."""

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
    "worker": "save what servers elsewhere have accepted",
    "demo": "run the server with a demo account and a wearable that talks",
    "simulate": "be a wearable: send what OMI's cloud would, to any webhook",
    "doctor": "find out why words do not appear, and what to do",
    "sessions": "issue, list, unlink and hand over sessions and devices",
    "users": "list users, and verify their OMI accounts",
    "audit": "who linked or lost what, and by which proof",
    "jobs": "list the queue, and bring dead letters back",
    "tail": "follow your live chat in the terminal",
    "export": "write a user's conversations as JSON",
    "migrate": "bring the database to this version, or move to another one",
    "backup": "copy the SQLite database while it is in use",
    "webhook-url": "print the address to paste into OMI or a device",
}
"""What each command is for. Its module, of the same name, is imported when it is asked for: all of them together take a
second."""


def main(argv: Sequence[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="omilink", description="What a wearable hears, in the right user's live chat."
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
    os.umask(0o077)  # what is kept is nobody's but the operator's
    try:
        code: int = args.run(args)
    except OmilinkError as error:
        print(f"omilink: {as_typed(error.message)}", file=sys.stderr)
        return 1
    except EOFError:
        print("omilink: nobody is there to ask. Set OMILINK_PASSWORD, or OMILINK_TOKEN for `tail`.", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    return code


def module_of(name: str) -> ModuleType:
    """A command's module, which has `add_arguments` and `run`."""
    return import_module(f"omilink.cli.{name.replace('-', '_')}")
