"""Lets peers in, and keeps room for the next one.

uvloop's own server closes for ever, without a word, when the process has no file left for a connection.
"""

import asyncio
import errno
import heapq
import logging
import resource
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from omilink.errors import Unavailable
from omilink.web.addresses import network, plain
from omilink.web.sockets.connection import Connection, Peer, Wait, farewell

FILES = 192
"""Open files that are kept for databases, NATS, pages and the connections that are just closing."""
LOW = 4096
"""A server that may open fewer files starts with a warning."""
FROM_ONE_ADDRESS = 2000
"""Connections. A quarter of the room, where there is less."""
HELD_BYTES = 64 * 1024 * 1024
"""Of all requests together that have not come to their end."""
UNSENT_BYTES = 128 * 1024 * 1024
"""Of all answers together that are not read."""
AT_ONCE = 64
"""Connections that are accepted before what is open gets its turn."""
SHARE = 32
"""Of those that wait, one in 32 is closed at the same time."""
AT_ONE_TIME = 0.25
"""Seconds within which requests count as begun together."""
MINUTE = 60.0
NO_FILE = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
FULL = "There is no room for this request now. Try again in a few seconds."

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """How many connections may be open, how many from one address, and how much may wait for all of them together."""

    connections: int
    from_one_address: int
    held_bytes: int = HELD_BYTES
    unsent_bytes: int = UNSENT_BYTES


