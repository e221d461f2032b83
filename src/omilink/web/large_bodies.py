"""Bodies larger than MAX_BODY, which wait on disk until their end has come."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from starlette.requests import Request

from omilink.errors import TooSlow
from omilink.ingest import accept
from omilink.ingest.large_calls import RECORD_BYTES
from omilink.web import bodies
from omilink.web.bodies import Beginning

LONGEST = 300.0
"""Seconds in which a large body has to come."""


class Received:
    """A body in a file, which holds at most its first RECORD_BYTES bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0

    @property
    def is_whole(self) -> bool:
        return self.size <= RECORD_BYTES

    async def add(self, chunk: bytes) -> None:
        if self.is_whole:
            await asyncio.to_thread(self._file.write, chunk[: RECORD_BYTES - self.size])
        self.size += len(chunk)

    def read(self) -> bytes:
        self._file.seek(0)
        return self._file.read()


@asynccontextmanager
async def received(
    request: Request, first: Beginning, folder: Path, *, is_admitted: bool, note: Callable[[bytes], None]
) -> AsyncIterator[Received]:
    """The body, of which the first part has been read; the file goes with the block. `note` is called with each chunk.
    What a sender that is not admitted yet has sent counts as held by its connection (`web.sockets.listener`). What
    follows the first RECORD_BYTES bytes of a record is read and not kept. Raises TooLarge if it is no record, TooSlow
    and ClientDisconnect."""
    with tempfile.TemporaryFile(dir=folder) as file:
        body = Received(file)
        try:
            async with asyncio.timeout(LONGEST):
                async for chunk in bodies.chunks(first, request):
                    note(chunk)
                    await _add(request, body, chunk)
                    if is_admitted:
                        request.scope["extensions"]["omilink"].let_go(len(chunk))
        except TimeoutError:
            raise TooSlow("The body did not come within five minutes. Send it again.") from None
        yield body


async def _add(request: Request, body: Received, chunk: bytes) -> None:
    was_whole = body.is_whole
    await body.add(chunk)
    if was_whole and not body.is_whole and not await accept.in_thread(lambda: begins_a_record(request, body.read())):
        raise bodies.too_large()


def begins_a_record(request: Request, sent: bytes) -> bool:
    """Whether a body of which this was sent can only be a record, as far as its beginning shows."""
    return accept.begins_a_record(bodies.unpacked_beginning(request.headers, sent, RECORD_BYTES))


def may_be_record(request: Request, first: Beginning) -> bool:
    """Whether the body's beginning lets it be a record: an object, or something packed."""
    return (
        "content-encoding" in request.headers or b"".join(first.chunks)[:64].lstrip(b" \t\r\n\xef\xbb\xbf")[:1] == b"{"
    )
