"""How many large calls are received and read at the same time, so that they need little disk and memory."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from omilink.errors import Unavailable
from omilink.models.ids import SHARED

RECORD_BYTES = 16 << 20
"""The most bytes of a record, packed and unpacked."""
SIGNED = "signed"
"""The senders whose only proof is a signature, which is checked at the end of the body."""
PLACES = {SHARED: 32, SIGNED: 16}
"""Calls that may be received at the same time from senders with the shared secret, and from others without a secret."""
PERSONAL, OF_ONE_USER = 32, 12
"""Calls that may be received at the same time at all users' personal addresses, and at those of one user."""
FULL = "Too many large calls are being received now. Send the record again in a few seconds."


class LargeCalls:
    def __init__(self) -> None:
        self._received: Counter[str] = Counter()
        self.turn = asyncio.Lock()
        """Held while a large call is in memory: one at a time."""

    @contextmanager
    def place(self, sender: str) -> Iterator[None]:
        """A place for a call that is received. `sender` is SHARED, SIGNED, or the user of a personal address. Raises
        Unavailable if all places of the sender are taken."""
        personal = sum(count for one, count in self._received.items() if one not in PLACES)
        is_full = sender not in PLACES and personal >= PERSONAL
        if is_full or self._received[sender] >= PLACES.get(sender, OF_ONE_USER):
            raise Unavailable(FULL, 5)
        self._received[sender] += 1
        try:
            yield
        finally:
            self._received[sender] -= 1
            if not self._received[sender]:
                del self._received[sender]
