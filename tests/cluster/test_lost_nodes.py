"""Processes are killed while people talk: what got a 200 is saved and streamed, once and in order."""

import time
from collections import Counter

import pytest
from cluster_support import Site, down, ill
from support import wait_until
from talk_support import Talk

from lab.nats import leader, wait_until_in_touch
from omilink.nats.stream import STREAM

HOLDERS = "SELECT holder FROM partitions WHERE holder IS NOT NULL"
TAKEOVER = 8.0
"""Seconds after which another worker has everything that a killed one had."""
AT_ONCE = 4.0
"""… and that one which ends has given back, on a busy machine."""


def shares(site: Site) -> list[int]:
    return sorted(Counter(site.rows(HOLDERS)).values())


def test_nothing_is_lost_when_workers_are_killed(site: Site) -> None:
    with Talk(site) as talk:
        for worker in site.workers:
            worker.kill()
            talk.go_on()
            worker.start()
            talk.go_on()


def test_two_workers_share_the_work_and_one_takes_over_from_a_killed_one(site: Site) -> None:
    wait_until(lambda: shares(site) == [16, 16], "even shares")
    with Talk(site) as talk:
        talk.come_through()
        site.workers[0].kill()
        assert talk.come_through() < TAKEOVER
        assert shares(site) == [32]
        site.workers[0].start()
        wait_until(lambda: shares(site) == [16, 16], "even shares again")
        talk.come_through()


def test_a_worker_that_ends_gives_its_share_back_at_once(site: Site) -> None:
    wait_until(lambda: shares(site) == [16, 16], "even shares")
    with Talk(site) as talk:
        site.workers[1].stop()
        assert talk.come_through() < AT_ONCE


def test_without_workers_words_wait_and_the_nodes_say_so(site: Site) -> None:
    with Talk(site) as talk:
        for worker in site.workers:
            worker.kill()
        wait_until(lambda: all(ill(url) == down(url) == {"workers"} for url in site.urls), "the nodes to notice")
        talk.go_on()
        site.make_whole()


@pytest.mark.parametrize("number", [0, 1])
def test_streams_go_on_at_the_other_node_when_theirs_is_killed(site: Site, number: int) -> None:
    with Talk(site) as talk:
        here, there = site.urls[number], site.urls[1 - number]
        streams = [wearer.stream for wearer in talk.wearers if wearer.stream.visits[-1] == here]
        assert streams
        site.webs[number].kill()
        talk.come_through()
        assert [stream.visits[-1] for stream in streams] == [there] * len(streams)
        site.webs[number].start()
        talk.come_through()


def test_nothing_is_lost_when_the_streams_leader_is_killed(site: Site) -> None:
    """Calls go to the nodes' own disks meanwhile, so only those of one node have an order."""
    with Talk(site, loyal=True) as talk:
        first = leader(site.nats, STREAM)
        first.kill()
        talk.come_through()
        first.start()
        wait_until_in_touch(site.nats)
        talk.come_through()


def test_nothing_is_lost_when_every_node_is_restarted_in_turn(site: Site) -> None:
    """The devices go over both nodes in turn, so a node has to keep their order from its first call on."""
    with Talk(site) as talk:
        for node in [*site.workers, *site.webs]:
            begin = time.monotonic()
            node.stop()
            assert time.monotonic() - begin < 10
            node.start()
            talk.go_on()
