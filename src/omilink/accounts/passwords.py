"""Hashes passwords with argon2id, in a thread and two at a time: a hash takes 64 MiB and a tenth of a second. Waiting
requests take turns by the address that they come from. The number of waiting requests is bounded; the rest get
RateLimited.

The normal form of a password is hashed. Older hashes were made of the password as typed, so that form is tried as well.
"""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from omilink.accounts.line import Line
from omilink.accounts.signing_in import new_secret
from omilink.models.password import normal_password

AT_ONCE = 2
MOST_WAITING = 60
"""The last request in a full line waits for some seconds; people who sign in do not wait longer."""


class Passwords:
    """Hashes and checks passwords. Every method waits in line and raises RateLimited when the line is full."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._line = Line(AT_ONCE, MOST_WAITING)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """The argon2id hash of the password's normal form."""
        async with self._line.turn():
            return await asyncio.to_thread(self._hash, password)

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Whether the password matches the hash. Without a hash the answer is False after the same time, so that the
        time does not reveal whether an account exists."""
        if self._decoy is None:
            self._decoy = await self.hash(new_secret())
        async with self._line.turn():
            good = await asyncio.to_thread(self._matches, hashed or self._decoy, password)
        return good and hashed is not None

    async def rehashed(self, hashed: str, password: str) -> str | None:
        """A new hash for a password that has just matched an older hash; None if the hash is up to date."""
        if password == normal_password(password) and not self._hasher.check_needs_rehash(hashed):
            return None
        async with self._line.turn():
            if await asyncio.to_thread(self._is_of_today, hashed, password):
                return None
            return await asyncio.to_thread(self._hash, password)

    def _hash(self, password: str) -> str:
        return self._hasher.hash(_bytes(normal_password(password)))

    def _matches(self, hashed: str, password: str) -> bool:
        """Makes the same number of tries for every hash that does not match, so that the time reveals nothing."""
        return any(self._verify(hashed, form) for form in dict.fromkeys([normal_password(password), password]))

    def _is_of_today(self, hashed: str, password: str) -> bool:
        return not self._hasher.check_needs_rehash(hashed) and self._verify(hashed, normal_password(password))

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, _bytes(password))
        except (VerifyMismatchError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # JSON may hold text that UTF-8 cannot encode
