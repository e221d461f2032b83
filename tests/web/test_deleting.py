"""Deleting a conversation removes its words everywhere, for good."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import Person, ServerProcess, wait_until
from web_support import call, is_error, segment, texts, wait_for_texts

SECRET_WORDS = "the combination is seventeen"
LONG_READER = """
import sqlite3, sys
reader = sqlite3.connect(sys.argv[1], isolation_level=None)
reader.execute("BEGIN")
reader.execute("SELECT * FROM messages").fetchall()
print("reading", flush=True)
sys.stdin.read()
"""


def say_and_delete(server: ServerProcess, person: Person, body: dict[str, object]) -> str:
    """Says it, waits until it is saved, deletes its conversation and returns the id."""
    call(server, body)
    wait_until(lambda: SECRET_WORDS in texts(person), "the words to be saved")
    conversation_id: str = person.current()["conversation"]["id"]
    assert person.client.delete(f"/conversations/{conversation_id}").json() == {"ok": True}
    return conversation_id


def test_a_deleted_conversation_is_nowhere(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    before = ada.current()["cursor"]
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        gone = say_and_delete(shared_server, ada, {"session_id": device, "segments": [segment(SECRET_WORDS)]})
        assert stream.wait_for("conversation_deleted") == {"type": "conversation_deleted", "conversationId": gone}
    assert ada.current()["conversation"] is None
    assert ada.client.get("/conversations").json()["items"] == []
    for path in f"/conversations/{gone}", f"/conversations/{gone}/messages":
        assert is_error(ada.client.get(path), 404, "not_found")
    assert is_error(ada.client.delete(f"/conversations/{gone}"), 404, "not_found")
    with ada.follow(before) as resumed:
        resumed.wait_for("caught_up")
        assert "conversation_deleted" in resumed.types()
        assert resumed.texts() == []


@pytest.mark.parametrize("with_id", [True, False])
def test_a_retry_does_not_bring_it_back(shared_server: ServerProcess, ada: Person, device: str, with_id: bool) -> None:
    ada.link(device)
    more = {"id": f"segment-of-{device}"} if with_id else {}
    body: dict[str, object] = {"session_id": device, "segments": [segment(SECRET_WORDS, **more)]}
    say_and_delete(shared_server, ada, body)
    call(shared_server, body)
    shared_server.say(device, "life goes on", start=2)
    wait_for_texts(ada, "life goes on")
    shared_server.wait_until_settled(device)
    assert texts(ada) == ["life goes on"]


def test_no_word_of_it_stays_on_the_disk(make_server: Callable[..., ServerProcess]) -> None:
    server = make_server()
    person = server.user()
    person.link("a-device")
    server.say("a-device", SECRET_WORDS)
    wait_for_texts(person, SECRET_WORDS)
    assert files_with("combination", server)
    person.client.delete(f"/conversations/{person.current()['conversation']['id']}")
    # mostly at once, but a thread of the server's own may be reading the older state just then
    wait_until(lambda: not files_with("combination", server), "the disk to be scrubbed")


def test_beside_a_long_reader_words_are_deleted_at_once_and_from_the_disk_when_it_ends(
    make_server: Callable[..., ServerProcess],
) -> None:
    """Also when the server is killed meanwhile."""
    server = make_server()
    person = server.user()
    person.link("a-device")
    server.say("a-device", SECRET_WORDS)
    wait_for_texts(person, SECRET_WORDS)
    with long_reader(server):
        gone = person.current()["conversation"]["id"]
        assert person.client.delete(f"/conversations/{gone}").json() == {"ok": True}
        server.say("a-device", "life goes on")
        wait_for_texts(person, "life goes on")
        assert files_with("combination", server)
        server.kill()
        server.start()
        assert files_with("combination", server)
    wait_until(lambda: not files_with("combination", server), "the disk to be scrubbed")


@contextmanager
def long_reader(server: ServerProcess) -> Iterator[None]:
    """Reads the database until the block ends, like a backup. In a process of its own, since to look into the files
    ends the locks of one's own process."""
    command = [sys.executable, "-c", LONG_READER, str(server.data_dir / "omilink.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdin
        assert process.stdout.readline() == b"reading\n"
        yield
        process.stdin.close()


def files_with(word: str, server: ServerProcess) -> list[Path]:
    """Of the database, its write-ahead log and the server's log, those that hold the word."""
    files = [path for path in server.data_dir.parent.rglob("*") if path.is_file()]
    assert server.log in files
    return [path for path in files if word.encode() in path.read_bytes()]
