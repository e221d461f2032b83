"""What users take along: a conversation as a file in each format, and everything as a zip."""

import io
import json
import re
import socket
import zipfile
from email.message import EmailMessage

import httpx2
import jsonschema
import pytest
from icalendar import Calendar
from support import PATIENCE, Person, ServerProcess, wait_until
from test_omi_record import record, wearer
from web_support import call, is_error, texts

WORDS = "a < b & **c**\n--> [[d]] #e <script>"
"""Text that each format could take for markup."""


def export(person: Person, conversation_id: str, kind: str = "markdown") -> httpx2.Response:
    return person.client.get(f"/conversations/{conversation_id}/export", params={"format": kind})


def file_name(answer: httpx2.Response) -> str:
    message = EmailMessage()
    message["content-disposition"] = answer.headers["content-disposition"]
    return message.get_filename() or ""


@pytest.fixture
def ada(shared_server: ServerProcess) -> Person:
    """Somebody who said WORDS, and then had them answered."""
    ada = shared_server.user()
    session = f"pendant-of-{ada.id}"
    ada.link(session).raise_for_status()
    shared_server.say(session, WORDS, "An answer.")
    wait_until(lambda: len(texts(ada)) == 2, "the words")
    return ada


@pytest.fixture
def current(ada: Person) -> str:
    id: str = ada.current()["conversation"]["id"]
    return id


def test_each_format_tells_who_said_what_and_when(ada: Person, current: str) -> None:
    markdown = export(ada, current)
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert re.search(r'^id: "[0-9a-f-]{36}"$', markdown.text, re.MULTILINE)
    assert "**You** 0:00:00: a \\< b \\& \\*\\*c\\*\\* --\\> \\[\\[d\\]\\] \\#e \\<script\\>\n" in markdown.text
    assert "**You** 0:00:02: An answer.\n" in markdown.text

    assert "[0:00:02] You: An answer.\n" in export(ada, current, "text").text

    assert export(ada, current, "vtt").text == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:02.000\n"
        "<v You>a &lt; b &amp; **c** --&gt; [[d]] #e &lt;script&gt;</v>\n"
        "\n00:00:02.000 --> 00:00:04.000\n<v You>An answer.</v>\n"
    )
    assert export(ada, current, "srt").text == (
        "1\n00:00:00,000 --> 00:00:02,000\nYou: a < b & **c** → [[d]] #e <script>\n\n"
        "2\n00:00:02,000 --> 00:00:04,000\nYou: An answer.\n\n"
    )
    as_json = export(ada, current, "json").json()
    page = ada.client.get(f"/conversations/{current}/messages").json()["items"]
    assert as_json == ada.client.get(f"/conversations/{current}").json()["conversation"] | {"messages": page}


def test_a_conversation_of_many_pages_is_whole(shared_server: ServerProcess, ada: Person, current: str) -> None:
    said = [f"sentence {number}" for number in range(1_100)]
    for start in range(0, len(said), 100):
        shared_server.say(f"pendant-of-{ada.id}", *said[start : start + 100], start=10.0 + 2 * start)
    wait_until(lambda: ada.current()["conversation"]["messageCount"] == len(said) + 2, "the words")
    found = [message["text"] for message in export(ada, current, "json").json()["messages"]]
    assert found == [WORDS, "An answer.", *said]


def test_a_record_gives_titles_summaries_and_things_to_do(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, record("20z", uid), f"?uid={uid}")
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    ada.client.post("/people", json={"name": "Jonas"}).raise_for_status()
    id = ada.current()["conversation"]["id"]
    ada.client.put(f"/conversations/{id}/speakers/SPEAKER_1", json={"name": "Jonas"}).raise_for_status()
    markdown = export(ada, id)
    assert file_name(markdown).endswith(f" Moving the piano on Saturday {id[-6:]}.md")
    assert "\n# 🎹 Moving the piano on Saturday\n" in markdown.text
    assert "\n## To do\n\n- [ ] " in markdown.text
    assert "**Jonas** 0:00:" in markdown.text


