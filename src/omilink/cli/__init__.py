"""The program `omilink`. A command ends with 0 when it did what was asked, 1 when not, 2 when it was asked wrongly."""

import argparse
import os
import sys
from types import ModuleType

from omilink import __version__
from omilink.cli import (
    audit,
    backup,
    demo,
    doctor,
    export,
    jobs,
    migrate,
    serve,
    sessions,
    simulate,
    tail,
    users,
    webhook_url,
    worker,
)
from omilink.errors import OmilinkError

COMMANDS: dict[str, tuple[ModuleType, str]] = {
    "serve": (serve, "run the server"),
    "worker": (worker, "save what servers elsewhere have accepted"),
    "demo": (demo, "run the server with a demo account and a wearable that talks"),
    "simulate": (simulate, "be a wearable: send what OMI's cloud would, to any webhook"),
    "doctor": (doctor, "find out why words do not appear, and what to do"),
    "sessions": (sessions, "issue, list, unlink and hand over sessions and devices"),
    "users": (users, "list users, and verify their OMI accounts"),
    "audit": (audit, "who linked or lost what, and by which proof"),
    "jobs": (jobs, "list the queue, and bring dead letters back"),
    "tail": (tail, "follow your live chat in the terminal"),
    "export": (export, "write a user's conversations as JSON"),
    "migrate": (migrate, "bring the database to this version, or move to another one"),
    "backup": (backup, "copy the SQLite database while it is in use"),
    "webhook-url": (webhook_url, "print the address to paste into OMI or a device"),
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="omilink", description="What a wearable hears, in the right user's live chat."
    )
    parser.add_argument("--version", action="version", version=f"omilink {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (module, purpose) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        command.set_defaults(run=module.run)
        module.add_arguments(command)
    args = parser.parse_args(argv)
    os.umask(0o077)  # what is kept is nobody's but the operator's
    try:
        code: int = args.run(args)
    except OmilinkError as error:
        print(f"omilink: {error.message}", file=sys.stderr)
        return 1
    except EOFError:
        print("omilink: nobody is there to ask. Set OMILINK_PASSWORD, or OMILINK_TOKEN for `tail`.", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    return code
