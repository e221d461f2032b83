"""`omilink webhook-url`"""

import argparse
import sys

from omilink import settings
from omilink.app import wiring
from omilink.linking.health import EVERY_FIELD


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Prints the shared webhook address with its secret. Whoever has the address can post words: do not share it."
    )


def run(args: argparse.Namespace) -> int:
    chosen = settings.load()
    if not chosen.webhook_secret:
        wiring.check_installed(chosen)
    for secret in wiring.webhook_secrets(chosen):
        print(f"{settings.public_address(chosen)}/omi-webhook/{secret}")
    print(f"\n{EVERY_FIELD}", file=sys.stderr)
    if not settings.is_public(chosen):
        print(f"\n{settings.NOT_PUBLIC}", file=sys.stderr)
    return 0
