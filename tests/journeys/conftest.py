"""A browser, and pages in it."""

from collections.abc import Iterator
from typing import Any

import pytest
from page_support import Open, a_browser
from playwright.sync_api import Browser, BrowserContext, Page
from support import PATIENCE, Person, ServerProcess


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, server: ServerProcess) -> Iterator[Open]:
    """Opens the page in a browser of its own, signed in as the user if one is given. No script of it may fail, and the
    server's content policy forbids nothing of it."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(
        user: Person | None = None, *, width: int = 1280, height: int = 800, path: str = "/", **options: Any
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        if user:
            context.add_cookies([{"name": "sid", "value": user.token, "url": server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        page.goto(server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
