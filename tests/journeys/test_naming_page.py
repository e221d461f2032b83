"""Speakers get names in the page, and the names stand everywhere at once."""

import re

from page_support import Open, messages, new_user, segment, send, words
from playwright.sync_api import Page, expect
from support import ServerProcess


def ask_who(page: Page, name: str) -> None:
    messages(page).get_by_role("button", name=f"{name}: who is this?").first.press("Enter")


def test_a_speaker_is_named_by_a_touch_and_named_so_everywhere(server: ServerProcess, open_page: Open) -> None:
    ada = new_user(server, "ada-pendant")
    send(server, "ada-pendant", segment("Good morning", speaker="SPEAKER_1"), segment("Hello", start=3))
    page, there = open_page(ada), open_page(ada)
    for each in (page, there):
        expect(words(each)).to_have_text(["Good morning", "Hello"])
        expect(messages(each).first).to_contain_text("Speaker 1")

    ask_who(page, "Speaker 1")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Hedda")
    page.keyboard.press("Enter")
    for each in (page, there):
        expect(messages(each).first).to_contain_text("Hedda")
        expect(messages(each).last).to_contain_text("Speaker 0")
    expect(dialog).to_have_count(0)

    ask_who(there, "Speaker 0")
    known = there.get_by_role("dialog")
    known.get_by_role("button", name="Hedda").click()
    for each in (page, there):
        expect(messages(each).filter(has_text="Speaker")).to_have_count(0)
    send(server, "ada-pendant", segment("And good night", speaker="SPEAKER_1", start=6))
    for each in (page, there):
        expect(messages(each).last).to_contain_text("And good night")
        expect(messages(each).last).to_have_accessible_name(re.compile("^Hedda, "))

    ask_who(page, "Hedda")
    page.get_by_role("dialog").get_by_role("button", name="That’s me").click()
    for each in (page, there):
        expect(messages(each).first).to_contain_text("You")
