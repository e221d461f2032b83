"""Two web nodes whose clocks are two minutes apart: whose words are whose goes by the order of acceptance."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_support import Network, Site, User, ill
from support import WallClock, wait_until

from lab.cluster import Node
from lab.process import start_together

APART = 60
"""Seconds by which one clock is ahead, and the other behind."""


@pytest.fixture
def nodes(site: Site, tmp_path: Path) -> Iterator[list[tuple[Node, Network]]]:
    """The first one's clock is ahead."""
    nodes = []
    for name, ahead in ("ahead", APART), ("behind", -APART):
        clock = WallClock(tmp_path / name)
        clock.set_ahead(ahead)
        nodes.append(site.another_web(f"{name}-{tmp_path.name}", **clock.settings))
    start_together([node for node, _ in nodes])
    yield nodes
    for node, network in nodes:
        network.mend()
        node.stop()


def words(user: User, url: str) -> set[str]:
    return {text for talk in user.conversations(url) for text in user.texts(url, talk["id"])}


def hand_over(site: Site, ahead: str, behind: str) -> tuple[User, User, str]:
    """What Ada unlinks at the node whose clock is ahead, Ben links at the one whose clock is behind."""
    ada, ben = User(ahead), User(behind)
    session_id = ada.link(behind)
    site.say(ahead, session_id, "adas, ahead", 0)
    site.say(behind, session_id, "adas, behind", 2)
    give(ada, ben, session_id, ahead, behind)
    return ada, ben, session_id


def give(ada: User, ben: User, session_id: str, ahead: str, behind: str) -> None:
    ada.succeed("DELETE", f"{ahead}/sessions/{session_id}/link")
    ben.succeed("POST", f"{behind}/sessions/link", json={"session_id": session_id})


def test_what_is_unlinked_at_one_node_and_linked_at_the_other_keeps_its_owners(
    site: Site, nodes: list[tuple[Node, Network]]
) -> None:
    ahead, behind = (node.url for node, _ in nodes)
    ada, ben, session_id = hand_over(site, ahead, behind)
    site.say(behind, session_id, "bens, behind", 4)
    site.say(ahead, session_id, "bens, ahead", 6)
    wait_until(lambda: words(ben, ahead) == {"bens, ahead", "bens, behind"}, "Ben's words")
    wait_until(lambda: words(ada, behind) == {"adas, ahead", "adas, behind"}, "Ada's words")
    assert words(ada, ahead) | words(ben, behind) == {"adas, ahead", "adas, behind", "bens, behind", "bens, ahead"}


@pytest.mark.parametrize("cut_off", [0, 1])
def test_words_by_way_of_a_nodes_disk_keep_their_owners_too(
    site: Site, nodes: list[tuple[Node, Network]], cut_off: int
) -> None:
    ahead, behind = (node.url for node, _ in nodes)
    here, network = nodes[cut_off]
    ada, ben = User(ahead), User(behind)
    session_id = ada.link(ahead)
    for proxy in network.to_nats:
        proxy.cut()
    wait_until(lambda: "nats" in ill(here.url), "the node to notice")
    site.say(here.url, session_id, "adas, by the disk", 0)
    there = behind if cut_off == 0 else ahead
    give(ada, ben, session_id, there, there)
    site.say(here.url, session_id, "bens, by the disk", 2)
    site.say(there, session_id, "bens, at once", 4)
    wait_until(lambda: words(ben, there) == {"bens, at once"}, "Ben's words of the other node")
    network.mend()
    wait_until(lambda: words(ben, there) == {"bens, at once", "bens, by the disk"}, "Ben's words")
    wait_until(lambda: words(ada, there) == {"adas, by the disk"}, "Ada's words")


def test_of_what_a_node_took_that_was_cut_off_from_everything_nobody_gets_anybody_elses(
    site: Site, nodes: list[tuple[Node, Network]]
) -> None:
    ahead, behind = (node.url for node, _ in nodes)
    _, network = nodes[0]
    ada, ben = User(behind), User(behind)
    changed, unchanged = ada.link(behind), ada.link(behind)
    for proxy in [*network.to_nats, *network.to_postgres]:
        proxy.cut()
    wait_until(lambda: {"nats", "database"} <= ill(ahead), "the node to notice")
    give(ada, ben, changed, behind, behind)
    site.say(ahead, changed, "whose", 0)
    site.say(ahead, unchanged, "adas", 0)
    network.mend()
    wait_until(lambda: words(ada, behind) == {"adas"}, "Ada's words")
    rule = "accepted-about-when-it-changed-hands"
    wait_until(lambda: (rule,) in site.rows("SELECT error FROM deliveries WHERE state = 'quarantined'"), "the rest")
    assert words(ben, behind) == set()
