"""The app in a browser: the whole way from signing up to words on the screen, and what can go wrong on it."""

import json
import re
import time
from collections.abc import Callable

import pytest
from page_support import (
    expect_to_stay,
    hold,
    messages,
    new_user,
    post,
    read_out,
    segment,
    send,
    shown,
    state,
    talk,
    top_of,
    unlink_at_own_address,
    words,
)
from playwright.sync_api import Page, expect
from support import PATIENCE, Person, ServerProcess, wait_until

OpenApp = Callable[..., Page]


@pytest.fixture
def ada(server: ServerProcess) -> Person:
    return new_user(server, "ada-pendant")


# Coming in


def test_a_newcomer_signs_up_links_a_wearable_and_sees_its_words(server: ServerProcess, open_app: OpenApp) -> None:
    page = open_app()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Email address").fill("newcomer@example.org")
    page.get_by_label("Password").fill("a long password 42")
    page.get_by_role("button", name="Create an account").click()

    page.get_by_role("link", name="Link it now").click()
    page.get_by_role("button", name="With the device's id").click()
    page.get_by_label("The device's id", exact=True).fill("kitchen")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(shown(page).get_by_text("“kitchen” is linked to you.")).to_be_visible()

    page.get_by_role("link", name="Live", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()
    server.say("kitchen", "Hello from the kitchen")
    expect(words(page)).to_have_text(["Hello from the kitchen"])
    expect(state(page)).to_have_text("Live")
    expect(page.get_by_test_id("connection-age")).to_have_text(re.compile(r"last words (just now|\d+ s ago)"))


def test_no_script_can_read_the_sign_in(server: ServerProcess, open_app: OpenApp) -> None:
    person = new_user(server)
    page = open_app()
    sign_in(page, person)
    expect(page.get_by_role("heading", name="Link your wearable")).to_be_visible()
    readable = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    token = next(cookie for cookie in page.context.cookies(server.url) if cookie["name"] == "sid")["value"]
    assert token not in page.evaluate(readable)


def test_a_remembered_session_that_was_unlinked_elsewhere_stays_so(server: ServerProcess, open_app: OpenApp) -> None:
    person = new_user(server)
    page = open_app(person.token, path="/#/link")
    page.get_by_role("button", name="With the device's id").click()
    page.get_by_label("The device's id", exact=True).fill("kitchen")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(shown(page).get_by_text("“kitchen” is linked to you.")).to_be_visible()
    wait_for_storage(page, lambda kept: "omilink.session" in kept)
    page.goto("about:blank")
    assert person.client.delete("/sessions/kitchen/link").status_code == 200

    page.go_back()
    page.get_by_role("link", name="Sessions", exact=True).click()
    wait_for_storage(page, lambda kept: "omilink.session" not in kept)
    expect(page.get_by_text("Nothing yet. With its first words")).to_be_visible()
    assert person.client.get("/sessions").json()["sessions"] == []


def test_an_address_that_comes_late_moves_nothing_that_somebody_presses(
    server: ServerProcess, open_app: OpenApp
) -> None:
    page = open_app(new_user(server).token)
    held = hold(page, "**/me/webhook-url")
    page.get_by_role("link", name="Link it now").click()
    way = page.get_by_role("button", name="By saying a sentence")
    expect_to_stay(way, page.get_by_label("personal webhook address"), held)


@pytest.mark.parametrize("server", [{"OMILINK_LINK_TTL": "0.00002"}], indirect=True, ids=["links of 1.7 s"])
def test_a_link_that_expires_is_made_again(server: ServerProcess, open_app: OpenApp) -> None:
    page = open_app(new_user(server).token, path="/#/link")
    page.get_by_role("button", name="With the device's id").click()
    page.get_by_label("The device's id", exact=True).fill("kitchen")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(shown(page).get_by_text("“kitchen” had been silent for long, and is linked to you again.")).to_be_visible()
    server.say("kitchen", "Still here")
    page.get_by_role("link", name="Live", exact=True).click()
    expect(words(page)).to_have_text(["Still here"])


def test_a_wrong_password_is_said_clearly(server: ServerProcess, open_app: OpenApp) -> None:
    page = open_app()
    page.get_by_label("Email address").fill(new_user(server).email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    expect(page.get_by_label("Email address")).not_to_be_empty()


def test_a_page_of_another_site_than_the_servers_says_so(
    server: ServerProcess, open_app: OpenApp, another_site: str
) -> None:
    page = open_app()
    page.goto(another_site)
    sign_in(page, new_user(server))
    expect(page.get_by_role("alert")).to_contain_text("say localhost in both addresses")


# Linking


def test_words_at_the_personal_address_arrive(server: ServerProcess, open_app: OpenApp) -> None:
    page = open_app(new_user(server).token, path="/#/link", permissions=["clipboard-read", "clipboard-write"])
    address = page.get_by_label("Copy your personal webhook address")
    expect(address).to_have_value(re.compile(rf"^{server.url}/omi-webhook/me_"))
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    pasted = page.evaluate("navigator.clipboard.readText()")
    assert pasted == address.input_value()

    post(pasted, "A0")
    expect(shown(page).get_by_text("Your wearable has called.")).to_be_visible()
    post(pasted, "A0", segment("Hello from my wearable"))
    expect(shown(page).get_by_text("Words are arriving.")).to_be_visible()


def test_an_omi_account_is_linked_by_its_sentence(server: ServerProcess, open_app: OpenApp) -> None:
    uid = "qNd8XkFzB1TkqZ5hVw3sYb7mPa12"
    page = open_app(new_user(server).token, path="/#/link")
    page.get_by_role("button", name="By saying a sentence").click()
    page.get_by_label("Your OMI user id").fill(uid)
    page.get_by_role("button", name="Start").click()
    sentence = page.get_by_test_id("sentence").inner_text()
    server.say(uid, sentence, uid=uid)
    expect(shown(page).get_by_text("Your wearable is linked.")).to_be_visible()
    page.get_by_role("link", name="See what it hears").click()
    server.say(uid, "Good morning", start=10, uid=uid)
    expect(words(page).last).to_have_text("Good morning")


def test_a_session_id_is_scanned(server: ServerProcess, open_app: OpenApp) -> None:
    """No machine here can hold a code before a camera: the browser's reader is a stand-in, its camera Chromium's."""
    reader = """
        globalThis.BarcodeDetector = class {
            async detect(video) { return video.videoWidth ? [{ rawValue: "scanned-pendant" }] : [] }
        }
    """
    ada = new_user(server)
    page = open_app(ada.token, path="/#/link", script=reader, permissions=["camera"])
    page.get_by_role("button", name="With the device's id").click()
    page.get_by_role("button", name="Scan a QR code").click()
    expect(page.get_by_label("The device's id", exact=True)).to_have_value("scanned-pendant")
    expect(shown(page).get_by_text("Press Link if it is yours.")).to_be_visible()
    assert ada.client.get("/sessions").json()["sessions"] == []
    page.get_by_role("button", name="Link", exact=True).click()
    expect(shown(page).get_by_text("“scanned-pendant” is linked to you.")).to_be_visible()


def test_a_camera_or_a_reader_that_is_of_no_use_says_so(server: ServerProcess, open_app: OpenApp) -> None:
    reader = "globalThis.BarcodeDetector = class { detect() { return Promise.reject(new Error()) } };"
    no_camera = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError') };"
    token = new_user(server).token
    for script, problem in ((reader, "cannot read codes"), (reader + no_camera, "There is no camera here")):
        page = open_app(token, path="/#/link", script=script, permissions=["camera"])
        page.get_by_role("button", name="With the device's id").click()
        page.get_by_role("button", name="Scan a QR code").click()
        expect(page.get_by_role("alert")).to_contain_text(problem)


def test_a_made_id_is_shown_whole_and_says_what_to_do(server: ServerProcess, open_app: OpenApp) -> None:
    page = open_app(new_user(server).token, path="/#/link")
    page.get_by_role("button", name="With the device's id").click()
    field = page.get_by_label("The device's id", exact=True)
    page.get_by_role("button", name="Link", exact=True).click()
    expect(field).to_be_focused()
    field.fill("kitchen")
    page.get_by_role("button", name="Link", exact=True).click()
    linked = shown(page).get_by_text("is linked to you.")
    expect(linked).to_be_visible()
    page.get_by_role("button", name="Make an id").click()
    expect(linked).to_be_hidden()
    expect(shown(page).get_by_text("Put it into your device, then press Link.")).to_be_visible()
    expect(page.get_by_test_id("made-id")).to_have_text(field.input_value())


def test_a_session_of_somebody_else_is_refused_in_words(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    page = open_app(new_user(server).token, path="/#/link")
    page.get_by_role("button", name="With the device's id").click()
    page.get_by_label("The device's id", exact=True).fill("ada-pendant")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be linked")


# What is said


def test_all_that_a_simulated_wearable_says_appears_in_order(
    server: ServerProcess, open_app: OpenApp, ada: Person
) -> None:
    page = open_app(ada.token, height=4_000)
    options = ("--session", "ada-pendant", "--count", "12", "--speed", "0", "--seed", "5", "--json", "--show-words")
    finished = server.omilink("simulate", server.webhook_url, *options)
    *deliveries, _ = [json.loads(line) for line in finished.stdout.splitlines()]
    said = [sentence.partition(": ")[2] for delivery in deliveries for sentence in delivery["words"]]
    assert len(said) >= 12
    expect(words(page)).to_have_text(said)


def test_a_growing_segment_is_replaced_in_place(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    page = open_app(ada.token)
    send(server, "ada-pendant", segment("It is going to", id="growing"))
    expect(words(page)).to_have_text(["It is going to"])
    before = words(page).element_handle()
    send(server, "ada-pendant", segment("It is going to rain", id="growing"))
    expect(words(page)).to_have_text(["It is going to rain"])
    assert page.evaluate("before => before === document.querySelector('[data-testid=words]')", before)


def test_speakers_have_names_and_the_wearer_is_you(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    page = open_app(ada.token)
    send(server, "ada-pendant", segment("Good morning", is_user=True), segment("Hello", speaker="SPEAKER_01", start=3))
    expect(messages(page)).to_have_count(2)
    expect(page.get_by_role("article", name=re.compile("^You, "))).to_contain_text("Good morning")
    expect(page.get_by_role("article", name=re.compile("^Speaker 1, "))).to_contain_text("Hello")


def test_words_are_never_markup(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    page = open_app(ada.token)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    server.say("ada-pendant", attack)
    expect(words(page)).to_have_text(attack)
    expect(page.locator("[role=log] :is(img, script)")).to_have_count(0)


# Lost connections


def test_a_server_that_restarts_costs_no_words(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    page = open_app(ada.token)
    server.say("ada-pendant", "Before")
    expect(words(page)).to_have_text(["Before"])

    server.stop()
    expect(state(page)).to_have_text("Offline")
    expect(page.get_by_test_id("connection-age")).to_contain_text("last contact")
    expect(words(page)).to_have_text(["Before"])

    server.start()
    server.say("ada-pendant", "Meanwhile", start=3)
    expect(words(page)).to_have_text(["Before", "Meanwhile"])
    expect(state(page)).to_have_text("Live")


def test_what_was_said_while_offline_is_caught_up(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    page = open_app(ada.token)
    server.say("ada-pendant", "Before")
    expect(words(page)).to_have_text(["Before"])

    page.context.set_offline(True)
    server.restart()  # an open connection outlives Chromium's switch to offline
    expect(state(page)).to_have_text("Offline")
    server.say("ada-pendant", "Meanwhile", start=3)

    page.context.set_offline(False)
    expect(words(page)).to_have_text(["Before", "Meanwhile"])
    expect(state(page)).to_have_text("Live")


def test_a_page_that_reloads_offline_shows_what_was_said_last(
    server: ServerProcess, open_app: OpenApp, ada: Person
) -> None:
    page = open_app(ada.token)
    server.say("ada-pendant", "Before")
    expect(words(page)).to_have_text(["Before"])
    wait_for_storage(page, lambda kept: "Before" in kept)  # kept a moment after it was said
    server.stop()
    page.reload()
    expect(words(page)).to_have_text(["Before"])
    expect(state(page)).to_have_text("Offline")
    server.start()
    server.say("ada-pendant", "Meanwhile", start=3)
    expect(words(page)).to_have_text(["Before", "Meanwhile"])


def test_words_stay_in_the_tab_in_which_they_were_read(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    """Other people may use the browser when the tab is closed."""
    page = open_app(ada.token)
    server.say("ada-pendant", "Before")
    wait_for_storage(page, lambda kept: "Before" in kept)
    server.stop()
    assert page.evaluate("localStorage.length") == 0
    other = page.context.new_page()
    other.goto(page.url)
    expect(shown(other).get_by_text("No connection", exact=True)).to_be_visible()
    expect(other.locator("body")).not_to_contain_text("Before")


def test_what_earlier_versions_kept_in_the_browser_is_removed(server: ServerProcess, open_app: OpenApp) -> None:
    page = open_app(script="localStorage.setItem('omilink.lastView', 'Before'); localStorage.setItem('mine', '1')")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == ["mine"]


def test_a_revoked_sign_in_ends_at_the_sign_in_screen(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    page = open_app(ada.token)
    for number, sentence in enumerate(("Hello", "Hello again")):
        server.say("ada-pendant", sentence, start=3 * number)
        expect(words(page).last).to_have_text(sentence)
    expect(read_out(page)).to_contain_text("Hello again")
    ada.client.post("/auth/logout").raise_for_status()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(shown(page).get_by_text("You are signed out here: this sign-in was ended.")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Hello")


def test_without_a_server_the_app_says_so_and_tries_again(
    server: ServerProcess, open_app: OpenApp, ada: Person
) -> None:
    server.stop()
    page = open_app(ada.token)
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    server.start()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()


# Reading


def test_whoever_has_scrolled_up_is_told_and_not_moved(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    talk(server, "ada-pendant", 40)
    page = open_app(ada.token)
    expect(words(page).last).to_have_text("Sentence number 39")
    page.get_by_role("log").hover()
    page.mouse.wheel(0, -900)
    expect(page.get_by_role("button", name="Newest")).to_be_visible()
    seen = words(page).filter(has_text="Sentence number 20")
    expect(seen).to_be_in_viewport()
    before = top_of(seen)

    for number in range(3):
        server.say("ada-pendant", f"News {number}", start=200 + number * 3)
    pill = page.get_by_role("button", name="3 new")
    expect(pill).to_be_visible()
    assert abs(top_of(seen) - before) <= 1

    pill.click()
    expect(words(page).filter(has_text="News 2")).to_be_in_viewport()
    expect(pill).to_be_hidden()
    server.say("ada-pendant", "And followed again", start=230)
    expect(words(page).filter(has_text="And followed again")).to_be_in_viewport()


def test_older_messages_come_on_the_way_up(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    talk(server, "ada-pendant", 180)
    page = open_app(ada.token)
    expect(words(page).last).to_have_text("Sentence number 179")
    page.get_by_role("log").hover()
    beginning = page.get_by_text("Beginning of this conversation")
    scroll_until(page, lambda: beginning.is_visible() and is_at_top(page), -1500)
    expect(words(page).first).to_have_text("Sentence number 0")


def test_a_long_conversation_is_not_drawn_all_at_once(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    talk(server, "ada-pendant", 2000)
    page = open_app(ada.token, width=1280, height=800)
    page.get_by_role("log").hover()
    beginning = page.get_by_text("Beginning of this conversation")
    scroll_until(page, lambda: beginning.is_visible() and is_at_top(page), -5_000)
    expect(words(page).first).to_have_text("Sentence number 0")
    assert page.get_by_test_id("message").count() < 500


def test_the_list_leads_to_earlier_conversations(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    server.say("ada-pendant", "The first day", start=100)
    page = open_app(ada.token)
    expect(words(page)).to_have_text(["The first day"])
    server.say("ada-pendant", "A new day", start=0)
    expect(words(page)).to_have_text(["A new day"])
    expect(page.get_by_text("A new conversation began")).to_be_visible()

    page.get_by_role("link", name="Conversations", exact=True).click()
    page.get_by_role("link", name="The first day").click()
    expect(words(page)).to_have_text(["The first day"])
    page.get_by_role("button", name="Delete this conversation").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be undone")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="Conversations")).to_be_visible()
    expect(page.get_by_role("link", name="The first day")).to_be_hidden()


# Sessions, and going


def test_unlinking_says_its_consequence_first(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    server.say("ada-pendant", "Hello")
    page = open_app(ada.token, path="/#/sessions")
    card = page.get_by_role("article", name="Session ada-pendant")
    expect(card).to_contain_text("Working")
    expect(card).to_contain_text("1 message")
    card.get_by_role("button", name="Unlink").click()
    expect(page.get_by_role("dialog")).to_contain_text("no longer reach you")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(card).to_be_visible()
    card.get_by_role("button", name="Unlink").click()
    page.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    expect(card).to_be_hidden()


def test_of_one_id_at_two_addresses_the_one_on_the_card_is_unlinked(
    server: ServerProcess, open_app: OpenApp, ada: Person
) -> None:
    post(ada.client.get("/me/webhook-url").json()["url"], "ada-pendant", segment("Hello at my own address"))
    page = open_app(ada.token, path="/#/sessions")
    unlink_at_own_address(page.get_by_role("article", name="Session ada-pendant"))


def test_signing_out_ends_it_in_every_tab(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    server.say("ada-pendant", "Hello")
    here, there = open_app(ada.token, path="/#/account"), open_app(ada.token)
    expect(words(there)).to_have_text(["Hello"])
    here.get_by_role("button", name="Sign out").click()
    for page, reason in ((here, "You signed out."), (there, "You are signed out here: this sign-in was ended.")):
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(shown(page).get_by_text(reason)).to_be_visible()
        expect(page.locator("body")).not_to_contain_text("Hello")


def test_tabs_of_one_browser_share_a_stream(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    first = open_app(ada.token)
    tabs = [first, *(first.context.new_page() for _ in range(7))]
    for tab in tabs:
        tab.goto(first.url)
        expect(state(tab)).to_have_text("Live")
    wait_until(lambda: ada.client.get("/ready").json()["streamsOpen"] == 1, "the tabs to share a stream")
    server.say("ada-pendant", "Heard everywhere")
    for tab in tabs:
        expect(words(tab)).to_have_text(["Heard everywhere"])


def test_another_sign_in_is_ended(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    here, there = open_app(ada.token, path="/#/account"), open_app()
    sign_in(there, ada)
    expect(there.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()
    here.reload()
    here.get_by_role("button", name="Sign Chrome on Linux out").click()
    expect(here.get_by_role("dialog")).to_contain_text("It is signed out at once")
    here.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(here.get_by_role("button", name="Sign Chrome on Linux out")).to_be_hidden()


def test_another_password_ends_the_other_sign_ins(server: ServerProcess, open_app: OpenApp, ada: Person) -> None:
    here, there = open_app(ada.token, path="/#/account"), open_app()
    sign_in(there, ada)
    expect(there.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()
    here.get_by_label("Current password").fill("not the password")
    here.get_by_label("New password").fill("another password 42")
    here.get_by_role("button", name="Change password").click()
    expect(here.get_by_role("alert")).to_contain_text("wrong")
    expect(here.get_by_label("Current password")).to_be_focused()

    here.get_by_label("Current password").fill(ada.password)
    here.get_by_role("button", name="Change password").click()
    expect(shown(here).get_by_text("Your password is changed.")).to_be_visible()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(here.get_by_label("Current password")).to_have_value("")


def test_deleting_the_account_says_its_consequences_and_asks_for_the_password(
    server: ServerProcess, open_app: OpenApp, ada: Person
) -> None:
    page = open_app(ada.token, path="/#/account")
    page.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("every word in them")
    dialog.get_by_role("button", name="Delete for ever").click()
    expect(dialog.get_by_role("alert")).to_have_text("Enter your password.")
    dialog.get_by_label("Your password").fill("not the password")
    dialog.get_by_role("button", name="Delete for ever").click()
    expect(dialog.get_by_role("alert")).to_contain_text("wrong")
    dialog.get_by_label("Your password").fill(ada.password)
    dialog.get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_text("Your account has been deleted.")).to_be_visible()


# Sizes and colours


@pytest.mark.parametrize(
    ("screen", "text"),
    [
        ("live", "A-word-that-is-longer"),
        ("conversations", "A-word-that-is-longer"),
        ("sessions", "Linked by hand"),
        ("link", "Replace address"),
        ("account", "This browser"),
    ],
)
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_everything_is_within_reach(
    server: ServerProcess, open_app: OpenApp, ada: Person, screen: str, text: str, width: int, height: int
) -> None:
    server.say("ada-pendant", "A-word-that-is-longer-than-any-phone-is-wide-" * 6)
    page = open_app(ada.token, width=width, height=height, path=f"/#/{screen}", has_touch=True)
    main = page.get_by_role("main")
    expect(main.get_by_text(text).locator("visible=true").last).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    # a scroller swallows what is too wide for it, so the page itself never is
    edges = "main => [...main.querySelectorAll('*')].map(element => element.getBoundingClientRect().right)"
    assert max(main.evaluate(edges)) <= width
    # all at one moment: what is not known yet may still come or go
    sizes = "elements => elements.map(element => [element.innerText, element.getBoundingClientRect().height])"
    targets = page.locator("a, button, input").locator("visible=true").evaluate_all(sizes)
    assert targets
    assert [words for words, height in targets if height < 44] == []


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_app_takes_the_colours_of_the_system(open_app: OpenApp, scheme: str, is_dark: bool) -> None:
    page = open_app(color_scheme=scheme)
    heading = page.get_by_role("heading", name="Sign in")
    expect(heading).to_be_visible()
    red = int(heading.evaluate("heading => getComputedStyle(heading).color.match(/\\d+/)[0]"))
    assert (red > 200) == is_dark


def scroll_until(page: Page, reached: Callable[[], bool], by: int) -> None:
    """Turns the wheel, a frame at a time, for as long as that leads anywhere."""
    log, seen, give_up = page.get_by_role("log"), None, 0.0
    while not reached():
        place = log.evaluate("log => [log.scrollTop, log.scrollHeight]")
        if place != seen:
            seen, give_up = place, time.monotonic() + PATIENCE
        assert time.monotonic() < give_up, log.inner_text()
        page.mouse.wheel(0, by)
        page.evaluate("new Promise(requestAnimationFrame)")


def is_at_top(page: Page) -> bool:
    at_top: bool = page.get_by_role("log").evaluate("log => log.scrollTop <= 0")
    return at_top


def wait_for_storage(page: Page, is_so: Callable[[str], bool]) -> None:
    """The page's headers forbid what Playwright waits with."""
    wait_until(lambda: is_so(page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")), "what is kept")


def sign_in(page: Page, person: Person) -> None:
    page.get_by_label("Email address").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
