"""`omilink tail`"""

import argparse
import getpass
import io
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx2

from omilink import settings
from omilink.errors import NotSignedIn, OmilinkError

BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
"""Seconds: the longest wait after the first failure, which doubles with each, and its limit."""

Event = dict[str, Any]
People = dict[str, dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Follows your live conversation in the terminal, until Ctrl-C."
    parser.add_argument("--url", help="address of the server (default: the one of the settings)")
    parser.add_argument("--email", help="sign in with this email; asks for the password, or reads OMILINK_PASSWORD")
    parser.add_argument("--json", action="store_true", help="print every event as JSON")
    parser.epilog = "OMILINK_TOKEN can hold a session_token; then no email and password are needed."


def run(args: argparse.Namespace) -> int:
    url = args.url or settings.public_address(settings.load())
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may not have every letter
    timeout = httpx2.Timeout(10, read=40)  # a stream sends a heartbeat every 15 s
    try:
        with httpx2.Client(base_url=url, timeout=timeout) as client:
            token = os.environ.get("OMILINK_TOKEN") or _sign_in(client, args.email)
            shown: set[str] = set()
            people = {} if args.json else _people(client, token)
            for event in _follow(client, token):
                _show(event, shown, people, as_json=args.json)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise OmilinkError(f"{url} does not answer as omilink does: {error}. Is the server running?") from None
    return 0


def _sign_in(client: httpx2.Client, email: str | None) -> str:
    email = email or input("Email: ")
    password = os.environ.get("OMILINK_PASSWORD") or getpass.getpass("Password: ")
    answer = client.post("/auth/login", json={"email": email, "password": password})
    if answer.is_success:
        return str(answer.json()["session_token"])
    raise NotSignedIn(_message(answer))


def _people(client: httpx2.Client, token: str) -> People:
    """Those who have a name, by id."""
    people: People = {}
    cursor: str | None = ""
    while cursor is not None:
        answer = client.get("/people", params={"cursor": cursor}, headers={"Authorization": f"Bearer {token}"})
        if not answer.is_success:  # the stream says why
            return people
        page = answer.json()
        people |= {person["id"]: person for person in page["items"]}
        cursor = page["nextCursor"]
    return people


def _follow(client: httpx2.Client, token: str) -> Iterator[Event]:
    """Yields every event without end; after a lost connection it resumes after the last event."""
    cursor, failures, retry = "", 0, 0.0
    while True:
        try:
            for event in _connection(client, token, cursor):
                cursor, failures = event.id or cursor, 0
                retry = retry if event.retry is None else event.retry / 1000
                if event.data:
                    yield (known := json.loads(event.data))
                    if known["type"] == "signed_out":
                        raise NotSignedIn(f"The sign-in has ended ({known['reason']}). Sign in again.")
        except httpx2.HTTPError:
            if not cursor:
                raise
        failures += 1
        if failures == 1:
            print("omilink: the connection was lost; connecting again", file=sys.stderr, flush=True)
        time.sleep(max(min(retry, LONGEST_BACKOFF), _backoff(failures)))


def _connection(client: httpx2.Client, token: str, cursor: str) -> Iterator[httpx2.ServerSentEvent]:
    headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": cursor} if cursor else {})
    with client.stream("GET", "/conversations/current/stream", headers=headers) as answer:
        if answer.status_code in (401, 403):
            answer.read()
            raise NotSignedIn(_message(answer))
        answer.raise_for_status()
        yield from httpx2.EventSource(answer, max_event_size=None)  # one event may hold all words of a long call


def _show(event: Event, shown: set[str], people: People, *, as_json: bool) -> None:
    """Prints the event's words. Words that only moved to another conversation are not printed again: `shown` has the
    ids of what was."""
    if as_json:
        print(json.dumps(event, ensure_ascii=False), flush=True)
        return
    if event["type"] == "person_changed":
        people[event["person"]["id"]] = event["person"]
    if event["type"] == "messages_moved":
        shown.update(new for old, new in event["messageIds"].items() if old in shown)
    for message in event.get("messages", ()):
        if event["type"] == "new_messages" and message["id"] in shown:
            continue
        shown.add(message["id"])
        name = next((one["name"] for one in people.values() if message["personId"] in one["ids"]), None)
        who = "You" if message["isUser"] else name or message["speaker"] or "?"
        print(f"{message['spokenAt'][11:19]}  {_printable(who)}: {_printable(message['text'])}", flush=True)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)  # no control characters in the terminal


def _message(answer: httpx2.Response) -> str:
    """Why the request was refused, also if a proxy refused it without JSON."""
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"The server answered with status {answer.status_code}. Is {answer.url.host} omilink's own address?"


def _backoff(failures: int) -> float:
    return random.uniform(
        0, min(LONGEST_BACKOFF, BACKOFF * 2.0**failures)
    )  # random, so that not all clients connect at once
