"""The bench fills a database with copies of what the server saved. The copies are as if they had been said."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

from bench import embedded, fill, servers
from bench.load import as_many_as_possible
from bench.people import SEGMENTS, Person, sign_up
from bench.servers import Server, ask
from bench.wire import open_streams

PEOPLE, USERS, CALLS = 2, 4, 3


def test_copied_conversations_are_like_those_that_were_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    people, past = asyncio.run(talk_once(data))
    fill.fill(servers.database(data), past, people, USERS)
    with contextlib.closing(sqlite3.connect(servers.database(data))) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        copies = CALLS * SEGMENTS * fill.CONVERSATIONS * USERS
        assert db.execute("SELECT count(*) FROM messages").fetchone() == (copies + CALLS * SEGMENTS,)
        numbered = "SELECT email FROM users JOIN events ON user_id = id GROUP BY id HAVING count(*) <> users.seq"
        assert db.execute(numbered).fetchall() == []
    asyncio.run(talk_on(data, people))


async def talk_once(data: Path) -> tuple[list[Person], Person]:
    server = servers.omilink("bench", data)
    try:
        return sign_up(server, PEOPLE), await embedded.talked(server, CALLS)
    finally:
        server.stop()


async def talk_on(data: Path, people: list[Person]) -> None:
    """New words begin a conversation of their own, and come out of the streams once."""
    server = servers.omilink("bench", data)
    try:
        assert [lengths(server, person) for person in people] == [[CALLS * SEGMENTS] * fill.CONVERSATIONS] * PEOPLE
        await as_many_as_possible(server, people, await open_streams(server, people), 0)
        assert [lengths(server, person)[0] for person in people] == [SEGMENTS] * PEOPLE
    finally:
        server.stop()


def lengths(server: Server, person: Person) -> list[int]:
    """Of each conversation's newest page of messages, the conversation that began last first."""
    listed = ask(server, "GET", "/conversations", token=person.token)["items"]
    pages = [ask(server, "GET", f"/conversations/{one['id']}/messages", token=person.token) for one in listed]
    return [len(page["items"]) for page in pages]
