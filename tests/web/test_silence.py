"""Nothing that a server prints tells a password, a token, a secret, a number or a word that somebody said."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from omi_api import API_KEY, OmiApi
from support import PATIENCE, SECRET, TLS, Person, ServerProcess, wait_until
from web_support import SIGNING_SECRETS, confirm, new_uid, segment, signature, start

WORDS = "quokka wombat"
"""Said in everything that is sent, and by nobody else."""
ONE_CALL = {"Connection": "close"}
"""After a failure that nobody has expected the server closes the connection."""


@pytest.fixture
def server(tmp_path: Path, omi_api: OmiApi) -> Iterator[ServerProcess]:
    settings = {"OMILINK_SIGNING_SECRET": SIGNING_SECRETS[1], **omi_api.settings}
    server = ServerProcess(tmp_path / "data", **settings).start()
    yield server
    server.close()


class Visitor:
    """Somebody who does everything, and remembers all that nobody else may read."""

    def __init__(self, server: ServerProcess, api: OmiApi, uid: str) -> None:
        self.server, self.api, self.uid = server, api, uid
        self.hidden = {
            WORDS,
            "quokka",
            SECRET,
            API_KEY,
            SIGNING_SECRETS[1],
            (server.data_dir / "operator_token").read_text(),
        }
        self.person = self.sign_up()
        self.own = self.keep(self.person.client.get("/me/webhook-url").json()["url"].rpartition("/")[2])

    def keep(self, secret: str) -> str:
        self.hidden.add(secret)
        return secret

    def sign_up(self) -> Person:
        person = self.server.user(password=self.keep("a-password-to-hide"))
        self.keep(person.token)
        person.client.headers.update(ONE_CALL)
        return person

    def sign_in(self) -> None:
        """Rightly and wrongly, as a form and as a mistake."""
        client, email = self.server.client(headers=ONE_CALL), self.person.email
        for password in self.person.password, self.keep("a-wrong-password-to-hide"):
            token = client.post("/auth/login", json={"email": email, "password": password}).json().get("session_token")
            self.keep(token or password)
        client.post("/auth/login", content=f'{{"email": "{email}", "password": "{password}"')
        client.post("/auth/login", json={"email": {"password": password}, "password": [password]})
        client.get(f"/me?sid={self.person.token}")
        client.get(f"/nowhere/{self.person.token}/{WORDS}")

    def listen(self) -> None:
        """By every way to show who listens, and with a ticket that has been used."""
        client, path = self.server.client(headers=ONE_CALL), "/conversations/current/stream"
        ticket = self.keep(self.person.client.post(f"{path}-ticket").json()["ticket"])
        for query in {"ticket": ticket}, {"ticket": ticket}, {"sid": self.person.token}, {"sid": f"{WORDS}"}:
            with client.stream("GET", path, params=query):
                pass

    def post(self, path: str, content: bytes, **headers: str) -> int:
        url = f"{self.server.url}/omi-webhook{path}"
        return httpx2.post(url, content=content, headers=headers, timeout=PATIENCE, verify=TLS).status_code

    def call(self) -> None:
        """With the secret wherever it may stand, and with bodies of every kind."""
        good = json.dumps({"session_id": self.uid, "segments": [segment(WORDS)]}).encode()
        signed = signature(self.uid, good, secret=SIGNING_SECRETS[1])
        self.hidden |= set(re.findall(r"[0-9a-f]{64}", signed)) - {"0" * 64}
        bodies = [
            good,
            good[:-9],
            f'"{WORDS}"'.encode(),
            WORDS.encode(),
            json.dumps({"session_id": WORDS, "segments": WORDS}).encode(),
            json.dumps(
                {"session_id": self.uid, "segments": [{"text": {WORDS: WORDS}, "start": WORDS}, WORDS]}
            ).encode(),
            json.dumps({"session_id": self.uid, "segments": [segment(f"{WORDS} \ud800 \0")]}).encode(),
        ]
        for body in bodies:
            for path in (
                f"/{SECRET}",
                f"?token={SECRET}&uid={self.uid}",
                f"?token={SECRET}?uid={self.uid}",
                f"/{self.own}",
            ):
                self.post(path, body)
            self.post("", body, Authorization=f"Bearer {SECRET}")
            self.post(f"?uid={self.uid}", body, **{"X-Omi-Signature": signed})
            self.post(f"/{self.keep('a-wrong-secret-to-hide')}", body)
        with socket.create_connection(("127.0.0.1", int(self.server.port))) as raw:
            raw.sendall(f"POST /omi-webhook/{SECRET} HTTP/9\r\nX: {WORDS}\r\n\r\n".encode())
            raw.recv(1000)

    def link(self) -> None:
        """By number, by sentence, and in vain; also while OMI does not take it."""
        self.uid = new_uid()
        started = start(self.person, self.uid)
        number = self.keep(self.api.number(self.uid))
        sentence = self.keep(started["say"])
        self.keep(sentence.removeprefix("link "))
        for code in self.keep("987654"), number, self.keep("a-code-to-hide"):
            confirm(self.person, self.uid, code)
        self.post(
            f"/{SECRET}?uid={self.uid}", json.dumps({"session_id": self.uid, "segments": [segment(sentence)]}).encode()
        )
        self.api.refuse(f"{self.uid}-ill", 500)
        self.keep(start(self.person, f"{self.uid}-ill")["say"])


def attempt(act: Callable[[], None]) -> None:
    """Answers are not what they were any more."""
    with suppress(AssertionError, KeyError, ValueError):
        act()


TABLES = "messages", "challenges", "tickets", "omi_links", "limits", "deliveries", "users", "tokens"


def test_nothing_that_it_prints_tells_anything(server: ServerProcess, omi_api: OmiApi, uid: str) -> None:
    visitor = Visitor(server, omi_api, uid)
    everything = visitor.sign_in, visitor.listen, visitor.call, visitor.link
    for act in everything:
        act()
    server.wait_until_settled(uid)
    for table in TABLES:  # what is written fails, and nobody has expected that
        server.rows(f"CREATE TRIGGER no_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END")
    for act in everything:
        attempt(act)
    server.rows("DROP TRIGGER no_deliveries")
    visitor.call()
    wait_until(lambda: "could not be saved" in server.log.read_text(), "the worker to complain")
    for table in TABLES:  # nothing works at all
        server.rows(f"DROP TABLE {table}")
    for act in everything:
        attempt(act)
    server.stop()
    printed = server.log.read_text()
    assert "IntegrityError at" in printed and "the database does not work" in printed
    assert [secret for secret in visitor.hidden if re.search(rf"(?<!\d){re.escape(secret)}(?!\d)", printed)] == []
