"""Linking a wearable on the page, as somebody does it who has never done it before."""

import re

import pytest
from page_support import Open, conversations, expect_to_stay, hold, messages, new_user, post, read_out, segment, shown
from playwright.sync_api import Locator, Page, expect
from support import ServerProcess

UID = "Kq3vT8sXbM1wZc5nR7yPdL2fGh4J"


# By a sentence


def test_a_newcomer_links_by_saying_a_sentence(server: ServerProcess, open_page: Open) -> None:
    simulate(server, "--count", "12", "--conversations", "2")
    server.wait_until_settled(UID)

    page = open_page()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("Email address").fill("newcomer@example.org")
    page.get_by_label("Password").fill("a long password 42")
    page.get_by_role("button", name="Create an account").click()
    page.get_by_role("link", name="Link it now").click()
    sentence = ask_for_a_sentence(page)
    expect(shown(page).get_by_text("Listening for your sentence…")).to_be_visible()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"Good for another \d:\d\d"))
    simulate(server, "--say", sentence, "--count", "8", "--seed", "2")
    expect(shown(page).get_by_text("Your wearable is linked.")).to_be_visible()

    page.get_by_role("link", name="See what it hears").click()
    expect(messages(page)).not_to_have_count(0)
    server.say(UID, "And it goes on", start=500, uid=UID)
    expect(messages(page).last).to_contain_text("And it goes on")
    words = sentence.split()
    for piece in (" ".join(words[:3]), " ".join(words[3:])):
        assert server.rows("SELECT text FROM messages WHERE text LIKE ?", f"%{piece}%") == []


def test_what_was_heard_before_is_added_and_let_go(server: ServerProcess, open_page: Open) -> None:
    simulate(server, "--count", "12", "--conversations", "2")
    page = open_page(new_user(server), path="/#/link")
    link_by_saying(server, page)
    earlier = shown(page).get_by_text(re.compile(r"^\d conversations since"))
    offered = int(earlier.inner_text()[0])
    assert offered >= 2
    page.get_by_role("button", name="Leave out").click()
    expect(earlier).to_contain_text("stay out")
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_focused()
    mine = conversations(page)
    for _ in range(2):
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Undo", exact=True)).to_be_focused()
        expect(earlier).to_contain_text("are yours now")
        expect(mine).to_have_count(1 + offered)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Add", exact=True)).to_be_focused()
        expect(earlier).to_contain_text("stay out")
        expect(mine).to_have_count(1)


def test_an_account_of_which_only_the_sentence_was_heard_is_said_to_be_linked(
    server: ServerProcess, open_page: Open
) -> None:
    user = server.user()
    say = user.client.post("/link/omi/start", json={"omi_user_id": UID}).json()["say"]
    server.say(UID, say, uid=UID)
    server.wait_until_settled(UID)
    page = open_page(user, path="/#/sessions")
    account = page.get_by_role("article", name=f"OMI account {UID}")
    expect(account.get_by_text("Linked", exact=True)).to_be_visible()
    expect(account).to_contain_text("its next words appear under Live")
    advice = account.get_by_text("the device may be sending empty batches")
    expect(advice).to_be_hidden()
    account.get_by_text("Are words missing?").click()
    expect(advice).to_be_visible()


