"""A waiting line for work that only a few requests can do at a time. Requests take turns, and the line is no longer
than can be served soon."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from omilink.errors import RateLimited
from omilink.turns import whose

RETRY_AFTER = 5


class Line:
    """Serves `at_once` requests together. When more than `most` wait, the last request of the user or address with the
    most waiting requests is refused with RateLimited: so a crowd from one place takes no turn of anybody else."""

    def __init__(self, at_once: int, most: int) -> None:
        self._free, self._most = at_once, most
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # the next turn stands first

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a turn on behalf of the user or address that the current task works for (`turns.whose`)."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(whose())
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, who: str) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(place)
        if sum(map(len, self._waiting.values())) > self._most:
            self._send_away()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and not place.exception():
                self._pass_on()  # the caller left just as its turn came
            else:
                self._leave(who, place)
            raise

    def _send_away(self) -> None:
        # of equal crowds, the crowd whose turn comes last loses its last request
        who = max(reversed(self._waiting), key=lambda one: len(self._waiting[one]))
        place = self._waiting[who][-1]
        self._leave(who, place)
        place.set_exception(RateLimited("Too many wait here already. Wait a moment and try again.", RETRY_AFTER))

    def _pass_on(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        who = next(iter(self._waiting))
        places = self._waiting.pop(who)
        places.popleft().set_result(None)
        if places:
            self._waiting[who] = places  # behind the others

    def _leave(self, who: str, place: asyncio.Future[None]) -> None:
        places = self._waiting.get(who, deque())
        if place in places:
            places.remove(place)
        if not places:
            self._waiting.pop(who, None)
