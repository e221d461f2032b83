"""An event of a user's streams."""

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """An event that a user's streams send. `data` is the JSON text; `seq` counts the user's events from 1."""

    user_id: str
    seq: int = 0
    conversation_id: str | None = None
    data: str
