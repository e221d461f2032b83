"""What one user asks of the database delays nobody else for longer than a turn of that user."""

import asyncio
import time

import pytest

from omilink.database.store import Store, Transaction
from omilink.database.threads import SHARE
from omilink.turns import SERVER, working_for

pytestmark = pytest.mark.anyio

MUCH = 100


@pytest.mark.parametrize("way", ["read", "write"])
@pytest.mark.parametrize("who", ["ada", SERVER])
async def test_who_asks_much_delays_nobody_else(store: Store, way: str, who: str) -> None:
    ran: list[int] = []

    def takes_long(tx: Transaction) -> None:
        time.sleep(0.01)
        ran.append(1)

    ask = getattr(store, way)
    with working_for("greedy"):
        greedy = [asyncio.create_task(ask(takes_long)) for _ in range(MUCH)]
        await asyncio.sleep(0)
    with working_for(who):
        await ask(lambda tx: tx.users())
    assert len(ran) < MUCH // 2
    await asyncio.gather(*greedy)
    assert len(ran) == MUCH


async def test_what_waits_for_another_turn_runs_once_and_in_its_order(store: Store) -> None:
    ran: list[int] = []

    def note(number: int) -> None:
        time.sleep(0.002)
        ran.append(number)

    with working_for("ada"):
        await asyncio.gather(*(store.write(lambda tx, n=n: note(n)) for n in range(SHARE * 2)))  # type: ignore[misc]
    assert ran == list(range(SHARE * 2))


async def test_one_call_that_fails_harms_no_other_of_its_turn(store: Store) -> None:
    def fail(tx: Transaction) -> None:
        raise ValueError("this one")

    with working_for("ada"):
        calls = [store.write(fail if number == 3 else lambda tx: tx.users()) for number in range(6)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [list, list, list, ValueError, list, list]
