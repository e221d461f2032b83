"""The JSON of the contract: names in camelCase, times in ISO 8601."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

import orjson
from msgspec import Struct

from omilink.clock import Millis
from omilink.models.declared import is_time, parts
from omilink.models.event import Event
from omilink.models.session import OmiSession

Json = dict[str, Any]


def dumps(value: Json) -> str:
    return orjson.dumps(value).decode()


def time(at: Millis | None) -> str | None:
    """A time in UTC with milliseconds, for example `2026-09-14T18:21:07.114Z`."""
    if at is None:
        return None
    return f"{_second(at // 1000)}.{at % 1000:03}Z"


@lru_cache(4096)  # words arrive many times a second
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().removesuffix("+00:00")


def shown(noun: Struct) -> Json:
    """The JSON that the noun's declaration shows."""
    names, read, times = _reader(type(noun))
    json = dict(zip(names, read(noun), strict=True))
    for name in times:
        json[name] = time(json[name])
    return json


def session(session: OmiSession, *, has_conversations: bool) -> Json:
    return shown(session) | {"hasConversations": has_conversations}


def event(user_id: str, type: str, conversation_id: str | None = None, **data: Any) -> Event:
    """An event of the contract for the user's streams. `conversation_id` is set when the event carries that
    conversation's words."""
    return Event(user_id=user_id, conversation_id=conversation_id, data=dumps({"type": type, **data}))


@lru_cache
def _reader(noun: type[Struct]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]], tuple[str, ...]]:
    """The names of the shown members, a function that reads their values, and the names of those that are times."""
    found = parts(noun)
    times = tuple(part.name for part in found if is_time(part.type))
    return tuple(part.name for part in found), attrgetter(*(part.attribute for part in found)), times