def test_everything_is_one_zip_that_its_schema_describes(ada: Person, current: str) -> None:
    ada.client.post("/action-items", json={"text": "milk; bread\nand tea", "due_at": "2026-12-03T10:00:00Z"})
    ada.client.post("/people", json={"name": "Jonas"}).raise_for_status()
    answer = ada.client.get("/account/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        assert files.testzip() is None
        everything = json.loads(files.read("omilink.json"))
        jsonschema.validate(everything, json.loads(files.read("schema.json")))
        [task] = Calendar.from_ical(files.read("action-items.ics")).todos
        [note] = [name for name in files.namelist() if name.startswith("conversations/")]
        assert files.read(note).decode() == export(ada, current).text
    assert everything["conversations"] == [export(ada, current, "json").json()]
    assert everything["people"] == ada.client.get("/people").json()["items"]
    assert everything["actionItems"] == ada.client.get("/action-items").json()["items"]
    assert (str(task["summary"]), task["status"]) == ("milk; bread and tea", "NEEDS-ACTION")


def test_two_conversations_of_one_hostile_title_have_two_names_that_windows_takes(
    shared_server: ServerProcess, ada: Person, current: str
) -> None:
    shared_server.say(f"pendant-of-{ada.id}", "much later", start=90_000.0)
    wait_until(lambda: ada.current()["conversation"]["id"] != current, "another conversation")
    title = 'CON: "../..\\\u202e' + "é" * 80
    ids = [current, ada.current()["conversation"]["id"]]
    for id in ids:
        ada.client.patch(f"/conversations/{id}", json={"title": title}).raise_for_status()
    names = [file_name(export(ada, id)) for id in ids]
    with zipfile.ZipFile(io.BytesIO(ada.client.get("/account/export").content)) as files:
        assert sorted(f"conversations/{name}" for name in names) == sorted(files.namelist())[1:3]
    for name in names:
        assert not set(name) & set('<>:"/\\|?*\u202e')
        assert len(name.encode()) < 255


def test_markdown_of_omi_loads_nothing(shared_server: ServerProcess) -> None:
    """A backslash of the text does not take the one away that makes the sign harmless."""
    ada, uid = wearer(shared_server)
    body = record("20z", uid)
    body["structured"]["overview"] = "\\<img src=x> and \\![p](http://evil.example/p.png) \x1b[31m"
    call(shared_server, body, f"?uid={uid}")
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    text = export(ada, ada.current()["conversation"]["id"]).text
    assert "\\\\\\<img src=x>" in text
    assert "\\\\\\![p]" in text


def test_nobody_elses_conversation_is_exported(shared_server: ServerProcess, ada: Person, current: str) -> None:
    ben = shared_server.user()
    assert is_error(export(ben, current), 404, "not_found")
    assert is_error(export(ada, "no such thing"), 404, "not_found")
    assert is_error(export(ada, current, "pdf"), 422, "invalid")
    ben.client.headers.pop("Authorization")
    assert is_error(export(ben, current), 401, "not_signed_in")
    assert is_error(ben.client.get("/account/export"), 401, "not_signed_in")


def test_a_peer_of_http_1_0_gets_the_file_without_chunks(
    shared_server: ServerProcess, ada: Person, current: str
) -> None:
    with socket.create_connection(("127.0.0.1", int(shared_server.port)), timeout=PATIENCE) as peer:
        peer.sendall(
            f"GET /conversations/{current}/export?format=text HTTP/1.0\r\n"
            f"Authorization: Bearer {ada.token}\r\n\r\n".encode()
        )
        head, _, body = b"".join(iter(lambda: peer.recv(65_536), b"")).partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert body.decode() == export(ada, current, "text").text


def test_head_reads_nothing(ada: Person, current: str) -> None:
    answer = ada.client.head("/account/export")
    assert (answer.status_code, answer.content) == (200, b"")
