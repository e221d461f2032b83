"""Linking on the page by a number that OMI shows on the phone."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from page_support import Open, new_user, shown
from playwright.sync_api import Page, expect
from support import ServerProcess

UID = "Kq3vT8sXbM1wZc5nR7yPdL2fGh4J"


class Phone(ThreadingHTTPServer):
    """OMI's notification API and what it has shown on the one phone there is."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Shower)
        self.shown: list[str] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def number(self) -> str:
        found = re.search(r"\d[\d ]{4,}\d", self.shown[-1])
        assert found
        return found[0]


class Shower(BaseHTTPRequestHandler):
    server: Phone

    def do_POST(self) -> None:
        self.server.shown += parse_qs(urlsplit(self.path).query)["message"]
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def phone() -> Iterator[Phone]:
    with Phone() as phone:
        threading.Thread(target=phone.serve_forever, daemon=True).start()
        yield phone
        phone.shutdown()


@pytest.fixture
def server(make_server: Callable[..., ServerProcess], phone: Phone) -> ServerProcess:
    return make_server(OMILINK_OMI_APP_ID="app", OMILINK_OMI_API_KEY="sk_test", OMILINK_OMI_API_URL=phone.url)


def test_the_number_from_the_phone_links(server: ServerProcess, open_page: Open, phone: Phone) -> None:
    page = open_page(new_user(server), path="/#/link")
    start(page)
    type_number(page, "the letters")
    expect(page.get_by_role("alert")).to_have_text("Enter the number from your phone.")
    type_number(page, other_than(phone.number))
    expect(page.get_by_role("alert")).to_contain_text("This number is wrong or has expired.")

    first = phone.number
    page.get_by_role("button", name="New number").click()
    expect(shown(page).get_by_text("A new number is on its way.")).to_be_visible()
    expect(page.get_by_label("type the number")).to_be_empty()
    type_number(page, first)
    expect(page.get_by_role("alert")).to_contain_text("This number is wrong or has expired.")
    type_number(page, phone.number)
    expect(shown(page).get_by_text("Your wearable is linked.")).to_be_visible()
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_role("article", name=f"OMI account {UID}")).to_contain_text("as you typed the number")
    page.get_by_role("link", name="Live").click()
    expect(page.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()


def test_a_page_that_was_thrown_away_takes_the_number(server: ServerProcess, open_page: Open, phone: Phone) -> None:
    page = open_page(new_user(server), path="/#/link")
    start(page)
    page.reload()
    type_number(page, phone.number)
    expect(shown(page).get_by_text("Your wearable is linked.")).to_be_visible()


def test_too_many_wrong_numbers_are_said_in_minutes(server: ServerProcess, open_page: Open, phone: Phone) -> None:
    page = open_page(new_user(server), path="/#/link")
    start(page)
    for _ in range(5):
        type_number(page, other_than(phone.number))
        expect(page.get_by_role("alert")).to_contain_text("This number is wrong")
    type_number(page, phone.number)
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Too many tries\. Wait \d+ minutes"))


def test_a_phone_that_cannot_be_reached_leaves_the_sentence(
    server: ServerProcess, open_page: Open, phone: Phone
) -> None:
    phone.status = 403
    page = open_page(new_user(server), path="/#/link")
    start(page)
    expect(shown(page).get_by_text("No number went to your phone.")).to_be_visible()
    expect(page.get_by_label("type the number")).to_be_hidden()
    server.say(UID, page.get_by_test_id("sentence").inner_text(), uid=UID)
    expect(shown(page).get_by_text("Your wearable is linked.")).to_be_visible()


def start(page: Page) -> None:
    page.get_by_role("heading", name="By saying a sentence").click()
    page.get_by_label("Your OMI user id").fill(UID)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_test_id("sentence")).to_be_visible()


def type_number(page: Page, number: str) -> None:
    page.get_by_label("type the number").fill(number)
    page.get_by_role("button", name="Confirm").click()


def other_than(number: str) -> str:
    return number.translate(str.maketrans("0123456789", "1234567890"))
