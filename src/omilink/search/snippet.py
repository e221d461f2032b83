"""The part of a text that is shown with a hit."""

from collections.abc import Sequence
from typing import NamedTuple

from omilink.search.query import Place

LENGTH = 160
"""Characters of a snippet, without the ellipses that stand for what is left out."""
BEFORE = 40
"""Characters before the first hit."""
ELLIPSIS = "…"


class Snippet(NamedTuple):
    """`highlights` are places in `text`, in UTF-16 units, as JavaScript counts."""

    text: str
    highlights: list[Place]


def snippet(text: str, places: Sequence[Place]) -> Snippet:
    """The text, or the part of it around the first of the places. The places are in order and do not overlap."""
    start, end = _part(text, places[0])
    before, after = ELLIPSIS if start else "", ELLIPSIS if end < len(text) else ""
    shown = f"{before}{text[start:end]}{after}"
    moved = [(from_ - start + len(before), min(to, end) - start + len(before)) for from_, to in places if from_ < end]
    return Snippet(shown, [(_units(shown, from_), _units(shown, to)) for from_, to in moved])


def _part(text: str, hit: Place) -> Place:
    if len(text) <= LENGTH:
        return 0, len(text)
    start = max(0, min(hit[0] - BEFORE, len(text) - LENGTH))
    end = min(len(text), start + LENGTH)
    if start:
        start = _after_space(text, start, hit[0])
    if end < len(text):
        end = _before_space(text, end, hit[1])
    return start, end


def _after_space(text: str, place: int, most: int) -> int:
    """The beginning of the first word from this place on, if a word begins before the hit."""
    space = text.find(" ", place - 1, most)
    return place if space < 0 else space + 1


def _before_space(text: str, place: int, least: int) -> int:
    """The end of the last word up to this place, if a word ends behind the hit."""
    space = text.rfind(" ", least, place + 1)
    return place if space < 0 else space


def _units(text: str, characters: int) -> int:
    """The number of UTF-16 units of the first characters of the text."""
    before = text[:characters]
    return characters if before.isascii() else len(before.encode("utf-16-le", "surrogatepass")) // 2