def make_room() -> Room:
    """Raises the limit of open files as far as this process may, and says what that leaves for connections."""
    files = _raise_limit()
    connections = max(files - FILES, files // 4)
    if files < LOW:
        log.warning(
            "This process may open %d files, which is enough for %d connections. Raise the limit: LimitNOFILE= in "
            "systemd, `ulimit -Hn` in a shell.",
            files,
            connections,
        )
    return Room(connections=connections, from_one_address=min(FROM_ONE_ADDRESS, connections // 4))


def _raise_limit() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 1 << 20
    for limit in (wanted, 65_536, 10_240):  # macOS says that there is no limit, and takes 10,240
        if soft != resource.RLIM_INFINITY and soft < limit <= wanted:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
                return limit
    return soft if soft != resource.RLIM_INFINITY else wanted


class Listener:
    """A listening socket. To uvicorn it is a server of asyncio's.

    A newcomer is let in; where there is no room, those that have kept the server waiting longest make some, who have
    sent no whole request first. Only when everybody is being answered or reads a stream is the newcomer turned away.
    `is_unlimited` says which addresses may have any number: proxies stand for all their users.
    """

    def __init__(
        self, listening: socket.socket, make: Callable[[], Connection], room: Room, is_unlimited: Callable[[str], bool]
    ) -> None:
        self._listening, self._make, self._room, self._is_unlimited = listening, make, room, is_unlimited
        self._loop = asyncio.get_running_loop()
        self._peers: dict[Peer, str] = {}
        self._from = Counter[str]()
        self._held = 0
        self._opening = set[asyncio.Task[object]]()
        self._open = False
        self._last_logged: dict[str, float] = {}
        listening.setblocking(False)
        self._resume()

    def check(self) -> None:
        """Gives up on peers that keep the server waiting. Called once a second."""
        now = self._loop.time()
        for peer in list(self._peers):
            peer.check(now)
        self._bound_unsent()
        if not self._open:
            self._resume()

    def close(self) -> None:
        self._loop.remove_reader(self._listening)

    async def wait_closed(self) -> None:
        """uvicorn has waited for the connections."""

    # Called by peers

    def forget(self, peer: Peer) -> None:
        origin = self._peers.pop(peer, None)
        if origin is not None:
            self._from[origin] -= 1
            if not self._from[origin]:
                del self._from[origin]

    def replace(self, peer: Peer, by: Peer) -> None:
        origin = self._peers.pop(peer, None)
        if origin is not None:  # else it has just made room, and is about to be lost
            self._peers[by] = origin

    def count_held(self, more: int) -> None:
        self._held += more
        if more > 0 and self._held > self._room.held_bytes:
            self._log_once_a_minute(
                "Requests that have not come to their end hold %d bytes; some are refused.", self._held
            )
            for peer in self._costliest():
                peer.refuse(Unavailable(FULL, 5))

    # Accepting

    def _resume(self) -> None:
        self._open = True
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, address = self._listening.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in NO_FILE:
                    self._rest(error)
                    return
                continue  # it went before it was let in
            self._receive(accepted, plain(address[0]))

    def _rest(self, error: OSError) -> None:
        """Stops accepting until the next check: trying again at once would fail again."""
        self._open = False
        self._loop.remove_reader(self._listening)
        self._make_room(self._peers)
        self._log_once_a_minute("No connection could be accepted: %s. %d are open.", error.strerror, len(self._peers))

    def _receive(self, accepted: socket.socket, host: str) -> None:
        origin = network(host)
        if not (self._is_room() and (self._is_unlimited(host) or self._is_room_from(origin))):
            _turn_away(accepted)
            return
        peer = self._make()
        self._peers[peer] = origin
        self._from[origin] += 1
        peer.listener = self
        accepted.setblocking(False)
        opening = self._loop.create_task(self._loop.connect_accepted_socket(lambda: peer, accepted))
        self._opening.add(opening)
        opening.add_done_callback(partial(self._opened, peer, accepted))

    def _opened(self, peer: Connection, accepted: socket.socket, opening: "asyncio.Task[object]") -> None:
        self._opening.discard(opening)
        if opening.cancelled() or opening.exception():
            self.forget(peer)
            accepted.close()

    def _is_room(self) -> bool:
        if len(self._peers) < self._room.connections:
            return True
        self._log_once_a_minute(
            "%d connections are open: there is no room for more without closing some.", len(self._peers)
        )
        return self._make_room(self._peers)

    def _is_room_from(self, origin: str) -> bool:
        if self._from[origin] < self._room.from_one_address:
            return True
        self._log_once_a_minute("%d connections are open from one address, which gets no more.", self._from[origin])
        return self._make_room([peer for peer, other in self._peers.items() if other == origin])

    def _make_room(self, among: Iterable[Peer]) -> bool:
        waiting = [peer for peer in among if peer.wait is not Wait.NOTHING and peer.transport]
        for peer in heapq.nsmallest(1 + len(waiting) // SHARE, waiting, key=_value):
            self.forget(peer)
            peer.abort()
        return bool(waiting)

    def _costliest(self) -> list[Peer]:
        """Of the address whose requests hold most, those that hold much or for long: so whoever sends a whole request
        at once does not make room for many that never end."""
        held = Counter[str]()
        for peer, origin in self._peers.items():
            held[origin] += peer.held
        [(origin, _)] = held.most_common(1)
        holding = [peer for peer, other in self._peers.items() if other == origin and peer.held]
        now = self._loop.time()
        return heapq.nlargest(
            1 + len(holding) // SHARE, holding, key=lambda peer: peer.held * max(AT_ONE_TIME, now - peer.since)
        )

    def _bound_unsent(self) -> None:
        unsent = sum(peer.unsent for peer in self._peers)
        if unsent <= self._room.unsent_bytes:
            return
        self._log_once_a_minute("Answers that are not read hold %d bytes; the largest are dropped.", unsent)
        for peer in sorted(self._peers, key=lambda peer: peer.unsent, reverse=True):
            if unsent <= self._room.unsent_bytes:
                return
            unsent -= peer.unsent
            peer.abort()

    def _log_once_a_minute(self, message: str, *found: object) -> None:
        """Logs the message at most once a minute: a line for each try would fill the disk."""
        now = self._loop.time()
        if now - self._last_logged.get(message, -MINUTE) >= MINUTE:
            self._last_logged[message] = now
            log.warning(message, *found)


def _value(peer: Peer) -> tuple[bool, float]:
    """Who has sent no whole request is worth less than who has, and who waits longer less than who came just now."""
    return peer.wait not in (Wait.FIRST_BYTE, Wait.HEAD), peer.since


def _turn_away(accepted: socket.socket) -> None:
    with suppress(OSError), accepted:
        accepted.setblocking(False)
        accepted.send(farewell(Unavailable(FULL, 5)))
