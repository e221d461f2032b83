"""Delivers a call as OMI's cloud does: address, headers, signature, time limits, retries, circuit breaker
(docs/reference/omi.md)."""

import asyncio
import hashlib
import hmac
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx2

from omilink_simulator.calls import Call

Path = Literal["app", "dev"]
Outcome = Literal["accepted", "refused", "unanswered", "lost"]

RETRY_WAITS = (1.0, 5.0, 30.0)
FAILURES_UNTIL_OPEN = 5
OPEN_FOR = 30.0
CONNECT_TIMEOUT, TIMEOUT = 2.0, 15.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The result of a try. `pushed` is the text that OMI would show on the phone."""

    outcome: Outcome
    status: int | None = None
    milliseconds: float = 0.0
    why: str = ""
    pushed: str | None = None


@dataclass(frozen=True, kw_only=True)
class Target:
    """The webhook, its secrets, and the version of OMI that calls it; `signing_secrets` has two during a rotation."""

    url: str
    bearer: str | None = None
    signing_secrets: tuple[str, ...] = ()
    era: str = "newest"


class Breaker:
    """OMI's circuit breaker: after FAILURES_UNTIL_OPEN failures in a row, all calls of the next OPEN_FOR seconds are
    lost. The first failure after that opens it again."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    def is_open(self, now: float) -> bool:
        return now < self._open_until

    def record(self, accepted: bool, now: float) -> None:
        self._failures = 0 if accepted else self._failures + 1
        if self._failures >= FAILURES_UNTIL_OPEN:
            self._open_until = now + OPEN_FOR


class Sender:
    """Posts calls to one target. Times are those of the simulated clock, so that tests do not wait."""

    def __init__(self, target: Target, client: httpx2.AsyncClient) -> None:
        self._target = target
        self._client = client
        self._breakers: defaultdict[str, Breaker] = defaultdict(Breaker)

    async def post(self, call: Call, path: Path, now: float) -> Answer:
        url = address(self._target.url, call.query, self._target.era)
        breaker = self._breakers[without_query(url)]
        if breaker.is_open(now):
            return Answer(outcome="lost", why="the breaker is open")
        answer = await self._ask(url, call, self._headers(call, path))
        breaker.record(answer.outcome == "accepted", now)
        return answer

    async def _ask(self, url: str, call: Call, headers: dict[str, str]) -> Answer:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(TIMEOUT):
                response = await self._client.post(url, content=call.body, headers=headers)
        except (httpx2.HTTPError, TimeoutError) as problem:
            return Answer(outcome="unanswered", milliseconds=_since(began), why=_in_words(problem))
        return _judged(response, self._target.era, _since(began))

    def _headers(self, call: Call, path: Path) -> dict[str, str]:
        headers = {"Content-Type": call.content_type, **dict(call.headers)}
        if path == "dev":
            headers["Idempotency-Key"] = call.id
        if self._target.bearer:
            headers["Authorization"] = f"Bearer {self._target.bearer}"
        if self._target.signing_secrets:
            moment = int(time.time())
            headers["X-Omi-Event"] = call.event
            headers["X-Omi-Delivery"] = call.id
            headers["X-Omi-Signature"] = sign(call.body, call.uid, moment, self._target.signing_secrets)
        return headers


def connect() -> httpx2.AsyncClient:
    """A client with OMI's time limits that follows no redirects and uses no proxy."""
    return httpx2.AsyncClient(timeout=httpx2.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT), trust_env=False)


def wait_before_retry(path: Path, tries: int, answer: Answer) -> float | None:
    """Seconds until the next try after this number of tries, None if there is no next try."""
    final = answer.outcome in ("accepted", "lost") or _client_error(answer.status)
    if path == "app" or final or tries > len(RETRY_WAITS):
        return None
    return RETRY_WAITS[tries - 1]


def address(url: str, query: tuple[tuple[str, str], ...], era: str) -> str:
    """The URL with the query appended as OMI does: older versions add `?` even if the URL has a query."""
    if not query:
        return url
    return url + ("&" if "?" in url and era == "newest" else "?") + urlencode(query)


def without_query(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))


def sign(body: bytes, uid: str, moment: int, secrets: tuple[str, ...]) -> str:
    signed = f"{moment}.{uid}.".encode() + body
    proofs = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={moment}", *(f"v1={proof}" for proof in proofs)])


def _judged(response: httpx2.Response, era: str, milliseconds: float) -> Answer:
    body = _json_or_none(response)
    accepted = response.is_success if era == "newest" else response.status_code == 200 and body is not None
    return Answer(
        outcome="accepted" if accepted else "refused",
        status=response.status_code,
        milliseconds=milliseconds,
        why="" if accepted else _reason(body),
        pushed=_pushed(body) if accepted else None,
    )


def _pushed(body: object) -> str | None:
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) and len(message) > 5 else None


def _reason(body: object) -> str:
    return str(body.get("message") or body.get("error") or "") if isinstance(body, dict) else ""


def _json_or_none(response: httpx2.Response) -> object:
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def _client_error(status: int | None) -> bool:
    return status is not None and 400 <= status < 500 and status not in (408, 429)


def _in_words(problem: Exception) -> str:
    if isinstance(problem, httpx2.ConnectTimeout | httpx2.ConnectError):
        return "cannot connect"
    if isinstance(problem, httpx2.TimeoutException | TimeoutError):
        return "no answer in time"
    return f"connection broke: {problem}"


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
