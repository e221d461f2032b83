"""How the careful server of these tests is set, and what a wearable's cloud sends."""

import hashlib
import hmac
import itertools
import secrets
import string
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from support import PATIENCE, TLS, Person, ServerProcess, wait_until

from omilink.accounts.signing_in import TICKET_LIFE

ALLOWED_ORIGIN = "https://app.example.org"
PUBLIC_URL = "https://omi.example.org"
SECRETS = ("the-old-secret", "the-new-secret")
SIGNING_SECRETS = ("whsec_before-the-rotation", "whsec_after-the-rotation")

PASSWORD = "correct horse"
DAY = 86_400_000

AHEAD = 10.0
"""Seconds after which a sign-in expires: every stream has to look at the new moment before."""

SAMPLES = Path(__file__).parents[1] / "samples"
ACCOUNT_A = b"Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
ACCOUNT_B = b"zR8mWb1EyX5tQnHc0LoGfV63uKsD"
"""The uids of the samples, to be replaced by ones that no other test uses."""


_newcomers = itertools.count(1)


def new_uid() -> str:
    """An OMI account id: 28 letters and digits."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(28))


def newcomer(server: ServerProcess, password_hash: str) -> Person:
    """Somebody who signed up without the time that hashing a password takes."""
    number, token, at = next(_newcomers), secrets.token_urlsafe(32), time.time_ns() // 1_000_000
    email, user_id = f"newcomer{number}@example.org", f"newcomer-{number}"
    user = "INSERT INTO users (id, email, password_hash, created_at) VALUES (?, ?, ?, ?)"
    right = "INSERT INTO tokens (hash, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)"
    server.rows(user, user_id, email, password_hash, at)
    server.rows(right, fingerprint(token), user_id, at, at + 30 * DAY)
    client = server.client(headers={"Authorization": f"Bearer {token}"})
    return Person(email=email, password=PASSWORD, token=token, id=user_id, client=client)


def let_expire(server: ServerProcess, person: Person, seconds: float) -> float:
    """Lets the person's sign-ins expire in these seconds of counted time, which a new ticket tells, and open streams
    look at the new moment. Returns when the sign-ins expire by the monotonic clock, or a little before."""
    began = time.monotonic()
    person.client.post("/conversations/current/stream-ticket").raise_for_status()
    later = round(seconds * 1000) - TICKET_LIFE
    server.rows(
        "UPDATE tokens SET expires_at = ? + (SELECT max(tickets.expires_at) FROM tickets JOIN tokens AS own "
        "ON own.hash = tickets.token_hash WHERE own.user_id = tokens.user_id) WHERE user_id = ?",
        later,
        person.id,
    )
    server.rows("UPDATE users SET rights = rights + 1 WHERE id = ?", person.id)  # as every withdrawal does
    return began + seconds


def fingerprint(secret: str) -> str:
    """What the database holds of a token or a ticket."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sample(name: str, uid: str) -> bytes:
    """The bytes of a sample, from this account."""
    [path] = SAMPLES.glob(f"{name}*.json")
    return path.read_bytes().replace(ACCOUNT_A, uid.encode()).replace(ACCOUNT_B, uid.encode())


def segment(text: str, start: float = 0.0, **more: object) -> dict[str, Any]:
    return {"text": text, "speaker": "SPEAKER_0", "is_user": True, "start": start, "end": start + 2, **more}


def call(server: ServerProcess, body: object, query: str = "", **headers: str) -> httpx2.Response:
    """A webhook call with the secret in the path; bytes are sent as they are."""
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    return httpx2.post(f"{server.webhook_url}{query}", headers=headers, timeout=PATIENCE, verify=TLS, **sent)


def texts(person: Person) -> list[str]:
    """The words of the person's current conversation."""
    return [message["text"] for message in person.current()["messages"]]


def wait_for_texts(person: Person, *expected: str) -> None:
    wait_until(lambda: texts(person) == list(expected), f"{expected}")


def until_slowed_down(guess: Callable[[], httpx2.Response], most: int = 60) -> list[httpx2.Response]:
    """All answers to one guess after the other; a busy machine may earn another try meanwhile."""
    answers = [guess()]
    while answers[-1].status_code != 429 and len(answers) < most:
        answers.append(guess())
    return answers


def is_error(answer: httpx2.Response, status: int, code: str) -> bool:
    """Whether the answer is this error in the contract's shape, with a sentence."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body.keys() == {"ok", "error", "message"}
    assert body["ok"] is False
    assert body["message"].strip().endswith((".", "?", ")")), body["message"]
    return bool(body["error"] == code)


_addresses = itertools.count(1)


def elsewhere() -> dict[str, str]:
    """Headers of a call from an address of its own, by way of a proxy: wrong numbers count for addresses too."""
    number = next(_addresses)
    return {"X-Forwarded-For": f"198.18.{number // 256}.{number % 256}"}


def start(person: Person, uid: str, **more: object) -> dict[str, Any]:
    answer = person.client.post("/link/omi/start", json={"omi_user_id": uid, **more}, headers=elsewhere())
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def confirm(person: Person, uid: str, code: object) -> httpx2.Response:
    form = {"omi_user_id": uid, "code": code}
    return person.client.post("/link/omi/confirm", json=form, headers=elsewhere())


def linked_uids(person: Person) -> list[str]:
    """The OMI accounts that are the person's."""
    return [link["omiUserId"] for link in person.client.get("/me").json()["omi_links"]]


def signature(uid: str, body: bytes, *, secret: str, at: float | None = None) -> str:
    """The header with which OMI signs, in the middle of a rotation: another secret's signature comes first."""
    moment = int(time.time() if at is None else at)
    made = hmac.new(secret.encode(), f"{moment}.{uid}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={'0' * 64},v1={made}"
