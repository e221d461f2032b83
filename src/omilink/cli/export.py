"""`omilink export`"""

import argparse
import json
from functools import partial

from omilink.accounts import signing_in
from omilink.app.services import Services
from omilink.cli.common import with_services
from omilink.conversations import history, wholes
from omilink.database.store import Transaction
from omilink.models.conversation import Conversation
from omilink.models.json import Json, to_json

PAGE = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Writes a user's conversations to standard output, one JSON object a line, newest first."
    parser.add_argument("--user", required=True, metavar="EMAIL")


def run(args: argparse.Namespace) -> int:
    async def write(services: Services) -> None:
        """Reads each page and each conversation by itself: one long read would hold up a busy database."""
        store = services.store
        user = await store.read(lambda tx: signing_in.find(tx, args.user))
        before = None
        while page := await store.read(partial(_page, user_id=user.id, before=before)):
            for conversation in page:
                messages = await store.read(partial(_messages, conversation=conversation))
                print(json.dumps(to_json(conversation) | {"messages": messages}, ensure_ascii=False))
            before = (page[-1].first_order, page[-1].id)

    with_services(write)
    return 0


def _page(tx: Transaction, user_id: str, before: tuple[int, str] | None) -> list[Conversation]:
    return history.page(tx, user_id, PAGE, before)


def _messages(tx: Transaction, conversation: Conversation) -> list[Json]:
    found = wholes.messages(tx, conversation, conversation.message_count)
    return [to_json(message) for message in found]
