"""A whole history in another place: moved to PostgreSQL, or copied into a file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from contract_support import moment, open_database
from sqlalchemy import Column, Engine, Table, func, select

from omilink.database import migrate, move, schema, sqlite
from omilink.database.queue import SqlQueue
from omilink.database.search import Filters
from omilink.database.store import Transaction
from omilink.errors import OmilinkError
from omilink.ingest import saving
from omilink.linking import sessions
from omilink.live import event_log
from omilink.models.delivery import Delivery
from omilink.models.user import User
from omilink.search import index
from omilink.search.find import Order, find

pytestmark = pytest.mark.anyio

GAP = 150.0


@pytest.fixture
def old(tmp_path: Path) -> Engine:
    """A SQLite database with a user, a session and words."""
    engine = sqlite.engine(tmp_path / "old.db")
    migrate.upgrade(engine)
    with engine.begin() as connection:
        tx = Transaction(connection)
        tx.add_user(User(id="ada", email="ada@example.org", display_name="Ada", created_at=0), "hash")
        sessions.link(tx, "kitchen", "ada", moment(1000))
        for number in range(5):
            body = b'{"segments": [{"text": "word %d", "start": %d, "end": %d}]}' % (number, number, number + 1)
            call = Delivery(
                kind="transcript", session_id="kitchen", body=body, received_at=2000 + number, order=2000 + number
            )
            saving.save_all(tx, [call], GAP)
        catch_up(tx)
    return engine


def catch_up(tx: Transaction) -> None:
    while index.catch_up(tx):
        pass


@pytest.fixture
def new(dialect: str, empty: Engine) -> Engine:
    return empty


def contents(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Of all tables, but not how far the search index has come: it is made anew."""
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(*columns(table)))), key=repr)
            for table in schema.metadata.sorted_tables
            if table is not schema.search_waiting
        }


def columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column is not schema.search_conversations.c.reached]


def move_all(old: Engine, new: Engine) -> None:
    move.move(old, new, lambda table, rows: None)


async def test_everything_arrives_and_cursors_stay_good(old: Engine, new: Engine) -> None:
    with old.connect() as connection:
        cursor = event_log.current(Transaction(connection), "ada").cursor
    move_all(old, new)
    assert contents(new) == contents(old)
    with new.connect() as connection:
        assert event_log.begin(Transaction(connection), "ada", str(cursor)).resumed


async def test_numbers_go_on_where_they_were(old: Engine, new: Engine) -> None:
    before = open_database(old)
    inbox = SqlQueue(before)
    await inbox.put(Delivery(kind="transcript", session_id="kitchen", body=b"", received_at=1))
    (last,) = await inbox.take(10, 9999)
    await inbox.done([last.seq], {})
    await before.close()
    move_all(old, new)
    after = open_database(new)
    inbox = SqlQueue(after)
    await inbox.put(Delivery(kind="transcript", session_id="kitchen", body=b"", received_at=2))
    assert [d.seq for d in await inbox.take(10, 9999)] == [last.seq + 1]
    await after.close()


async def test_words_are_found_in_the_new_place_once_its_index_has_caught_up(old: Engine, new: Engine) -> None:
    move_all(old, new)
    with new.begin() as connection:
        tx = Transaction(connection)
        catch_up(tx)
        assert [hit.text for hit in find(tx, "ada", "wor", Filters(), Order.BEST, 3).hits] == [
            "word 0",
            "word 4",
            "word 3",
        ]
        sessions.link(tx, "hall", "ada", moment(9000))
        body = b'{"segments": [{"text": "words elsewhere", "start": 1, "end": 2}]}'
        saving.save_all(
            tx, [Delivery(kind="transcript", session_id="hall", body=body, received_at=9001, order=9001)], GAP
        )
        catch_up(tx)
        assert len(find(tx, "ada", "words", Filters(), Order.BEST, 3).hits) == 2


async def test_who_is_interrupted_half_way_can_do_it_again(old: Engine, new: Engine) -> None:
    def interrupt(table: str, rows: int) -> None:
        if table == "messages":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move.move(old, new, interrupt)
    with new.connect() as connection:
        assert connection.execute(select(func.count()).select_from(schema.users)).scalar() == 0
    move_all(old, new)
    assert contents(new) == contents(old)


async def test_nothing_is_moved_onto_a_history_that_is_there(old: Engine, new: Engine) -> None:
    move_all(old, new)
    before = contents(new)
    with pytest.raises(OmilinkError, match="empty"):
        move_all(old, new)
    assert contents(new) == before


async def test_nothing_is_moved_while_calls_wait_to_be_saved(old: Engine, new: Engine) -> None:
    database = open_database(old)
    await SqlQueue(database).put(Delivery(kind="transcript", session_id="kitchen", body=b"", received_at=1))
    await database.close()
    with pytest.raises(OmilinkError, match="1 calls have not been saved"):
        move_all(old, new)


def test_a_backup_is_the_same_history_under_another_name(old: Engine, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with old.begin() as writing:  # somebody is at work
        Transaction(writing).note_ready(1)
        move.back_up(tmp_path / "old.db", copy)
    restored = sqlite.engine(copy)
    before, after = contents(old), contents(restored)
    assert before.pop("meta") != after.pop("meta")
    assert before == after
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with old.connect() as connection:
        cursor = str(event_log.current(Transaction(connection), "ada").cursor)
    with restored.connect() as connection:
        frames = event_log.begin(Transaction(connection), "ada", cursor).frames
    assert '"type":"reset"' in frames[0].data


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_done(old: Engine, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("dear to somebody")
    with pytest.raises(OmilinkError, match="overwrites nothing"):
        move.back_up(tmp_path / "old.db", tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "dear to somebody"
    with pytest.raises(OmilinkError, match="could not be written"):
        move.back_up(tmp_path / "old.db", tmp_path / "no such folder" / "copy.db")
    with pytest.raises(OmilinkError, match="no database"):
        move.back_up(tmp_path / "elsewhere.db", tmp_path / "other.db")
