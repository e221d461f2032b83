"""Whose a personal secret is: looked up now and then, and remembered for when the database is away."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support import Turned

from omilink.accounts import personal_webhook, signing_in
from omilink.accounts.personal_webhook import FRESH, GRACE, PersonalUrlOwners
from omilink.database import migrate, sqlite
from omilink.database.store import Store
from omilink.errors import Unavailable
from omilink.models.user import User

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock(counted: Turned) -> Turned:
    return counted


@pytest.fixture
def urls(store: Store, clock: Turned) -> PersonalUrlOwners:
    return PersonalUrlOwners(store, clock)


@pytest.fixture
async def secret(store: Store, clock: Turned) -> str:
    return await secret_of_ada(store, clock)


async def secret_of_ada(store: Store, clock: Turned) -> str:
    ada = User(id="ada", email="ada@example.org", display_name=None, created_at=1)
    await store.write(lambda tx: signing_in.add(tx, ada, "hash", "token"))
    (url,) = await store.write(lambda tx: personal_webhook.show(tx, "ada", clock.at))
    return url.secret


async def test_a_secret_is_its_users_until_its_time_is_over(
    store: Store, urls: PersonalUrlOwners, clock: Turned, secret: str
) -> None:
    assert await urls.owner(secret) == "ada"
    assert await urls.owner("me_unknown") is None
    await store.write(lambda tx: personal_webhook.rotate(tx, "ada", clock.at))
    clock.at += GRACE - 1
    assert await urls.owner(secret) == "ada"
    clock.at += FRESH
    assert await urls.owner(secret) is None


async def test_what_was_just_looked_up_is_not_looked_up_again_unless_it_is_forgotten(
    store: Store, urls: PersonalUrlOwners, clock: Turned, secret: str
) -> None:
    for forgets in False, True:
        assert await urls.owner(secret) == "ada"
        await store.write(lambda tx: tx.retire_personal_urls("ada", clock.at))
        if forgets:
            urls.forget("ada")
        assert await urls.owner(secret) == (None if forgets else "ada")


async def test_while_the_database_is_away_what_was_known_counts(tmp_path: Path, clock: Turned) -> None:
    engine = sqlite.engine(tmp_path / "away.db")
    migrate.upgrade(engine)
    database = sqlite.Sqlite(engine)
    store = Store(database, clock)
    urls = PersonalUrlOwners(store, clock)
    secret = await secret_of_ada(store, clock)
    assert await urls.owner(secret) == "ada"
    with closing(sqlite3.connect(tmp_path / "away.db")) as behind_its_back:
        behind_its_back.execute("DROP TABLE personal_urls")
    clock.at += 10 * FRESH
    assert await urls.owner(secret) == "ada"
    with pytest.raises(Unavailable):
        await urls.owner("me_unknown")
    await database.close()


async def test_only_so_many_are_remembered(
    store: Store, urls: PersonalUrlOwners, clock: Turned, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_webhook, "KEPT", 1)
    (newer, _) = await store.write(lambda tx: personal_webhook.rotate(tx, "ada", clock.at))
    for known in secret, newer.secret:
        assert await urls.owner(known) == "ada"
    await store.write(lambda tx: tx.retire_personal_urls("ada", clock.at))
    assert await urls.owner(newer.secret) == "ada"
    assert await urls.owner(secret) is None
