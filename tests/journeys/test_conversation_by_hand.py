"""What a user changes in a conversation, in the page: title, star, misheard words, where it begins and ends."""

from datetime import UTC, datetime

import pytest
from page_support import (
    Open,
    conversations,
    deliver,
    deliver_record,
    messages,
    new_user,
    shown,
    talk,
    wearer,
    words,
)
from playwright.sync_api import Locator, Page, expect
from support import Person, ServerProcess


@pytest.fixture
def ada(server: ServerProcess) -> Person:
    return new_user(server, "ada-pendant")


def title(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def open_message(page: Page, text: str) -> Locator:
    """What can be done with a message, opened by the keyboard."""
    message = messages(page).filter(has_text=text)
    message.get_by_role("button", name="More about this message").press("Enter")
    return page.get_by_role("dialog")


def test_a_title_is_changed_in_its_place_and_given_back(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    deliver_record(server, uid, "The piano", datetime(2026, 3, 10, 19, tzinfo=UTC), "We talk.", emoji="🎹")
    desktop, phone = open_page(ada), open_page(ada, width=390, height=844, has_touch=True)
    for page in (desktop, phone):
        expect(title(page)).to_have_text("🎹 The piano")
    desktop.get_by_role("button", name="Rename this conversation").press("Enter")
    field = desktop.get_by_label("Title")
    expect(field).to_be_focused()
    expect(field).to_have_value("The piano")
    field.press("Escape")
    expect(title(desktop)).to_be_focused()

    phone.get_by_role("button", name="Rename this conversation").tap()
    phone.get_by_label("Title").fill("Umzug")
    phone.get_by_role("button", name="Save").tap()
    for page in (desktop, phone):
        expect(title(page)).to_have_text("🎹 Umzug")
    expect(conversations(desktop)).to_contain_text("🎹 Umzug")

    desktop.get_by_role("button", name="Rename this conversation").click()
    desktop.get_by_role("button", name="Back to OMI’s title or the first words").click()
    for page in (desktop, phone):
        expect(title(page)).to_have_text("🎹 The piano")
    desktop.get_by_role("button", name="Undo").click()
    for page in (desktop, phone):
        expect(title(page)).to_have_text("🎹 Umzug")


def test_a_title_that_cannot_be_saved_stays_in_its_field(server: ServerProcess, open_page: Open, ada: Person) -> None:
    server.say("ada-pendant", "Hello")
    page = open_page(ada)
    page.get_by_role("button", name="Rename this conversation").click()
    refusal = {"ok": False, "error": "busy", "message": "The server is busy."}
    page.route("**/conversations/*", lambda route: route.fulfill(status=503, json=refusal))
    page.get_by_label("Title").fill("A greeting")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The server is busy.")
    page.unroute("**/conversations/*")
    page.keyboard.press("Enter")
    expect(title(page)).to_have_text("A greeting")


def test_a_star_is_set_and_taken_away(server: ServerProcess, open_page: Open, ada: Person) -> None:
    server.say("ada-pendant", "Hello")
    page = open_page(ada)
    star = page.get_by_role("button", name="Star")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.press(" ")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(conversations(page).get_by_role("img", name="Starred")).to_be_visible()
    star.press(" ")
    expect(conversations(page).get_by_role("img", name="Starred")).to_have_count(0)


def test_a_hole_is_filled_before_the_readers_eyes(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    for name in ("20a", "20b", "20c"):
        deliver(server, uid, name)
    page = open_page(ada)
    expect(words(page).last).to_have_text("Which is 2026-1187, I wrote it down.")
    kept = messages(page).last.element_handle()
    notes = messages(page).get_by_test_id("notes")
    expect(notes).to_have_count(0)
    deliver(server, uid, "20z")
    filled = messages(page).filter(has_text="Good. How much does the van cost?")
    expect(filled).to_be_visible()
    expect(notes.first).to_have_text("not heard live, from OMI’s record")
    expect(words(page).last).to_have_text("Which is 2026-1187, I wrote it down.")
    assert page.evaluate("kept => kept.isConnected", kept)


def test_a_misheard_word_is_corrected_and_what_was_heard_given_back(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    server.say("ada-pendant", "Whereas my key", "It is on the table")
    page, there = open_page(ada), open_page(ada)
    dialog = open_message(page, "Whereas my key")
    dialog.get_by_label("What was said").fill("Where is my key?")
    dialog.get_by_role("button", name="Correct").click()
    for each in (page, there):
        expect(words(each)).to_have_text(["Where is my key?", "It is on the table"])
        expect(messages(each).first.get_by_test_id("notes")).to_have_text("corrected")
    dialog = open_message(page, "Where is my key?")
    dialog.get_by_label("What was said").fill(" ")
    dialog.get_by_role("button", name="Correct").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    dialog.get_by_role("button", name="Give back what was heard").click()
    for each in (page, there):
        expect(words(each)).to_have_text(["Whereas my key", "It is on the table"])
        expect(messages(each).get_by_test_id("notes")).to_have_count(0)


def test_a_conversation_is_split_at_a_message_and_the_split_undone(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    talk(server, "ada-pendant", 6)
    page = open_page(ada)
    expect(messages(page)).to_have_count(6)
    [conversation] = ada.client.get("/conversations").json()["items"]
    page.goto(f"{server.url}/#/conversations/{conversation['id']}")
    expect(page).to_have_title("Conversation · omilink")
    dialog = open_message(page, "Sentence number 0")
    dialog.get_by_role("button", name="Split here").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()  # nothing would be left
    dialog.get_by_role("button", name="Close").click()
    open_message(page, "Sentence number 4").get_by_role("button", name="Split here").click()
    expect(words(page)).to_have_text([f"Sentence number {number}" for number in range(4)])
    expect(conversations(page)).to_have_count(2)
    expect(shown(page).get_by_text("The later words are a conversation of their own.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(words(page)).to_have_text([f"Sentence number {number}" for number in range(6)])
    expect(conversations(page)).to_have_count(1)


def test_a_conversation_is_joined_with_the_one_before_and_the_join_undone(
    server: ServerProcess, open_page: Open
) -> None:
    """Whoever reads it elsewhere is led to the whole."""
    ada, uid = wearer(server)
    deliver_record(server, uid, "First", datetime(2026, 3, 9, 19, tzinfo=UTC), "The very first.")
    deliver_record(server, uid, "The piano", datetime(2026, 3, 10, 19, tzinfo=UTC), "We talk about the van.")
    deliver_record(server, uid, "Still the piano", datetime(2026, 3, 10, 20, tzinfo=UTC), "Who carries it?")
    deliver_record(server, uid, "Later", datetime(2026, 3, 11, 20, tzinfo=UTC), "Something else.")
    ids = {one["title"]: one["id"] for one in ada.client.get("/conversations").json()["items"]}
    page, reader = open_page(ada), open_page(ada, width=390, height=844, has_touch=True)
    for each in (page, reader):
        each.goto(f"{server.url}/#/conversations/{ids['Still the piano']}")
        expect(title(each)).to_have_text("Still the piano")
    page.get_by_role("button", name="Join with the one before").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("“The piano”")
    dialog.get_by_role("button", name="Join").click()
    for each in (page, reader):
        expect(title(each)).to_have_text("The piano")
        expect(words(each)).to_have_text(["We talk about the van.", "Who carries it?"])
        expect(each).to_have_url(f"{server.url}/#/conversations/{ids['The piano']}")
    expect(conversations(page)).to_have_count(3)
    expect(shown(reader).get_by_text("This conversation was joined to another one. You now read both.")).to_be_visible()
    expect(shown(page).get_by_text("Joined with “The piano”.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    for each in (page, reader):
        expect(words(each)).to_have_text(["We talk about the van."])
    expect(conversations(page)).to_have_count(4)


def test_the_first_conversation_has_none_before_it_to_join_with(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    server.say("ada-pendant", "Hello")
    page = open_page(ada)
    expect(words(page)).to_have_text("Hello")
    expect(page.get_by_role("button", name="Join with the one before")).to_have_count(0)


def test_the_one_of_now_is_joined_with_the_one_before_where_it_is_read(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    deliver_record(server, uid, "The piano", datetime(2026, 3, 10, 19, tzinfo=UTC), "We talk about the van.")
    deliver_record(server, uid, "Still the piano", datetime(2026, 3, 10, 20, tzinfo=UTC), "Who carries it?")
    page = open_page(ada)
    expect(title(page)).to_have_text("Still the piano")
    page.get_by_role("button", name="Join with the one before").click()
    page.get_by_role("dialog").get_by_role("button", name="Join").click()
    expect(words(page)).to_have_text(["We talk about the van.", "Who carries it?"])
    expect(title(page)).to_have_text("The piano")
    page.get_by_role("button", name="Undo").click()
    expect(title(page)).to_have_text("Still the piano")
