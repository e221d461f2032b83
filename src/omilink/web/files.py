"""Answers that are files of any size, made in a thread while they are sent."""

from collections.abc import Iterator
from urllib.parse import quote

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from omilink.errors import OmilinkError
from omilink.web.plain_route import IS_HEAD

CHUNK_BYTES = 64 * 1024
"""The least that is sent at once, except for the end."""


class File(Response):
    """Sends pieces of bytes as a file of this name. If a piece cannot be made, the connection ends without the end of
    the file, so that its reader knows that something is missing."""

    def __init__(self, pieces: Iterator[bytes], name: str, media_type: str) -> None:
        super().__init__(media_type=media_type)
        self._pieces = pieces
        del self.headers["content-length"]
        # RFC 6266: the plain name is for those who do not know the other
        plain = name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "")
        self.headers["content-disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection, is_chunked = scope["extensions"]["omilink"], scope["http_version"] != "1.0"
        if not is_chunked:
            connection.leave_out_chunks()
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if IS_HEAD in scope:
            await send({"type": "http.response.body", "body": b""})
            return
        try:
            async for chunk in iterate_in_threadpool(_chunks(self._pieces)):
                if connection.is_lost:
                    return
                if not is_chunked:
                    connection.expect(len(chunk))
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except OmilinkError:
            connection.abort()
            return
        await send({"type": "http.response.body", "body": b""})


def _chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    chunk = bytearray()
    for piece in pieces:
        chunk += piece
        if len(chunk) >= CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)
