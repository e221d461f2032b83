"""The linking guide, line by line: its commands, queries and answers work as they are written."""

import itertools
import json
import shlex
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from support import PATIENCE, Person, ServerProcess, wait_until

LINK = """\
curl -X POST http://your-api/sessions/link \\
  -H "Cookie: sid=USER_SESSION_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"session_id": "session-123"}'
"""
CURRENT = """\
curl http://your-api/conversations/current \\
  -H "Cookie: sid=USER_SESSION"
"""
STREAM = "GET /conversations/current/stream?sid=TOKEN"
AUTOMATIC = """\
{
  "session_id": "session-123",
  "uid": "device-123",  // Links session to user automatically
  "segments": [...]
}
"""
OPTION_A = """\
{
  "session_id": "abc-123",
  "uid": "user-device-456",
  "segments": [...]
}
"""
LINKED = """\
   SELECT * FROM OmiSession
   WHERE omiSessionId = 'your-session-id';
   -- Should have userId field populated
"""
CONVERSATIONS = """\
   SELECT * FROM Conversation
   WHERE omiSessionId = (
     SELECT id FROM OmiSession
     WHERE omiSessionId = 'your-session-id'
   );
"""
MINE = """\
   SELECT * FROM OmiSession
   WHERE userId = 'your-user-id';
"""
CHAT_DIRECT = "SELECT * FROM Conversation WHERE userId = ?"
CHAT_BY_SESSION = """\
SELECT * FROM Conversation
WHERE omiSessionId IN (
  SELECT id FROM OmiSession WHERE userId = ?
)
"""
SEGMENT = '{"text": "the guide works", "speaker": "SPEAKER_0", "start": 0.0, "end": 2.0}'


@pytest.fixture
def server(make_server: Callable[..., ServerProcess]) -> ServerProcess:
    return make_server(OMILINK_WEBHOOK_AUTH="open")


@pytest.fixture
def ada(server: ServerProcess) -> Person:
    return server.user()


def run(line: str, server: ServerProcess, token: str) -> dict[str, Any]:
    """Runs a curl line of the guide with the placeholders filled in, and returns the JSON answer."""
    for placeholder in "USER_SESSION_TOKEN", "USER_SESSION":
        line = line.replace(placeholder, token)
    words = shlex.split(line.replace("\\\n", " ").replace("http://your-api", server.url))
    text = _with_curl(words) if shutil.which("curl") else _without_curl(words)
    answer: dict[str, Any] = json.loads(text)
    return answer


def _with_curl(words: list[str]) -> str:
    return subprocess.run([*words, "-sS"], capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


def _without_curl(words: list[str]) -> str:
    options = list(itertools.pairwise(words))
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    body = next((value for option, value in options if option == "-d"), None)
    url = next(word for word in words if word.startswith("http://"))
    return httpx2.request("POST" if body else "GET", url, headers=headers, content=body, timeout=PATIENCE).text


def deliver(body: str, server: ServerProcess) -> None:
    """POST /omi-webhook, as the guide has it: without a secret, words where it has three dots."""
    body = body.replace("  // Links session to user automatically", "").replace("[...]", f"[{SEGMENT}]")
    answer = httpx2.post(f"{server.url}/omi-webhook", content=body, timeout=PATIENCE)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


def wait_for_words(person: Person) -> None:
    wait_until(lambda: [m["text"] for m in person.current()["messages"]] == ["the guide works"])


@pytest.mark.parametrize(("body", "uid"), [(AUTOMATIC, "device-123"), (OPTION_A, "user-device-456")])
def test_a_device_that_knows_its_uid_links_automatically(
    server: ServerProcess, ada: Person, body: str, uid: str
) -> None:
    server.omilink("users", "verify", ada.email, uid)
    deliver(body, server)
    wait_for_words(ada)


def test_manual_linking_then_verifying_it(server: ServerProcess, ada: Person) -> None:
    linked = run(LINK, server, ada.token)
    assert linked["ok"] is True
    assert (linked["session"]["id"], linked["session"]["linked"]) == ("session-123", True)
    deliver(AUTOMATIC, server)
    wait_for_words(ada)
    current = run(CURRENT, server, ada.token)
    assert current["ok"] is True
    assert current["conversation"]["omiSessionKey"] == "session-123"
    assert [message["text"] for message in current["messages"]] == ["the guide works"]


def test_the_stream_opens_with_the_token_in_its_address(server: ServerProcess, ada: Person) -> None:
    run(LINK, server, ada.token)
    method, path = STREAM.replace("TOKEN", ada.token).split()
    with httpx2.stream(method, server.url + path, timeout=PATIENCE) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert any("caught_up" in line for line in lines)
        deliver(AUTOMATIC, server)
        assert any("the guide works" in line for line in lines)


def test_the_queries_for_troubleshooting_find_what_they_look_for(server: ServerProcess, ada: Person) -> None:
    run(LINK, server, ada.token)
    deliver(AUTOMATIC, server)
    wait_for_words(ada)

    def found(query: str, *values: object) -> int:
        query = query.replace("your-session-id", "session-123").replace("your-user-id", ada.id)
        return len(server.rows(query, *values))

    assert [found(query) for query in (LINKED, CONVERSATIONS, MINE)] == [1, 1, 1]
    assert [found(query, ada.id) for query in (CHAT_DIRECT, CHAT_BY_SESSION)] == [1, 1]
    assert server.rows("SELECT userId FROM OmiSession WHERE omiSessionId = 'session-123'") == [(ada.id,)]
