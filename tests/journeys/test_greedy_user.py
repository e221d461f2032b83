"""One user has as much as one can have, asks for it without end and sends as much as goes; others notice little."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx2
import pytest
from peer_support import memory
from support import PATIENCE, TLS, Person, ServerProcess, assert_within, wait_until

from omilink.models.session import MOST_SESSIONS

pytestmark = pytest.mark.alone

MIB = 1 << 20
DAILY_MEGABYTES = 8
LOOPS = 12
SENDERS = 6
ROUNDS = 20
OMI_WAITS = 15.0
"""Seconds, after which OMI takes the webhook for failed."""
MOST_MEMORY = 256
"""MiB by which the server may grow; what it had in hand at once was 900."""


@pytest.fixture
def server(make_server: Callable[..., ServerProcess]) -> ServerProcess:
    return make_server(OMILINK_DAILY_MEGABYTES=str(DAILY_MEGABYTES))


def test_a_greedy_user_costs_the_others_little(server: ServerProcess) -> None:
    greedy, ben = server.user(), server.user()
    ben.link("bens")
    own = greedy.client.get("/me/webhook-url").json()["url"]
    fill(server, greedy)
    before, numbers = memory(server), itertools.count()

    def slowest_of_many() -> float:
        """Seconds that others waited at most in some rounds."""
        slowest = 0.0
        for number in itertools.islice(numbers, ROUNDS):
            began = time.monotonic()
            assert ben.client.get("/me").status_code == 200
            server.say("bens", f"word {number}", start=number * 2.0)
            slowest = max(slowest, time.monotonic() - began)
        return slowest

    with running([partial(read, greedy)] * LOOPS), running([partial(send, own, number) for number in range(SENDERS)]):
        stream = ben.follow()
        with stream:
            stream.wait_for("caught_up")
            assert_within(OMI_WAITS, slowest_of_many)
            stream.wait_for_text(f"word {ROUNDS - 1}")
            grown = memory(server) - before
    assert grown < MOST_MEMORY, f"it grew by {grown} MiB"


def test_what_is_beyond_a_days_budget_is_answered_and_told_and_not_kept(server: ServerProcess) -> None:
    greedy, ben = server.user(), server.user()
    ben.link("bens")
    greedy.link("greedys")
    send_for_days(server, 2)
    server.say("bens", "a word of another")
    wait_until(lambda: ben.current()["messages"], "the words of the other")
    shown = greedy.client.get("/sessions/greedys").json()["session"]
    assert shown["notKept"] >= DAILY_MEGABYTES
    assert shown["health"]["status"] == "failing"
    assert f"Calls until now: {shown['notKept']}." in shown["health"]["message"]
    assert "more than this server keeps" in server.omilink("doctor", "greedys", check=False).stdout
    assert f"omilink_calls_not_kept_total {shown['notKept']}.0" in ben.client.get("/metrics").text
    assert ben.client.get("/sessions/bens").json()["session"]["notKept"] == 0
    before = on_disk(server)
    send_for_days(server, 3)
    assert on_disk(server) - before < DAILY_MEGABYTES * 1_000_000


def send_for_days(server: ServerProcess, days: int) -> None:
    """So many days' budgets at the shared address, where nobody is ever refused."""
    for number in range(days * DAILY_MEGABYTES):
        answer = httpx2.post(server.webhook_url, content=call("greedys", number), timeout=PATIENCE, verify=TLS)
        assert answer.status_code == 200
    server.wait_until_settled("greedys")


def fill(server: ServerProcess, person: Person) -> None:
    """Gives the person as many sessions as one can have, but for those of the calls to come."""
    count = MOST_SESSIONS - SENDERS
    server.rows(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO omi_sessions "
        "(id, origin, omi_session_id, user_id, method, linked_at, created_at) "
        "SELECT 'shared/many-' || i, 'shared', 'many-' || i, ?, 'manual', i, i FROM n",
        count,
        person.id,
    )
    assert len(person.client.get("/sessions", params={"limit": "200"}).json()["sessions"]) == 200


def read(person: Person) -> None:
    assert person.client.get("/sessions", params={"limit": "200"}).status_code == 200


def send(url: str, sender: int) -> None:
    answer = httpx2.post(url, content=call(f"sender-{sender}", 0), timeout=PATIENCE * 4, verify=TLS)
    assert answer.status_code == 200, answer.text


def call(session: str, number: int) -> bytes:
    """Nearly 1 MiB of words."""
    segments = [
        {
            "text": f"{number}-{place} " + "word " * 800,
            "start": number * 1000 + place * 4,
            "end": number * 1000 + place * 4 + 3,
        }
        for place in range(250)
    ]
    body = json.dumps({"session_id": session, "segments": segments}).encode()
    assert len(body) < MIB
    return body


@contextmanager
def running(what: "list[Callable[[], None]]") -> Iterator[None]:
    """Each again and again in a thread of its own, until the block ends. None of it may fail."""
    ended, failed = threading.Event(), list[Exception]()

    def again_and_again(do: Callable[[], None]) -> None:
        while not ended.is_set() and not failed:
            try:
                do()
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=again_and_again, args=(do,)) for do in what]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert not failed


def on_disk(server: ServerProcess) -> int:
    return sum(Path(file).stat().st_size for file in server.data_dir.glob("omilink.db*"))
