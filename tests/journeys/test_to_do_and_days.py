"""What is to be done over all conversations, and OMI's summaries of days, in the page."""

import re

from page_support import Open, deliver, shown, tab, wearer
from playwright.sync_api import Locator, Page, expect
from support import ServerProcess

TRANSFER = "Transfer half of the van price tonight"
HEDDA = "Call Hedda about straps and dollies"


def items(page: Page) -> Locator:
    return page.get_by_role("list", name="Things to do").get_by_role("listitem")


def box(page: Page, text: str) -> Locator:
    return page.get_by_role("checkbox", name=text)


def test_things_to_do_come_by_themselves_and_are_ticked_here_and_there(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    page, phone = open_page(ada, path="/#/to-do"), open_page(ada, width=390, height=844, has_touch=True)
    tab(phone, "To do").tap()
    for each in (page, phone):
        expect(shown(each).get_by_text("Nothing to do.")).to_be_visible()
    deliver(server, uid, "20z")
    for each in (page, phone):
        expect(items(each)).to_have_count(2)
        expect(each.get_by_role("main").get_by_role("link", name="Moving the piano on Saturday")).to_be_visible()
    box(page, TRANSFER).press(" ")
    expect(box(phone, TRANSFER)).to_be_checked()
    box(phone, TRANSFER).tap()
    expect(box(page, TRANSFER)).not_to_be_checked()
    box(page, HEDDA).press(" ")
    expect(box(phone, HEDDA)).to_be_checked()

    page.get_by_role("button", name="Done", exact=True).click()
    expect(items(page)).to_have_count(1)
    expect(box(page, HEDDA)).to_be_checked()
    page.get_by_role("button", name="Open", exact=True).click()
    expect(items(page)).to_have_count(1)
    page.get_by_role("main").get_by_role("link", name="Moving the piano on Saturday").click()
    expect(box(page, HEDDA)).to_be_checked()


def test_ones_own_is_added_edited_and_deleted(server: ServerProcess, open_page: Open) -> None:
    ada = server.user()
    page, there = open_page(ada, path="/#/to-do"), open_page(ada, path="/#/to-do")
    expect(shown(there).get_by_text("Nothing to do.")).to_be_visible()
    new = page.get_by_label("Something to do")
    new.fill("  ")
    new.press("Enter")
    new.fill("Buy bread")
    new.press("Enter")
    expect(items(page)).to_contain_text(["Buy bread"])
    expect(new).to_be_focused()
    expect(new).to_be_empty()
    expect(items(there)).to_contain_text(["Buy bread"])

    page.get_by_role("button", name="Edit “Buy bread”").click()
    text = page.get_by_label("What is to be done")
    expect(text).to_be_focused()
    text.fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    text.fill("Buy rye bread")
    page.get_by_label("Until").fill("2026-03-10")
    page.get_by_role("button", name="Save").click()
    for each in (page, there):
        expect(items(each)).to_have_text([re.compile("Buy rye bread.*due .*Mar")])

    page.get_by_role("button", name="Delete “Buy rye bread”").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Buy rye bread")
    dialog.get_by_role("button", name="Delete").click()
    for each in (page, there):
        expect(shown(each).get_by_text("Nothing to do.")).to_be_visible()


def test_a_refused_tick_is_taken_back_in_the_list_too(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    deliver(server, uid, "20z")
    page = open_page(ada, path="/#/to-do")
    refusal = {"ok": False, "error": "busy", "message": "The server is busy."}
    page.route("**/action-items/*", lambda route: route.fulfill(status=503, json=refusal))
    box(page, HEDDA).click()
    expect(shown(page).get_by_text("The server is busy.")).to_be_visible()
    expect(box(page, HEDDA)).not_to_be_checked()


def test_a_summary_of_a_day_comes_before_the_readers_eyes(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    page = open_page(ada, path="/#/days", locale="en-GB")
    day = page.get_by_role("list", name="Days").get_by_role("listitem")
    expect(shown(page).get_by_text("No summary of a day yet.")).to_be_visible()
    expect(page.get_by_role("link", name="See which address to paste there")).to_be_visible()
    deliver(server, uid, "24")
    expect(day).to_have_count(1)
    expect(day.get_by_role("heading", level=2, name=re.compile("^14 October"))).to_be_visible()
    expect(day).to_contain_text("Paint, dough and a train that wasn't there")
    expect(day).to_contain_text("Walls: Grey, as last year.")
    expect(day).to_contain_text("The kitchen becomes grey")
    expect(day).to_contain_text("Buy grey paint")


def test_lists_that_cannot_be_fetched_say_so_and_fill_by_themselves(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    deliver(server, uid, "20z")
    deliver(server, uid, "24")
    page = open_page(ada, path="/#/account")
    expect(page.get_by_role("article")).to_have_count(1)
    refusal = {"ok": False, "error": "busy", "message": "The server is busy."}
    for address, name, held in (
        (re.compile(r"/action-items\?"), "To do", items(page)),
        (re.compile(r"/day-summaries"), "Days", page.get_by_role("list", name="Days").get_by_role("listitem")),
    ):
        page.route(address, lambda route: route.fulfill(status=503, json=refusal))
        tab(page, name).click()
        expect(page.get_by_role("alert")).to_have_text("The server is busy.")
        page.unroute(address)
        expect(held.first).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
