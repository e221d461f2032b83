"""Which tests run in one process, and that a test which runs alone does."""

import fcntl
from pathlib import Path
from threading import Thread

import pytest
import side_by_side
from side_by_side import its_turn, unit
from support import PATIENCE, wait_until


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Locks of its own, since this test holds the real ones."""
    for name in "NEXT", "RUNNING":
        (tmp_path / name).touch()
        monkeypatch.setattr(side_by_side, name, tmp_path / name)
    return tmp_path / "NEXT"


def is_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_who_runs_alone_waits_for_those_who_run_and_nobody_passes(lock: Path) -> None:
    order: list[str] = []

    def run(name: str, alone: bool) -> None:
        with its_turn(alone=alone):
            order.append(f"{name} begins")
            order.append(f"{name} ends")

    threads = [Thread(target=run, args=("the one", True)), Thread(target=run, args=("another", False))]
    with its_turn(alone=False), its_turn(alone=False):
        for thread in threads:
            thread.start()
            wait_until(lambda: is_locked(lock), "the test that runs alone to wait")
        order.append("the first two end")
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["the first two end", "the one begins", "the one ends", "another begins", "another ends"]


@pytest.mark.parametrize(
    ("test", "runs_with"),
    [
        ("tests/web/test_claims.py::test_one[a::b]", "tests/web/test_claims.py"),
        ("tests/cluster/test_rights.py::test_one", "tests/cluster"),
        ("tests/expo/test_web.py::test_one[a]", "tests/expo/test_web.py::test_one[a]"),
    ],
)
def test_what_stays_in_one_process(test: str, runs_with: str) -> None:
    assert unit(test) == runs_with
