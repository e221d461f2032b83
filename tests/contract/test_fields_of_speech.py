"""A message has every field that a device sends of a segment, whichever way the segment comes. On both databases. The
fields are those of the declaration, so a field that is added later is tried too."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from msgspec.structs import replace
from properties.histories import NOON, call, empty_store, messages, save, say, verify
from sqlalchemy import Engine

from omilink.database.store import Transaction
from omilink.models.declaration import plain
from omilink.models.delivery import Delivery
from omilink.models.json import to_json
from omilink.models.message import Message, Speech

SAMPLES = Path(__file__).parents[1] / "samples"
A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
RECOGNISED = {"text", "speaker", "is_user", "start", "end"}
"""What tells that a segment without an id says a message again."""


def _value(name: str, declared: Any) -> object:
    type_ = plain(declared)
    kind = next(one for one in get_args(type_) or (type_,) if one is not type(None))
    return {str: f"the-{name}", bool: True, float: 7.5, int: 7}[kind]


ALL = {name: _value(name, declared) for name, declared in get_type_hints(Speech, include_extras=True).items()}


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        yield tx


def fields_of(message: Message) -> dict[str, Any]:
    return {name: value for name, value in message.speech().items() if name in ALL}


def sample(name: str, **fields: object) -> Any:
    """The body of a sample, with these fields in each segment."""
    [path] = SAMPLES.glob(f"{name}-*.json")
    body = json.loads(path.read_text())
    segments = body if isinstance(body, list) else body.get("segments") or body["transcript_segments"]
    for segment in segments:
        segment.update(fields)
    return body


def sent(name: str, heard: float, kind: str, **fields: object) -> Delivery:
    body = json.dumps(sample(name, **fields)).encode()
    return replace(call(heard, session=A, uid=A), kind=kind, body=body)


def test_a_message_that_comes_live_has_every_field(tx: Transaction) -> None:
    save(tx, call(10.0, ALL, session=A, uid=A))
    [message] = messages(tx, "ada", A)
    assert fields_of(message) == ALL


def test_a_message_that_a_record_fills_in_has_every_field(tx: Transaction) -> None:
    said = {name: value for name, value in ALL.items() if name not in ("text", "start", "end")}
    for name, heard in ("20a", 7.0), ("20b", 12.5), ("20c", 31.0):
        save(tx, sent(name, heard, "transcript", **said))
    save(tx, sent("20z", 700.0, "conversation", **said))
    filled_in = [message for message in messages(tx, "ada", A) if message.source == "omi_record"]
    assert len(filled_in) == 4
    for message in filled_in:
        assert fields_of(message) | said == fields_of(message)
        assert message.text
        assert message.start is not None
        assert message.end is not None


def test_the_same_words_again_add_the_fields_that_the_message_has_not(tx: Transaction) -> None:
    """A new value that is shown makes a new revision."""
    first = {name: value for name, value in ALL.items() if name in RECOGNISED} | {"start": 5.0, "end": 7.0}
    save(tx, call(10.0, first, session=A, uid=A))
    save(tx, call(10.5, ALL | {"start": 5.02, "end": 7.02}, say("and more", 7.1), session=A, uid=A))
    again, _ = messages(tx, "ada", A)
    assert fields_of(again) == ALL | first
    without_added = replace(again, **dict.fromkeys(ALL.keys() - RECOGNISED))
    assert again.rev == 1 + (to_json(again) != to_json(without_added))


def test_the_same_words_again_without_a_field_leave_its_value(tx: Transaction) -> None:
    first = ALL | {"start": 5.0, "end": 7.0}
    bare = {name: value for name, value in first.items() if name in RECOGNISED} | {"start": 5.02, "end": 7.02}
    save(tx, call(10.0, first, session=A, uid=A))
    save(tx, call(10.5, bare, say("and more", 7.1), session=A, uid=A))
    again, _ = messages(tx, "ada", A)
    assert (fields_of(again), again.rev) == (first, 1)
