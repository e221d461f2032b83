"""What a stream carries, for /openapi.json, the clients that are generated from it and the reference. Each kind of
event is declared in `omilink.models.event`. tests/web/test_answers.py compares real events with the shapes.
"""

from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from omilink.models import event
from omilink.web.schema.answers import Done
from omilink.web.schema.shapes import EventShape


class _Polled(TypedDict):
    """`id` is the cursor after the event: the polling twin has it here, the stream in the event's `id:` line."""

    id: NotRequired[str]


class PolledEvents(Done):
    """The polling twin's answer."""

    events: list[Annotated[event.LiveEvent, EventShape(_Polled)]]
    cursor: str
    more: bool
