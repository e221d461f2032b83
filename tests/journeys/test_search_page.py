"""Searching in the page: as one types, by day, from the keyboard, and to the place where it was said."""

import re
from datetime import UTC, datetime

import pytest
from page_support import (
    Open,
    conversations,
    deliver_record,
    hold,
    messages,
    new_user,
    segment,
    send,
    shown,
    state,
    talk,
    top_of,
    wearer,
    words,
)
from playwright.sync_api import Locator, Page, Route, expect
from support import Person, ServerProcess, wait_until

BERLIN = {"timezone_id": "Europe/Berlin", "locale": "en-GB"}


@pytest.fixture
def ada(server: ServerProcess) -> Person:
    return new_user(server, "ada-pendant")


def box(page: Page) -> Locator:
    return page.get_by_role("searchbox")


def results(page: Page) -> Locator:
    return page.get_by_role("list", name="Search results").get_by_role("listitem")


def wait_for_request(page: Page, held: list[Route], q: str) -> list[Route]:
    """The requests for it, once there is one."""

    def found() -> list[Route]:
        page.evaluate("0")  # only meanwhile Playwright hears of requests
        return [route for route in held if f"q={q}&" in route.request.url]

    wait_until(found, f"a search for {q}")
    return found()


def wait_until_found(user: Person, q: str) -> None:
    wait_until(lambda: user.client.get("/search", params={"q": q}).json()["items"], f"{q} to be in the index")


