"""Two processes run the test files side by side (pytest-xdist), and some tests run alone."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

IN_ONE_PROCESS = ("tests/cluster", "tests/clients")
"""Folders whose files stay together: they share a cluster of processes, or write what `npm` makes."""
ONE_BY_ONE = ("tests/expo",)
"""Folders each of whose tests may run in either process."""
FIRST = ("tests/cluster", "tests/clients", "tests/journeys", "tests/contract", "tests/web", "tests/properties")
"""The longest files begin first, so that neither process waits long for the other at the end."""

NEXT = Path(__file__)
RUNNING = NEXT.with_name("conftest.py")
"""Files that are locked, and never written: then a second run in this checkout waits as well."""


@contextmanager
def its_turn(*, alone: bool) -> Iterator[None]:
    """Waits until this test may run. While a test that runs alone waits, no other test begins."""
    with ExitStack() as stack:
        with _locked(NEXT, fcntl.LOCK_EX):
            stack.enter_context(_locked(RUNNING, fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
        yield


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    with path.open() as file:
        fcntl.flock(file, how)
        yield


def unit(nodeid: str) -> str:
    """What one process runs from its beginning to its end: a file, a folder, or a test."""
    file = nodeid.partition("::")[0]
    if file.startswith(ONE_BY_ONE):
        return nodeid
    return next((folder for folder in IN_ONE_PROCESS if file.startswith(f"{folder}/")), file)


def place(item: pytest.Item) -> int:
    """Where the test's folder stands in the order."""
    return next((number for number, folder in enumerate(FIRST) if item.nodeid.startswith(f"{folder}/")), len(FIRST))


def scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Units(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit(nodeid)

    return Units(config, log)
