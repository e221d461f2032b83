"""Session ids of the devices that an operator issues: makes new ones, and recognises ids that a stranger could guess.

A user who knows an id that is no uid may link the session, so an issued id must hold about 128 random bits. No program
can see how an id was made, but GUESSABLE lists the shapes that hold fewer bits. Ids of a random generator have none of
these shapes: `secrets.token_urlsafe(16)`, `secrets.token_hex(16)`, a random UUID, `generateSessionId` of the JavaScript
client.
"""

import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass

from omilink.errors import Invalid
from omilink.models.ids import check_id, is_account_id

PREFIX = "dev_"
"""Distinguishes an issued id from an OMI account's uid, which has letters and digits only."""
LEAST, LEAST_IN_HEX = 22, 32
"""Characters that hold 128 bits: base64url has 6 bits in each, hexadecimal digits have 4."""
LEAST_DIFFERENT = 6

_NUMBERS = re.compile(r"[^A-Za-z]*T?[^A-Za-z]*Z?[^A-Za-z]*")  # dates and times of ISO 8601 too
_UUID_OF_A_TIME_OR_NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[^4][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_REPEATED = re.compile(r"(.+?)\1+")
_SEPARATOR = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z][a-z]{2})")
_WORD = re.compile(r"(?=.*[aeiouy])(?!.*[^aeiouy]{4})(?:[A-Z]?[a-z]{2,11}|[A-Z]{3,12})")
_OTHER_PIECE = re.compile(r"[A-Za-z]{1,2}|[A-Za-z]?[0-9]{1,14}")


def new_session_id() -> str:
    """A new id with 144 random bits."""
    return f"{PREFIX}{secrets.token_urlsafe(18)}"


def check_hard_to_guess(session_id: str) -> str:
    """The id itself. Raises Invalid, which says how the id could be guessed and what to do."""
    check_id(session_id, "session_id")
    if why := how_to_guess(session_id):
        raise Invalid(
            f"session_id can be guessed: {why}. Leave session_id out, and the server makes one; or make one of 22 or "
            "more characters with a random generator, as generateSessionId of the JavaScript client does."
        )
    return session_id


def how_to_guess(session_id: str) -> str | None:
    """What makes the id guessable, or None if no shape of GUESSABLE fits."""
    return next((shape.why for shape in GUESSABLE if shape.fits(session_id)), None)


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of guessable ids. `why` completes a sentence that explains why the id can be guessed."""

    fits: Callable[[str], bool]
    why: str


def _is_short(session_id: str) -> bool:
    return len(session_id.removeprefix(PREFIX)) < LEAST


def _is_short_in_hex(session_id: str) -> bool:
    digits = re.sub("[-_.:]", "", session_id.removeprefix(PREFIX))
    return len(digits) < LEAST_IN_HEX and set(digits) <= set(string.hexdigits)


def _is_a_number(session_id: str) -> bool:
    return _NUMBERS.fullmatch(session_id.removeprefix(PREFIX)) is not None


def _has_few_different_characters(session_id: str) -> bool:
    return len(set(session_id.removeprefix(PREFIX))) < LEAST_DIFFERENT


def _goes_on_as_it_began(session_id: str) -> bool:
    text = session_id.removeprefix(PREFIX)
    following = sum(_follows(text, place) for place in range(1, len(text)))
    return 3 * following >= 2 * len(text) or _REPEATED.fullmatch(text) is not None


def _follows(text: str, place: int) -> bool:
    """Whether the character at `place` equals the character before or is its neighbour, or ends three characters that
    occurred earlier in the text."""
    is_near = abs(ord(text[place]) - ord(text[place - 1])) <= 1
    return is_near or (place > 2 and text[place - 2 : place + 1] in text[:place])


def _is_made_of_words(session_id: str) -> bool:
    pieces = [piece for piece in _SEPARATOR.split(session_id.removeprefix(PREFIX)) if piece]
    words = [piece for piece in pieces if _WORD.fullmatch(piece)]
    return 2 * sum(map(len, words)) >= sum(map(len, pieces)) and all(
        piece in words or _OTHER_PIECE.fullmatch(piece) for piece in pieces
    )


GUESSABLE = (
    Shape(is_account_id, "it has the shape of an OMI account's uid, which is public"),
    Shape(_is_short, f"it has fewer than {LEAST} characters"),
    Shape(_is_a_number, "it is a number, a date or a time"),
    Shape(_is_short_in_hex, f"it has fewer than {LEAST_IN_HEX} hexadecimal digits"),
    Shape(_has_few_different_characters, f"it has fewer than {LEAST_DIFFERENT} different characters"),
    Shape(_goes_on_as_it_began, "most of it follows from how it begins"),
    Shape(
        lambda session_id: _UUID_OF_A_TIME_OR_NAME.fullmatch(session_id) is not None,
        "it is a UUID that was made of a time or a name; a random one has version 4",
    ),
    Shape(_is_made_of_words, "it is made of words and numbers"),
)
