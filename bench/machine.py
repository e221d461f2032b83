"""Where the figures come from: figures without their machine mean nothing."""

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def describe(data: Path) -> dict[str, str]:
    append, p99 = _fsync_milliseconds(data)
    return {
        "cpu": f"{_cpu_model()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start",
        "python": f"{platform.python_version()} on {platform.system()} {platform.release()}",
        "sqlite": sqlite3.sqlite_version,
        "disk": f"4 kB append + fsync: {append:.2f} ms in the middle, {p99:.2f} ms p99",
    }


def busy_seconds() -> float:
    """What all programs together have used of all cores so far (man 5 proc: /proc/stat, without idle and iowait)."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / _TICK


def cpu_seconds(process: int) -> float:
    """User and system time of a process, its threads and its children, those that have ended included (man 5 proc: the
    fields from 14 on)."""
    own = sum(int(ticks) for ticks in _stat(process)[11:15]) / _TICK
    return own + sum(cpu_seconds(child) for child in _children(process))


def _children(process: int) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if _stat(int(folder.name))[1] == str(process):
                yield int(folder.name)


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.processor() or platform.machine()


def _fsync_milliseconds(folder: Path) -> tuple[float, float]:
    path, block, costs = folder / "fsync-probe", os.urandom(4096), []
    with path.open("wb", buffering=0) as file:
        for _ in range(300):
            began = time.perf_counter()
            file.write(block)
            os.fsync(file.fileno())
            costs.append((time.perf_counter() - began) * 1000)
    path.unlink()
    return statistics.median(costs), sorted(costs)[int(len(costs) * 0.99)]
