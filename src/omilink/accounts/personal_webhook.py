"""A user's personal webhook address. Only the user can have pasted it into a device, so that a call to it is the
simplest proof."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from omilink.accounts.signing_in import fingerprint, new_secret
from omilink.clock import DAY, Millis
from omilink.database.store import Store, Transaction
from omilink.errors import Unavailable
from omilink.models.user import PersonalUrl

PREFIX = "me_"
"""Distinguishes a personal secret from the shared one without a look-up."""
GRACE: Millis = DAY
"""Milliseconds for which the previous URL stays valid, so that the user has time to paste the new one."""
FRESH: Millis = 2_000
"""Milliseconds for which the owner of a secret is not looked up again."""
KEPT = 50_000
"""Secrets whose owners are remembered, for times when the database is unavailable."""


def show(tx: Transaction, user_id: str, at: Millis) -> list[PersonalUrl]:
    """The user's valid URLs, the current one first. Makes the first URL if the user has none."""
    return tx.personal_urls(user_id, tx.counted()) or rotate(tx, user_id, at)


def rotate(tx: Transaction, user_id: str, at: Millis) -> list[PersonalUrl]:
    """Makes a new URL and returns the valid ones, the new one first. The previous URL stays valid for a day; older URLs
    end now."""
    secret = PREFIX + new_secret()
    tx.retire_personal_urls(user_id, tx.counted() + GRACE)
    tx.add_personal_url(fingerprint(secret), user_id, secret, at)
    return tx.personal_urls(user_id, tx.counted())


@dataclass(frozen=True, slots=True)
class _Known:
    user_id: str
    at: Millis


class PersonalUrlOwners:
    """Finds the users of personal secrets. While the database is unavailable the last known user counts, so that no
    words are lost."""

    def __init__(self, store: Store, clock: Callable[[], Millis]) -> None:
        self._store, self._clock = store, clock
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def owner(self, secret: str) -> str | None:
        """The id of the user to whom the secret belongs, or None. Raises Unavailable when the database is unavailable
        and the secret is not remembered."""
        key, now = fingerprint(secret), self._clock()
        known = self._known.get(key)
        if known and now - known.at < FRESH:
            return known.user_id
        try:
            user_id = await self._store.read(lambda tx: tx.personal_url_owner(key, now))
        except Unavailable:
            if known:
                return known.user_id
            raise
        self._known.pop(key, None)
        if user_id:
            self._known[key] = _Known(user_id, now)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return user_id

    def forget(self, user_id: str) -> None:
        """Drops the remembered secrets of the user, so that the next call asks the database."""
        for key in [key for key, known in self._known.items() if known.user_id == user_id]:
            del self._known[key]
