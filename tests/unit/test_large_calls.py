"""How many large calls come at the same time."""

import asyncio
from contextlib import ExitStack

import pytest

from omilink.errors import Unavailable
from omilink.ingest.large_calls import OF_ONE_USER, PERSONAL, PLACES, SIGNED, LargeCalls
from omilink.models.ids import SHARED


def test_a_sender_has_only_so_many_places() -> None:
    calls = asyncio.run(made())
    with ExitStack() as places:
        for sender, most in (*PLACES.items(), ("ada", OF_ONE_USER)):
            for _ in range(most):
                places.enter_context(calls.place(sender))
            with pytest.raises(Unavailable), calls.place(sender):
                pass
        for number in range(PERSONAL - OF_ONE_USER):
            places.enter_context(calls.place(f"user {number}"))
        with pytest.raises(Unavailable), calls.place("one more"):
            pass
    for sender in (SHARED, SIGNED, "ada"):
        with calls.place(sender):
            pass


async def made() -> LargeCalls:
    return LargeCalls()
