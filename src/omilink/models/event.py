"""What a user's streams are told."""

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """Something a user's streams are told. `data` is the JSON text of the contract; `seq` counts per user, from 1."""

    user_id: str
    seq: int = 0
    conversation_id: str | None = None
    data: str
