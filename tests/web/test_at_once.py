"""What is taken back reaches the streams concerned within two seconds."""

import math
import time
from collections.abc import Callable
from contextlib import ExitStack

import httpx2
import pytest
from support import Follower, Person, ServerProcess, wait_until
from web_support import fingerprint, start

AT_ONCE = 2.0
STREAMS = 100


def delays(streams: list[Follower], type: str, since: float) -> list[float]:
    """How long after that moment each stream got its first event of the type."""
    for stream in streams:
        stream.wait_for(type)
    return sorted(stream.times[stream.types().index(type)] - since for stream in streams)


def p99(delays: list[float]) -> float:
    return delays[math.ceil(0.99 * len(delays)) - 1]


def following(server: ServerProcess, stack: ExitStack, tokens: list[str]) -> list[Follower]:
    """A stream by each token, each over a connection of its own."""
    streams = [stack.enter_context(Follower(server.client(), {"sid": token})) for token in tokens]
    for stream in streams:
        stream.wait_for("caught_up")
    return streams


def signed_in_again(server: ServerProcess, person: Person, times: int) -> list[str]:
    """Tokens of other sign-ins, made without the time that checking a password takes."""
    tokens, at = [f"token-{number}-of-{person.id}" for number in range(times)], int(time.time() * 1000)
    for token in tokens:
        right = "INSERT INTO tokens (hash, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)"
        server.rows(right, fingerprint(token), person.id, at, at + 3_600_000)
    return tokens


TAKEN_BACK: dict[str, Callable[[Person], httpx2.Response]] = {
    "other sign-ins ended": lambda ada: ada.client.delete("/account/sessions"),
    "password changed": lambda ada: ada.client.post(
        "/account/password", json={"password": ada.password, "new_password": "another password"}
    ),
    "account deleted": lambda ada: ada.client.request("DELETE", "/account", json={"password": ada.password}),
}


@pytest.mark.parametrize("how", TAKEN_BACK)
def test_rights_that_end_close_every_stream(shared_server: ServerProcess, ada: Person, how: str) -> None:
    with ExitStack() as stack:
        streams = following(shared_server, stack, signed_in_again(shared_server, ada, STREAMS))
        began = time.monotonic()
        TAKEN_BACK[how](ada).raise_for_status()
        ended = time.monotonic() if how == "password changed" else began  # else hashing it would count
        took = delays(streams, "signed_out", ended)
        for stream in streams:
            assert stream.ended.wait(AT_ONCE)
            assert stream.types()[-1] == "signed_out"
        assert p99(took) < AT_ONCE


def test_tokens_that_expire_close_their_streams(shared_server: ServerProcess, ada: Person) -> None:
    with ExitStack() as stack:
        streams = following(shared_server, stack, signed_in_again(shared_server, ada, STREAMS))
        expires_at = int(time.time() * 1000) + 4_000
        shared_server.rows("UPDATE tokens SET expires_at = ? WHERE user_id = ?", expires_at, ada.id)
        shared_server.rows("UPDATE users SET rights = rights + 1 WHERE id = ?", ada.id)  # so that streams look
        at = time.monotonic() + expires_at / 1000 - time.time()
        took = delays(streams, "signed_out", at)
        assert {stream.events[-1]["reason"] for stream in streams} == {"expired"}
        assert min(took) >= -0.01 and p99(took) < AT_ONCE


def link(server: ServerProcess, person: Person, uid: str) -> None:
    """By speech, so that the session is the person's by proof."""
    server.say(uid, start(person, uid)["say"], uid=uid)
    wait_until(lambda: person.client.get("/me").json()["omi_links"], "the link")


UNLINKED = {"the OMI account": "/link/omi/unlink/{}", "the session": "/sessions/{}/link"}


@pytest.mark.parametrize("what", UNLINKED)
def test_unlinking_is_seen_on_every_stream(shared_server: ServerProcess, ada: Person, uid: str, what: str) -> None:
    link(shared_server, ada, uid)
    with ExitStack() as stack:
        streams = following(shared_server, stack, signed_in_again(shared_server, ada, STREAMS))
        began = time.monotonic()
        ada.client.delete(UNLINKED[what].format(uid)).raise_for_status()
        assert p99(delays(streams, "session_unlinked", began)) < AT_ONCE
        shared_server.say(uid, "words after")
        shared_server.wait_until_settled(uid)
        ada.link(f"device-of-{ada.id}")
        for stream in streams:
            stream.wait_for("session_linked")
            assert "words after" not in stream.texts()


def test_an_operators_unlinking_is_seen_too(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device).raise_for_status()
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        shared_server.omilink("sessions", "unlink", device)
        began = time.monotonic()
        assert delays([stream], "session_unlinked", began)[0] < AT_ONCE