def test_unlinking_an_omi_account_says_its_consequences_first(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    link_by_saying(server, page)
    page.get_by_role("link", name="Sessions", exact=True).click()
    account = page.get_by_role("article")
    expect(account).to_have_accessible_name(f"OMI account {UID}")
    expect(account).to_contain_text("Working")
    expect(account).to_contain_text(re.compile(r"as you said the sentence · last heard .+ · \d messages"))

    dialog = page.get_by_role("dialog")
    account.get_by_role("button", name="Unlink").click()
    expect(dialog).to_contain_text("Its new words no longer reach you.")
    page.keyboard.press("Escape")
    expect(account).to_be_visible()
    account.get_by_role("button", name="Unlink").click()
    dialog.get_by_role("button", name="Unlink").click()
    expect(account).to_have_count(0)
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_focused()
    assert server.rows("SELECT user_id FROM omi_sessions") == [(None,)]


def test_a_sentence_that_is_too_old_gives_way_to_a_new_one(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    page.clock.install()
    old = ask_for_a_sentence(page)
    page.clock.run_for(601_000)
    expect(shown(page).get_by_text("the sentence no longer counts")).to_be_visible()
    expect(page.get_by_test_id("sentence")).to_be_hidden()
    page.get_by_role("button", name="New sentence").click()
    expect(page.get_by_test_id("sentence")).to_be_visible()
    expect(page.get_by_test_id("sentence")).not_to_have_text(old)


def test_a_server_that_restarts_while_it_listens_hears_the_sentence(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    ask_for_a_sentence(page)
    server.stop()
    expect(shown(page).get_by_text("No connection to the server.").first).to_be_visible()
    server.start()
    say(server, page)


def test_a_page_that_was_thrown_away_goes_on_listening(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    sentence = ask_for_a_sentence(page)
    page.reload()
    expect(page.get_by_test_id("sentence")).to_have_text(sentence)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"Good for another \d:\d\d"))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("sentence")).to_be_hidden()
    expect(page.get_by_label("Your OMI user id")).to_be_empty()
    with page.expect_response("**/link/omi"):
        page.reload()
    expect(page.get_by_role("link", name="Sessions", exact=True)).to_be_visible()
    expect(page.get_by_test_id("sentence")).to_be_hidden()
    page.get_by_role("heading", name="By saying a sentence").click()
    expect(page.get_by_label("Your OMI user id")).to_be_empty()

    sentence = ask_for_a_sentence(page, is_open=True)
    page.reload()
    expect(page.get_by_test_id("sentence")).to_have_text(sentence)
    simulate(server, "--say", sentence, "--count", "8", "--seed", "2")
    expect(shown(page).get_by_text("Your wearable is linked.")).to_be_visible()


def test_a_page_that_was_thrown_away_tells_what_it_has_missed(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    sentence = ask_for_a_sentence(page)
    page.goto("about:blank")
    simulate(server, "--say", sentence, "--count", "8", "--seed", "2")
    server.wait_until_settled(UID)
    page.go_back()
    expect(shown(page).get_by_text("Your wearable is linked.")).to_be_visible()
    page.get_by_role("button", name="Link another").click()
    expect(page.get_by_label("Your OMI user id")).to_be_empty()


def test_a_sentence_that_was_asked_for_elsewhere_is_waited_for(server: ServerProcess, open_page: Open) -> None:
    user = server.user()
    say = user.client.post("/link/omi/start", json={"omi_user_id": UID}).json()["say"]
    page = open_page(user, path="/#/link")
    expect(page.get_by_test_id("sentence")).to_have_text(say)
    close = " ".join(say.split()[1:-1])
    server.say(UID, close, uid=UID)
    expect(page.get_by_role("status").filter(has_text=close)).to_contain_text("say all six words")
    server.say(UID, say, start=10, uid=UID)
    expect(shown(page).get_by_text("Your wearable is linked.")).to_be_visible()


def test_the_way_back_leads_to_the_same_sentence(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    sentence = ask_for_a_sentence(page)
    page.get_by_role("link", name="Live").click()
    page.go_back()
    expect(page.get_by_test_id("sentence")).to_have_text(sentence)


def test_an_id_that_proves_nothing_leads_to_the_sentence(server: ServerProcess, open_page: Open) -> None:
    server.say(UID, "Hello", uid=UID)
    server.wait_until_settled(UID)
    page = open_page(new_user(server), path="/#/link")
    page.get_by_role("heading", name="With the device's id").click()
    page.get_by_label("The device's id").fill(UID)
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("you have to prove that the wearable is yours")
    page.get_by_role("button", name="Say a sentence instead").click()
    expect(page.get_by_label("Your OMI user id")).to_have_value(UID)
    expect(page.get_by_label("Your OMI user id")).to_be_focused()


def test_a_link_that_ends_is_no_longer_said_to_be_there(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    page.get_by_role("heading", name="With the device's id").click()
    page.get_by_label("The device's id").fill(UID)
    page.get_by_role("button", name="Link", exact=True).click()
    linked = shown(page).get_by_text(f"“{UID}” is linked to you.")
    expect(linked).to_be_visible()
    server.say(UID, "Hello", uid=UID)
    expect(shown(page).get_by_text("is no longer linked to you.")).to_be_visible()
    expect(linked).to_have_count(0)


def test_a_suspended_session_leads_to_the_sentence_and_can_be_removed(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server, UID), path="/#/sessions")
    server.say(UID, "Hello", uid=UID)
    page.get_by_role("link", name=f"Prove that {UID} is yours").click()
    expect(page.get_by_label("Your OMI user id")).to_have_value(UID)
    page.go_back()
    page.get_by_role("button", name=f"Remove {UID}").click()
    expect(page.get_by_role("article", name=f"Session {UID}")).to_be_hidden()


def test_an_address_that_comes_late_moves_nothing_that_somebody_presses(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server))
    held = hold(page, "**/me/webhook-url")
    page.goto(f"{server.url}/#/link")
    way = page.get_by_role("heading", name="By saying a sentence")
    expect_to_stay(way, page.get_by_label("personal webhook address"), held)


def test_the_keyboard_is_enough_to_link(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    page.get_by_role("button", name="Replace address").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your OMI user id")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Enter your OMI user id.")
    page.keyboard.type(UID)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("sentence")).to_be_focused()
    say(server, page)
    expect(page.get_by_role("link", name="See what it hears")).to_be_focused()


@pytest.mark.parametrize("way", ["With your own address", "By saying a sentence", "With the device's id"])
def test_a_phone_shows_every_way_within_reach(server: ServerProcess, open_page: Open, way: str) -> None:
    page = open_page(new_user(server), width=360, height=640, path="/#/link", has_touch=True)
    expect(page.get_by_label("personal webhook address")).to_have_value(re.compile("me_"))
    if way != "With your own address":
        page.get_by_role("heading", name=way).tap()
    if way == "By saying a sentence":
        ask_for_a_sentence(page, is_open=True)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for target in page.locator("main :is(a, button, input, summary)").locator("visible=true").all():
        box = target.bounding_box()
        assert box
        assert box["height"] >= 44, target.inner_text()


# By one's own address


def test_waiting_for_the_first_words_ends_with_them(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server))
    page.get_by_role("link", name="Link it now").click()
    address = page.get_by_label("personal webhook address")
    expect(address).to_have_value(re.compile("me_"))
    state = arrival(page)
    expect(state).to_have_text("Waiting for the first words…")
    expect(shown(page).get_by_text("only https addresses on the internet")).to_be_visible()
    post(address.input_value(), "A0")
    expect(state).to_contain_text("Your wearable has called.")
    post(address.input_value(), "A0", segment("Hello"))
    expect(state).to_contain_text("Words are arriving.")
    expect(shown(page).get_by_text("only https addresses on the internet")).to_be_hidden()
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_role("article", name="Session A0")).to_contain_text("Linked by your own address")
    page.get_by_role("link", name="Live").click()
    expect(messages(page)).to_contain_text(["Hello"])


