"""What got a 200 is saved, once, whatever happens to the process."""

import itertools
import random
import threading
import uuid
from collections import Counter
from contextlib import ExitStack

import httpx2
import pytest
from support import PATIENCE, Person, ServerProcess, in_soak, wait_until

KILLS = in_soak(100, else_=8)
TALKERS = 4


class Talker:
    """A device that calls without a pause, and remembers which segments were answered with 200.

    A call without an answer is sent again, as OMI's cloud does: whether it was saved is not known.
    """

    def __init__(self, server: ServerProcess, session_id: str) -> None:
        self.acknowledged: list[str] = []
        self._client, self._url, self._session_id = server.client(), server.webhook_url, session_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def __enter__(self) -> "Talker":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)

    def _talk(self) -> None:
        for number in itertools.count():
            segments = [
                {"id": str(uuid.uuid4()), "text": f"word {number}.{n}", "start": number + n / 2, "end": number + n / 2}
                for n in range(2)
            ]
            while not self._stop.is_set() and not self._send(segments):
                self._stop.wait(0.01)
            if self._stop.is_set():
                return
            self.acknowledged += [f"word {number}.{n}" for n in range(2)]

    def _send(self, segments: list[dict[str, object]]) -> bool:
        body = {"session_id": self._session_id, "segments": segments}
        try:
            return self._client.post(self._url, json=body).status_code == 200
        except httpx2.HTTPError:
            return False


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed(server: ServerProcess) -> None:
    people = [server.user() for _ in range(TALKERS)]
    for number, person in enumerate(people):
        person.link(f"device-{number}")
    with ExitStack() as stack:
        talkers = [stack.enter_context(Talker(server, f"device-{number}")) for number in range(TALKERS)]
        for _ in range(KILLS):
            kill_at_any_moment(server, talkers)
    for talker, person in zip(talkers, people, strict=True):
        wait_until(lambda: not server_is_busy(server), "the queue to be empty")
        saved = Counter(texts(person))
        assert max(saved.values()) == 1
        assert set(talker.acknowledged) <= set(saved)
        assert len(talker.acknowledged) >= KILLS


def kill_at_any_moment(server: ServerProcess, talkers: list[Talker]) -> None:
    """While calls get through: in the middle of a commit, between saving and noting that it is done."""

    def acknowledged() -> int:
        return sum(len(talker.acknowledged) for talker in talkers)

    before = acknowledged()
    wait_until(lambda: acknowledged() > before, "the devices to get through")
    threading.Event().wait(random.uniform(0, 0.3))
    server.kill()
    server.start()


def server_is_busy(server: ServerProcess) -> bool:
    jobs: dict[str, int] = httpx2.get(f"{server.url}/ready", timeout=PATIENCE).json()["jobs"]
    assert jobs["dead"] == jobs["quarantined"] == 0
    return jobs["waiting"] > 0


def texts(person: Person) -> list[str]:
    """Every message of the person's, over all conversations and pages."""
    found = []
    for conversation in pages(person, "/conversations"):
        found += [message["text"] for message in pages(person, f"/conversations/{conversation['id']}/messages")]
    return found


def pages(person: Person, path: str) -> list[dict[str, str]]:
    items: list[dict[str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = person.client.get(path, params={"limit": "200", **cursor}).json()
        items += page["items"]
        if page["nextCursor"] is None:
            return items
        cursor = {"cursor": page["nextCursor"]}
