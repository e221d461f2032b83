"""Tasks that run beside the rest."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

Task = Callable[[], Coroutine[Any, Any, None]]
"""Runs until it is cancelled."""


@contextlib.asynccontextmanager
async def running(*tasks: Task) -> AsyncIterator[None]:
    """They run until the block ends."""
    started = {asyncio.create_task(task()) for task in tasks}
    try:
        yield
    finally:
        await end(started)


async def end(tasks: set["asyncio.Task[None]"]) -> None:
    """Cancels until they have ended: before Python 3.12 `asyncio.wait_for` may swallow a cancellation."""
    while tasks := {task for task in tasks if not task.done()}:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=1)
