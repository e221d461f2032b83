"""A migrated database is the one that the code expects, and the linking guide's queries work on it as written."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from omilink import accounts, saving, sessions
from omilink.adapters import sql_migrate, sqlite
from omilink.adapters.sql_schema import VIEWS, metadata
from omilink.adapters.sql_store import SqlTransaction
from omilink.model import Delivery, User

GAP = 150.0

USERS_CONVERSATIONS = """
-- Direct user conversations
SELECT * FROM Conversation WHERE userId = ?
"""
CONVERSATIONS_OF_USERS_SESSIONS = """
-- OR conversations from user's sessions
SELECT * FROM Conversation 
WHERE omiSessionId IN (
  SELECT id FROM OmiSession WHERE userId = ?
)
"""
SESSION_IS_LINKED = """
SELECT * FROM OmiSession 
WHERE omiSessionId = 'your-session-id';
-- Should have userId field populated
"""
CONVERSATIONS_EXIST = """
SELECT * FROM Conversation 
WHERE omiSessionId = (
  SELECT id FROM OmiSession 
  WHERE omiSessionId = 'your-session-id'
);
"""
SESSIONS_OF_USER = """
SELECT * FROM OmiSession 
WHERE userId = 'your-user-id';
"""


def test_the_migrated_schema_is_the_one_in_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_indexes_are_the_ones_in_the_code(engine: Engine, tmp_path: Path) -> None:
    """Their conditions too, which alembic does not compare."""
    fresh = sqlite.engine(tmp_path / "fresh.db")
    metadata.create_all(fresh)
    assert indexes(engine) == indexes(fresh)


def test_the_views_of_the_guide_are_there(engine: Engine) -> None:
    assert set(inspect(engine).get_view_names()) == set(VIEWS)


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    before = indexes(engine), epoch(engine)
    sql_migrate.upgrade(engine)
    assert (indexes(engine), epoch(engine)) == before


def test_the_guides_queries_work_as_they_are_written(engine: Engine) -> None:
    with engine.begin() as connection:
        tx = SqlTransaction(connection)
        tx.add_user(User(id="your-user-id", email="ada@example.org", display_name=None, created_at=0), "-")
        accounts.verify_uid(tx, "ada@example.org", "user-device-456", 0)
        sessions.link(tx, "your-session-id", "your-user-id", at=1000)
        body = b'{"session_id": "your-session-id", "segments": [{"text": "hello", "start": 0, "end": 1}]}'
        call = Delivery(kind="transcript", session_id="your-session-id", body=body, received_at=2000)
        saving.save(tx, [call], GAP)

        def ask(query: str, *values: str) -> list[dict[str, object]]:
            return [dict(row) for row in connection.exec_driver_sql(query, values).mappings()]

        (session,) = ask(SESSION_IS_LINKED)
        assert (session["userId"], session["lastSeenAt"]) == ("your-user-id", 2000)
        assert ask(SESSIONS_OF_USER) == [session]
        (conversation,) = ask(CONVERSATIONS_EXIST)
        assert (conversation["userId"], conversation["messageCount"]) == ("your-user-id", 1)
        assert ask(USERS_CONVERSATIONS, "your-user-id") == [conversation]
        assert ask(CONVERSATIONS_OF_USERS_SESSIONS, "your-user-id") == [conversation]
        (link,) = ask("SELECT * FROM OmiUserLink WHERE omiUserId = ?", "user-device-456")
        assert link["userId"] == "your-user-id"
        assert ask(USERS_CONVERSATIONS, "somebody-else") == []


def indexes(engine: Engine) -> set[str]:
    """Every index in the database's own words."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        return {" ".join(sql.replace('"', "").split()) for (sql,) in rows}


def epoch(engine: Engine) -> str:
    with engine.connect() as connection:
        return SqlTransaction(connection).epoch()