def test_only_words_of_this_visit_are_said_to_arrive(server: ServerProcess, open_page: Open) -> None:
    user = server.user()
    address = user.client.get("/me/webhook-url").json()["url"]
    post(address, "A0", segment("Hello"))
    server.wait_until_settled("A0")
    page = open_page(user, path="/#/link")
    expect(arrival(page)).to_have_text(re.compile(r"Last words (just now|\d+ s ago)\."))
    post(address, "A0", segment("Here again", start=3))
    expect(arrival(page)).to_have_text("Words are arriving. Your wearable is linked.")

    page.get_by_role("button", name="Replace address").click()
    page.get_by_role("dialog").get_by_role("button", name="Replace").click()
    expect(arrival(page)).to_have_text("Waiting for the first words at the new address…")
    field = page.get_by_label("personal webhook address")
    expect(field).to_be_in_viewport()
    post(field.input_value(), "A0", segment("And here", start=6))
    expect(arrival(page)).to_have_text("Words are arriving, at this address or the previous one.")


def test_the_address_is_copied(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link", permissions=["clipboard-read", "clipboard-write"])
    address = page.get_by_label("personal webhook address")
    expect(address).to_have_value(re.compile("me_"))
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(read_out(page)).to_contain_text("Copied")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address.input_value()


def test_replacing_the_address_says_its_consequence_first(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    address = page.get_by_label("personal webhook address")
    expect(address).to_have_value(re.compile("me_"))
    before = address.input_value()
    page.get_by_role("button", name="Replace address").click()
    expect(page.get_by_role("dialog")).to_contain_text("another 24 hours")
    page.keyboard.press("Escape")
    expect(address).to_have_value(before)
    page.get_by_role("button", name="Replace address").click()
    page.get_by_role("dialog").get_by_role("button", name="Replace").click()
    expect(address).not_to_have_value(before)
    expect(shown(page).get_by_text("The previous address works until")).to_be_visible()
    notice = shown(page).get_by_text("This is your new address.")
    expect(notice).to_be_visible()
    page.get_by_role("link", name="Live").click()
    expect(notice).to_be_hidden()


def test_the_address_is_shown_as_a_picture_when_asked_for(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    picture = page.get_by_alt_text("QR code of your personal webhook address")
    expect(picture).to_have_count(0)
    page.get_by_role("button", name="Show it as a QR code").click()
    expect(picture).to_be_visible()
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    page.get_by_role("button", name="Hide the QR code").click()
    expect(picture).to_be_hidden()


def arrival(page: Page) -> Locator:
    return shown(page).get_by_text("Say something").locator("..").get_by_role("status")


def ask_for_a_sentence(page: Page, *, is_open: bool = False) -> str:
    """Asks for it, and reads it off the page."""
    if not is_open:
        page.get_by_role("heading", name="By saying a sentence").click()
    page.get_by_label("Your OMI user id").fill(UID)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_test_id("sentence")).to_have_text(re.compile("^link( [a-z]+){5}$"))
    return page.get_by_test_id("sentence").inner_text()


def link_by_saying(server: ServerProcess, page: Page) -> None:
    ask_for_a_sentence(page)
    say(server, page)


def say(server: ServerProcess, page: Page) -> None:
    """The wearable hears the sentence that is on the page, and then a little talk."""
    simulate(server, "--say", page.get_by_test_id("sentence").inner_text(), "--count", "8", "--seed", "2")
    expect(shown(page).get_by_text("Your wearable is linked.")).to_be_visible()


def simulate(server: ServerProcess, *options: str) -> None:
    """The wearable of somebody whose OMI app delivers to the shared address."""
    server.omilink("simulate", server.webhook_url, "--uid", UID, "--speed", "0", "--seed", "1", *options)
