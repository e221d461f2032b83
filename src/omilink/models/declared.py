"""What a noun's declaration says of its fields beside their types, and what follows from it.

    class Message(Struct, frozen=True, kw_only=True, gc=False):
        text: Shown[Erased[str]]
        \"\"\"Text, never markup.\"\"\"
        created_at: Fixed[Shown[Millis]]

Every field is a column. The column has the field's name, or the `name` of `msgspec.field`. What is shown and not stored
is a property, whose type says so. The sentence below a field, and a property's docstring, say what it is: to whoever
reads the code, and where it is shown in /openapi.json, the reference and the types of the clients.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_type_hints

from msgspec import Struct
from msgspec.structs import fields

from omilink.clock import MILLISECONDS

T = TypeVar("T")


class ShownAs(NamedTuple):
    """It is in the noun's JSON: as `name`, or else its own name in camelCase. There what is shown has the order of the
    declaration, properties last; what has a `before` stands before the field of this name."""

    name: str | None = None
    before: str | None = None


FIXED, ERASED = object(), object()
Shown = Annotated[T, ShownAs()]
Fixed = Annotated[T, FIXED]
"""It never changes once it is stored."""
Erased = Annotated[T, ERASED]
"""It goes when a user deletes the conversation: nothing is left, or an empty text."""


class Part(NamedTuple):
    """Of a noun's JSON: `attribute` is where its value stands, and `type` what that is in Python."""

    name: str
    attribute: str
    type: Any


def columns(noun: type[Struct]) -> tuple[str, ...]:
    """Of all fields."""
    return noun.__struct_encode_fields__


def fixed_columns(noun: type[Struct]) -> set[str]:
    """Of the fields that never change once they are stored."""
    return {field.encode_name for field in fields(noun) if FIXED in marks(field.type)}


def erased_columns(noun: type[Struct]) -> dict[str, str | None]:
    """What is written where words are deleted: nothing, or an empty text where a column holds a text always."""
    erased = [field for field in fields(noun) if ERASED in marks(field.type)]
    return {field.encode_name: None if type(None) in get_args(plain(field.type)) else "" for field in erased}


@lru_cache
def parts(noun: type[Struct]) -> tuple[Part, ...]:
    """What is shown of the noun, in the order of its JSON."""
    placed: list[Part] = []
    shown = [(attribute, hint, mark) for attribute, hint in _attributes(noun) if (mark := _shown_as(hint))]
    for attribute, hint, mark in sorted(shown, key=lambda each: each[2].before is not None):
        names = [part.attribute for part in placed]
        place = names.index(mark.before) if mark.before else len(placed)
        placed.insert(place, Part(mark.name or _camel_case(attribute), attribute, hint))
    return tuple(placed)


def marks(hint: Any) -> tuple[Any, ...]:
    return getattr(hint, "__metadata__", ())


def plain(hint: Any) -> Any:
    """The type without its marks."""
    return hint.__origin__ if marks(hint) else hint


def is_time(hint: Any) -> bool:
    """Whether it is Millis, or may be."""
    return any(MILLISECONDS in marks(each) for each in (hint, *get_args(plain(hint))))


def _attributes(noun: type[Struct]) -> Iterator[tuple[str, Any]]:
    """Fields and properties, and their types."""
    for field in fields(noun):
        yield field.name, field.type
    for name, value in vars(noun).items():
        if isinstance(value, property):
            yield name, get_type_hints(value.fget, include_extras=True)["return"]


def _shown_as(hint: Any) -> ShownAs | None:
    return next((mark for mark in marks(hint) if isinstance(mark, ShownAs)), None)


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
