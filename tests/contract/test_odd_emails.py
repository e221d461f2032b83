"""Accounts are found however their email is typed, no second one of the same email is made, and none of before is
merged."""

from collections.abc import Iterator

import pytest
from contract_support import moment, open_database
from sqlalchemy import Engine

from omilink.accounts import signing_in
from omilink.database import migrate
from omilink.database.store import Store, Transaction
from omilink.errors import EmailTaken, Invalid, NotFound
from omilink.models.user import User

BEFORE = "0007"
"""The last schema whose emails compare only exactly."""
COMPOSED, DECOMPOSED, WIDE = "josé@example.org", "jose\u0301@example.org", "ｊｏｓé@example.org"
UNSEEN = "an\u200ba@example.org"


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with engine.begin() as connection:
        yield Transaction(connection, writes=True)


def user(name: str, email: str) -> User:
    return User(id=name, email=email, display_name=None, created_at=0)


def of_before(engine: Engine, **emails: str) -> None:
    """A database of before, with these accounts, brought to this version."""
    migrate.upgrade(engine, BEFORE)
    with engine.begin() as connection:
        for name, email in emails.items():
            Transaction(connection, writes=True).add_user(user(name, email), f"hash of {name}")
    migrate.upgrade(engine)


def whose(tx: Transaction, email: str) -> str | None:
    found = tx.user_by_email(email)
    assert found is None or found[1] == f"hash of {found[0].id}"
    return found[0].id if found else None


@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED, WIDE, f" {DECOMPOSED.upper()}. "])
def test_an_account_is_found_and_taken_however_its_email_is_typed(tx: Transaction, typed: str) -> None:
    signing_in.add_user(tx, signing_in.new_user(DECOMPOSED, "correct horse", None, 0), "-")
    assert signing_in.find(tx, typed).email == COMPOSED
    with pytest.raises(EmailTaken):
        signing_in.add_user(tx, signing_in.new_user(typed, "correct horse", None, 0), "-")


def test_a_single_account_of_before_is_found_however_its_email_is_typed(empty: Engine) -> None:
    of_before(empty, jose=DECOMPOSED, ana="ana@example.org")
    with empty.begin() as connection:
        tx = Transaction(connection, writes=True)
        assert [whose(tx, typed) for typed in (COMPOSED, DECOMPOSED, WIDE)] == ["jose"] * 3
        assert whose(tx, "ana@example.org") == "ana"
        assert [user.email for user in tx.users()] == [DECOMPOSED, "ana@example.org"]
        assert signing_in.in_doubt(tx) == []
        with pytest.raises(EmailTaken):
            signing_in.add_user(tx, signing_in.new_user(COMPOSED, "correct horse", None, 0), "-")


def test_two_accounts_of_before_that_became_one_email_stay_two(empty: Engine) -> None:
    of_before(empty, jose=COMPOSED, other=DECOMPOSED)
    with empty.begin() as connection:
        tx = Transaction(connection, writes=True)
        assert (whose(tx, COMPOSED), whose(tx, DECOMPOSED), whose(tx, WIDE)) == ("jose", "other", "jose")
        (doubt,) = signing_in.in_doubt(tx)
        assert {user.id for user in doubt.users} == {"jose", "other"}
        assert "2 accounts" in doubt.found and "omilink users rename" in doubt.do


def test_nor_does_a_third_way_of_typing_mean_one_of_two(empty: Engine) -> None:
    of_before(empty, one=DECOMPOSED, two=f"{COMPOSED}.")
    with empty.begin() as connection:
        tx = Transaction(connection, writes=True)
        assert (whose(tx, DECOMPOSED), whose(tx, f"{COMPOSED}.")) == ("one", "two")
        assert whose(tx, WIDE) is None
        with pytest.raises(EmailTaken):
            signing_in.add_user(tx, signing_in.new_user(COMPOSED, "correct horse", None, 0), "-")


def test_another_email_ends_the_doubt(empty: Engine) -> None:
    of_before(empty, jose=COMPOSED, other=DECOMPOSED)
    with empty.begin() as connection:
        tx = Transaction(connection, writes=True)
        for taken in WIDE, DECOMPOSED:
            with pytest.raises(EmailTaken):
                signing_in.rename(tx, "other", taken)
        assert signing_in.rename(tx, "other", "Other@example.org").email == "other@example.org"
        assert signing_in.in_doubt(tx) == []
        assert [whose(tx, typed) for typed in (COMPOSED, DECOMPOSED, WIDE)] == ["jose"] * 3
        assert whose(tx, "OTHER@example.org") == "other"


def test_deleting_one_of_two_ends_the_doubt(empty: Engine) -> None:
    of_before(empty, jose=COMPOSED, other=DECOMPOSED)
    with empty.begin() as connection:
        tx = Transaction(connection, writes=True)
        tx.remove_user("jose", moment(1))
        assert signing_in.in_doubt(tx) == []
        assert [whose(tx, typed) for typed in (COMPOSED, DECOMPOSED, WIDE)] == ["other"] * 3


def test_an_email_of_before_that_nobody_can_see_whole_is_found_by_itself_only(empty: Engine) -> None:
    of_before(empty, ana="ana@example.org", unseen=UNSEEN)
    with empty.begin() as connection:
        tx = Transaction(connection, writes=True)
        assert (whose(tx, "ana@example.org"), whose(tx, UNSEEN)) == ("ana", "unseen")
        for other in "bo\u200bb@example.org", "\u200bana@example.org", "ana\x00@example.org", "ana\ud800@example.org":
            assert whose(tx, other) is None
            with pytest.raises(Invalid):
                signing_in.find(tx, other)
        (doubt,) = signing_in.in_doubt(tx)
        assert [user.id for user in doubt.users] == ["unseen"] and "U+200B" in doubt.found
        assert signing_in.rename(tx, UNSEEN, "anna@example.org").id == "unseen"
        assert signing_in.in_doubt(tx) == []


def test_a_rename_needs_somebody_and_an_email(tx: Transaction) -> None:
    signing_in.add_user(tx, user("ana", "ana@example.org"), "-")
    with pytest.raises(NotFound):
        signing_in.rename(tx, "nobody", "anna@example.org")
    with pytest.raises(Invalid, match="no email address"):
        signing_in.rename(tx, "ana", "anna")
    assert signing_in.rename(tx, "ana", "ANA@example.org") == user("ana", "ana@example.org")


@pytest.mark.anyio
async def test_another_hash_of_a_password_does_not_bring_an_older_one_back(engine: Engine) -> None:
    database = open_database(engine)
    store = Store(database)
    await store.write(lambda tx: tx.add_user(user("ana", "ana@example.org"), "hash"))
    await store.write(lambda tx: tx.rehash_password("ana", "hash", "better"))
    assert await store.read(lambda tx: tx.password_hash("ana")) == "better"
    await store.write(lambda tx: tx.change_password("ana", "of another password"))
    await store.write(lambda tx: tx.rehash_password("ana", "better", "of the older password"))
    assert await store.read(lambda tx: tx.password_hash("ana")) == "of another password"
    assert await store.read(lambda tx: tx.password_hash("nobody")) is None
    await database.close()
