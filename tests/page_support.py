"""A browser, what its tests say to a server, and what they look for in the page."""

import contextlib
import json
import os
import re
import secrets
import shutil
import string
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright
from support import PATIENCE, TLS, Person, ServerProcess

OWN_ADDRESS = re.compile("me_")
CANDIDATES = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "The page tests need a browser: `apt-get install chromium`, or set CHROMIUM=/path/to/chromium."

SAMPLES = Path(__file__).parent / "samples"
UID_OF_SAMPLES = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
LETTERS = string.ascii_letters + string.digits

Open = Callable[..., Page]


@contextlib.contextmanager
def a_browser(*flags: str) -> Iterator[Browser]:
    """Chromium, with Playwright's patience set to ours; the test is skipped where there is none."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CANDIDATES)), None)
    if path is None:
        pytest.skip(INSTALL)
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *flags])
        yield browser
        browser.close()


def messages(page: Page) -> Locator:
    return page.get_by_role("log").get_by_test_id("message").locator("visible=true")


def words(page: Page) -> Locator:
    """What is said, in spoken order."""
    return page.get_by_test_id("words").locator("visible=true")


def state(page: Page) -> Locator:
    """That of the connection."""
    return page.get_by_test_id("connection-state")


def conversations(page: Page) -> Locator:
    return page.get_by_role("list", name="Conversations").get_by_role("listitem")


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True)


def shown(page: Page) -> Locator:
    """What is seen; what a screen reader is told stands beside it."""
    return page.locator("#root")


def read_out(page: Page) -> Locator:
    """What a screen reader is told."""
    return page.locator("body > [aria-live]")


def top_of(element: Locator) -> float:
    top: float = element.evaluate("element => element.getBoundingClientRect().top")
    return top


def hold(page: Page, url: str) -> list[Route]:
    """The requests to the URL, from now on: each waits until a test lets it go on."""
    held: list[Route] = []
    page.route(url, lambda route: held.append(route))  # a builtin as such is nothing that Playwright can call
    return held


def expect_to_stay(way: Locator, address: Locator, held: list[Route]) -> None:
    """The webhook address, held back until now, comes, and what somebody may be pressing stays where it is."""
    expect(shown(way.page).get_by_text("Waiting for the first words…")).to_be_visible()
    before = top_of(way)
    expect(address).not_to_have_value(OWN_ADDRESS)
    held[0].continue_()
    expect(address).to_have_value(OWN_ADDRESS)
    assert top_of(way) == before


def unlink_at_own_address(cards: Locator) -> None:
    """Of two sessions of one id that one, after its consequence was said; the other one stays."""
    expect(cards).to_have_count(2)
    cards.filter(has_text="Linked by your own address").get_by_role("button", name="Unlink").click()
    dialog = cards.page.get_by_role("dialog")
    expect(dialog).to_contain_text("comes back with its next words")
    dialog.get_by_role("button", name="Unlink").click()
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("Linked by hand")


def new_user(server: ServerProcess, *session_ids: str) -> Person:
    """Somebody who does everything else in the page."""
    user = server.user()
    for session_id in session_ids:
        assert user.link(session_id).status_code == 200
    return user


def talk(server: ServerProcess, session_id: str, length: int) -> None:
    """A conversation of numbered sentences, by two speakers in turn."""
    sentences = [
        segment(f"Sentence number {number}", speaker=f"SPEAKER_{number // 3 % 2}", start=number * 3)
        for number in range(length)
    ]
    send(server, session_id, *sentences)


def send(server: ServerProcess, session_id: str, *segments: dict[str, Any]) -> None:
    post(server.webhook_url, session_id, *segments)


def post(address: str, session_id: str, *segments: dict[str, Any]) -> None:
    assert httpx2.post(address, json={"session_id": session_id, "segments": segments}, verify=TLS).status_code == 200


def segment(
    text: str, *, start: float = 0, speaker: str = "SPEAKER_0", is_user: bool = False, **more: str
) -> dict[str, Any]:
    return {"text": text, "speaker": speaker, "is_user": is_user, "start": start, "end": start + 2, **more}


def wearer(server: ServerProcess) -> tuple[Person, str]:
    """A new user and the uid of their OMI account."""
    user, uid = server.user(), "".join(secrets.choice(LETTERS) for _ in range(28))
    server.vouch(user, uid)
    return user, uid


def deliver(server: ServerProcess, uid: str, name: str) -> None:
    """Sends a sample as OMI's cloud does. A conversation in it began half a minute ago."""
    [path] = SAMPLES.glob(f"{name}*.json")
    body = json.loads(path.read_text().replace(UID_OF_SAMPLES, uid))
    if "started_at" in body:
        began = datetime.now(UTC) - timedelta(seconds=31)
        body |= {"started_at": began.isoformat(), "finished_at": (began + timedelta(seconds=32)).isoformat()}
    deliver_body(server, uid, body)


def deliver_record(
    server: ServerProcess, uid: str, title: str, began: datetime, *texts: str, **structured: object
) -> None:
    """Sends OMI's record of a conversation in which the texts were said, three seconds each."""
    segments = [
        segment(text, start=start, speaker="SPEAKER_1", id=str(uuid4()))
        for text, start in zip(texts, count(0.0, 3.0), strict=False)
    ]
    deliver_body(
        server,
        uid,
        {
            "id": str(uuid4()),
            "started_at": began.isoformat(),
            "finished_at": (began + timedelta(seconds=3 * len(texts))).isoformat(),
            "structured": {"title": title, "overview": "", "emoji": "", "category": "other", **structured},
            "transcript_segments": segments,
        },
    )


def deliver_body(server: ServerProcess, uid: str, body: dict[str, Any]) -> None:
    assert httpx2.post(f"{server.webhook_url}?uid={uid}", json=body, verify=TLS).status_code == 200
