"""Argon2id, in a thread and two at a time: a hash takes 64 MiB and a tenth of a second. So those who wait take turns by
where they come from, and a bounded number waits; the others are told to come back (RateLimited)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from omilink.accounts import new_secret
from omilink.line import Line

AT_ONCE = 2
MOST_WAITING = 60
"""The last of them waits for some seconds; whoever signs in does not wait longer gladly."""


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._line = Line(AT_ONCE, MOST_WAITING)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        async with self._line.turn():
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Without a hash, False after the same time, so that the answer does not tell whether there is an account."""
        if self._decoy is None:
            self._decoy = await self.hash(new_secret())
        async with self._line.turn():
            good = await asyncio.to_thread(self._verify, hashed or self._decoy, _bytes(password))
        return good and hashed is not None

    def _verify(self, hashed: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # JSON may carry what UTF-8 cannot
