"""The shape of `omilink.json` in the export of an account, published with each export as JSON Schema."""

import json
from functools import cache
from typing import Annotated, Literal

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from omilink.exports.account import Version
from omilink.models import conversation
from omilink.web.schema.answers import DaySummary, ListedItem, Message, Person
from omilink.web.schema.shapes import Shape


class _WithMessages(TypedDict):
    """A conversation with all its messages, in spoken order."""

    messages: list[Message]


class Export(TypedDict):
    """Everything that a user has in omilink. `actionItems` are those without a conversation. `conversations` are the
    newest first. Times are in UTC."""

    format: Literal["omilink"]
    version: Version
    people: list[Person]
    actionItems: list[ListedItem]
    daySummaries: list[DaySummary]
    conversations: list[Annotated[conversation.Conversation, Shape(_WithMessages, name="ExportedConversation")]]


@cache
def schema() -> str:
    """JSON Schema, draft 2020-12."""
    described = TypeAdapter(Export).json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | described, indent=2)
