"""`script/measure` counts what it says, on a small package whose figures are known."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = Path(__file__).parents[2] / "script/measure"
FILES = {
    "__init__.py": "",
    "low.py": 'def half(number: int) -> int:\n    """Rounded down."""\n    return number // 2\n',
    "web/__init__.py": "",
    "web/ask.py": "from omilink.store import keep\n\n\ndef ask(what):\n    def again() -> None:\n        keep.it()\n",
    "store/__init__.py": "",
    "store/keep.py": "from .. import low\nfrom ..web import ask\n\n\nclass Keep:\n    def _it(self) -> None: ...\n",
    "migrations/old.py": "def left_out(): ...\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / "src/omilink" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def measured(folder: Path) -> dict[str, str]:
    printed = subprocess.run([sys.executable, MEASURE, folder], capture_output=True, text=True, check=True).stdout
    rows = [line for line in printed.splitlines() if line.startswith("  ")]
    return {row[:54].strip(): row[54:] for row in rows}


def test_sizes_leave_out_migrations(checkout: Path) -> None:
    figures = measured(checkout)
    assert (figures["src/omilink"], figures["files"], figures["functions"]) == ("15", "6", "4")
    assert figures["lines of a function: shortest, median, longest"] == "1, 2, 3"
    assert figures["classes with the most methods"] == "Keep 1"


def test_types_and_docstrings_are_those_of_definitions(checkout: Path) -> None:
    figures = measured(checkout)
    assert figures["functions whose parameters and result are typed"] == "75% of 4"
    assert figures["public functions and classes with a docstring"] == "33% of 3"


def test_cycles_are_found_through_relative_imports(checkout: Path) -> None:
    figures = measured(checkout)
    assert figures["import cycles of modules"] == "omilink.store.keep, omilink.web.ask"
    assert figures["folders that import each other"] == "omilink.store and omilink.web"


def test_a_folder_without_the_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is no checkout of omilink"):
        runpy.run_path(str(MEASURE))["main"](tmp_path)
