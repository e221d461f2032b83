"""The list of sessions, page by page."""

from typing import cast

from omilink.clock import Millis
from omilink.database.store import Transaction
from omilink.linking import health
from omilink.models.session import OmiSession


class InALocale:
    """A database that orders ids as people do, and not by bytes: PostgreSQL in most locales. The one for the tests has
    only the locale C, so this stands in for it."""

    def __init__(self, sessions: list[OmiSession]) -> None:
        self._sessions = sorted(sessions, key=lambda one: _place(one.created_at, one.id), reverse=True)

    def sessions_page(
        self, user_id: str, most: int, before: tuple[Millis, str] | None = None
    ) -> list[tuple[OmiSession, int]]:
        older = [s for s in self._sessions if before is None or _place(s.created_at, s.id) < _place(*before)]
        return [(session, 0) for session in older[:most]]


def _place(at: Millis, key: str) -> tuple[Millis, str, str]:
    return at, key.lower(), key.swapcase()


def test_pages_have_each_session_once_however_the_database_orders_ids() -> None:
    """Sessions that are issued together were made at one moment: their ids alone order them."""
    ids = sorted(f"{letter}{number}" for letter in "aAbBcC" for number in range(3))
    tx = cast(Transaction, InALocale([OmiSession(omi_session_id=one, user_id="ada", created_at=1) for one in ids]))
    page, before = health.sessions_of(tx, "ada", 4)
    listed = [session.omi_session_id for session, _ in page]
    while before:
        page, before = health.sessions_of(tx, "ada", 4, before)
        listed += [session.omi_session_id for session, _ in page]
    assert sorted(listed) == ids
