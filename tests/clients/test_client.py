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


def test_a_shops_server_issues_a_device_with_the_guides_own_lines(shared_server: ServerProcess) -> None:
    token = (shared_server.data_dir / "operator_token").read_text()
    run_node(HERE / "issue-a-device.mjs", env=settings_of(shared_server) | {"OMILINK_OPERATOR_TOKEN": token})


def test_an_app_does_not_ship_what_is_for_operators_and_a_shop_ships_little_else(tmp_path: Path) -> None:
    installed()
    app = bundle_of(tmp_path, "import { onUserLogin } from", "omilink.js")
    shop = bundle_of(tmp_path, "import { createOperator as onUserLogin } from", "operator.js")
    assert "/admin/sessions" in shop and "/admin/sessions" not in app
    assert len(shop) < len(app) / 4


def bundle_of(folder: Path, imports: str, module: str) -> str:
    (program := folder / "program.mjs").write_text(f"{imports} '{CLIENT / module}'; console.log(onUserLogin);")
    options = "--bundle", "--minify", "--format=esm"
    return run_npm("exec", "--silent", "--", "esbuild", program, *options, cwd=CLIENT)


def test_an_app_that_delivers_by_itself_has_one_session_of_its_id(server: ServerProcess) -> None:
    run_node(HERE / "own-address.mjs", env=os.environ | {"OMILINK_URL": server.url})


def test_it_catches_up_in_one_round_trip_after_ten_minutes_offline(
    shared_server: ServerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run_node(HERE / "ten-minutes-offline.mjs", env=settings_of(shared_server))
    with capsys.disabled():
        print(f"\n{printed.strip()}")


def settings_of(server: ServerProcess) -> dict[str, str]:
    return os.environ | {"OMILINK_URL": server.url, "OMILINK_WEBHOOK": server.webhook_url}
