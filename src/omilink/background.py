"""Background tasks of a node, and the pauses between their tries."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)

Task = Callable[[], Coroutine[Any, Any, None]]
"""A coroutine function that runs until it is cancelled."""


@contextlib.asynccontextmanager
async def running(*tasks: Task) -> AsyncIterator[None]:
    """Runs the tasks until the block ends, then cancels them."""
    started = {asyncio.create_task(task()) for task in tasks}
    for task in started:
        task.add_done_callback(_tell)
    try:
        yield
    finally:
        await end(started)


def pause(failures: int, longest: float) -> float:
    """Seconds before the next try. They grow with the number of failures, up to about `longest`, and are random, so
    that not all tasks try at once."""
    return min(longest, 0.05 * 2.0 ** min(failures, 20)) * random.uniform(0.5, 1.5)


def _tell(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("a task of this node has ended", exc_info=error)


async def end(tasks: set["asyncio.Task[None]"]) -> None:
    """Cancels the tasks until all have ended: before Python 3.12 `asyncio.wait_for` may swallow a cancellation."""
    while tasks := {task for task in tasks if not task.done()}:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=1)
