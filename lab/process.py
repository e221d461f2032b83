"""A server in a process of its own, which does not outlive the program that started it, however that one ends."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds in which a server has to be ready. Two busy cores need some of them."""
GRACE = 15.0
"""Seconds that a server gets to end by itself."""

LEASH = str(Path(__file__).with_name("leash.sh"))


class DidNotStart(Exception):
    """Says who, and what it said last."""


class Runs(ABC):
    """What runs from the beginning of a `with` block to its end."""

    @abstractmethod
    def start(self) -> Self: ...

    @abstractmethod
    def stop(self) -> None: ...

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Process(Runs):
    """A server with a folder of its own, its log therein. Can be started, stopped and killed again and again."""

    stop_signal = signal.SIGTERM

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder.absolute()
        self.log = self.folder / "log"
        self._log_begins = 0
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> Sequence[str]: ...

    @abstractmethod
    def is_ready(self) -> bool: ...

    def environment(self) -> Mapping[str, str]:
        return os.environ

    def prepare(self) -> None:
        """Sees to what has to be there before the process."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> Self:
        """Returns when the server is ready. Raises DidNotStart."""
        self.spawn()
        self.wait_until_ready()
        return self

    def spawn(self) -> None:
        self.kill()
        self.prepare()
        with self.log.open("ab") as log:
            self._log_begins = log.tell()
            self._process = subprocess.Popen(
                ["sh", LEASH, *self.command()],
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is not for it: who started it decides
            )

    def wait_until_ready(self) -> None:
        if not until(lambda: self.is_ready() or not self.running) or not self.running:
            self.kill()
            raise DidNotStart(f"{self.name} did not start. Its log {self.log} ends with:\n{self.last_words()}")

    def stop(self) -> None:
        self.ask_to_stop()
        self.wait_until_stopped()

    def ask_to_stop(self) -> None:
        if self._process and self.running:
            self._process.send_signal(self.stop_signal)

    def wait_until_stopped(self) -> None:
        """Kills what takes too long."""
        if self._process:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
        self.kill()

    def kill(self) -> None:
        """SIGKILL, for the server and its leash."""
        if self._process and self._process.stdin:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process.stdin.close()
            self._process.stdin = None

    def restart(self) -> Self:
        self.stop()
        return self.start()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    @property
    def pid(self) -> int:
        assert self._process, f"{self.name} was never started"
        return self._process.pid

    def said(self) -> str:
        """Its log since the last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_begins)
            return log.read().decode(errors="replace")

    def last_words(self, lines: int = 8) -> str:
        return "\n".join(f"  {line}" for line in self.said().splitlines()[-lines:])


def start_together(processes: Sequence[Process]) -> None:
    for process in processes:
        process.spawn()
    for process in processes:
        process.wait_until_ready()


def stop_together(processes: Sequence[Process]) -> None:
    for process in processes:
        process.ask_to_stop()
    for process in processes:
        process.wait_until_stopped()


def until(true: Callable[[], T], seconds: float = PATIENCE) -> T | None:
    """Asks again until the answer is true, and returns it; None when that takes too long.

    For servers: they tell nobody that they are ready.
    """
    give_up = time.monotonic() + seconds
    while not (answer := true()):
        if time.monotonic() > give_up:
            return None
        time.sleep(0.02)
    return answer
