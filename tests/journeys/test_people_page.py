"""The people who have a name, in the page: renamed, merged and deleted, with the way to undo each."""

import re
from datetime import UTC, datetime

from page_support import Open, deliver_record, messages, new_user, segment, send, shown, tab, wearer, words
from playwright.sync_api import Locator, Page, expect
from support import Person, ServerProcess, wait_until


def people(page: Page) -> Locator:
    return page.get_by_role("list", name="People").get_by_role("listitem")


def named(server: ServerProcess, *names: str) -> Person:
    """A user to whom a speaker of each of these names has said something."""
    user = new_user(server, "ada-pendant")
    send(
        server,
        "ada-pendant",
        *(segment(f"Here is {name}", speaker=f"SPEAKER_{1 + at}", start=4 * at) for at, name in enumerate(names)),
    )
    wait_until(lambda: user.client.get("/conversations").json()["items"], "the conversation")
    [conversation] = user.client.get("/conversations").json()["items"]
    for at, name in enumerate(names):
        place = f"/conversations/{conversation['id']}/speakers/SPEAKER_{1 + at}"
        assert user.client.put(place, json={"name": name}).status_code == 200
    return user


def test_a_person_is_renamed_merged_and_deleted_and_each_is_undone(server: ServerProcess, open_page: Open) -> None:
    ada = named(server, "Hedda", "Heda")
    page, reader = open_page(ada), open_page(ada, width=390, height=844, has_touch=True)
    expect(words(reader)).to_have_count(2)
    tab(page, "People").click()
    expect(people(page)).to_have_text(["Heda", "Hedda"])

    page.get_by_role("button", name="Change Hedda").press("Enter")
    name = page.get_by_role("dialog").get_by_label("Name")
    expect(name).to_be_focused()
    name.fill("Hedwig")
    name.press("Enter")
    expect(people(page)).to_have_text(["Heda", "Hedwig"])
    expect(messages(reader).first).to_have_accessible_name(re.compile("^Hedwig, "))
    expect(shown(page).get_by_text("Hedda is now Hedwig.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(people(page)).to_have_text(["Heda", "Hedda"])

    page.get_by_role("button", name="Change Heda").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Merge").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose who it is.")
    dialog.get_by_label("The same person as").select_option("Hedda")
    dialog.get_by_role("button", name="Merge").click()
    expect(people(page)).to_have_text(["Hedda"])
    expect(messages(reader).last).to_have_accessible_name(re.compile("^Hedda, "))
    page.get_by_role("button", name="Undo").click()
    expect(people(page)).to_have_text(["Heda", "Hedda"])
    expect(messages(reader).last).to_have_accessible_name(re.compile("^Heda, "))

    page.get_by_role("button", name="Delete Heda").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(people(page)).to_have_text(["Hedda"])
    expect(messages(reader).last).to_have_accessible_name(re.compile("^Speaker 2, "))
    expect(words(reader).last).to_have_text("Here is Heda")
    page.get_by_role("button", name="Undo").click()
    expect(people(page)).to_have_text(["Heda", "Hedda"])
    expect(messages(reader).last).to_have_accessible_name(re.compile("^Heda, "))


def test_a_user_without_people_reads_how_a_speaker_gets_a_name(server: ServerProcess, open_page: Open) -> None:
    page = open_page(new_user(server, "ada-pendant"), path="/#/people")
    expect(page.get_by_role("heading", level=1)).to_have_text("People")
    expect(shown(page).get_by_text("Nobody has a name yet.")).to_be_visible()


def test_a_search_is_narrowed_to_a_person_and_to_a_wearable(server: ServerProcess, open_page: Open) -> None:
    ada = named(server, "Hedda", "Bruno")
    assert ada.link("kitchen-pendant").status_code == 200
    send(server, "kitchen-pendant", segment("Here is the kitchen"))

    def found_words() -> set[str]:
        hits = ada.client.get("/search", params={"q": "here"}).json()["items"]
        return {hit["message"]["text"] for hit in hits if hit["message"]}

    wait_until(lambda: len(found_words()) == 3, "all to be found")
    page = open_page(ada, width=390, height=844, has_touch=True, path="/#/search")
    page.get_by_role("searchbox").fill("here")
    results = page.get_by_role("list", name="Search results").get_by_role("listitem")
    expect(results.filter(has_text="kitchen")).not_to_have_count(0)
    page.get_by_role("button", name="Filters").tap()
    page.get_by_label("Said by").select_option("Bruno")
    expect(results).to_have_count(1)
    expect(results).to_contain_text("Here is Bruno")
    page.get_by_label("Said by").select_option("Anybody")
    page.get_by_label("Wearable").select_option("kitchen-pendant")
    expect(results.filter(has_text="Hedda")).to_have_count(0)
    expect(results.filter(has_text="Here is the kitchen")).not_to_have_count(0)
    page.get_by_role("button", name="Clear filters").tap()
    expect(results.filter(has_text="Hedda")).not_to_have_count(0)


def test_appointments_stand_with_the_summary(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    event = {"title": "Viewing the flat", "start": "2026-03-12T17:00:00Z", "duration": 45}
    began = datetime(2026, 3, 10, 19, tzinfo=UTC)
    deliver_record(server, uid, "The flat", began, "Shall we see the flat?", events=[event])
    page = open_page(ada)
    appointments = page.get_by_role("list", name="Appointments").get_by_role("listitem")
    expect(appointments).to_contain_text("Viewing the flat")
    expect(appointments).to_contain_text("45 min")
