"""NATS is away from a node: it takes calls all the same, sends them on in order, and says what is ill."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cluster_support import Site, User, down, ill
from support import PATIENCE, assert_within, wait_until
from talk_support import Stream, Talk

from lab.cluster import Node
from lab.proxy import Proxy

SOON = 5.0
"""Seconds after which a node shows what no hint told it."""
TAKEOVER = 8.0
"""Seconds after which another worker does the work of one that cannot."""


def spool(node: Node) -> Path:
    return node.folder / "spool.db"


def change(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database, timeout=PATIENCE)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("take_away", [Proxy.cut, Proxy.stall])
def test_a_node_without_nats_takes_calls_to_its_disk_and_sends_them_on_in_order(
    site: Site, take_away: Callable[[Proxy], None]
) -> None:
    here, there = site.urls
    with Talk(site, loyal=True) as talk:
        site.cut_nats_off(site.webs[0], take_away)
        wait_until(lambda: ill(here) == down(here) == {"nats", "spool"}, "the node to notice")
        assert ill(there) == set()
        talk.go_on()
        site.make_whole()
        talk.come_through()
        wait_until(lambda: ill(here) == down(here) == set(), "the node to be well")
    assert [device.refused for device in talk.devices] == [{}] * len(talk.devices)


def test_only_when_neither_nats_nor_the_disk_takes_a_call_is_it_refused(site: Site) -> None:
    [here, there], node = site.urls, site.webs[0]
    user = User(there)
    session_id = user.link(there)
    site.cut_nats_off(node, Proxy.cut)
    wait_until(lambda: "nats" in ill(here), "the node to notice")
    site.say(here, session_id, "to the disk")
    change(spool(node), "ALTER TABLE deliveries RENAME TO lost")  # as good as a disk that fails
    try:
        answer = site.call(here, session_id, "to nobody")
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        change(spool(node), "ALTER TABLE lost RENAME TO deliveries")
    site.say(here, session_id, "to the disk again", 2)
    site.make_whole()
    with Stream(user, [there]) as stream:
        stream.wait_for_texts("to the disk again")
    assert user.texts(there, user.conversations(there)[0]["id"]) == ["to the disk", "to the disk again"]


def test_without_any_nats_calls_are_accepted_and_saved_when_it_is_back(site: Site) -> None:
    with Talk(site, loyal=True) as talk:
        for server in site.nats:
            server.kill()
        wait_until(lambda: all("nats" in ill(url) for url in site.urls), "the nodes to notice")
        talk.go_on()
        site.make_whole()
        talk.come_through()
    assert [device.refused for device in talk.devices] == [{}] * len(talk.devices)


@pytest.mark.alone
@pytest.mark.parametrize("take_away", [Proxy.cut, Proxy.stall])
def test_what_no_hint_tells_is_shown_soon(site: Site, take_away: Callable[[Proxy], None]) -> None:
    here, there = site.urls

    def attempt() -> float:
        user = User(there)
        session_id = user.link(there)
        with Stream(user, [here]) as stream:
            stream.wait_for("caught_up")
            site.cut_nats_off(site.webs[0], take_away)
            site.say(there, session_id, "said elsewhere")
            said = time.monotonic()
            stream.wait_for_texts("said elsewhere")
            took = time.monotonic() - said
            user.succeed("POST", f"{there}/auth/logout")
            stream.wait_for("signed_out")
        site.make_whole()
        return took

    assert_within(SOON, attempt)


@pytest.mark.alone
@pytest.mark.parametrize("take_away", [Proxy.cut, Proxy.stall])
def test_a_worker_without_nats_leaves_its_share_to_the_other(site: Site, take_away: Callable[[Proxy], None]) -> None:
    with Talk(site) as talk:

        def attempt() -> float:
            site.wait_until_shared()
            site.cut_nats_off(site.workers[0], take_away)
            took = site.seconds_until_one_has_all()
            talk.come_through()
            site.make_whole()
            return took

        assert_within(TAKEOVER, attempt)
