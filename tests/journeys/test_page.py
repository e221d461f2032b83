"""The page in a real browser, on a real server."""

import json
import re

import httpx2
import pytest
from page_support import (
    Open,
    conversations,
    hold,
    messages,
    new_user,
    post,
    segment,
    send,
    shown,
    state,
    tab,
    talk,
    top_of,
    unlink_at_own_address,
    words,
)
from playwright.sync_api import expect
from support import TLS, Person, ServerProcess


@pytest.fixture
def ada(server: ServerProcess) -> Person:
    return new_user(server, "ada-pendant")


# Coming in


def test_a_newcomer_signs_up_links_a_wearable_and_sees_its_words(server: ServerProcess, open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Email address").fill("newcomer@example.org")
    expect(page.get_by_label("Password")).to_have_accessible_description("At least 8 characters")
    page.get_by_label("Password").fill("a long password 42")
    page.get_by_role("button", name="Create an account").click()

    page.get_by_role("link", name="Link it now").click()
    page.get_by_role("heading", name="With the device's id").click()
    page.get_by_label("The device's id").fill("kitchen")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(shown(page).get_by_text("“kitchen” is linked to you.")).to_be_visible()
    page.get_by_role("link", name="Live").click()
    expect(page.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()

    server.say("kitchen", "Hello from the kitchen")
    expect(page.get_by_role("log")).to_contain_text("Hello from the kitchen")
    expect(words(page)).to_have_css("font-size", "16px")
    expect(state(page)).to_have_text("Live")
    expect(page.get_by_test_id("connection-age")).to_have_text(re.compile(r"last words (just now|\d+ s ago)"))
    assert "session_token" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


def test_an_id_to_try_comes_with_a_command_that_works(server: ServerProcess, open_page: Open) -> None:
    user = new_user(server)
    page = open_page(user, path="/#/link")
    page.get_by_role("heading", name="With the device's id").click()
    page.get_by_role("button", name="Make an id to try").click()
    command = page.get_by_test_id("trial-command").inner_text()
    body = re.search(r"-d '(.*)'", command, re.DOTALL)
    address = re.search(r"POST '(.*)'", command)
    assert body and address
    assert address[1] == user.client.get("/me/webhook-url").json()["url"]
    assert httpx2.post(address[1], json=json.loads(body[1]), verify=TLS).status_code == 200
    page.get_by_role("link", name="Live").click()
    expect(page.get_by_role("log")).to_contain_text("Hello from my terminal")
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_role("article")).to_have_count(1)


def test_a_wrong_password_is_said_clearly(server: ServerProcess, open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Email address").fill(new_user(server).email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    expect(page.get_by_label("Email address")).not_to_be_empty()


def test_a_refused_email_has_the_focus(server: ServerProcess, open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Create an account").click()
    email, password = page.get_by_label("Email address"), page.get_by_label("Password")
    send_button = page.get_by_role("button", name="Create an account")
    password.fill("a long password 42")
    for refused in ("nobody", new_user(server).email):
        email.fill(refused)
        send_button.click()
        expect(page.get_by_role("alert")).to_contain_text("email")
        expect(email).to_be_focused()
    email.fill("newcomer@example.org")
    password.fill("short")
    send_button.click()
    expect(page.get_by_role("alert")).to_contain_text("password")
    expect(password).to_be_focused()


def test_the_keyboard_is_enough(server: ServerProcess, open_page: Open, ada: Person) -> None:
    page = open_page()
    expect(page.get_by_label("Email address")).to_be_focused()
    page.keyboard.type(ada.email)
    page.keyboard.press("Tab")
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Live")).to_be_focused()

    page.reload()
    expect(page.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_a_phone_leads_the_keyboard_and_the_way_back_to_the_list(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    talk(server, "ada-pendant", 5)
    server.say("ada-pendant", "A new day", start=0)
    page = open_page(ada, width=390, height=844)
    expect(page).to_have_title("Live · omilink")
    list_tab, list_heading = tab(page, "Conversations"), page.get_by_role("heading", name="Conversations")
    list_tab.click()
    expect(list_heading).to_be_focused()
    expect(page).to_have_title("Conversations · omilink")
    page.keyboard.press("Shift+Tab")
    page.get_by_role("link", name="Skip to content").focus()
    page.keyboard.press("Enter")
    expect(list_heading).to_be_focused()

    page.get_by_role("link", name="Sentence number 0").click()
    expect(messages(page)).to_have_count(5)
    expect(list_tab).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Back to conversations").click()
    expect(list_heading).to_be_focused()


def test_only_what_is_said_now_is_marked_so(server: ServerProcess, open_page: Open, ada: Person) -> None:
    page = open_page(ada)
    page.clock.install()
    server.say("ada-pendant", "Hello")
    mark = conversations(page).get_by_text("now")
    expect(mark).to_be_visible()
    page.clock.run_for(61_000)
    expect(mark).to_be_hidden()


# What is said


def test_nothing_crosses_over_between_two_users(server: ServerProcess, open_page: Open) -> None:
    pages = {name: open_page(new_user(server, name)) for name in ("left", "right")}
    for number in range(10):
        for name in pages:
            server.say(name, f"{name} says {number}", start=number * 3)
    for name, other in (("left", "right"), ("right", "left")):
        expect(messages(pages[name])).to_have_count(10)
        expect(pages[name].locator("body")).not_to_contain_text(f"{other} says")


def test_speakers_have_names_and_the_wearer_is_you(server: ServerProcess, open_page: Open, ada: Person) -> None:
    page = open_page(ada)
    send(server, "ada-pendant", segment("Good morning", is_user=True), segment("Hello", speaker="SPEAKER_01", start=3))
    expect(messages(page).nth(0)).to_contain_text("You")
    expect(messages(page).nth(1)).to_contain_text("Speaker 1")


def test_a_growing_segment_is_replaced_in_place(server: ServerProcess, open_page: Open, ada: Person) -> None:
    page = open_page(ada)
    send(server, "ada-pendant", segment("It is going to", id="growing"))
    expect(messages(page)).to_contain_text(["It is going to"])
    before = messages(page).element_handle()
    send(server, "ada-pendant", segment("It is going to rain", id="growing"))
    expect(messages(page)).to_contain_text(["It is going to rain"])
    assert page.evaluate("before => before === document.querySelector('[role=log] [data-testid=message]')", before)


def test_words_are_never_markup(server: ServerProcess, open_page: Open, ada: Person) -> None:
    page = open_page(ada)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    server.say("ada-pendant", attack)
    expect(words(page)).to_have_text(attack)
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img")
    expect(page.locator("[role=log] :is(img, script)")).to_have_count(0)


def test_a_server_that_restarts_costs_no_words(server: ServerProcess, open_page: Open, ada: Person) -> None:
    page = open_page(ada)
    server.say("ada-pendant", "Before")
    expect(messages(page)).to_have_count(1)

    server.stop()
    expect(state(page)).to_have_text("Offline")
    expect(page.get_by_test_id("connection-age")).to_contain_text("last contact")
    expect(messages(page)).to_have_count(1)

    server.start()
    server.say("ada-pendant", "Meanwhile", start=3)
    expect(words(page)).to_have_text(["Before", "Meanwhile"])
    expect(state(page)).to_have_text("Live")


def test_a_page_without_a_server_offers_another_try(server: ServerProcess, open_page: Open, ada: Person) -> None:
    page = open_page(ada, path="/docs")
    me = hold(page, "**/me")
    with page.expect_request("**/me"):
        page.goto(server.url)
    expect(shown(page).get_by_text("Loading…")).to_be_visible()
    me[0].abort()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    label = "b => { const r = document.createRange(); r.selectNodeContents(b); return r.getBoundingClientRect().top }"
    box = again.bounding_box()
    assert box
    assert again.evaluate(label) - box["y"] > 5
    page.unroute("**/me")
    again.click()
    expect(page.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()


@pytest.mark.parametrize("screen", ["Sessions", "Account", "Conversations"])
def test_every_screen_says_that_the_server_is_away(
    server: ServerProcess, open_page: Open, ada: Person, screen: str
) -> None:
    width = 390 if screen == "Conversations" else 1280
    page = open_page(ada, path=f"/#/{screen.lower()}", width=width)
    expect(tab(page, screen)).to_have_attribute("aria-current", "page")
    away = shown(page).get_by_text("No connection to the server. Trying again…").locator("visible=true")
    expect(away).to_have_count(0)
    server.stop()
    expect(away).to_be_visible()
    server.start()
    expect(away).to_have_count(0)


def test_a_screen_that_is_opened_while_the_server_is_away_fills_when_it_is_back(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    talk(server, "ada-pendant", 5)
    server.say("ada-pendant", "A new day", start=0)
    page = open_page(ada)
    older = page.get_by_role("link", name="Sentence number 0")
    expect(older).to_be_visible()
    server.stop()
    expect(state(page)).to_have_text("Offline")
    page.get_by_role("link", name="Account").click()
    expect(shown(page).get_by_text("The server cannot be reached.")).to_be_visible()
    server.start()
    expect(page.get_by_role("article")).to_contain_text(["This browser"])

    server.stop()
    expect(shown(page).get_by_text("No connection to the server.").locator("visible=true")).to_be_visible()
    older.click()
    expect(shown(page).get_by_text("The server cannot be reached.").locator("visible=true").first).to_be_visible()
    server.start()
    expect(messages(page)).to_have_count(5)


def test_a_conversation_that_is_not_there_cannot_be_deleted(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    server.say("ada-pendant", "Hello")
    page = open_page(ada, path="/#/conversations/00000000-0000-4000-8000-000000000000")
    expect(shown(page).get_by_text("This conversation is not there any more.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete this conversation")).to_have_count(0)


def test_the_most_urgent_session_is_named_while_nothing_is_said(server: ServerProcess, open_page: Open) -> None:
    uid = "Kq3vT8sXbM1wZc5nR7yPdL2fGh4J"
    page = open_page(new_user(server, uid, "kitchen"))
    hint = page.get_by_role("main")
    expect(hint).to_contain_text(": Linked, and nothing has come from it yet.")
    server.say(uid, "Hello", uid=uid)
    expect(hint).to_contain_text(f"Session “{uid}”: This is an OMI user id")


def test_coming_back_to_the_tab_connects_anew_without_a_word_about_it(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    page = open_page(ada)
    expect(state(page)).to_have_text("Live")
    page.evaluate("""() => {
      window.said = [];
      const state = document.querySelector("[data-testid=connection-state]");
      new MutationObserver(() => said.push(state.textContent)).observe(state, { childList: true, characterData: true });
      const now = Date.now;
      Date.now = () => now() + 10_000; // so long nothing has been heard
    }""")
    with page.expect_response("**/conversations/current/stream*"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    server.say("ada-pendant", "After")
    expect(words(page)).to_have_text(["After"])
    expect(state(page)).to_have_text("Live")
    assert page.evaluate("said") == []


# Reading


def test_older_messages_come_without_a_jump(server: ServerProcess, open_page: Open, ada: Person) -> None:
    talk(server, "ada-pendant", 180)
    page = open_page(ada)
    expect(words(page).last).to_have_text("Sentence number 179")
    log, older = page.get_by_role("log"), hold(page, "**/messages?*")
    with page.expect_request("**/messages?*"):
        log.evaluate("log => { log.scrollTop = 300 }")
    seen = messages(page).filter(has_text=re.compile(r"Sentence number 13\d$")).nth(6)
    before, height = top_of(seen), log.evaluate("log => log.scrollHeight")
    older[0].continue_()
    page.unroute("**/messages?*")
    page.wait_for_function("height => document.querySelector('[role=log]').scrollHeight > height", arg=height)
    assert abs(top_of(seen) - before) <= 1

    read = set[str]()
    while "Sentence number 0" not in read or log.evaluate("log => log.scrollTop") > 0:
        read |= {*words(page).all_inner_texts()}
        log.evaluate("log => { log.scrollTop -= 500 }")
        page.evaluate("new Promise(requestAnimationFrame)")
    assert len(read) == 180
    expect(log).to_contain_text("Beginning of this conversation")
    expect(words(page).first).to_have_text("Sentence number 0")


def test_whoever_has_scrolled_up_is_told_and_not_moved(server: ServerProcess, open_page: Open, ada: Person) -> None:
    talk(server, "ada-pendant", 40)
    page = open_page(ada)
    expect(messages(page)).to_have_count(40)
    page.get_by_role("log").hover()
    page.mouse.wheel(0, -600)
    expect(page.get_by_role("button", name="Newest")).to_be_visible()
    seen = messages(page).nth(30)
    before = top_of(seen)

    for number in range(3):
        server.say("ada-pendant", f"News {number}", start=200 + number * 3)
    pill = page.get_by_role("button", name="3 new")
    expect(pill).to_be_visible()
    assert abs(top_of(seen) - before) <= 1

    pill.click()
    expect(messages(page).last).to_be_in_viewport()
    expect(page.get_by_role("button", name=re.compile("new|Newest"))).to_be_hidden()
    server.say("ada-pendant", "And followed again", start=230)
    expect(messages(page).last).to_contain_text("And followed again")
    expect(messages(page).last).to_be_in_viewport()


def test_live_follows_the_next_conversation_and_reading_does_not(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    talk(server, "ada-pendant", 10)
    page = open_page(ada)
    expect(messages(page)).to_have_count(10)
    server.say("ada-pendant", "A new day", start=0)
    expect(words(page)).to_have_text(["A new day"])
    expect(page.get_by_role("log")).to_contain_text("A new conversation began")
    expect(shown(page).get_by_text("A new conversation began")).to_have_count(1)  # told once

    page.get_by_role("link", name="Sentence number 0").click()
    expect(messages(page)).to_have_count(10)
    server.say("ada-pendant", "And it goes on", start=4)
    expect(page.get_by_role("link", name="A new day")).to_contain_text("2 messages")
    expect(messages(page)).to_have_count(10)

    page.get_by_role("link", name="Back to live").click()
    expect(words(page)).to_have_text(["A new day", "And it goes on"])


def test_a_deleted_conversation_is_gone_everywhere(server: ServerProcess, open_page: Open, ada: Person) -> None:
    server.say("ada-pendant", "Secret plans")
    here, there = open_page(ada), open_page(ada)
    for page in (here, there):
        expect(messages(page)).to_have_count(1)
    here.get_by_role("button", name="Delete this conversation").click()
    expect(here.get_by_role("dialog")).to_contain_text("cannot be undone")
    here.get_by_role("dialog").get_by_role("button", name="Delete").click()
    for page in (here, there):
        expect(page.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()
        expect(page.locator("body")).not_to_contain_text("Secret plans")


# Sessions, and going


def test_unlinking_says_its_consequence_first(server: ServerProcess, open_page: Open, ada: Person) -> None:
    server.say("ada-pendant", "Hello")
    page = open_page(ada, path="/#/sessions")
    card = page.get_by_role("article", name="Session ada-pendant")
    expect(card).to_contain_text("Working")
    expect(card).to_contain_text("1 message")
    card.get_by_role("button", name="Unlink").click()
    expect(page.get_by_role("dialog")).to_contain_text("no longer reach you")
    page.keyboard.press("Escape")
    expect(card).to_be_visible()
    card.get_by_role("button", name="Unlink").click()
    page.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    expect(card).to_be_hidden()


def test_whoever_deletes_what_they_read_is_told_that_it_is_done(server: ServerProcess, open_page: Open) -> None:
    talk(server, "kitchen", 5)
    server.say("kitchen", "A new day", start=0)
    user = new_user(server, "kitchen")
    page = open_page(user)
    page.get_by_role("link", name="Sentence number 0").click()
    expect(messages(page)).to_have_count(5)
    page.get_by_role("button", name="Delete this conversation").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(shown(page).get_by_text("Deleted.", exact=True)).to_be_visible()
    expect(shown(page).get_by_text("no longer among yours")).to_have_count(0)
    expect(words(page)).to_have_text(["A new day"])


def test_each_minute_tells_its_time_once(server: ServerProcess, open_page: Open, ada: Person) -> None:
    send(
        server,
        "ada-pendant",
        *(segment(f"Word {at}", speaker=f"SPEAKER_{at % 2}", start=at) for at in range(0, 180, 9)),
    )
    page = open_page(ada)
    expect(messages(page)).to_have_count(20)
    times = messages(page).get_by_test_id(re.compile("^time")).all()
    told = [time.inner_text() for time in times if time.evaluate("time => getComputedStyle(time).opacity") == "1"]
    assert 3 <= len(told) == len(set(told)) <= 4
    hidden = next(time for time in times if time.evaluate("time => getComputedStyle(time).opacity") == "0")
    hidden.hover()
    expect(hidden).to_have_css("opacity", "1")
    assert all(re.fullmatch(r"\d{1,2}:\d\d( [AP]M)?", time.inner_text().replace("\u202f", " ")) for time in times)
    whole = messages(page).first.locator("..")
    expect(whole).to_have_attribute("title", re.compile(r"\d{4}.*\d:\d\d:\d\d"))


def test_a_phone_signs_out_in_one_place(server: ServerProcess, open_page: Open, ada: Person) -> None:
    page = open_page(ada, width=390, height=844)
    out = page.get_by_role("button", name="Sign out", exact=True)
    for name, places in {"Live": 0, "Conversations": 0, "Sessions": 0, "Account": 1}.items():
        tab(page, name).click()
        expect(tab(page, name)).to_have_attribute("aria-current", "page")
        expect(out).to_have_count(places)


def test_whoever_reads_what_is_deleted_elsewhere_is_told(server: ServerProcess, open_page: Open) -> None:
    user = server.user()
    user.link("kitchen")
    talk(server, "kitchen", 5)
    server.say("kitchen", "A new day", start=0)
    page = open_page(user)
    page.get_by_role("link", name="Sentence number 0").click()
    expect(messages(page)).to_have_count(5)
    older = user.client.get("/conversations").json()["items"][-1]["id"]
    user.client.delete(f"/conversations/{older}").raise_for_status()
    expect(shown(page).get_by_text("This conversation is no longer among yours.")).to_be_visible()
    expect(words(page)).to_have_text(["A new day"])


def test_one_id_at_two_addresses_is_two_sessions(server: ServerProcess, open_page: Open) -> None:
    user = server.user()
    user.link("kitchen")
    post(user.client.get("/me/webhook-url").json()["url"], "kitchen", segment("Hello"))
    page = open_page(user, path="/#/sessions")
    unlink_at_own_address(page.get_by_role("article", name="Session kitchen"))


def test_a_session_of_somebody_else_is_refused_in_words(server: ServerProcess, open_page: Open, ada: Person) -> None:
    page = open_page(new_user(server), path="/#/link")
    page.get_by_role("heading", name="With the device's id").click()
    page.get_by_label("The device's id").fill("ada-pendant")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be linked")


def test_an_id_that_cannot_be_one_is_refused_under_its_label(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server), path="/#/link")
    page.get_by_role("heading", name="With the device's id").click()
    page.get_by_label("The device's id").fill("kit chen")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("alert").locator("visible=true")).to_contain_text("The device's id must be")


def test_signing_out_ends_it_in_every_tab(server: ServerProcess, open_page: Open, ada: Person) -> None:
    server.say("ada-pendant", "Hello")
    here, there = open_page(ada), open_page(ada)
    for page in (here, there):
        expect(messages(page)).to_have_count(1)
    here.get_by_role("button", name="Sign out").click()
    for page, reason in ((here, "You signed out."), (there, "You are signed out here: this sign-in was ended.")):
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(shown(page).get_by_text(reason)).to_be_visible()
        expect(page.locator("body")).not_to_contain_text("Hello")


# The account


def test_a_sign_in_elsewhere_is_ended(server: ServerProcess, open_page: Open, ada: Person) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"
    elsewhere = open_page(user_agent=agent)
    elsewhere.get_by_label("Email address").fill(ada.email)
    elsewhere.get_by_label("Password").fill(ada.password)
    elsewhere.get_by_role("button", name="Sign in").click()
    expect(elsewhere.get_by_role("heading", name="Nothing has been said yet")).to_be_visible()

    page = open_page(ada, path="/#/account")
    cards = page.get_by_role("article")
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text("This browser")
    page.get_by_role("button", name="Sign Firefox on Windows out").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(cards).to_have_count(1)
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()


def test_another_password_ends_the_other_sign_ins(server: ServerProcess, open_page: Open, ada: Person) -> None:
    with server.client() as other:
        other.post("/auth/login", json={"email": ada.email, "password": ada.password}).raise_for_status()
        page = open_page(ada, path="/#/account")
        expect(page.get_by_role("article")).to_have_count(2)
        old, new = page.get_by_label("Current password"), page.get_by_label("New password")
        expect(new).to_have_accessible_description("At least 8 characters")
        old.fill("not the password")
        page.get_by_role("button", name="Change password").click()
        expect(new).to_be_focused()
        new.fill("a much longer horse")
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("alert")).to_contain_text("wrong")
        expect(old).to_be_focused()
        old.fill(ada.password)
        page.get_by_role("button", name="Change password").click()
        expect(shown(page).get_by_text("Your password is changed.")).to_be_visible()
        expect(page.get_by_role("article")).to_have_count(1)
        expect(old).to_be_empty()
        assert other.get("/me").status_code == 401
        form = {"email": ada.email, "password": "a much longer horse"}
        assert other.post("/auth/login", json=form).status_code == 200


def test_deleting_the_account_says_its_consequences_and_asks_for_the_password(
    server: ServerProcess, open_page: Open, ada: Person
) -> None:
    server.say("ada-pendant", "Hello")
    there = open_page(ada)
    expect(messages(there)).to_have_count(1)
    page = open_page(ada, path="/#/account")
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
    for left in page, there:
        expect(left.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(shown(left).get_by_text("Your account has been deleted.")).to_be_visible()
        expect(left.locator("body")).not_to_contain_text("Hello")


# Sizes and colours


@pytest.mark.parametrize("screen", ["live", "conversations", "sessions", "account"])
def test_a_phone_shows_everything_within_reach(
    server: ServerProcess, open_page: Open, ada: Person, screen: str
) -> None:
    server.say("ada-pendant", "A-word-that-is-longer-than-any-phone-is-wide-" * 6)
    page = open_page(ada, width=360, height=640, path=f"/#/{screen}", has_touch=True)
    expect(page.get_by_role("link", name=screen.capitalize(), exact=True)).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("listitem").or_(page.get_by_role("article")).locator("visible=true").first).to_be_visible()
    for size in ("16px", "24px"):
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        for target in page.locator("#root :is(a:not([href='#']), button, input)").locator("visible=true").all():
            box = target.bounding_box()
            assert box
            assert box["height"] >= 44, target.inner_text()
            assert box["x"] >= 0, target.inner_text()
            assert box["x"] + box["width"] <= 360, target.inner_text()


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_page_takes_the_colours_of_the_system(open_page: Open, scheme: str, is_dark: bool) -> None:
    page = open_page(color_scheme=scheme)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    red = int(page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))
    assert (red < 60) == is_dark


@pytest.mark.parametrize(
    "place", ["constructor", "__proto__", "conversations/__proto__", "conversations/%E0", "link/%"]
)
def test_an_address_of_a_strangers_making_breaks_nothing(server: ServerProcess, open_page: Open, place: str) -> None:
    page = open_page(new_user(server), path=f"/#/{place}")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Live|Link your wearable"))
