"""Searches pieces of speech for verification phrases: values in, values out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from omilink.linking import omi_accounts
from omilink.linking.phrase import Span, begins, may_be_part, may_hold_part, part_of
from omilink.models.message import Message, Segment
from omilink.models.omi_account import Challenge


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of speech: a segment of the call, with its index there, or an earlier message."""

    text: str
    voice: str | None
    start: float | None
    place: int | None = None
    message: Message | None = None
    came_again: bool = False
    """Whether a segment of the call is this message again, possibly with more words."""


def find(
    challenges: Sequence[Challenge], pieces: Sequence[Piece]
) -> tuple[Sequence[Piece], list[tuple[Challenge, Span]]]:
    """The phrases among the pieces, and the order of the pieces in which they were found: preferably an order in which
    every phrase has its first word."""
    said, tries = [challenge.say for challenge in challenges], iter(range(omi_accounts.MOST_SENTENCES))
    first_found: tuple[Sequence[Piece], list[tuple[Challenge, Span]]] | None = None
    for order in _orders(pieces, said):
        new = [number for number, piece in enumerate(order) if piece.place is not None]
        found = omi_accounts.find_said(challenges, [piece.text for piece in order], new, tries)
        if found and all(begins(order[span.first].text[span.start :]) for _, span in found):
            return order, found
        first_found = first_found or (found and (order, found)) or None
    return first_found or ((), [])


def _orders(pieces: Sequence[Piece], said: Sequence[str]) -> Iterator[Sequence[Piece]]:
    """Yields orders of the pieces to search, since calls come late, clocks start anew, and others talk in between: as
    the pieces arrived, as they were spoken, those of one voice, and only those that may be a part of a phrase. The
    first orders leave out messages that came again with more words; the later ones have them, since a device that
    counts the segments of each call anew may correct a message with another part."""
    of_now = [piece for piece in pieces if not piece.came_again]
    for some in [of_now] if len(of_now) == len(pieces) else [of_now, pieces]:
        yield some
        yield sorted(some, key=_spoken)
        for speaker in dict.fromkeys(piece.voice for piece in some if piece.place is not None):
            of_one = [piece for piece in some if piece.voice == speaker]
            if len(of_one) < len(some):
                yield of_one
                yield sorted(of_one, key=_spoken)
        for may_be in may_be_part, may_hold_part:
            parts = [piece for piece in some if any(may_be(piece.text, sentence) for sentence in said)]
            if len(parts) < len(some):
                yield parts
                yield sorted(parts, key=_spoken)


def _spoken(piece: Piece) -> float:
    return inf if piece.start is None else piece.start


def without(spans: Sequence[Span], place: int, text: str) -> str:
    """The text of the piece at this place, without the phrases."""
    for span in reversed(spans):  # from the end, so that earlier offsets stay valid
        text = span.cut(place, text)
    return text


def without_part(segment: Segment, sentences: Sequence[str]) -> str:
    """The text without a part of a phrase. A single word counts as a part only if the segment surely is the same
    one."""
    text, least = segment.text, 2 if segment.may_be_counted else 1
    parts = [span for sentence in sentences if (span := part_of(sentence, text, least))]
    return max(parts, key=lambda span: span.end - span.start).cut(0, text) if parts else text
