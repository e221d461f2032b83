"""What was done to a conversation by hand, or by OMI's record in the same way, as far as it is stored with it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct, field, json
from msgspec.structs import replace

MOST_ACTS = 20
"""Acts of a conversation that can be undone."""


class Act(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Something that can be undone. `title` and `starred`: the value before. `other`: the conversation that was joined
    or split off. Of a join, `members`: the stored conversations that the other one consists of. Of a split, `offset`:
    where the clock of the other one began on this conversation's clock, in seconds; `pieces`: the stored conversations
    that were made, each with the one that it was cut off from."""

    kind: Literal["title", "starred", "join", "split"]
    title: str | None = None
    starred: bool = False
    other: str = ""
    members: Sequence[str] = ()
    offset: float = 0.0
    pieces: Mapping[str, str] = field(default_factory=dict)

    def with_pieces(self, pieces: Mapping[str, str]) -> "Act":
        """After these pieces have become parts: taking back the join of what they were cut off from takes them
        along."""
        return replace(self, members=[*self.members, *(new for new, of in pieces.items() if of in self.members)])


class ByHand(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Stored as one text: most conversations have none of it."""

    offset: float = 0.0
    """Of a part: where its clock began on the clock of the whole, in seconds."""
    number: int = 0
    """Of a part: its number among the parts of the whole, from 1."""
    cut_from: float | None = None
    """Words from before this second of the clock belong to the conversation that this one was split off from."""
    cut_until: float | None = None
    """Words from this second on belong to the conversation that was split off from this one."""
    cut_of: str | None = None
    """The first conversation of the same clock, if this one was split off."""
    stays_apart: bool = False
    """Whether its user has taken back a join of it. No record joins it again."""
    acts: Sequence[Act] = ()
    """What can be undone, the last one last."""

    def text(self) -> str | None:
        """The JSON text to store; None if nothing was done by hand."""
        return None if self == NOTHING else json.encode(self).decode()

    def with_act(self, act: Act) -> "ByHand":
        return replace(self, acts=[*self.acts, act][-MOST_ACTS:])

    def with_pieces(self, pieces: Mapping[str, str]) -> "ByHand":
        return replace(self, acts=[act.with_pieces(pieces) for act in self.acts])


NOTHING = ByHand()


@lru_cache(256)
def by_hand_of(text: str | None) -> ByHand:
    """What a stored text says; nothing for None."""
    return NOTHING if text is None else json.decode(text, type=ByHand)
