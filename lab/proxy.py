"""A network that can be cut: a TCP proxy on 127.0.0.1 before a server."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing, suppress
from types import TracebackType
from typing import Any, Self

from lab.net import HOST, free_port


class Proxy:
    """Passes bytes in both directions from the start, in a thread of its own; its port stays the same."""

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self._target_port = target_port
        self._listening: socket.socket | None = None  # None: cut
        self._flowing = asyncio.Event()  # not set: stalled
        self._connections: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{self.port}", daemon=True)
        self._thread.start()
        self.mend()

    def cut(self) -> None:
        """Ends every connection and refuses new ones, as a server does that is gone."""
        self._do(self._cut())

    def stall(self) -> None:
        """Keeps every connection, takes new ones, and passes nothing, as a network does that is gone."""
        self._do(self._stall())

    def mend(self) -> None:
        """Works again. What a stalled connection held back arrives."""
        self._do(self._mend())

    def close(self) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result()

    async def _cut(self) -> None:
        if self._listening:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _stall(self) -> None:
        self._flowing.clear()

    async def _mend(self) -> None:
        self._flowing.set()
        if not self._listening:
            self._listening = socket.create_server((HOST, self.port))
            self._listening.setblocking(False)
            self._loop.add_reader(self._listening, self._accept, self._listening)

    def _accept(self, listening: socket.socket) -> None:
        """In one step: a connection that asyncio accepts is out of our reach for a moment, in which `cut` may come."""
        with suppress(BlockingIOError):
            near, _ = listening.accept()
            connection = self._loop.create_task(self._connect(near))
            self._connections.add(connection)
            connection.add_done_callback(self._connections.discard)
            connection.add_done_callback(lambda _: near.close())

    async def _connect(self, near: socket.socket) -> None:
        await self._flowing.wait()
        with suppress(OSError):
            async with (
                _opened(sock=near) as (near_reader, near_writer),
                _opened(host=HOST, port=self._target_port) as (far_reader, far_writer),
            ):
                await asyncio.gather(self._pass(near_reader, far_writer), self._pass(far_reader, near_writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError), closing(writer):
            while some := await self._read(reader):
                writer.write(some)
                await writer.drain()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        some = await reader.read(65_536)
        await self._flowing.wait()
        return some


@asynccontextmanager
async def _opened(**where: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(**where)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
