"""Who has set up the shared and the personal address at once sends each talk to both: it is shown once."""

import json
from collections.abc import Callable, Iterator

import pytest
from contract.test_record import A, body_of, letters, live, of_record, record
from msgspec.structs import replace
from properties.histories import NOON, call, empty_store, save, save_one_by_one, say, talks, texts, verify
from sqlalchemy import Engine

from omilink.conversations import history
from omilink.database.store import Transaction
from omilink.models.delivery import Delivery

HEARD = {"20a": 7.0, "20b": 12.5, "20c": 31.0}


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    """A store where ada has proven the samples' account."""
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        yield tx


def at_own_address(delivery: Delivery, owner: str = "ada") -> Delivery:
    return replace(delivery, origin=owner)


def shared(after: float = 0.0) -> list[Delivery]:
    return [live(name, heard + after) for name, heard in HEARD.items()]


def personal(after: float = 0.0) -> list[Delivery]:
    return [at_own_address(one) for one in shared(after)]


def in_order(*calls: Delivery) -> list[Delivery]:
    return sorted(calls, key=lambda one: one.order)


def is_there_once(tx: Transaction) -> bool:
    [said] = texts(tx, "ada", A)
    return letters(said) == of_record(body_of("20z"))


@pytest.mark.parametrize("first", [0.0, 0.2])
def test_live_words_of_both_addresses(tx: Transaction, first: float) -> None:
    save_one_by_one(tx, in_order(*shared(first), *personal(0.1)))
    [once] = texts(tx, "ada", A)
    assert len(once) == len(set(once)) == 7


def test_live_words_of_both_addresses_in_one_batch(tx: Transaction) -> None:
    save(tx, *in_order(*shared(), *personal(0.1)))
    assert [len(said) for said in texts(tx, "ada", A)] == [7]


def test_words_without_ids(tx: Transaction) -> None:
    calls = [call(5, say("The van comes at nine.", 1)), call(9, say("Good.", 6)), call(15, say("We begin then.", 11))]
    save(tx, replace(calls[0], origin="ada"))
    save_one_by_one(tx, [at_own_address(calls[1]), at_own_address(calls[2])])
    verify(tx, "kitchen", "ada", NOON)
    save_one_by_one(tx, [replace(one, order=one.order + 90, uid="kitchen", seq=one.seq + 50) for one in calls])
    assert texts(tx, "ada") == [["The van comes at nine.", "Good.", "We begin then."]]


@pytest.mark.parametrize("lives", [shared, personal])
@pytest.mark.parametrize("records", ["shared", "personal", "both"])
@pytest.mark.parametrize("moment", [20.0, 160.0, 900.0])
def test_live_words_at_one_and_the_record_at_any(
    tx: Transaction, lives: Callable[[], list[Delivery]], records: str, moment: float
) -> None:
    sent = record(body_of("20z"), moment)
    of_record = {"shared": [sent], "personal": [at_own_address(sent)]}
    calls = of_record.get(records) or [sent, at_own_address(record(body_of("20z"), moment + 1))]
    save_one_by_one(tx, in_order(*lives(), *calls))
    assert is_there_once(tx)


def test_everything_at_both(tx: Transaction) -> None:
    records = [record(body_of("20z"), 160), at_own_address(record(body_of("20z"), 161))]
    save_one_by_one(tx, in_order(*shared(), *personal(0.1), *records))
    assert is_there_once(tx)
    [conversation] = talks(tx, "ada", A)
    assert conversation.repaired_count == 25


def test_a_deleted_talk_comes_back_at_neither_address(tx: Transaction) -> None:
    save_one_by_one(tx, shared())
    [conversation] = talks(tx, "ada", A)
    history.delete(tx, conversation.id, "ada", NOON + 40_000)
    save_one_by_one(tx, [*personal(60), at_own_address(record(body_of("20z"), 160))])
    assert texts(tx, "ada", A) == []


def test_the_own_addresses_of_two_users_stay_apart(engine: Engine) -> None:
    """Ben can send whatever he likes to his own address: it changes none of ada's words."""
    with empty_store(engine) as tx:
        save_one_by_one(tx, personal())
        before = texts(tx, "ada", A)
        save_one_by_one(tx, [at_own_address(one, "ben") for one in shared(1)])
        save(tx, at_own_address(record(body_of("20z"), 160), "ben"))
        assert texts(tx, "ada", A) == before
        assert [letters(said) for said in texts(tx, "ben", A)] == [of_record(body_of("20z"))]


def test_ownerless_words_of_the_same_id_are_not_taken(engine: Engine) -> None:
    with empty_store(engine) as tx:
        save_one_by_one(tx, shared())
        save_one_by_one(tx, personal(0.1))
        assert [len(said) for said in texts(tx, "ada", A)] == [7]
        assert [len(said) for said in texts(tx, None, A)] == [7]


def test_what_a_proof_took_along_and_may_be_given_back_takes_no_words_of_the_own_address(engine: Engine) -> None:
    with empty_store(engine) as tx:
        save_one_by_one(tx, shared())
        verify(tx, A, "ada", NOON + 32_000)
        save(tx, replace(call(33, session=A, uid=A), body=json.dumps({"session_id": A, "segments": []}).encode()))
        assert [len(said) for said in texts(tx, "ada", A)] == [7]
        save_one_by_one(tx, personal(40))
        assert [len(said) for said in texts(tx, "ada", A)] == [7, 7]
