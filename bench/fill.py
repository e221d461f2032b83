"""Puts a past into a database: copies of a conversation that the server itself has saved, with everything that belongs
to it. Of a version's tables only the columns with ids are named here; what else a row holds is copied as it is."""

import contextlib
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.people import Person

PAST = "bench-past"
"""The name of the person whose only conversation is copied."""
CONVERSATIONS = 5
"""Copies for each user; on different days, long over."""
DAY = 86_400_000

HEIRS = "user_id TEXT, session_id TEXT, omi_session_id TEXT, email TEXT, events INTEGER, is_new INTEGER, age INTEGER"
"""Columns of one row for each user; `events` is the number of the last event in the user's log."""
COPIES = "user_id TEXT, session_id TEXT, omi_session_id TEXT, conversation_id TEXT, events INTEGER, age INTEGER"
"""Columns of one row for each copy; `events` is the number of the event before its first one."""


def fill(
    database: Path, past: Person, people: Sequence[Person], users: int, conversations: int = CONVERSATIONS
) -> None:
    """Each user, of whom `people` are the first, gets that many copies of what `past` has said. The server must not be
    running."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("BEGIN")
        user, session, conversation = _the_past(db, past)
        _keep_past(db, user, session, conversation)
        (events,) = db.execute("SELECT count(*) FROM past_events").fetchone()
        _name_heirs(db, session, people, users, events, conversations)
        _copy_owners(db, conversations * events)
        _copy_words(db, conversation)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _the_past(db: sqlite3.Connection, past: Person) -> tuple[str, str, str]:
    found = db.execute(
        "SELECT user_id, session_id, c.id FROM conversations c JOIN users u ON u.id = user_id WHERE email = ?",
        (past.email,),
    ).fetchall()
    if len(found) != 1:
        raise SystemExit(f"{past.email} should have one conversation to copy, and has {len(found)}.")
    user, session, conversation = found[0]
    return user, session, conversation


def _keep_past(db: sqlite3.Connection, user: str, session: str, conversation: str) -> None:
    """Each table's rows of the past in a table of their own, `past_<table>`; events with their numbers from 1."""
    number = ", row_number() OVER (ORDER BY seq) AS number"
    for table, more, column, value in (
        ("users", "", "id", user),
        ("omi_sessions", "", "id", session),
        ("conversations", "", "id", conversation),
        ("messages", "", "conversation_id", conversation),
        ("events", number, "conversation_id", conversation),
        ("deliveries", "", "session_id", PAST),
    ):
        db.execute(f"CREATE TEMP TABLE past_{table} AS SELECT *{more} FROM {table} WHERE {column} = ?", (value,))


def _name_heirs(
    db: sqlite3.Connection, session: str, people: Sequence[Person], users: int, events: int, conversations: int
) -> None:
    known = {email: (user, seq) for user, email, seq in db.execute("SELECT id, email, seq FROM users")}
    db.execute(f"CREATE TEMP TABLE heirs ({HEIRS})")
    db.execute(f"CREATE TEMP TABLE copies ({COPIES})")
    for number in range(users):
        name = people[number].session if number < len(people) else f"stored-{number:04}"
        email = people[number].email if number < len(people) else f"{name}@example.org"
        user, seq = known.get(email) or (str(uuid.uuid4()), 0)
        whose = (user, session.replace(PAST, name), name)
        db.execute("INSERT INTO heirs VALUES (?, ?, ?, ?, ?, ?, 0)", (*whose, email, seq, email not in known))
        for copy in range(conversations):
            row = (*whose, str(uuid.uuid4()), seq + copy * events, (conversations - copy) * DAY)
            db.execute("INSERT INTO copies VALUES (?, ?, ?, ?, ?, ?)", row)


def _copy_owners(db: sqlite3.Connection, new_events: int) -> None:
    new = "(SELECT * FROM heirs WHERE is_new)"
    _copy(db, "users", new, {"id": "h.user_id", "email": "h.email"})
    own = {"id": "h.session_id", "omi_session_id": "h.omi_session_id", "user_id": "h.user_id"}
    _copy(db, "omi_sessions", new, own)
    last = "UPDATE users SET seq = heirs.events + ? FROM heirs WHERE heirs.user_id = users.id"
    db.execute(last, (new_events,))


def _copy_words(db: sqlite3.Connection, conversation: str) -> None:
    whole = {"id": "h.conversation_id", "session_id": "h.session_id", "user_id": "h.user_id"}
    part = {"conversation_id": "h.conversation_id"}
    text = f"replace(t.data, '{conversation}', h.conversation_id)"
    _copy(db, "conversations", "copies", whole)
    _copy(db, "messages", "copies", part)
    _copy(db, "events", "copies", part | {"user_id": "h.user_id", "seq": "h.events + t.number", "data": text})
    _copy(db, "deliveries", "copies", {"session_id": "h.omi_session_id"})


def _copy(db: sqlite3.Connection, table: str, heirs: str, changed: Mapping[str, str]) -> None:
    """The rows of `past_<table>` for each heir. Times are moved into the past; what SQLite numbers, it numbers anew."""
    columns = db.execute(f"PRAGMA table_info({table})").fetchall()
    keys = [name for _, name, _, _, _, is_key in columns if is_key]
    values = {
        name: changed.get(name) or _as_it_was(name)
        for _, name, kind, *_ in columns
        if [name] != keys or kind != "INTEGER"
    }
    names = ", ".join(f'"{name}"' for name in values)
    db.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())} FROM {heirs} h CROSS JOIN past_{table} t"
    )


def _as_it_was(column: str) -> str:
    is_time = column.endswith(("_at", "_until"))
    return f't."{column}" - h.age' if is_time else f't."{column}"'
