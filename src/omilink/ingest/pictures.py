"""Cuts pictures out of the JSON of a record. Pure. The text is not parsed, so that a record of many megabytes needs
little memory, and what remains stays as it was sent."""

import re
from collections.abc import Iterator

LONGEST_TEXT = 1_000
"""Bytes. A longer text of base64 alone, among photos, is a picture."""
PIECE = 64 * 1024
"""Bytes that are looked at together."""

_PHOTOS = re.compile(rb'"photos"\s*:\s*\[')
_MARK = re.compile(rb'["\[\]]')
_REST_OF_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_COLON = re.compile(rb"\s*:")
_DATA_URI = re.compile(rb"data:[\w/.+;=\\-]{0,100},")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\\"
"""The letters of both alphabets (RFC 4648), and what JSON writes before a slash."""


def cut_out(body: bytes) -> bytes:
    """The JSON text with null in the place of each picture: under `photos`, the texts under `base64` and all other long
    texts of base64."""
    kept, reached = [], 0
    for start, end in _pictures(body):
        kept += [body[reached:start], b"null"]
        reached = end
    return b"".join([*kept, body[reached:]]) if kept else body


def _pictures(body: bytes) -> Iterator[tuple[int, int]]:
    """Yields where each picture begins and ends, with its quotation marks."""
    key = b""
    for start, end in _texts_among_photos(body):
        if _COLON.match(body, end):
            key = body[start : min(end, start + 10)]
            continue
        if key == b'"base64"' or _is_long_base64(body, start + 1, end - 1):
            yield start, end
        key = b""


def _texts_among_photos(body: bytes) -> Iterator[tuple[int, int]]:
    """Yields where each key and each text in a list of photos begins and ends."""
    place = 0
    while photos := _PHOTOS.search(body, place):
        place, depth = photos.end(), 1
        while depth and (mark := _MARK.search(body, place)):
            place = mark.end()
            if mark[0] != b'"':
                depth += 1 if mark[0] == b"[" else -1
            elif rest := _REST_OF_TEXT.match(body, place):
                place = rest.end()
                yield mark.start(), place
            else:
                return  # the text does not end


def _is_long_base64(body: bytes, start: int, end: int) -> bool:
    if uri := _DATA_URI.match(body, start, end):
        start = uri.end()
    pieces = range(start, end, PIECE)
    return end - start > LONGEST_TEXT and not any(
        body[at : min(at + PIECE, end)].translate(None, _BASE64) for at in pieces
    )
