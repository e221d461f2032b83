"""What is taken back reaches the streams concerned within two seconds."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from support import Follower, Person, ServerProcess, wait_until
from web_support import fingerprint, newcomer, start

AT_ONCE = 2.0
STREAMS = 100

Act = Callable[[ServerProcess, Person, str], object]


@pytest.fixture(scope="module")
def expiring_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Where a link ends after three seconds of silence."""
    server = ServerProcess(tmp_path_factory.mktemp("ttl") / "data", OMILINK_LINK_TTL=str(3 / 86_400)).start()
    yield server
    server.close()


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


TAKEN_BACK: dict[str, Act] = {
    "other sign-ins ended": lambda server, ada, uid: ada.client.delete("/account/sessions"),
    "password changed": lambda server, ada, uid: ada.client.post(
        "/account/password", json={"password": ada.password, "new_password": "another password"}
    ),
    "account deleted": lambda server, ada, uid: ada.client.request(
        "DELETE", "/account", json={"password": ada.password}
    ),
}


@pytest.mark.parametrize("how", TAKEN_BACK)
def test_rights_that_end_close_every_stream(shared_server: ServerProcess, ada: Person, uid: str, how: str) -> None:
    with ExitStack() as stack:
        streams = following(shared_server, stack, signed_in_again(shared_server, ada, STREAMS))
        began = time.monotonic()
        TAKEN_BACK[how](shared_server, ada, uid).raise_for_status()  # type: ignore[attr-defined]
        took = delays(streams, "signed_out", began)
        for stream in streams:
            assert stream.ended.wait(AT_ONCE)
            assert stream.types()[-1] == "signed_out"
        if how != "password changed":  # whose time is that of the hash
            assert p99(took) < AT_ONCE


def test_a_password_that_is_changed_ends_them_as_soon_as_it_is(shared_server: ServerProcess, ada: Person) -> None:
    with ExitStack() as stack:
        [stream] = following(shared_server, stack, signed_in_again(shared_server, ada, 1))
        form = {"password": ada.password, "new_password": "another password"}
        ada.client.post("/account/password", json=form).raise_for_status()
        assert delays([stream], "signed_out", time.monotonic())[0] < AT_ONCE


def test_tokens_that_expire_close_their_streams(shared_server: ServerProcess, ada: Person) -> None:
    tokens = signed_in_again(shared_server, ada, STREAMS)
    expires_at = int(time.time() * 1000) + 6_000
    for token in tokens:
        shared_server.rows("UPDATE tokens SET expires_at = ? WHERE hash = ?", expires_at, fingerprint(token))
    with ExitStack() as stack:
        streams = following(shared_server, stack, tokens)
        at = time.monotonic() + expires_at / 1000 - time.time()
        took = delays(streams, "signed_out", at)
        assert {stream.events[-1]["reason"] for stream in streams} == {"expired"}
        assert min(took) >= 0 and p99(took) < AT_ONCE


def link(server: ServerProcess, person: Person, uid: str) -> None:
    """By speech, so that the session is the person's by proof."""
    server.say(uid, start(person, uid)["say"], uid=uid)
    wait_until(lambda: person.client.get("/me").json()["omi_links"], "the link")


UNLINKED: dict[str, Act] = {
    "the OMI account": lambda server, ada, uid: ada.client.delete(f"/link/omi/unlink/{uid}"),
    "the session": lambda server, ada, uid: ada.client.delete(f"/sessions/{uid}/link"),
}


@pytest.mark.parametrize("what", UNLINKED)
def test_unlinking_is_seen_on_every_stream(shared_server: ServerProcess, ada: Person, uid: str, what: str) -> None:
    link(shared_server, ada, uid)
    with ExitStack() as stack:
        streams = following(shared_server, stack, signed_in_again(shared_server, ada, STREAMS))
        began = time.monotonic()
        UNLINKED[what](shared_server, ada, uid).raise_for_status()  # type: ignore[attr-defined]
        assert p99(delays(streams, "session_unlinked", began)) < AT_ONCE
        shared_server.say(uid, "words after", uid=None)
        shared_server.wait_until_settled(uid)
        ada.link(f"device-of-{ada.id}")
        for stream in streams:
            stream.wait_for("session_linked")
            assert "words after" not in stream.texts()


def test_a_link_that_falls_silent_ends_on_the_stream(
    expiring_server: ServerProcess, password_hash: str, uid: str, device: str
) -> None:
    ada = newcomer(expiring_server, password_hash)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        ada.link(device).raise_for_status()
        expiring_server.say(device, "the last words")
        stream.wait_for_text("the last words")
        silent = time.monotonic()
        ended = stream.wait_for("session_unlinked")
        assert ended["reason"] == "expired"
        assert 2 < stream.times[stream.types().index("session_unlinked")] - silent < 3 + AT_ONCE
        assert ada.link(device).status_code == 200  # whoever linked it can do so again
        stream.wait_for("session_linked", 2)


def test_an_operators_unlinking_is_seen_too(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device).raise_for_status()
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        shared_server.omilink("sessions", "unlink", device)
        began = time.monotonic()
        assert delays([stream], "session_unlinked", began)[0] < AT_ONCE
