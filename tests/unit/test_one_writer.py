"""What a user sees is written in one place: no part of a transaction works on a state that another part has changed."""

import ast
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src" / "omilink"
WRITER = SOURCES / "conversations" / "batch.py"
WRITES = {
    "put_sessions",
    "add_uids_shown",
    "remove_uids_shown",
    "put_conversations",
    "set_session_name",
    "put_messages",
    "remove_words",
    "remove_events",
    "add_events",
    "add_audit_entry",
}
"""What a transaction does to sessions, uids shown, conversations, messages, events and the audit, save when an account
or what is old is removed."""


def test_only_the_batch_writes() -> None:
    assert {path: calls for path in SOURCES.rglob("*.py") if (calls := writes_in(path))} == {WRITER: WRITES}


def writes_in(path: Path) -> set[str]:
    """The writes of a transaction that are called there. A transaction is called `tx`, or `stored` gives it."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    methods = (one for one in calls if isinstance(one, ast.Attribute) and one.attr in WRITES)
    return {one.attr for one in methods if ast.unparse(one.value).endswith(("tx", "stored()"))}
