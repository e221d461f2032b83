"""What waits for its turn in a database's lane, and what the lane keeps of it."""

import asyncio
import gc
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from omilink.database import threads as lanes_module
from omilink.database.threads import SHARE, DatabaseThreads, Outcome, Run, ThreadGroup
from omilink.turns import working_for

pytestmark = pytest.mark.anyio

CALLS = 3 * SHARE
TURN = 0.0005


class Words:
    """What a call holds, and must not stay anywhere once the call has run."""


def attempts(fns: Sequence[Callable[[Any], Any]]) -> list[Outcome]:
    return [attempt(fn) for fn in fns]


def attempt(fn: Callable[[Any], Any]) -> Outcome:
    try:
        return fn(None), None
    except Exception as error:
        return None, error


def open_lane() -> AbstractContextManager[Run]:
    return nullcontext(attempts)


async def test_a_call_that_had_to_wait_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "TURN", TURN)
    lanes = DatabaseThreads(reads=ThreadGroup(open_lane, SHARE), writes=ThreadGroup(open_lane, SHARE))
    held: weakref.WeakSet[Words] = weakref.WeakSet()

    def call() -> Callable[[Any], None]:
        words = Words()
        held.add(words)
        return lambda _: use(words)

    def use(words: Words) -> None:
        end = time.monotonic() + TURN * 2  # so that the next call of the same user has to wait
        while time.monotonic() < end:
            pass

    gc.collect()
    gc.disable()
    try:
        with working_for("ada"):
            await asyncio.gather(*(lanes.read(call()) for _ in range(CALLS)))
        await lanes.close()
        assert not list(held), "without the collector"
    finally:
        gc.enable()
