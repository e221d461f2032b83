"""Reads a noun's declaration: which fields are columns, which are shown as JSON, and which are erased.

    class Message(Struct, frozen=True, kw_only=True, gc=False):
        text: Shown[Erased[str]]
        \"\"\"Text, never markup.\"\"\"
        created_at: Fixed[Shown[Millis]]

Every field is a column. The column has the field's name, or the `name` of `msgspec.field`. A value that is shown and
not stored is a property, and the property's type marks it as shown. A noun may be a part of
another noun's JSON. A value that is UNSET is left out. The sentence below a field, and a property's docstring, describe
the value in the code, and for a shown value also in /openapi.json, the reference and the types of the clients.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_type_hints

from msgspec import Struct, UnsetType
from msgspec.structs import fields

from omilink.clock import MILLISECONDS

T = TypeVar("T")


class ShownAs(NamedTuple):
    """Marks a field or property that is in the noun's JSON, as `name` or else as its own name in camelCase. The JSON
    has the order of the declaration, with properties last; a member with a `before` stands before the field of that
    name."""

    name: str | None = None
    before: str | None = None


FIXED, ERASED, BIG = object(), object(), object()
Shown = Annotated[T, ShownAs()]
Fixed = Annotated[T, FIXED]
"""A column that never changes once it is stored."""
Erased = Annotated[T, ERASED]
"""A column that is erased when a user deletes the conversation: it becomes null or an empty text."""
Big = Annotated[T, BIG]
"""A column for whole numbers beyond 32 bits."""


class Part(NamedTuple):
    """A member of a noun's JSON. `attribute` names the field or property with the value, and `type` is its type in
    Python."""

    name: str
    attribute: str
    type: Any


def columns(noun: type[Struct]) -> tuple[str, ...]:
    """The columns of all fields."""
    return noun.__struct_encode_fields__


def fixed_columns(noun: type[Struct]) -> set[str]:
    """The columns of the fields that never change once they are stored."""
    return {field.encode_name for field in fields(noun) if FIXED in marks(field.type)}


def erased_columns(noun: type[Struct]) -> dict[str, str | None]:
    """The columns that are erased when words are deleted, each with the value that is written: None, or an empty text
    where the column always holds a text."""
    erased = [field for field in fields(noun) if ERASED in marks(field.type)]
    return {field.encode_name: None if type(None) in get_args(plain(field.type)) else "" for field in erased}


@lru_cache
def parts(noun: type[Struct]) -> tuple[Part, ...]:
    """The members of the noun's JSON, in their order."""
    placed: list[Part] = []
    shown = [
        (attribute, hint, mark) for attribute, hint in dict(_attributes(noun)).items() if (mark := _shown_as(hint))
    ]
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


def is_noun(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Struct)


def may_miss(hint: Any) -> bool:
    """Whether the JSON leaves the member out while it is UNSET."""
    return UnsetType in get_args(plain(hint))


def is_big(hint: Any) -> bool:
    """Whether the type is a time or a whole number beyond 32 bits."""
    return BIG in marks(hint) or is_time(hint)


def is_time(hint: Any) -> bool:
    """Whether the type is Millis, or Millis or None."""
    return any(MILLISECONDS in marks(each) for each in (hint, *get_args(plain(hint))))


def _attributes(noun: type[Struct]) -> Iterator[tuple[str, Any]]:
    """The names and types of fields and properties, also of those that the noun inherits."""
    for field in fields(noun):
        yield field.name, field.type
    for cls in reversed(noun.__mro__):
        for name, value in vars(cls).items():
            if isinstance(value, property):
                yield name, get_type_hints(value.fget, include_extras=True)["return"]


def _shown_as(hint: Any) -> ShownAs | None:
    return next((mark for mark in marks(hint) if isinstance(mark, ShownAs)), None)


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
