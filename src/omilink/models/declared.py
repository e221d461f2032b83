"""What a noun's declaration says of its fields, beside their types.

    class Message(Struct, frozen=True, kw_only=True, gc=False):
        key: Fixed[str]
        text: str

Every field is a column. The column has the field's name, or the `name` of `msgspec.field`.
"""

from typing import Annotated, Any, TypeVar, get_type_hints

from msgspec import Struct
from msgspec.structs import fields

T = TypeVar("T")

FIXED = object()
Fixed = Annotated[T, FIXED]
"""A field that never changes once it is stored."""


def columns(noun: type[Struct]) -> tuple[str, ...]:
    """Of all fields."""
    return noun.__struct_encode_fields__


def fixed_columns(noun: type[Struct]) -> set[str]:
    """Of the fields that never change once they are stored."""
    hints = get_type_hints(noun, include_extras=True)
    return {field.encode_name for field in fields(noun) if FIXED in _marks(hints[field.name])}


def _marks(hint: Any) -> tuple[Any, ...]:
    return getattr(hint, "__metadata__", ())
