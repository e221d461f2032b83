"""A migrated database is the one that the code expects, and the linking guide's queries work on it as written."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from contract_support import moment
from sqlalchemy import Engine, inspect, text

from omilink.database import migrate
from omilink.database.schema import VIEWS, metadata
from omilink.database.store import Transaction
from omilink.ingest import saving
from omilink.linking import omi_accounts, sessions
from omilink.models.audit import OPERATOR
from omilink.models.delivery import Delivery
from omilink.models.user import User

GAP = 150.0
STRICT = {
    "compare_type": True,
    "compare_server_default": True,
    "include_name": lambda name, *_: not str(name).startswith("search_index"),
}
"""The search index is a virtual table in SQLite and has a type of its own in PostgreSQL. tests/contract/test_search.py
uses it as the migrations leave it."""

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
        assert compare_metadata(MigrationContext.configure(connection, opts=STRICT), metadata) == []


def test_the_indexes_are_the_ones_in_the_code(engine: Engine) -> None:
    """Their conditions too, which alembic does not compare."""
    migrated = indexes(engine)
    with engine.begin() as connection:
        for view in VIEWS:
            connection.exec_driver_sql(f"DROP VIEW {view}")
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert indexes(engine) == migrated


def test_rows_lie_as_the_code_says(engine: Engine) -> None:
    """By their key or by a row id, which alembic does not compare either."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search_index%'"
        ).all()
    lie_by_key = {name for name, sql in rows if "WITHOUT ROWID" in sql}
    assert lie_by_key == {
        table.name for table in metadata.tables.values() if not table.dialect_options["sqlite"]["with_rowid"]
    }


@pytest.mark.parametrize("released", ["0001"])
def test_every_released_schema_becomes_this_one(released: str, engine: Engine, empty: Engine) -> None:
    migrate.upgrade(empty, released)
    with empty.begin() as connection:
        tx = Transaction(connection)
        tx.add_user(User(id="ada", email="ada@example.org", display_name=None, created_at=0), "-")
    migrate.upgrade(empty)
    assert indexes(empty) == indexes(engine)
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=STRICT), metadata) == []
        assert [user.id for user in Transaction(connection).users()] == ["ada"]


def test_what_was_kept_by_times_is_kept_by_the_order_of_acceptance(empty: Engine) -> None:
    """A session was Ada's until 2000 and is Ben's since 3000; the words of 1000 came along with a proof."""
    migrate.upgrade(empty, "0008")
    with empty.begin() as connection:
        for statement in BY_TIMES:
            connection.execute(text(statement))
    migrate.upgrade(empty)
    with empty.begin() as connection:
        tx = Transaction(connection)
        session = tx.sessions(["shared/kitchen"])["shared/kitchen"]
        assert (session.left_since_order, session.left_order, session.linked_order) == (0, 2, 3)
        assert (session.last_order, session.turn) == (4, 1)
        waiting = connection.execute(text("SELECT seq FROM deliveries ORDER BY seq")).scalars().all()
        whose = [session.owner_at(at_order(number)) for number in waiting]
        assert whose == ["ada", "ada", "ben", "ben"]
        talks = {talk.id: talk for talk in tx.conversations_of("ada", 10)}
        assert [(one.first_order, one.last_order, one.turn) for one in talks.values()] == [(2, 2, 0), (1, 1, 0)]
        assert [one.id for one in tx.conversations_brought("shared/kitchen", "ada", 0)] == ["along"]
        (nobodys,) = tx.ownerless_conversations("shared/kitchen")
        assert (nobodys.turn, nobodys.first_order) == (1, 3)
        latest = tx.latest_conversation("ada")
        assert latest and latest.id == "later"


def at_order(number: int) -> Delivery:
    return Delivery(kind="transcript", session_id="kitchen", body=b"", received_at=0, order=number)


