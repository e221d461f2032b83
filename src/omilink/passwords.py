"""Argon2id, in a thread and two at a time: a hash takes 64 MiB and a tenth of a second."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from omilink.accounts import new_secret

AT_ONCE = 2


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Without a hash, False after the same time, so that the answer does not tell whether there is an account."""
        if self._decoy is None:
            self._decoy = await self.hash(new_secret())
        async with self._turn:
            good = await asyncio.to_thread(self._verify, hashed or self._decoy, _bytes(password))
        return good and hashed is not None

    def _verify(self, hashed: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # JSON may carry what UTF-8 cannot
