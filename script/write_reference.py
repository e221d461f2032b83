"""Writes the tables of docs/reference/events.md from what the server says of its events in /openapi.json.

The words are the docstrings of the nouns and events in src/omilink/models. Call it as
`.venv/bin/python script/write_reference.py` when one of them has changed; the tests say so, too.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omilink.web.app import openapi_document

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "events.md"
CARRIED = "Message", "Conversation", "Session"
"""What events carry has a section of its own: its docstring and a row for each field."""


def main() -> None:
    PAGE.write_text(written(PAGE.read_text()))


def written(page: str) -> str:
    """The page with its tables as the code has them."""
    shapes = openapi_document()["components"]["schemas"]
    page = _with_table(page, "Types", _types(shapes))
    for name in CARRIED:
        page = _with_table(page, name, _fields(shapes[name]), shapes[name]["description"])
    return page


def _with_table(page: str, heading: str, table: Iterable[str], words: str = "") -> str:
    """The words and the table in the place of whatever stands between the heading and the table's end."""
    new = "\n\n".join(filter(None, [f"## {heading}", words, "\n".join(table)]))
    page, found = re.subn(rf"^## {heading}\n\n(?:[^|#\n].*\n+)*(?:\|.*\n)+", lambda _: new + "\n", page, flags=re.M)
    assert found == 1, f"{PAGE.name} has no section {heading} with a table"
    return page


def _types(shapes: dict[str, Any]) -> Iterable[str]:
    yield from ("| Type | Carries | What to do |", "|---|---|---|")
    for case in shapes["PolledEvents"]["properties"]["events"]["items"]["anyOf"]:
        shape = shapes[case["$ref"].rpartition("/")[2]]
        fields = shape["properties"]
        carries = [_carried(name, field) for name, field in fields.items() if name not in ("type", "id")]
        yield _row(f"`{fields['type']['const']}`", ", ".join(carries), shape["description"])


def _carried(name: str, field: dict[str, Any]) -> str:
    return f"`{name}` ({_type(field)})" if "enum" in field else f"`{name}`"


def _fields(shape: dict[str, Any]) -> Iterable[str]:
    yield from ("| Field | Type | What it is |", "|---|---|---|")
    for name, field in shape["properties"].items():
        may_miss = "" if name in shape["required"] else ", may be missing"
        yield _row(f"`{name}`", _type(field) + may_miss, field.get("description", ""))


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(map(_type, field["anyOf"]))
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    return str(field.get("type", "object"))


def _row(*cells: str) -> str:
    return "".join(f"| {cell} " if cell else "| " for cell in map(_on_one_line, cells)) + "|"


def _on_one_line(words: str) -> str:
    return " ".join(words.split())


if __name__ == "__main__":
    main()
