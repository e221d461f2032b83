"""The JSON of the contract: names in camelCase, times in ISO 8601."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, get_args

import orjson
from msgspec import UNSET, Struct
from msgspec.structs import replace

from omilink.clock import Millis
from omilink.models.declaration import is_noun, is_time, may_miss, parts, plain
from omilink.models.event import Content, Event

Json = dict[str, Any]


def json_text(value: Json) -> str:
    return orjson.dumps(value).decode()


def time_text(at: Millis | None) -> str | None:
    """A time in UTC with milliseconds, for example `2026-09-14T18:21:07.114Z`."""
    if at is None:
        return None
    return f"{_second(at // 1000)}.{at % 1000:03}Z"


@lru_cache(4096)  # words arrive many times a second
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().removesuffix("+00:00")


def to_json(noun: Struct) -> Json:
    """The JSON that the noun's declaration shows."""
    names, read, converters, is_whole = _reader(type(noun))
    json = dict(zip(names, read(noun), strict=True))
    for name, convert in converters:
        json[name] = convert(json[name])
    return json if is_whole else {name: value for name, value in json.items() if value is not UNSET}


def event_text(content: Content) -> str:
    """The JSON text of an event with this content."""
    return json_text({"type": content.__struct_config__.tag} | to_json(content))


def event_of(user_id: str, content: Content) -> Event:
    """The event for the user's log."""
    conversation_id = getattr(content, "conversation_id", None)
    return Event(user_id=user_id, conversation_id=conversation_id, data=event_text(content))


def event_beginning(kind: type[Content], part: str, **first: str) -> str:
    """How the JSON texts of the events of this kind begin that carry a part with this first member."""
    return json_text({"type": kind.__struct_config__.tag, part: first}).removesuffix("}}")


def without_item(event: Event, item_id: str) -> Event:
    """The event about a conversation without the action item of that id."""
    content = orjson.loads(event.data)
    items = content["conversation"]["actionItems"]
    content["conversation"]["actionItems"] = [item for item in items if item["id"] != item_id]
    return replace(event, data=json_text(content))


_Values = Callable[[Any], Iterable[Any]]
_Converter = Callable[[Any], Any]


@lru_cache
def _reader(noun: type[Struct]) -> tuple[tuple[str, ...], _Values, tuple[tuple[str, _Converter], ...], bool]:
    """The names of the shown members, a function that reads their values, the converters of those that are times or
    nouns, and whether no member may be missing."""
    found = parts(noun)
    converters = tuple((part.name, convert) for part in found if (convert := _converter(part.type)))
    is_whole = not any(may_miss(part.type) for part in found)
    return tuple(part.name for part in found), _values([part.attribute for part in found]), converters, is_whole


def _values(attributes: list[str]) -> _Values:
    if len(attributes) > 1:
        return attrgetter(*attributes)  # fast, but it makes no tuple of one value
    return lambda noun: [getattr(noun, attribute) for attribute in attributes]


def _converter(hint: Any) -> _Converter | None:
    kind = plain(hint)
    convert = time_text if is_time(hint) else _part if any(map(is_noun, (kind, *get_args(kind)))) else None
    return _unless_unset(convert) if convert and may_miss(hint) else convert


def _unless_unset(convert: _Converter) -> _Converter:
    return lambda value: UNSET if value is UNSET else convert(value)


def _part(part: Struct | Iterable[Struct] | None) -> Json | list[Json] | None:
    if isinstance(part, Struct):
        return to_json(part)
    return None if part is None else [to_json(noun) for noun in part]
