"""`omilink webhook-url`"""

import argparse

from omilink import bootstrap, settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Prints the shared webhook address with its secret. Whoever has it can post words: do not share it."
    )


def run(args: argparse.Namespace) -> int:
    chosen = settings.load()
    for secret in bootstrap.webhook_secrets(chosen):
        print(f"{settings.public_address(chosen)}/omi-webhook/{secret}")
    return 0
