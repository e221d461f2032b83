"""Deleted words leave the disk, and nobody waits for that. Only SQLite can: PostgreSQL has its own time."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from contract_support import moment

from omilink.database import migrate, sqlite
from omilink.database.sqlite import Sqlite
from omilink.database.store import Store
from omilink.models.user import User

pytestmark = pytest.mark.anyio

WORDS = "the-combination-is-seventeen"
LONG = 30.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "omilink.db"
    migrate.upgrade(sqlite.engine(path))
    return path


@pytest.fixture
def reader(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        yield reader


def opened(path: Path) -> tuple[Sqlite, Store]:
    database = Sqlite(sqlite.engine(path))
    return database, Store(database)


async def say_and_delete(store: Store, reader: sqlite3.Connection | None = None) -> None:
    said = User(id="ada", email="ada@example.org", display_name=WORDS, created_at=1)
    await store.write(lambda tx: tx.add_user(said, "-"))
    if reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT display_name FROM users").fetchone() == (WORDS,)
    await store.write(lambda tx: tx.remove_user("ada", moment(2)))


def is_on_disk(path: Path) -> bool:
    return any(WORDS.encode() in file.read_bytes() for file in path.parent.iterdir() if file.is_file())


async def test_what_was_removed_is_gone_at_once_when_nobody_reads(path: Path) -> None:
    database, store = opened(path)
    await say_and_delete(store)
    assert is_on_disk(path)
    await store.scrub()
    assert not is_on_disk(path)
    await database.close()


async def test_nobody_waits_for_a_reader_and_what_it_needs_goes_when_it_ends(
    path: Path, reader: sqlite3.Connection
) -> None:
    database, store = opened(path)
    await say_and_delete(store, reader)
    async with asyncio.timeout(LONG):
        scrubs = [asyncio.create_task(store.scrub()) for _ in range(100)]
        await store.write(lambda tx: tx.note_ready(1))
        await asyncio.gather(*scrubs)
    await store.finish_scrubbing()
    assert is_on_disk(path)
    reader.rollback()
    await store.finish_scrubbing()
    assert not is_on_disk(path)
    await database.close()


async def test_what_a_process_left_the_next_one_overwrites(path: Path, reader: sqlite3.Connection) -> None:
    database, store = opened(path)
    await say_and_delete(store, reader)
    await store.scrub()
    await database.close()
    reader.rollback()
    assert is_on_disk(path)
    database, store = opened(path)
    await store.finish_scrubbing()
    assert not is_on_disk(path)
    await database.close()
