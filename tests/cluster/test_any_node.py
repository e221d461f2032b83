"""What is done at one node counts at every node."""

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest
from cluster_support import Site, User
from support import ATTEMPTS, PATIENCE, TLS
from talk_support import Stream

from lab.process import start_together
from omilink.accounts.rate_limits import WRONG_LOGIN


def test_a_stream_goes_on_at_another_node_with_its_cursor(site: Site) -> None:
    here, there = site.urls
    user = User(here)
    session_id = user.link(here)
    with Stream(user, [here]) as stream:
        stream.wait_for("caught_up")
        site.say(there, session_id, "seen")
        stream.wait_for_texts("seen")
    site.say(here, session_id, "missed", 2)
    with Stream(user, [there], after=stream.cursor) as resumed:
        resumed.wait_for_texts("missed")
        site.say(here, session_id, "live", 4)
        resumed.wait_for_texts("live")
    assert resumed.of("connected")[0]["resumed"] is True
    assert resumed.texts == ["missed", "live"]


def test_signing_out_unlinking_and_deleting_reach_the_streams_of_every_node(site: Site) -> None:
    here, there = site.urls
    user = User(here)
    session_id = user.link(here)
    with ExitStack() as stack:
        streams = [stack.enter_context(Stream(user, [url])) for url in site.urls]
        for stream in streams:
            stream.wait_for("caught_up")
        site.say(here, session_id, "to be deleted")
        for stream in streams:
            stream.wait_for_texts("to be deleted")
        [conversation] = user.conversations(there)
        user.succeed("DELETE", f"{there}/conversations/{conversation['id']}")
        user.succeed("DELETE", f"{there}/sessions/{session_id}/link")
        for stream in streams:
            assert stream.wait_for("conversation_deleted")["conversationId"] == conversation["id"]
            assert stream.wait_for("session_unlinked")["session"]["id"] == session_id
        user.succeed("POST", f"{there}/auth/logout")
        for stream in streams:
            assert stream.wait_for("signed_out")["reason"] == "signed_out"
    assert [user.ask("GET", f"{url}/me").status_code for url in site.urls] == [401, 401]


@pytest.fixture
def strict_urls(site: Site) -> Iterator[list[str]]:
    """Two nodes with limits."""
    nodes = [site.another_web(name, OMILINK_RATE_LIMITS="on")[0] for name in ("strict-1", "strict-2")]
    start_together(nodes)
    yield [node.url for node in nodes]
    for node in nodes:
        node.stop()


def test_the_limit_of_wrong_logins_holds_over_nodes(site: Site, strict_urls: list[str]) -> None:
    user = User(site.urls[0])
    wrong = user.login | {"password": "wrong horse"}

    def log_in(url: str, form: dict[str, str]) -> int:
        return httpx2.post(f"{url}/auth/login", json=form, timeout=PATIENCE, verify=TLS).status_code

    began = time.monotonic()
    statuses = [log_in(url, wrong) for _ in range(WRONG_LOGIN.burst) for url in strict_urls]
    came_back = math.ceil((time.monotonic() - began) / WRONG_LOGIN.seconds)
    assert statuses[: WRONG_LOGIN.burst] == [401] * WRONG_LOGIN.burst
    assert 401 in statuses and statuses.count(401) <= WRONG_LOGIN.burst + came_back
    # a try may come back just now, which one of these uses up
    assert [429, 429] in ([log_in(url, wrong) for url in strict_urls] for _ in range(ATTEMPTS))
    assert 429 in [log_in(url, user.login) for url in strict_urls]
