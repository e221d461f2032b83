"""What `npm pack` makes of the client: in an empty project it installs offline, runs, and brings its types."""

import json
import os
import re
import tarfile
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from node_support import CLIENT, installed, run_node, run_npm
from support import ServerProcess

HERE = Path(__file__).parent
GUIDE = HERE.parents[1] / "docs" / "howto" / "build-an-app.md"
MODULES = {path.name for path in CLIENT.glob("*.js")}
TYPES = {"types/api.d.ts", *(f"types/{Path(module).stem}.d.ts" for module in MODULES)}
COMPILER_OPTIONS = {"strict": True, "noEmit": True, "skipLibCheck": False, "target": "ES2022", "types": []}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    installed()  # packing makes the types
    folder = tmp_path_factory.mktemp("packed")
    [packed] = json.loads(run_npm("pack", "--json", "--silent", "--pack-destination", folder, cwd=CLIENT))
    file: Path = folder / packed["filename"]
    return file


@pytest.fixture(scope="module")
def project(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project in which the package has been installed without a network."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"name": "empty", "private": true, "type": "module"}')
    run_npm("install", "--offline", "--no-audit", "--no-fund", package, cwd=folder)
    return folder


def test_it_holds_what_an_app_needs_and_nothing_else(package: Path) -> None:
    with tarfile.open(package) as archive:
        files = {name.removeprefix("package/") for name in archive.getnames()}
    assert files == {"package.json", "README.md", "LICENSE"} | MODULES | TYPES


def test_packing_without_its_tools_says_what_to_run(tmp_path: Path) -> None:
    bare = ignore_patterns("node_modules", "types")
    copytree(CLIENT, folder := tmp_path / "js", ignore=bare)
    with pytest.raises(AssertionError, match="`npm ci` in clients/js first"):
        run_npm("pack", "--pack-destination", tmp_path, cwd=folder)


def test_it_depends_on_nothing(project: Path) -> None:
    packages = json.loads((project / "package-lock.json").read_text())["packages"]
    assert packages.keys() == {"", "node_modules/omilink"}
    assert not packages["node_modules/omilink"].keys() & {"dependencies", "peerDependencies", "hasInstallScript"}


def test_it_runs(project: Path, server: ServerProcess) -> None:
    """Signs up, links, delivers and reads along."""
    (app := project / "app.mjs").write_text((HERE / "empty-project.mjs").read_text())
    settings = os.environ | {"OMILINK_URL": server.url, "OMILINK_WEBHOOK": server.webhook_url}
    assert run_node(app, cwd=project, env=settings).splitlines()[-1] == "Speaker 1: Where did I put the key?"


@pytest.mark.parametrize("module", ["NodeNext", "Preserve"], ids=["node", "bundler"])
def test_its_types_resolve(project: Path, module: str) -> None:
    (project / "app.ts").write_text((HERE / "empty-project.ts").read_text())
    settings = {"compilerOptions": COMPILER_OPTIONS | {"module": module}, "files": ["app.ts"]}
    (project / "tsconfig.json").write_text(json.dumps(settings))
    run_node(installed() / "typescript" / "bin" / "tsc", "--project", project, cwd=project)


def test_the_app_of_the_five_minutes_takes_from_it_what_there_is(project: Path) -> None:
    """An import of something that is not there fails the bundling. What Expo brings is left out."""
    app = app_of_the_five_minutes(project)
    of_expo = ["react", "react/jsx-runtime", "react-native", "expo/fetch", "expo-*", "@react-native-async-storage/*"]
    options = ["--bundle", "--format=esm", "--jsx=automatic", *(f"--external:{name}" for name in of_expo)]
    bundle = run_npm("exec", "--silent", "--", "esbuild", app, *options, cwd=CLIENT)
    assert "catching_up" in bundle


def test_that_app_can_be_left_at_any_time(project: Path) -> None:
    """React's strict mode starts it twice; what comes too late for the first must not stay open."""
    app, bundle = app_of_the_five_minutes(project), project / "app.cjs"
    options = ["--bundle", "--format=cjs", "--jsx-factory=String", "--packages=external", f"--outfile={bundle}"]
    run_npm("exec", "--silent", "--", "esbuild", app, *options, "--log-level=warning", cwd=CLIENT)
    run_node(HERE / "app-of-the-guide.mjs", bundle)


def app_of_the_five_minutes(project: Path) -> Path:
    [block] = re.findall(r"^```jsx\n(.*?)^```", GUIDE.read_text(), re.M | re.S)
    (app := project / "App.jsx").write_text(block)
    return app
