"""A user's own webhook URL: only they could have pasted it, which is the simplest proof of all."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from omilink.accounts.signing_in import DAY, fingerprint, new_secret
from omilink.clock import Millis
from omilink.errors import Unavailable
from omilink.models.ports import Store, Transaction
from omilink.models.user import PersonalUrl

PREFIX = "me_"
"""Tells a personal secret from the shared one without looking it up."""
GRACE: Millis = DAY
"""How long the previous URL stays valid, for whoever has to paste the new one."""
FRESH: Millis = 2_000
"""How long a secret that was looked up is not looked up again."""
KEPT = 50_000
"""Secrets that are remembered, for when the database is away."""


def show(tx: Transaction, user_id: str, at: Millis) -> list[PersonalUrl]:
    """The valid ones, the current one first; the first is made when it is asked for."""
    return tx.personal_urls(user_id, tx.counted()) or rotate(tx, user_id, at)


def rotate(tx: Transaction, user_id: str, at: Millis) -> list[PersonalUrl]:
    """A new one. The one before is valid for a day, and what was before that no more."""
    secret = PREFIX + new_secret()
    tx.retire_personal_urls(user_id, tx.counted() + GRACE)
    tx.add_personal_url(fingerprint(secret), user_id, secret, at)
    return tx.personal_urls(user_id, tx.counted())


@dataclass(frozen=True, slots=True)
class _Known:
    user_id: str
    at: Millis


class PersonalUrls:
    """Whose a personal secret is. While the database is away, what was known before counts: nothing said is lost."""

    def __init__(self, store: Store, clock: Callable[[], Millis]) -> None:
        self._store, self._clock = store, clock
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def owner(self, secret: str) -> str | None:
        """Raises Unavailable when that cannot be known now."""
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
        """What was known of the user's: the next call asks."""
        for key in [key for key, known in self._known.items() if known.user_id == user_id]:
            del self._known[key]
