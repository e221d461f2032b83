"""A queue from which several threads take items, and in which users take turns."""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from omilink.turns import SERVER

T = TypeVar("T")


class Taken(NamedTuple, Generic[T]):
    whose: str
    item: T


class FairQueue(Generic[T]):
    """The server's own items and users' items, by turns. Only one thread at a time has items of a user, and not more
    than a share, so that a user's later items wait for the user's earlier items and for nobody else's."""

    def __init__(self, share: int) -> None:
        self._share = share
        self._changed = threading.Condition()
        self._servers: deque[T] = deque()
        self._users: dict[str, deque[T]] = {}
        self._ring: deque[str] = deque()  # users who have items and whom no thread serves
        self._is_servers_turn = True
        self._closed = False

    def put(self, whose: str, item: T) -> None:
        with self._changed:
            if whose == SERVER:
                self._servers.append(item)
            elif whose in self._users:
                self._users[whose].append(item)
            else:
                self._users[whose] = deque([item])
                self._ring.append(whose)
            self._changed.notify()

    def take(self, most: int) -> list[Taken[T]]:
        """Waits for the next items and returns them; returns nothing when the queue is closed and empty. The caller
        must call `done` afterwards."""
        with self._changed:
            while not (self._servers or self._ring):
                if self._closed and not self._users:
                    return []
                self._changed.wait()
            return self._next(most)

    def done(self, taken: Iterable[str], left: Sequence[Taken[T]] = ()) -> None:
        """Ends the turn of the users whose items were taken. Items that were not carried out come first in the user's
        next turn."""
        with self._changed:
            for whose, item in reversed(left):
                (self._servers if whose == SERVER else self._users[whose]).appendleft(item)
            for whose in {*taken} - {SERVER}:
                if self._users[whose]:
                    self._ring.append(whose)
                else:
                    del self._users[whose]
            self._changed.notify_all()

    def close(self) -> None:
        """Threads get the remaining items, and then nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next(self, most: int) -> list[Taken[T]]:
        taken: list[Taken[T]] = []
        while len(taken) < most and (self._servers or self._ring):
            if self._servers and (self._is_servers_turn or not self._ring):
                taken.append(Taken(SERVER, self._servers.popleft()))
                self._is_servers_turn = False
            else:
                whose = self._ring.popleft()
                items = self._users[whose]
                for _ in range(min(self._share, len(items), most - len(taken))):
                    taken.append(Taken(whose, items.popleft()))
                self._is_servers_turn = True
        return taken