def test_the_log_of_events_survives_that_its_table_is_made_anew(empty: Engine) -> None:
    migrate.upgrade(empty, "0011")
    log = [("ada", 1, None, 5, "{}"), ("ada", 2, "talk", 6, "ä" * 3000), ("ben", 1, None, 7, "{}")]
    with empty.begin() as connection:
        for user in "ada", "ben":
            connection.execute(text(_USER.format(user)))
        for row in reversed(log):
            values = dict(zip(EVENT, row, strict=True))
            connection.execute(text(f"INSERT INTO events ({', '.join(EVENT)}) VALUES (:{', :'.join(EVENT)})"), values)
    migrate.upgrade(empty)
    with empty.begin() as connection:
        there = connection.execute(text(f"SELECT {', '.join(EVENT)} FROM events ORDER BY user_id, seq")).all()
        assert [tuple(row) for row in there] == log
        connection.execute(text("DELETE FROM users WHERE id = 'ada'"))  # the log goes with its user
        assert connection.execute(text("SELECT count(*) FROM events")).scalar_one() == 1


def test_several_nodes_that_start_at_once_make_one_schema(empty: Engine) -> None:
    if empty.dialect.name == "sqlite":
        return  # one process, one file
    with ThreadPoolExecutor(4) as nodes:
        for done in [nodes.submit(migrate.upgrade, empty) for _ in range(4)]:
            done.result()
    assert epoch(empty)


def test_the_views_of_the_guide_are_there(engine: Engine) -> None:
    assert {name.lower() for name in inspect(engine).get_view_names()} == {name.lower() for name in VIEWS}


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    before = indexes(engine), epoch(engine)
    migrate.upgrade(engine)
    assert (indexes(engine), epoch(engine)) == before


def test_the_guides_queries_work_as_they_are_written(engine: Engine) -> None:
    with engine.begin() as connection:
        tx = Transaction(connection)
        tx.add_user(User(id="your-user-id", email="ada@example.org", display_name=None, created_at=0), "-")
        omi_accounts.verify_by_operator(tx, "user-device-456", "your-user-id", moment(0), OPERATOR)
        sessions.link(tx, "your-session-id", "your-user-id", moment(1000))
        body = b'{"session_id": "your-session-id", "segments": [{"text": "hello", "start": 0, "end": 1}]}'
        call = Delivery(kind="transcript", session_id="your-session-id", body=body, received_at=2000, order=2000)
        saving.save_all(tx, [call], GAP)

        def ask(query: str, *values: str) -> list[Columns]:
            mark = {"sqlite": "?", "postgresql": "%s"}[engine.dialect.name]
            return [Columns(row) for row in connection.exec_driver_sql(query.replace("?", mark), values).mappings()]

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


class Columns(dict[str, object]):
    """By name in any case: PostgreSQL makes small letters of names without quotes, in the query and in the view."""

    def __getitem__(self, name: str) -> object:
        return next(value for key, value in self.items() if key.lower() == name.lower())


EVENT = ("user_id", "seq", "conversation_id", "counted_at", "data")
_USER = "INSERT INTO users (id, email, password_hash, created_at) VALUES ('{0}', '{0}@example.org', '-', 0)"
_TALK = (
    "INSERT INTO conversations (id, session_id, user_id, created_at, last_at, active_until, message_count, brought_at) "
    "VALUES ('{}', 'shared/kitchen', {}, {at}, {at}, {at}, 1, {})"
)
_CALL = (
    "INSERT INTO deliveries (kind, origin, session_id, body, received_at, state, run_at) "
    "VALUES ('transcript', 'shared', 'kitchen', '', {}, 'dead', 0)"
)
BY_TIMES = [
    _USER.format("ada"),
    _USER.format("ben"),
    "INSERT INTO omi_sessions (id, origin, omi_session_id, user_id, method, linked_at, left_user_id, left_since, "
    "left_at, created_at) VALUES ('shared/kitchen', 'shared', 'kitchen', 'ben', 'manual', 3000, 'ada', 500, 2000, 1)",
    *(_CALL.format(at) for at in (1000, 2000, 2500, 3500)),
    _TALK.format("along", "'ada'", "1000", at=1000),
    _TALK.format("later", "'ada'", "1000", at=2000),
    _TALK.format("nobodys", "NULL", "NULL", at=2500),
]


def indexes(engine: Engine) -> set[str]:
    """Every index in the database's own words."""
    known = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(known[engine.dialect.name])
        return {" ".join(sql.replace('"', "").split()) for (sql,) in rows}


def epoch(engine: Engine) -> str:
    with engine.connect() as connection:
        return Transaction(connection).epoch()
