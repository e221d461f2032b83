"""`omilink tail`"""

import argparse
import getpass
import json
import os
from collections.abc import Iterator
from typing import Any

import httpx2

from omilink import settings
from omilink.errors import NotSignedIn, OmilinkError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Follows your live chat in the terminal, until Ctrl-C."
    parser.add_argument("--url", help="the server (default: the one that the settings describe)")
    parser.add_argument("--email", help="sign in with this; the password is asked for, or taken from OMILINK_PASSWORD")
    parser.add_argument("--json", action="store_true", help="print every event as it comes")
    parser.epilog = "With OMILINK_TOKEN set to a session_token, nothing is asked."


def run(args: argparse.Namespace) -> int:
    url = args.url or settings.public_address(settings.load())
    timeout = httpx2.Timeout(10, read=40)  # a stream shows every 15 s that it lives
    try:
        with httpx2.Client(base_url=url, timeout=timeout) as client:
            token = os.environ.get("OMILINK_TOKEN") or _sign_in(client, args.email)
            for event in _follow(client, token):
                _show(event, as_json=args.json)
    except httpx2.HTTPError as error:
        raise OmilinkError(f"{url} does not answer: {error}. Is the server running?") from None
    return 0


def _sign_in(client: httpx2.Client, email: str | None) -> str:
    email = email or input("Email: ")
    password = os.environ.get("OMILINK_PASSWORD") or getpass.getpass("Password: ")
    answer = client.post("/auth/login", json={"email": email, "password": password}).json()
    if not answer["ok"]:
        raise NotSignedIn(answer["message"])
    return str(answer["session_token"])


def _follow(client: httpx2.Client, token: str) -> Iterator[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    with client.stream("GET", "/conversations/current/stream", headers=headers) as answer:
        if answer.status_code != 200:
            raise NotSignedIn(json.loads(answer.read())["message"])
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def _show(event: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(event, ensure_ascii=False), flush=True)
        return
    for message in event.get("messages", ()):
        who = "You" if message["isUser"] else message["speaker"] or "?"
        print(f"{message['spokenAt'][11:19]}  {_printable(who)}: {_printable(message['text'])}", flush=True)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)  # what is said must not control the terminal
