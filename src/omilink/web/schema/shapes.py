"""Makes the shape of a noun in an answer, for /openapi.json, from the noun's declaration: names, types, sentences."""

import ast
import inspect
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache, reduce
from itertools import pairwise
from operator import or_
from textwrap import dedent
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, Union, get_args, get_origin, get_type_hints

from msgspec import Struct, UnsetType
from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from omilink.clock import MILLISECONDS
from omilink.models.declaration import is_noun, marks, may_miss, parts, plain
from omilink.models.event import Content


class Shape(NamedTuple):
    """Marks a noun that an answer holds: `Annotated[Message, Shape()]`. `also` is a TypedDict of what the answer adds;
    the shape has its docstring, if there is one. `name` is the shape's name, where that is not the noun's."""

    also: type[Any] | None = None
    name: str | None = None

    def __get_pydantic_core_schema__(self, noun: type[Struct], handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(_typed_dict(noun, self))


class EventShape(NamedTuple):
    """Marks a union of kinds of events that an answer holds. `also` is a TypedDict of what the answer adds to each."""

    also: type[Any]

    def __get_pydantic_core_schema__(self, kinds: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(reduce(or_, (_event_dict(kind, self) for kind in get_args(kinds))))


@lru_cache
def _event_dict(kind: type[Content], shape: EventShape) -> type[Any]:
    also = get_type_hints(shape.also, include_extras=True)
    fields = {part.name: _held(plain(part.type)) for part in parts(kind)}
    made: Any = TypedDict(f"{kind.__name__}Event", also | {"type": Literal[kind.__struct_config__.tag]} | fields)  # type: ignore[misc]
    made.__doc__ = kind.__doc__
    return made


@lru_cache
def _typed_dict(noun: type[Struct], shape: Shape) -> type[Any]:
    said = _sentences(noun)
    fields = {part.name: _field(part.type, said.get(part.attribute)) for part in parts(noun)}
    if shape.also:
        said, hints = _sentences(shape.also), get_type_hints(shape.also, include_extras=True)
        fields |= {name: _field(hint, said.get(name)) for name, hint in hints.items()}
    made: Any = TypedDict(shape.name or noun.__name__, fields)  # type: ignore[misc]
    made.__doc__ = (shape.also and shape.also.__doc__) or noun.__doc__
    return made


def _field(hint: Any, sentence: str | None) -> Any:
    described: Any = Annotated[_json_type(hint), Field(description=sentence)]
    return NotRequired[described] if may_miss(hint) else described


def _json_type(hint: Any) -> Any:
    """The type in JSON: a time is text, and an enumeration is the list of its values."""
    if MILLISECONDS in marks(hint):
        return str
    kind = plain(hint)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Literal[tuple(kind)]
    choices = get_args(kind) if get_origin(kind) in (Union, UnionType) else ()
    return reduce(or_, (_json_type(each) for each in choices if each is not UnsetType)) if choices else _held(kind)


def _held(kind: Any) -> Any:
    """The type with each noun in it as a shape of its own."""
    if is_noun(kind):
        return Annotated[kind, Shape()]
    if get_origin(kind) in (Union, UnionType):
        return reduce(or_, map(_held, get_args(kind)))
    return list[_held(get_args(kind)[0])] if get_origin(kind) is Sequence else kind  # type: ignore[misc]


def _sentences(declared: type[Any]) -> dict[str, str]:
    """The sentence below each field or property, by its name."""
    said: dict[str, str] = {}
    for cls in reversed(declared.__mro__):
        if cls.__module__.startswith("omilink."):
            said |= _sentences_in(cls)
    return said


def _sentences_in(cls: type[Any]) -> dict[str, str]:
    [body] = [node.body for node in ast.parse(dedent(inspect.getsource(cls))).body if isinstance(node, ast.ClassDef)]
    said = {node.name: ast.get_docstring(node) for node in body if isinstance(node, ast.FunctionDef)}
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            said[field.target.id] = inspect.cleandoc(ast.literal_eval(below.value))
    return {name: sentence for name, sentence in said.items() if sentence}
