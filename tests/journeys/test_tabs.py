"""The page in many tabs of one browser, over plain http: a browser opens six connections to a server at most."""

from collections.abc import Iterator

import pytest
from page_support import a_browser, messages, new_user, state, words
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support import PATIENCE, Person, ServerProcess, wait_until

HOST = "omilink.lan"
"""As good as an address of one's own network: without https, and so without much that a browser else has."""
TABS = 8


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser(f"--host-resolver-rules=MAP {HOST} 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def ada(server: ServerProcess) -> Person:
    return new_user(server, "ada-pendant")


@pytest.fixture
def context(browser: Browser, server: ServerProcess, ada: Person) -> Iterator[BrowserContext]:
    """Ada's browser, in which no script fails."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.add_cookies([{"name": "sid", "value": ada.token, "url": address(server)}])
    yield context
    context.close()
    assert errors == []


def address(server: ServerProcess) -> str:
    return f"http://{HOST}:{server.port}"


def open_tab(context: BrowserContext, server: ServerProcess) -> Page:
    page = context.new_page()
    page.goto(address(server))
    expect(state(page)).to_have_text("Live")
    return page


def streams_open(person: Person) -> int:
    number: int = person.client.get("/ready").json()["streamsOpen"]
    return number


def look(page: Page, visibility: str) -> None:
    """Brings the tab to the front or behind another one."""
    page.evaluate(
        "to => Object.defineProperty(document, 'visibilityState', { value: to, configurable: true })", visibility
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_eight_tabs_are_all_live(server: ServerProcess, context: BrowserContext, ada: Person) -> None:
    tabs = [open_tab(context, server) for _ in range(TABS)]
    assert tabs[0].evaluate("isSecureContext") is False
    wait_until(lambda: streams_open(ada) == 1, "the tabs to share a stream")

    server.say("ada-pendant", "Heard everywhere")
    for tab in tabs:
        expect(words(tab)).to_have_text(["Heard everywhere"])
    for tab in (tabs[0], tabs[-1]):
        tab.get_by_role("link", name="Sessions", exact=True).click()
        expect(tab.get_by_role("article", name="Session ada-pendant")).to_contain_text("Working")
        tab.get_by_role("link", name="Live", exact=True).click()

    for number in range(3):  # one of these has the stream, or another one goes on with it
        tabs.pop(0).close()
        server.say("ada-pendant", f"And then {number}", start=10 + number * 3)
        for tab in tabs:
            expect(messages(tab).last).to_contain_text(f"And then {number}")
    wait_until(lambda: streams_open(ada) == 1, "one of those left to have it")

    tabs.pop().get_by_role("button", name="Sign out").click()
    for tab in tabs:
        expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(tab.locator("body")).not_to_contain_text("Heard everywhere")


def test_a_tab_that_nobody_looks_at_lets_go_of_its_stream(
    server: ServerProcess, context: BrowserContext, ada: Person
) -> None:
    page = open_tab(context, server)
    wait_until(lambda: streams_open(ada) == 1, "the stream")
    look(page, "hidden")
    wait_until(lambda: streams_open(ada) == 0, "it to let go")
    server.say("ada-pendant", "Meanwhile")
    look(page, "visible")
    expect(words(page)).to_have_text(["Meanwhile"])
    expect(state(page)).to_have_text("Live")
    wait_until(lambda: streams_open(ada) == 1, "the stream")
