"""Who gets and loses a right hears of it at every node, within two seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
from cluster_support import Site, User, segment
from support import PATIENCE, TLS
from talk_support import Stream

from omilink.omi.calls import account_id

SOON = 2.0
"""Seconds in which whoever loses a right has lost it."""


@contextmanager
def streams_everywhere(site: Site, user: User) -> Iterator[list[Stream]]:
    with ExitStack() as stack:
        streams = [stack.enter_context(Stream(user, [url])) for url in site.urls]
        for stream in streams:
            stream.wait_for("caught_up")
        yield streams


def wear(site: Site, url: str, uid: str, text: str, start: float) -> None:
    """The wearable of this OMI account hears something."""
    body = {"session_id": uid, "segments": [segment(text, start)]}
    answer = httpx2.post(f"{site.webhook(url)}?uid={uid}", json=body, timeout=PATIENCE, verify=TLS)
    assert answer.status_code == 200, answer.text


def test_a_sentence_said_at_one_node_links_at_every_node(site: Site) -> None:
    here, there = site.urls
    user, uid = User(here), account_id(4)
    wear(site, here, uid, "heard before", 0)
    with streams_everywhere(site, user) as streams:
        say = user.succeed("POST", f"{here}/link/omi/start", json={"omi_user_id": uid})["say"].split()
        wear(site, here, uid, " ".join(say[:3]), 10)
        wear(site, there, uid, " ".join(say[3:]), 12)
        for stream in streams:
            assert stream.wait_for("session_linked")["session"]["id"] == uid
            stream.wait_for_texts("heard before")
        wear(site, there, uid, "heard after", 14)
        for stream in streams:
            stream.wait_for_texts("heard after")
        user.succeed("DELETE", f"{there}/link/omi/unlink/{uid}")
        for stream in streams:
            assert stream.wait_for("session_unlinked")["reason"] == "unlinked"
    assert not user.succeed("GET", f"{here}/link/omi")["omi_links"]
    assert not set(say[1:]) & {word for stream in streams for text in stream.texts for word in text.split()}


def sign_out(user: User, url: str) -> None:
    user.succeed("POST", f"{url}/auth/logout")


def revoke_from_elsewhere(user: User, url: str) -> None:
    token = httpx2.post(f"{url}/auth/login", json=user.login, timeout=PATIENCE, verify=TLS).json()["session_token"]
    other = {"Authorization": f"Bearer {token}"}
    assert httpx2.delete(f"{url}/account/sessions", headers=other, timeout=PATIENCE, verify=TLS).is_success


def delete_the_account(user: User, url: str) -> None:
    user.succeed("DELETE", f"{url}/account", json={"password": user.password})


@pytest.mark.parametrize("end", [sign_out, revoke_from_elsewhere, delete_the_account])
def test_a_right_that_ends_at_one_node_ends_the_streams_of_every_node(
    site: Site, end: Callable[[User, str], None]
) -> None:
    user = User(site.urls[0])
    with streams_everywhere(site, user) as streams:
        end(user, site.urls[1])
        began = time.monotonic()
        for stream in streams:
            stream.wait_for("signed_out")
        assert time.monotonic() - began < SOON
    assert [user.ask("GET", f"{url}/me").status_code for url in site.urls] == [401, 401]


def test_a_device_is_handed_over_at_every_node(site: Site) -> None:
    here, there = site.urls
    ann, ben = User(here), User(here)
    [device] = site.omilink("sessions", "provision", "--user", ann.email).split()
    with streams_everywhere(site, ann) as anns, streams_everywhere(site, ben) as bens:
        site.say(here, device, "for ann")
        for stream in anns:
            stream.wait_for_texts("for ann")
        site.omilink("sessions", "hand-over", device, "--to", ben.email)
        for stream in anns:
            assert stream.wait_for("session_unlinked")["reason"] == "handed_over"
        site.say(there, device, "for ben", 10)
        for stream in bens:
            stream.wait_for_texts("for ben")
    assert [stream.texts for stream in [*anns, *bens]] == [["for ann"]] * 2 + [["for ben"]] * 2
