"""Bodies of requests, compressed or not (RFC 9110, 8.4). Each holds at most MAX_BODY bytes as sent and decompressed."""

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope

from omilink.errors import Malformed, OmilinkError, TooLarge, UnsupportedEncoding

AS_SENT = "omilink.receive"
"""Where a request's scope holds the `receive` of the server."""
MAX_BODY = 1 << 20
MOST_CODINGS = 3
MOST_MEMBERS = 64
"""Members that a gzip body may consist of. Thousands of empty members would waste work."""
GZIP, ZLIB, RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class BadBody(HTTPException):
    """Wraps an error in an HTTPException, the only kind that FastAPI does not replace when reading a body fails."""

    def __init__(self, error: OmilinkError) -> None:
        super().__init__(400)
        self.error = error


class Beginning(NamedTuple):
    """The chunks of a body until its end, or until they hold more than MAX_BODY bytes. `has_ended` says whether its end
    has come."""

    chunks: Sequence[bytes]
    is_small: bool
    has_ended: bool


async def beginning(receive: Receive) -> Beginning:
    """Reads a body as it was sent; signatures are made of these bytes. Raises ClientDisconnect."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            chunks.clear()
            raise ClientDisconnect
        chunks.append(message.pop("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
    return Beginning(chunks, size <= MAX_BODY, not more)


async def chunks(first: Beginning, request: Request) -> AsyncIterator[bytes]:
    """Yields the chunks of the whole body, of which the first have been read. Raises ClientDisconnect."""
    for chunk in first.chunks:
        yield chunk
    more = not first.has_ended
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.pop("body", b"")
        more = message.get("more_body", False)


def declared(headers: Headers) -> int:
    """The size of the body by its header; 0 if the header says nothing."""
    return int(headers.get("content-length", "0")[:12])


def unpack(headers: Headers, body: bytes, most: int = MAX_BODY) -> bytes:
    """The body decompressed: Content-Encoding lists the codings in the order in which they were applied. Raises
    UnsupportedEncoding, Malformed, and TooLarge as soon as more than `most` bytes come out."""
    codings = _codings(headers)
    if unknown := [name for name in codings if name not in _DECODERS]:
        raise _not_taken(f"compressed as {unknown[0][:40]}")
    if len(codings) > MOST_CODINGS:
        raise _not_taken(f"compressed {len(codings)} times")
    for name in reversed(codings):
        body = _DECODERS[name](body, most) if body else body
    return body


def unpacked_beginning(headers: Headers, body: bytes, most: int) -> bytes:
    """The first `most` bytes that the body gives, decompressed; none if that is not gzip or zlib, once."""
    match _codings(headers):
        case []:
            return body[:most]
        case [_]:
            try:
                return zlib.decompressobj(GZIP_OR_ZLIB).decompress(body, most)
            except zlib.error:
                return b""
        case _:
            return b""


def bounded(scope: Scope, receive: Receive) -> Receive:
    """A `receive` that gives the whole body at once, unpacked, or raises BadBody. FastAPI reads bodies with it. A route
    that needs the body as it was sent finds `receive` in the scope, as AS_SENT."""
    scope[AS_SENT] = receive
    is_read = False

    async def receive_whole() -> Message:
        nonlocal is_read
        if is_read:
            return await receive()
        is_read, headers = True, Headers(scope=scope)
        try:
            body = unpack(headers, await _read(headers, receive))
        except OmilinkError as error:
            raise BadBody(error) from None
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_whole


async def _read(headers: Headers, receive: Callable[[], Awaitable[Message]]) -> bytes:
    if declared(headers) > MAX_BODY:
        raise too_large()
    read, is_small, _ = await beginning(receive)
    if not is_small:
        del read  # an error's frames, and what they hold, may wait for the collector
        raise too_large()
    return b"".join(read)


def _codings(headers: Headers) -> list[str]:
    return [name for name in _listed(headers.getlist("content-encoding")) if name != "identity"]


def _gunzip(body: bytes, most: int) -> bytes:
    """All gzip members in a row, and zeros after them, as the program gzip reads them."""
    unpacked = b""
    for _ in range(MOST_MEMBERS):
        found, body = _inflate(body, GZIP, most - len(unpacked))
        unpacked += found
        if not body.strip(b"\0"):
            return unpacked
    raise Malformed(f"The body consists of more than {MOST_MEMBERS} gzip members. Pack it as one.")


def _undeflate(body: bytes, most: int) -> bytes:
    """The coding deflate has zlib's header of two bytes (RFC 9110, 8.4.1.2), which many senders leave out."""
    has_header = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
    found, rest = _inflate(body, ZLIB if has_header else RAW, most)
    if rest:
        raise _broken()
    return found


def _inflate(body: bytes, kind: int, most: int) -> tuple[bytes, bytes]:
    """The decompressed bytes, and the bytes after the compressed data."""
    decoder = zlib.decompressobj(kind)
    try:
        found = decoder.decompress(body, most + 1)
    except zlib.error:
        raise _broken() from None
    if len(found) > most:
        raise too_large()
    if not decoder.eof:
        raise _broken()
    return found, decoder.unused_data


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _undeflate}


def _listed(lines: list[str]) -> list[str]:
    return [name for line in lines for part in line.split(",") if (name := part.strip().lower())]


def _not_taken(how: str) -> UnsupportedEncoding:
    return UnsupportedEncoding(f"The body is {how}. Send it uncompressed, or with Content-Encoding: gzip or deflate.")


def _broken() -> Malformed:
    return Malformed(
        "The body is not packed as Content-Encoding says, or it is cut off. Send it again, or uncompressed."
    )


def too_large() -> TooLarge:
    return TooLarge(f"The body is larger than {MAX_BODY} bytes. Send it in several calls.")
