"""Processes are killed while people talk: what got a 200 is saved and streamed, once and in order."""

import time
from functools import partial

import pytest
from cluster_support import Site, down, ill
from support import assert_within, wait_until
from talk_support import Talk

from lab.cluster import Node
from lab.nats import leader, wait_until_in_touch
from omilink.nats.stream import STREAM

TAKEOVER = 8.0
"""Seconds after which another worker has everything that a killed one had."""


def test_nothing_is_lost_when_workers_are_killed(site: Site) -> None:
    with Talk(site) as talk:
        for worker in site.workers:
            worker.kill()
            talk.go_on()
            worker.start()
            talk.go_on()


@pytest.mark.alone
def test_two_workers_share_the_work_and_one_takes_over_from_a_killed_one(site: Site) -> None:
    with Talk(site) as talk:

        def attempt() -> float:
            site.wait_until_shared()
            talk.come_through()
            site.workers[0].kill()
            took = site.seconds_until_one_has_all()
            talk.come_through()
            site.workers[0].start()
            return took

        assert_within(TAKEOVER, attempt)
        site.wait_until_shared()
        talk.come_through()


def test_a_worker_that_ends_gives_its_share_back_at_once(site: Site) -> None:
    """Who holds what is seen when it has ended: a share that it had kept would be taken over as well, after a while."""
    site.wait_until_shared()
    with Talk(site) as talk:
        site.workers[1].stop()
        assert len(site.shares()) == 1
        talk.come_through()
        assert site.shares() == [32]


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

        def restart(node: Node) -> float:
            begin = time.monotonic()
            node.stop()
            took = time.monotonic() - begin
            node.start()
            talk.go_on()
            return took

        for node in [*site.workers, *site.webs]:
            assert_within(10, partial(restart, node))
