"""Links that expire, on a server whose links last less than two seconds."""

import time
from collections.abc import Callable

from support import ServerProcess, assert_within, wait_until
from web_support import is_error, wait_for_texts

MOMENT = "0.00002"
"""Days: 1.7 seconds."""


def test_a_silent_link_expires_and_its_user_is_told(make_server: Callable[..., ServerProcess]) -> None:
    server = make_server(OMILINK_LINK_TTL=MOMENT)
    ada, ben = server.user(), server.user()

    def attempt() -> float:
        with ada.follow() as stream:
            stream.wait_for("caught_up")
            ada.link("kitchen").raise_for_status()
            linked = time.monotonic()
            told = stream.wait_for("session_unlinked")
            assert told["reason"] == "expired"
            assert (told["session"]["id"], told["session"]["linked"]) == ("kitchen", False)
            return stream.times[stream.types().index("session_unlinked")] - linked

    assert_within(1.7 + 2, attempt)
    assert is_error(ada.client.get("/sessions/kitchen"), 404, "not_found")
    assert ben.link("kitchen").status_code == 200


def test_an_issued_session_stays_however_silent(make_server: Callable[..., ServerProcess]) -> None:
    server = make_server(OMILINK_LINK_TTL=MOMENT)
    ada = server.user()
    server.omilink("sessions", "provision", "--user", ada.email, "--id", "issued")
    ada.link("by-hand")
    server.say("issued", "hello")
    wait_for_texts(ada, "hello")
    by_hand = "SELECT user_id FROM omi_sessions WHERE omi_session_id = 'by-hand'"
    wait_until(lambda: server.rows(by_hand) == [(None,)], "the link by hand to expire")
    server.say("issued", "and again", start=2)
    wait_for_texts(ada, "hello", "and again")
