"""What a user's streams are told."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something a user's streams are told. `data` is the JSON text of the contract; `seq` counts per user, from 1."""

    user_id: str
    seq: int = 0
    conversation_id: str | None = None
    data: str
