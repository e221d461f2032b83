"""The JavaScript client: its own tests, run by Node; its types, checked by TypeScript; and its size."""

import gzip
import os
from pathlib import Path

import pytest
from node_support import CLIENT, installed, run_node, run_npm
from support import ServerProcess

HERE = Path(__file__).parent
MODULES = sorted(HERE.glob("*.test.mjs"))
SIZE = 12_000


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name.removesuffix(".test.mjs"))
def test_the_client_does_what_it_says(module: Path) -> None:
    run_node("--test", module)


def test_its_types_fit() -> None:
    run_node(installed() / "typescript" / "bin" / "tsc", cwd=CLIENT)


def test_its_types_are_those_of_the_server() -> None:
    """`npm run types` makes api.d.ts anew when the server's answers have changed."""
    installed()
    run_npm("run", "--silent", "types", "--", "--check", cwd=CLIENT)


def test_it_is_small(capsys: pytest.CaptureFixture[str]) -> None:
    """As an app's bundler would ship all of it."""
    installed()
    bundle = run_npm("run", "--silent", "bundle", cwd=CLIENT)
    size = len(gzip.compress(bundle.encode(), mtime=0))
    with capsys.disabled():
        print(f"\nThe JavaScript client: {size:,} bytes minified and gzipped, of {SIZE:,}")
    assert 2_000 < size <= SIZE


def test_a_revoked_sign_in_is_renewed_without_a_loss(shared_server: ServerProcess) -> None:
    run_node(HERE / "renewed-sign-in.mjs", env=settings_of(shared_server))


def test_it_catches_up_in_one_round_trip_after_ten_minutes_offline(
    shared_server: ServerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run_node(HERE / "ten-minutes-offline.mjs", env=settings_of(shared_server))
    with capsys.disabled():
        print(f"\n{printed.strip()}")


def settings_of(server: ServerProcess) -> dict[str, str]:
    return os.environ | {"OMILINK_URL": server.url, "OMILINK_WEBHOOK": server.webhook_url}