def test_a_search_from_the_keyboard_finds_as_one_types_and_leads_to_the_place(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    talk(server, "ada-pendant", 180)
    server.say("ada-pendant", "A new day", start=0)
    wait_until_found(ada, '"number 7"')
    page = open_page(ada)
    expect(messages(page)).to_have_count(1)
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type('"sentence number 7"')
    expect(results(page)).to_have_count(1)
    expect(results(page)).to_contain_text(re.compile("Sentence number 7.*Speaker 0"))
    expect(results(page).get_by_test_id("highlight")).to_have_text("Sentence number 7")
    expect(page.get_by_role("status").get_by_text("1 result", exact=True)).to_be_visible()

    results(page).get_by_role("link").focus()
    page.keyboard.press("Enter")
    found = messages(page).filter(has_text=re.compile("Sentence number 7$"))
    expect(found).to_be_in_viewport()
    expect(found).to_be_focused()
    expect(found).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
    expect(found).to_have_css("background-color", "rgba(0, 0, 0, 0)")  # the mark goes by itself
    expect(found).to_be_in_viewport()
    newest = page.get_by_role("button", name="Newest")
    newest.click()
    expect(messages(page).last).to_contain_text("Sentence number 179")
    expect(messages(page).last).to_be_in_viewport()
    expect(newest).to_have_count(0)
    page.go_back()
    expect(box(page)).to_have_value('"sentence number 7"')
    expect(results(page)).to_have_count(1)


def test_around_a_hit_one_reads_on_in_both_directions_while_others_talk(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    talk(server, "ada-pendant", 240)
    wait_until_found(ada, '"number 120"')
    page = open_page(ada, path="/#/search")
    box(page).fill('"number 120"')
    results(page).get_by_role("link").click()
    found = messages(page).filter(has_text=re.compile("Sentence number 120$"))
    expect(found).to_be_in_viewport()
    before = top_of(found)
    server.say("ada-pendant", "And it goes on", start=720)
    pill = page.get_by_role("button", name="1 new")
    expect(pill).to_be_visible()
    assert abs(top_of(found) - before) <= 1

    log, read = page.get_by_role("log"), set[str]()
    while pill.count() > 0:
        read |= {*words(page).all_inner_texts()}
        log.evaluate("log => { log.scrollTop += 500 }")
        page.evaluate("new Promise(requestAnimationFrame)")
    expect(words(page).last).to_have_text("And it goes on")
    assert {f"Sentence number {number}" for number in range(120, 240)} <= read
    while "Sentence number 0" not in read:
        read |= {*words(page).all_inner_texts()}
        log.evaluate("log => { log.scrollTop -= 500 }")
        page.evaluate("new Promise(requestAnimationFrame)")
    assert {f"Sentence number {number}" for number in range(240)} <= read


def test_a_hit_that_has_gone_is_told_and_its_conversation_shown(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    talk(server, "ada-pendant", 5)
    page = open_page(ada)
    expect(messages(page)).to_have_count(5)
    [conversation] = ada.client.get("/conversations").json()["items"]
    page.goto(f"{server.url}/#/conversations/{conversation['id']}/{conversation['id']}.99")
    expect(shown(page).get_by_text("The message is not there any more.")).to_be_visible()
    expect(messages(page)).to_have_count(5)


@pytest.mark.parametrize("keys", ["Control+k", "Meta+k"])
def test_the_keys_lead_to_the_box_also_out_of_a_field(
    server: ServerProcess, open_page: Open, ada: Person, keys: str
) -> None:
    page = open_page(ada, path="/#/to-do")
    field = page.get_by_label("Something to do")
    field.fill("either")
    field.press("/")
    expect(field).to_have_value("either/")
    field.press(keys)
    expect(box(page)).to_be_focused()
    page.keyboard.type("kettle")
    page.keyboard.press(keys)  # once more: what is there is to be replaced
    page.keyboard.type("tea")
    expect(box(page)).to_have_value("tea")


def test_highlights_stand_where_they_are_among_emoji_and_from_right_to_left(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    send(server, "ada-pendant", segment("🎹🎹 The piano goes first"), segment("נלך לשוק ואז הביתה", start=3))
    wait_until_found(ada, "לשוק")
    page = open_page(ada, path="/#/search")
    marks = results(page).get_by_test_id("highlight")
    box(page).fill("piano")
    expect(marks.first).to_have_text("piano")
    box(page).fill("לשוק")
    expect(marks).to_have_text(["לשוק"])
    expect(results(page).get_by_text("נלך לשוק ואז הביתה").last).to_have_css("direction", "rtl")


def test_the_last_question_counts_and_what_cannot_be_answered_is_said(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    send(server, "ada-pendant", segment("red tea"), segment("blue coffee", start=3))
    wait_until_found(ada, "blue")
    page = open_page(ada, path="/#/search")
    held = hold(page, re.compile(r"/search\?"))
    box(page).fill("red")
    [red] = wait_for_request(page, held, "red")
    expect(page.get_by_role("status").get_by_text("Searching…")).to_be_visible()
    box(page).fill("blue")
    [blue] = wait_for_request(page, held, "blue")
    blue.continue_()
    expect(results(page).get_by_test_id("highlight").first).to_have_text("blue")
    red.continue_()
    page.unroute(re.compile(r"/search\?"))

    refusal = {"ok": False, "error": "busy", "message": "The server is busy."}
    page.route(re.compile(r"/search\?"), lambda route: route.fulfill(status=503, json=refusal))
    box(page).fill("green")
    expect(page.get_by_role("alert")).to_have_text("The server is busy.")
    page.unroute(re.compile(r"/search\?"))
    page.get_by_role("button", name="Try again").click()
    expect(shown(page).get_by_text("Nothing found.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(results(page)).to_have_count(0)


def test_a_search_without_a_server_is_made_when_it_is_back(server: ServerProcess, open_page: Open, ada: Person) -> None:
    server.say("ada-pendant", "red tea")
    wait_until_found(ada, "red")
    page = open_page(ada)
    expect(state(page)).to_have_text("Live")
    page.get_by_role("link", name="Search").click()
    server.stop()
    box(page).fill("red")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    server.start()
    expect(results(page).first).to_contain_text("red tea")


def test_days_of_the_reader_narrow_a_search_and_newest_comes_first_on_request(
    server: ServerProcess, open_page: Open
) -> None:
    ada, uid = wearer(server)
    for title, began in (
        ("In the evening", datetime(2026, 3, 10, 19, tzinfo=UTC)),
        ("After midnight in Berlin", datetime(2026, 3, 10, 23, 30, tzinfo=UTC)),
    ):
        deliver_record(server, uid, title, began, "We talk about tea.")
    wait_until(lambda: len(ada.client.get("/search", params={"q": "tea"}).json()["items"]) == 2, "both")
    phone = open_page(ada, width=390, height=844, has_touch=True, path="/#/conversations", **BERLIN)
    expect(conversations(phone)).to_have_count(2)
    phone.get_by_role("link", name="Search").tap()
    expect(box(phone)).to_be_focused()
    box(phone).fill("tea")
    expect(results(phone)).to_have_count(2)
    phone.get_by_role("button", name="Filters").tap()
    phone.get_by_label("From").fill("2026-03-11")
    expect(results(phone)).to_have_count(1)
    expect(results(phone)).to_contain_text("After midnight in Berlin")
    phone.get_by_label("From").fill("")
    phone.get_by_label("To", exact=True).fill("2026-03-10")
    expect(results(phone)).to_contain_text(["In the evening"])
    phone.get_by_role("button", name="Clear filters").tap()
    expect(results(phone)).to_have_count(2)
    newest = phone.get_by_role("button", name="Newest first")
    with phone.expect_request(re.compile(r"/search\?.*order=newest")):
        newest.tap()
    expect(newest).to_have_attribute("aria-pressed", "true")
    for target in phone.locator("#root :is(a:not([href='#']), button, input, [role=button])").all():
        area = target.bounding_box()
        assert area
        assert area["height"] >= 44 and area["x"] + area["width"] <= 390, target.inner_text()


def test_more_results_come_page_by_page(server: ServerProcess, open_page: Open, ada: Person) -> None:
    talk(server, "ada-pendant", 25)
    wait_until(lambda: len(ada.client.get("/search?q=sentence&limit=30").json()["items"]) >= 25, "all")
    page = open_page(ada, path="/#/search")
    box(page).fill("sentence")
    expect(page.get_by_role("status").get_by_text("The first 20 results")).to_be_visible()
    page.get_by_role("button", name="More results").click()
    expect(results(page).nth(25)).to_be_visible()
    expect(page.get_by_role("button", name="More results")).to_have_count(0)
