"""What OMI says about a conversation, in the page: it comes while somebody reads, and its action items are ticked."""

from page_support import Open, conversations, deliver, shown, wearer, words
from playwright.sync_api import Locator, Page, expect
from support import ServerProcess


def summary(page: Page) -> Locator:
    return page.get_by_role("region", name="Summary")


def test_a_summary_comes_while_its_conversation_is_read_and_is_ticked(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    for name in ("20a", "20b", "20c"):
        deliver(server, uid, name)
    desktop, phone = open_page(ada), open_page(ada, width=390, height=844, has_touch=True)
    for page in (desktop, phone):
        expect(words(page).last).to_have_text("Which is 2026-1187, I wrote it down.")
        expect(summary(page)).to_have_count(0)

    deliver(server, uid, "20z")
    title = "🎹 Moving the piano on Saturday"
    for page in (desktop, phone):
        expect(summary(page)).to_contain_text("The van comes on Saturday at nine and the piano goes first.")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(words(page).filter(has_text="Good. How much does the van cost?")).to_be_visible()
    expect(conversations(desktop)).to_contain_text(title)

    here = desktop.get_by_role("checkbox", name="Transfer half of the van price tonight")
    there = phone.get_by_role("checkbox", name="Transfer half of the van price tonight")
    expect(desktop.get_by_role("checkbox", checked=True)).to_have_count(0)
    here.press(" ")
    expect(there).to_be_checked()
    expect(summary(phone)).to_contain_text("1 to do")
    there.tap()
    expect(here).not_to_be_checked()
    here.press(" ")
    expect(there).to_be_checked()
    deliver(server, uid, "22")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("🎹 Umzug: piano and van")
    desktop.reload()
    expect(here).to_be_checked()


def test_a_refused_tick_is_taken_back(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    deliver(server, uid, "20z")
    page = open_page(ada)
    refusal = {"ok": False, "error": "busy", "message": "The server is busy."}
    page.route("**/action-items/*", lambda route: route.fulfill(status=503, json=refusal))
    item = page.get_by_role("checkbox", name="Call Hedda about straps and dollies")
    item.click()
    expect(shown(page).get_by_text("The server is busy.")).to_be_visible()
    expect(item).not_to_be_checked()


def test_a_phone_folds_the_parts_of_a_summary(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    page = open_page(ada, width=390, height=844, has_touch=True, path="/#/conversations")
    expect(page.get_by_text("None yet.")).to_be_visible()
    deliver(server, uid, "21")
    page.get_by_role("link", name="🚲 Bike frame ready on Thursday").tap()
    expect(words(page).first).to_have_text("Hello, this is Ruben from the cycle shop.")
    part = page.get_by_role("button", name="State of the repair")
    expect(part).to_have_attribute("aria-expanded", "false")
    part.tap()
    expect(part).to_have_attribute("aria-expanded", "true")
    expect(summary(page)).to_contain_text("•  weld done")
    for target in summary(page).locator("button, label, [role=button]").all():
        box = target.bounding_box()
        assert box
        assert box["height"] >= 44, target.inner_text()
        assert box["x"] + box["width"] <= 390, target.inner_text()
    whole = page.get_by_role("button", name="Summary")
    whole.tap()
    expect(part).to_have_count(0)
    expect(words(page).first).to_be_visible()
    whole.tap()
    expect(part).to_be_visible()
