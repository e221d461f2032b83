"""A browser in which somebody else has signed in meanwhile."""

from collections.abc import Callable

import pytest
from page_support import new_user
from playwright.sync_api import Page, expect
from support import Person, ServerProcess, wait_until

OpenApp = Callable[..., Page]


@pytest.fixture
def ada(server: ServerProcess) -> Person:
    return new_user(server, "ada-pendant")


def test_the_next_user_of_a_browser_gets_nothing_of_the_last_ones(
    server: ServerProcess, open_app: OpenApp, ada: Person
) -> None:
    """Ada has signed out on the server's own page only, and her app, which still remembers her, is slow to hear it."""
    page, ben = open_app(ada.token), new_user(server)
    server.say("ada-pendant", "Secret plans")
    expect(page.get_by_text("Secret plans").first).to_be_visible()
    page.evaluate("id => localStorage.setItem(`omilink.session.${id}`, 'ada-pendant')", ada.id)
    ada.client.delete("/sessions/ada-pendant/link").raise_for_status()

    page.context.add_cookies([{"name": "sid", "value": ben.token, "url": server.url}])
    page.route(f"{server.url}/me", lambda route: None)  # never answered
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Secret plans")
    wait_until(lambda: not page.evaluate("sessionStorage.getItem('omilink.lastView')"), "what was kept to be forgotten")
    assert ben.client.get("/sessions").json()["sessions"] == []


def test_a_tab_of_the_last_user_shows_nothing_of_the_next_ones(
    server: ServerProcess, open_app: OpenApp, ada: Person
) -> None:
    page, ben = open_app(ada.token, path="/#/link"), new_user(server, "bens-pendant")
    expect(page.get_by_label("Copy your personal webhook address")).not_to_have_value("")
    page.context.add_cookies([{"name": "sid", "value": ben.token, "url": server.url}])
    page.get_by_role("link", name="Account", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else is signed in now")
    server.restart()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
