"""Who gets and loses a right hears of it at every node, within two seconds."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2
import pytest
from cluster_support import Site, User, segment
from support import PATIENCE, TLS, assert_within
from talk_support import Stream

from omilink.accounts.signing_in import TICKET_LIFE
from omilink_simulator.calls import account_id

pytestmark = pytest.mark.alone

SOON = 2.0
"""Seconds in which whoever loses a right has lost it."""
AHEAD = 10
"""Seconds after which a sign-in expires: every stream has to look at the new moment before."""
OMI_ACCOUNTS = map(account_id, itertools.count())


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
    user, uid = User(here), next(OMI_ACCOUNTS)
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


End = Callable[[], float]
"""Ends a right, and returns the moment from which the seconds count: the one before it asks, if it says no other."""
Way = Callable[[Site, User], End]
"""Sees to what has to be there before, and returns how to end it at the second node."""


def since_before(do: Callable[[], object]) -> float:
    began = time.monotonic()
    do()
    return began


def reasons(streams: list[Stream], type: str) -> list[str]:
    """Why each stream says that the right has ended, once all of them do."""
    return [stream.wait_for(type)["reason"] for stream in streams]


# What ends a sign-in


def sign_out(site: Site, user: User) -> End:
    return lambda: since_before(lambda: user.succeed("POST", f"{site.urls[1]}/auth/logout"))


def end_this_sign_in(site: Site, user: User) -> End:
    [one] = user.succeed("GET", f"{site.urls[1]}/account/sessions")["sessions"]
    other = signed_in_again(user, site.urls[0])
    return lambda: since_before(lambda: other("DELETE", f"{site.urls[1]}/account/sessions/{one['id']}"))


def end_other_sign_ins(site: Site, user: User) -> End:
    other = signed_in_again(user, site.urls[0])
    return lambda: since_before(lambda: other("DELETE", f"{site.urls[1]}/account/sessions"))


def change_the_password(site: Site, user: User) -> End:
    """They count from the answer on: before it two passwords are hashed."""
    other = signed_in_again(user, site.urls[0])

    def change() -> float:
        form = {"password": user.password, "new_password": "another horse"}
        other("POST", f"{site.urls[1]}/account/password", json=form)
        return time.monotonic()

    return change


def delete_the_account(site: Site, user: User) -> End:
    form = {"password": user.password}
    return lambda: since_before(lambda: user.succeed("DELETE", f"{site.urls[1]}/account", json=form))


def let_it_expire(site: Site, user: User) -> End:
    """They count from the moment at which it expires. A new ticket tells what the counted time is."""

    def expire_soon() -> float:
        began = time.monotonic()
        user.succeed("POST", f"{site.urls[1]}/conversations/current/stream-ticket")
        later = AHEAD * 1000 - TICKET_LIFE
        whose = f"user_id = (SELECT id FROM users WHERE email = '{user.email}')"
        site.rows(
            f"UPDATE tokens SET expires_at = tickets.expires_at + {later} FROM tickets "
            f"WHERE tickets.token_hash = tokens.hash AND {whose}"
        )
        site.rows(f"UPDATE users SET rights = rights + 1 WHERE email = '{user.email}'")  # so that streams look
        return began + AHEAD

    return expire_soon


def signed_in_again(user: User, url: str) -> Callable[..., None]:
    """How to ask by another sign-in of this user's."""
    token = httpx2.post(f"{url}/auth/login", json=user.login, timeout=PATIENCE, verify=TLS).json()["session_token"]

    def ask(method: str, url: str, **options: Any) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        httpx2.request(method, url, headers=headers, timeout=PATIENCE, verify=TLS, **options).raise_for_status()

    return ask


SIGN_IN_ENDS: list[tuple[Way, str]] = [
    (sign_out, "signed_out"),
    (end_this_sign_in, "signed_out"),
    (end_other_sign_ins, "signed_out"),
    (change_the_password, "signed_out"),
    (delete_the_account, "account_deleted"),
    (let_it_expire, "expired"),
]


@pytest.mark.parametrize(("how", "reason"), SIGN_IN_ENDS)
def test_a_right_that_ends_at_one_node_ends_the_streams_of_every_node(site: Site, how: Way, reason: str) -> None:
    def attempt() -> float:
        user = User(site.urls[0])
        end = how(site, user)
        with streams_everywhere(site, user) as streams:
            since = end()
            assert reasons(streams, "signed_out") == [reason] * 2
            for stream in streams:
                stream.wait_until_closed()
            took = time.monotonic() - since
        assert [user.ask("GET", f"{url}/me").status_code for url in site.urls] == [401, 401]
        return took

    assert_within(SOON, attempt)


# What ends a link


def unlink_the_session(site: Site, user: User) -> End:
    session_id = user.link(site.urls[0])
    return lambda: since_before(lambda: user.succeed("DELETE", f"{site.urls[1]}/sessions/{session_id}/link"))


def unlink_the_omi_account(site: Site, user: User) -> End:
    """By which its session came."""
    [here, there], uid = site.urls, next(OMI_ACCOUNTS)
    with streams_everywhere(site, user) as streams:
        say = user.succeed("POST", f"{here}/link/omi/start", json={"omi_user_id": uid})["say"]
        wear(site, here, uid, say, 0)
        streams[0].wait_for("session_linked")
    return lambda: since_before(lambda: user.succeed("DELETE", f"{there}/link/omi/unlink/{uid}"))


def let_the_link_expire(site: Site, user: User) -> End:
    """A day without a call, after which the site's links expire, has just passed."""
    session_id = user.link(site.urls[0])
    pass_by = f"UPDATE omi_sessions SET counted_at = 0 WHERE omi_session_id = '{session_id}'"
    return lambda: since_before(lambda: site.rows(pass_by))


LINK_ENDS: list[tuple[Way, str]] = [
    (unlink_the_session, "unlinked"),
    (unlink_the_omi_account, "unlinked"),
    (let_the_link_expire, "expired"),
]


@pytest.mark.parametrize(("how", "reason"), LINK_ENDS)
def test_a_link_that_ends_at_one_node_is_told_at_every_node(site: Site, how: Way, reason: str) -> None:
    def attempt() -> float:
        user = User(site.urls[0])
        end = how(site, user)
        with streams_everywhere(site, user) as streams:
            since = end()
            assert reasons(streams, "session_unlinked") == [reason] * 2
            took = time.monotonic() - since
            assert user.succeed("GET", f"{site.urls[0]}/sessions")["sessions"] == []
            another = user.link(site.urls[0])  # the streams stay open
            for stream in streams:
                assert stream.wait_for("session_linked")["session"]["id"] == another
                assert len(stream.visits) == 1
        return took

    assert_within(SOON, attempt)


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
