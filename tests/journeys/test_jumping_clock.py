"""A server whose clock is set by days, while it runs and over a restart: nobody is locked out, and nothing ends."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from support import PATIENCE, TLS, ServerProcess, WallClock, wait_until

DAY = 86_400
WRONG, RIGHT = "a wrong guess", "correct horse"

MakeServer = Callable[..., ServerProcess]


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    return WallClock(tmp_path / "clock")


def log_in(server: ServerProcess, email: str, password: str = RIGHT) -> httpx2.Response:
    return server.client().post("/auth/login", json={"email": email, "password": password})


def post(address: str, session: str, text: str, start: float = 0.0, uid: str | None = None) -> int:
    body = {"session_id": session, "segments": [{"text": text, "start": start, "end": start + 2}]}
    answer = httpx2.post(address, json=body | ({"uid": uid} if uid else {}), timeout=PATIENCE, verify=TLS)
    return answer.status_code


def set_clock(server: ServerProcess, clock: WallClock, ahead: int) -> None:
    """Until the server has noticed, which takes a second."""
    before = noted(server)
    clock.set_ahead(ahead)
    wait_until(lambda: noted(server) != before, "a note of the time")


def noted(server: ServerProcess) -> list[int]:
    """How far has been counted, and what the wall clock showed then."""
    wait_until(lambda: server.rows("SELECT value FROM meta WHERE name = 'counted'"), "the first note")
    ((note,),) = server.rows("SELECT value FROM meta WHERE name = 'counted'")
    return [int(number) for number in note.split()]


def test_wrong_passwords_of_a_clock_that_was_set_lock_nobody_out(make_server: MakeServer, clock: WallClock) -> None:
    clock.set_ahead(DAY)
    server = make_server(OMILINK_RATE_LIMITS="on", **clock.settings)
    ada, ben = server.user(), server.user()
    while log_in(server, ada.email, WRONG).status_code == 401:
        pass
    set_clock(server, clock, 0)
    for again in False, True:
        if again:
            server.restart()
        answer = log_in(server, ada.email)
        assert answer.status_code == 200 or int(answer.headers["Retry-After"]) <= 15
        assert log_in(server, ben.email).status_code == 200
        assert ada.client.get("/me").status_code == 200


@pytest.mark.parametrize("jump", [-2 * DAY, 2 * DAY])
def test_a_jump_ends_nothing_that_people_have(make_server: MakeServer, clock: WallClock, jump: int) -> None:
    days = {f"OMILINK_{name}": "1" for name in ("LINK_TTL", "KEEP_EVENTS", "KEEP_UNLINKED", "KEEP_DELIVERIES")}
    server = make_server(**clock.settings, **days)
    ada = server.user()
    ada.link("kitchen")
    server.say("kitchen", "before")
    server.say("attic", "nobodys")
    wait_until(lambda: ada.current()["messages"], "the words")
    cursor, tickets = ada.current()["cursor"], "/conversations/current/stream-ticket"
    replaced = ada.client.get("/me/webhook-url").json()["url"]
    ada.client.post("/me/webhook-url").raise_for_status()
    started = ada.client.post("/link/omi/start", json={"omi_user_id": "her-uid"}).json()
    ticket = ada.client.post(tickets).json()["ticket"]
    expires = ada.client.get("/account/sessions").json()["sessions"][0]["expiresAt"]
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        set_clock(server, clock, jump)
        assert ada.client.get("/account/sessions").json()["sessions"][0]["expiresAt"][:10] != expires[:10]
        with server.client().stream("GET", "/conversations/current/stream", params={"ticket": ticket}) as opened:
            assert opened.status_code == 200
        server.say("kitchen", "after the jump", start=4)
        stream.wait_for_text("after the jump")
    server.restart()  # it tidies and looks for silent links when it starts
    assert ada.client.get("/me").status_code == 200
    assert post(replaced, "pendant", "at the address before") == 200
    with ada.follow(cursor) as stream:
        assert stream.wait_for("connected")["resumed"]
        stream.wait_for_text("after the jump")
        assert post(server.webhook_url, "her-uid", started["say"], uid="her-uid") == 200
        wait_until(lambda: ada.client.get("/link/omi").json()["omi_links"], "the link by the sentence")
        server.say("kitchen", "after the restart", start=8)
        stream.wait_for_text("after the restart")
        assert "session_unlinked" not in stream.types()
    ((words,),) = server.rows("SELECT count(*) FROM conversations WHERE user_id IS NULL AND deleted_at IS NULL")
    assert words == 1
    assert server.rows("SELECT count(*) FROM deliveries WHERE session_id = 'attic'") == [(1,)]


def test_what_a_clock_that_is_ahead_gives_lasts_no_longer(make_server: MakeServer, clock: WallClock) -> None:
    server = make_server(**clock.settings)
    ada = server.user()
    set_clock(server, clock, 2 * DAY)
    ada.client.post("/conversations/current/stream-ticket").raise_for_status()
    ada.client.post("/link/omi/start", json={"omi_user_id": "her-uid"}).raise_for_status()
    log_in(server, ada.email).raise_for_status()
    set_clock(server, clock, 0)
    now, _ = noted(server)
    for table, life in ("tickets", 60), ("challenges", 600), ("tokens", 30 * DAY):
        for (until,) in server.rows(f"SELECT expires_at FROM {table}"):
            assert until - now <= life * 1000, table
