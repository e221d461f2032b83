"""PostgreSQL is away: calls are accepted all the same, reading says when to come back, streams stay open."""

import random
import time
from collections.abc import Callable

import pytest
from cluster_support import Site, User, down, ill
from support import in_soak, wait_until
from talk_support import Stream, Talk

from lab.proxy import Proxy

SEED = 20260914
TROUBLE = in_soak(600, else_=20)
"""Seconds of restarts."""


def stop(site: Site) -> None:
    site.postgres.stop()


def kill(site: Site) -> None:
    site.postgres.kill()


def cut(site: Site) -> None:
    site.cut_postgres_off(Proxy.cut)


def stall(site: Site) -> None:
    site.cut_postgres_off(Proxy.stall)


@pytest.mark.parametrize("take_away", [stop, cut, stall])
def test_calls_are_accepted_and_reading_says_when_to_come_back(site: Site, take_away: Callable[[Site], None]) -> None:
    with Talk(site) as talk:
        take_away(site)
        talk.go_on()
        here, there = site.urls
        answer = talk.wearers[0].user.ask("GET", f"{here}/conversations/current")
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert ill(there) == down(there) == {"database", "workers"}
        talk.go_on()
        site.make_whole()
        talk.come_through()
    assert [device.refused for device in talk.devices] == [{}] * len(talk.devices)
    assert all(len(wearer.stream.visits) == 1 for wearer in talk.wearers)


@pytest.mark.parametrize("take_away", [stop, stall])
def test_a_stream_stays_open_and_says_that_words_have_to_wait(site: Site, take_away: Callable[[Site], None]) -> None:
    here, there = site.urls
    user = User(here)
    session_id = user.link(here)
    with Stream(user, [here]) as stream:
        stream.wait_for("caught_up")
        take_away(site)
        site.say(there, session_id, "said meanwhile")
        stream.wait_for_comment("the database is away")
        site.make_whole()
        stream.wait_for_texts("said meanwhile")
        assert stream.visits == [here]


@pytest.mark.soak
def test_nothing_is_lost_when_postgresql_is_restarted_again_and_again(site: Site) -> None:
    draw = random.Random(SEED)
    with Talk(site) as talk:
        end = time.monotonic() + TROUBLE
        while time.monotonic() < end:
            talk.pause(draw.uniform(5, 20))
            draw.choice([stop, kill])(site)
            talk.go_on()
            site.postgres.start()
        talk.come_through()
    assert [device.refused for device in talk.devices] == [{}] * len(talk.devices)


def test_a_node_starts_without_its_servers_and_works_when_they_come(site: Site) -> None:
    node, network = site.another_web("late")
    for proxy in [*network.to_postgres, *network.to_nats]:
        proxy.cut()
    user = User(site.urls[0])
    session_id = user.link(site.urls[0])
    with node:
        assert ill(node.url) >= {"database", "nats"}
        for number in range(5):
            site.say(node.url, session_id, f"early {number}", number)
        assert user.ask("GET", f"{node.url}/me").status_code == 503
        network.mend()
        with Stream(user, [node.url]) as stream:
            stream.wait_for_texts(*[f"early {number}" for number in range(5)])
        assert user.texts(node.url, user.conversations(node.url)[0]["id"]) == [f"early {number}" for number in range(5)]
        wait_until(lambda: not ill(node.url), "the node to be well")
