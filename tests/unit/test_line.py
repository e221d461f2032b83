"""A bounded line in which places take turns: a crowd from one place delays itself."""

import asyncio
from collections import Counter

import pytest

from omilink.accounts.line import Line
from omilink.errors import RateLimited
from omilink.turns import working_for

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Desk:
    """One at a time, until the test lets it go."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.served: list[str] = []
        self.go_on = asyncio.Event()

    def come(self, *who: str) -> "list[asyncio.Task[None]]":
        tasks = []
        for name in who:
            with working_for(name):
                tasks.append(asyncio.create_task(self._be_served(name)))
        return tasks

    async def _be_served(self, name: str) -> None:
        async with self.line.turn():
            self.served.append(name)
            await self.go_on.wait()


async def outcomes(tasks: "list[asyncio.Task[None]]") -> list[type[BaseException] | None]:
    found = await asyncio.gather(*tasks, return_exceptions=True)
    return [type(one) if isinstance(one, BaseException) else None for one in found]


async def test_places_take_turns() -> None:
    counter = Desk(Line(1, 99))
    tasks = counter.come(*["crowd"] * 30, "ada", "ben")
    await asyncio.sleep(0)
    counter.go_on.set()
    await asyncio.gather(*tasks)
    assert counter.served[:5] == ["crowd", "crowd", "ada", "ben", "crowd"]
    assert Counter(counter.served) == {"crowd": 30, "ada": 1, "ben": 1}


async def test_when_too_many_wait_the_last_of_the_largest_crowd_goes() -> None:
    counter = Desk(Line(2, 5))
    crowd = counter.come(*["crowd"] * 9)
    await asyncio.sleep(0)
    others = counter.come("ada", "ben", "ada")
    await asyncio.sleep(0)
    counter.go_on.set()
    assert await outcomes(others) == [None] * 3
    assert await outcomes(crowd) == [None] * 4 + [RateLimited] * 5


async def test_who_leaves_the_line_takes_nobodys_turn() -> None:
    counter = Desk(Line(1, 9))
    first, gone, last = counter.come("ada", "ben", "cleo")
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    counter.go_on.set()
    assert await outcomes([first, gone, last]) == [None, asyncio.CancelledError, None]
    assert counter.served == ["ada", "cleo"]
    assert await outcomes(counter.come("dan")) == [None]


async def test_who_leaves_just_when_the_turn_comes_passes_it_on() -> None:
    counter = Desk(Line(1, 9))
    first, gone, last = counter.come("ada", "ben", "cleo")
    await asyncio.sleep(0)
    counter.go_on.set()
    await asyncio.wait([first])
    gone.cancel()
    assert await outcomes([last]) == [None]
