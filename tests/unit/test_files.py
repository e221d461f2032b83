"""An answer that is a file, made while it is sent."""

import asyncio
from collections.abc import Iterator
from typing import Any

from omilink.errors import NotFound
from omilink.web.files import File


class Connection:
    """Notes whether it was dropped."""

    is_lost = is_dropped = False

    def abort(self) -> None:
        self.is_dropped = True


def test_a_file_that_cannot_be_finished_has_no_end() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise NotFound("It was deleted.")

    connection, sent = Connection(), list[Any]()

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is asked for")

    scope = {"type": "http", "http_version": "1.1", "extensions": {"omilink": connection}}
    asyncio.run(File(pieces(), "a.txt", "text/plain")(scope, receive, send))
    assert connection.is_dropped
    assert [message.get("more_body") for message in sent] == [None, True]
