"""`omilink export`"""

import argparse
import json
from collections.abc import Iterator

from omilink import accounts, wire
from omilink.cli.common import with_product
from omilink.model import Conversation
from omilink.ports import Transaction
from omilink.product import Product

PAGE = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Writes a user's conversations to standard output, one JSON object a line, newest first."
    parser.add_argument("--user", required=True, metavar="EMAIL")


def run(args: argparse.Namespace) -> int:
    def write(tx: Transaction) -> None:
        for conversation in _all(tx, accounts.find(tx, args.user).id):
            shown = wire.conversation(conversation) | {"messages": _messages(tx, conversation)}
            print(json.dumps(shown, ensure_ascii=False))

    async def read(product: Product) -> None:
        await product.store.read(write)

    with_product(read)
    return 0


def _all(tx: Transaction, user_id: str) -> Iterator[Conversation]:
    before = None
    while page := tx.conversations_of(user_id, PAGE, before):
        yield from page
        before = (page[-1].last_at, page[-1].id)


def _messages(tx: Transaction, conversation: Conversation) -> list[wire.Json]:
    found = tx.messages(conversation.id, conversation.message_count)
    return [wire.message(message) for message in found]
