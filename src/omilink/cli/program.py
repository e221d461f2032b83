"""The name under which the program was called, so that commands in its messages can be typed as they are shown."""

import os
import shutil
import sys
from pathlib import Path


def typed() -> str:
    """`omilink` if the shell finds the program under that name, else the path by which it was called."""
    called = Path(sys.argv[0])
    found = shutil.which("omilink")
    if called.name != "omilink" or (found and called.exists() and os.path.samefile(found, called)):
        return "omilink"
    inside = called.absolute()
    return str(inside.relative_to(Path.cwd())) if inside.is_relative_to(Path.cwd()) else str(called)


def as_typed(text: str) -> str:
    """The text, with `omilink` in its commands replaced by `typed()`."""
    return text.replace("`omilink ", f"`{typed()} ").replace(": omilink ", f": {typed()} ")
