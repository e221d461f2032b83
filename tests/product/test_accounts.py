"""Who is signed in, by which right, and for how long."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import Turned

from omilink.accounts import signing_in
from omilink.accounts.signing_in import TICKET_LIFE, TOKEN_LIFE, AuthenticatedUser, fingerprint
from omilink.clock import DAY
from omilink.database import migrate, sqlite
from omilink.database.store import Transaction
from omilink.errors import Invalid, NotAvailable, NotFound, NotSignedIn
from omilink.linking import omi_accounts
from omilink.models.audit import OPERATOR
from omilink.models.omi_account import OmiLink, Proof
from omilink.models.order import Moment
from omilink.models.user import User

T = 1_790_000_000_000
NOW = Moment(at=T, order=0)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("accounts") / "omilink.db"
    migrate.upgrade(sqlite.engine(path))
    return path


@pytest.fixture
def tx(path: Path) -> Iterator[Transaction]:
    """A store in which Ada has an account and the token "ada's token"; forgotten after the test."""
    with sqlite.engine(path).connect() as connection, connection.begin() as transaction:
        tx = Transaction(connection, Turned(T))
        signing_in.add(tx, new("ada@example.org"), "hash", "ada's token")
        yield tx
        transaction.rollback()


def new(email: str, password: str = "correct horse", name: str | None = None) -> User:
    return signing_in.new_user(email, password, name, T)


def holder(tx: Transaction, token: str = "ada's token", at: int = T) -> AuthenticatedUser:
    return signing_in.holder(tx, fingerprint(token), at)


# What an account is made of


def test_an_email_is_the_same_however_it_is_typed() -> None:
    assert new("  Ada@Example.ORG ").email == "ada@example.org"


@pytest.mark.parametrize(
    "email",
    ["", "ada", "@example.org", "ada@", "a@b@c", "ada @example.org", "ada@exa\x00mple", "a\ud800@b", f"{'a' * 65}@b.c"],
)
def test_what_is_no_email_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        new(email)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025])
def test_a_password_that_is_too_short_or_too_long_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(Invalid, match="8 to 1024") as refused:
        new("ada@example.org", password)
    assert not password or password not in refused.value.message


@pytest.mark.parametrize("password", ["12345678", "x" * 1024, "ключ 🔑 от дома"])
def test_any_characters_make_a_password(password: str) -> None:
    assert new("ada@example.org", password).email == "ada@example.org"


@pytest.mark.parametrize(
    ("given", "kept"), [(None, None), ("", None), ("  ", None), (" Ada ", "Ada"), ("é" * 200, "é" * 100)]
)
def test_a_name_may_be_left_out_and_is_cut(given: str | None, kept: str | None) -> None:
    assert new("ada@example.org", name=given).display_name == kept


def test_secrets_have_256_random_bits_and_are_kept_as_a_hash() -> None:
    secrets = {signing_in.new_secret() for _ in range(100)}
    assert len(secrets) == 100 and all(len(secret) == 43 for secret in secrets)
    assert len(fingerprint("x")) == 64
    assert fingerprint("\ud800"), "whatever a client sends has one"


# Tokens


def test_a_token_signs_its_user_in_until_it_expires(tx: Transaction) -> None:
    assert holder(tx, at=T + TOKEN_LIFE - 1).user.email == "ada@example.org"
    with pytest.raises(NotSignedIn, match="Sign in again"):
        holder(tx, at=T + TOKEN_LIFE)


@pytest.mark.parametrize("token", ["", "wrong", "Ada's token", "x" * 10_000, "\x00"])
def test_no_other_token_does(tx: Transaction, token: str) -> None:
    with pytest.raises(NotSignedIn):
        holder(tx, token)


def test_the_hash_that_is_kept_is_no_token(tx: Transaction) -> None:
    with pytest.raises(NotSignedIn):
        holder(tx, fingerprint("ada's token"))


def test_a_token_in_use_is_renewed_once_a_day_and_lives_on(tx: Transaction) -> None:
    who = holder(tx)
    assert not signing_in.wants_renewal(who, T + DAY)
    assert signing_in.wants_renewal(who, T + DAY + 1)
    signing_in.renew(tx, who, T + 20 * DAY)
    assert holder(tx, at=T + TOKEN_LIFE + 10 * DAY).expires_at == T + 20 * DAY + TOKEN_LIFE


def test_signing_out_ends_one_sign_in_and_no_other(tx: Transaction) -> None:
    user = holder(tx).user
    signing_in.sign_in(tx, user, "her phone", T)
    assert signing_in.sign_out(tx, fingerprint("ada's token")) == user.id
    assert signing_in.still_in(tx, fingerprint("ada's token"), T) is None
    assert holder(tx, "her phone").user == user
    assert signing_in.sign_out(tx, fingerprint("ada's token")) is None


# Tickets


def test_a_ticket_opens_one_stream_within_a_minute(tx: Transaction) -> None:
    assert signing_in.issue_ticket(tx, holder(tx), "ticket", T) == T + TICKET_LIFE == T + 60_000
    assert signing_in.redeem_ticket(tx, "ticket", T + 59_999) == holder(tx)
    with pytest.raises(NotSignedIn, match="new one"):
        signing_in.redeem_ticket(tx, "ticket", T + 59_999)


def test_a_ticket_that_is_late_or_made_up_opens_nothing(tx: Transaction) -> None:
    signing_in.issue_ticket(tx, holder(tx), "ticket", T)
    for ticket, at in ("made up", T), ("", T), ("ada's token", T), ("ticket", T + TICKET_LIFE):
        with pytest.raises(NotSignedIn):
            signing_in.redeem_ticket(tx, ticket, at)


def test_a_ticket_is_worth_no_more_than_its_token(tx: Transaction) -> None:
    last_minute = T + TOKEN_LIFE - 1000
    signing_in.issue_ticket(tx, holder(tx, at=last_minute), "ticket", last_minute)
    with pytest.raises(NotSignedIn):
        signing_in.redeem_ticket(tx, "ticket", last_minute + 1000)
    signing_in.issue_ticket(tx, holder(tx), "another", T)
    signing_in.sign_out(tx, fingerprint("ada's token"))
    with pytest.raises(NotSignedIn):
        signing_in.redeem_ticket(tx, "another", T)


# Verified uids


def test_a_uid_is_verified_for_one_user_at_a_time(tx: Transaction) -> None:
    ada, ben = holder(tx).user.id, new("ben@example.org")
    tx.add_user(ben, "hash")
    for at in T, T + 1:
        omi_accounts.verify_by_operator(tx, "wristband", ada, Moment(at=at, order=0), OPERATOR)
    assert tx.omi_links(ada) == [OmiLink(uid="wristband", user_id=ada, proof=Proof.OPERATOR, verified_at=T)]
    with pytest.raises(NotAvailable, match="another user"):
        omi_accounts.verify_by_operator(tx, "wristband", ben.id, NOW, OPERATOR)
    assert omi_accounts.unverify_by_operator(tx, "wristband", T, OPERATOR) == ada
    assert omi_accounts.verify_by_operator(tx, "wristband", ben.id, NOW, OPERATOR) == {ben.id}


@pytest.mark.parametrize("uid", ["", "a/b", "null", "x" * 129])
def test_a_uid_that_no_device_can_have_is_not_verified(tx: Transaction, uid: str) -> None:
    with pytest.raises(Invalid, match="uid"):
        omi_accounts.verify_by_operator(tx, uid, holder(tx).user.id, NOW, OPERATOR)


def test_a_user_is_found_by_the_email_however_it_is_typed(tx: Transaction) -> None:
    assert signing_in.find(tx, " ADA@example.org") == holder(tx).user


def test_an_unknown_email_is_named(tx: Transaction) -> None:
    with pytest.raises(NotFound, match=r"ida@example\.org"):
        signing_in.find(tx, "ida@example.org")
