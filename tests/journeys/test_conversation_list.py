"""The list of conversations: by day, with what tells them apart."""

from datetime import UTC, datetime

from page_support import Open, conversations, deliver_record, wearer
from playwright.sync_api import expect
from support import ServerProcess

BERLIN = {"timezone_id": "Europe/Berlin", "locale": "en-GB"}


def test_conversations_stand_below_their_days_where_the_reader_is(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    for title, began in (
        ("Last year", datetime(2025, 11, 24, 12, tzinfo=UTC)),
        ("The other month", datetime(2026, 2, 24, 12, tzinfo=UTC)),
        ("In the evening", datetime(2026, 3, 10, 19, tzinfo=UTC)),
        ("After midnight in Berlin", datetime(2026, 3, 10, 23, 30, tzinfo=UTC)),
    ):
        deliver_record(server, uid, title, began, *["We talk."] * 25, emoji="🌙")
    page = open_page(ada, **BERLIN)
    page.clock.set_fixed_time("2026-03-11T12:00:00Z")
    page.reload()
    short = f"{uid[:6]}…{uid[-4:]}"
    expect(conversations(page)).to_have_text(
        [
            f"Today🌙 After midnight in Berlin0:30 · 1 min · 25 messages · {short}",
            f"Yesterday🌙 In the evening20:00 · 1 min · 25 messages · {short}",
            f"24 February🌙 The other month13:00 · 1 min · 25 messages · {short}",
            f"24 November 2025🌙 Last year13:00 · 1 min · 25 messages · {short}",
        ]
    )
    for day in "Today", "Yesterday", "24 February", "24 November 2025":
        expect(page.get_by_role("heading", level=3, name=day, exact=True)).to_be_visible()

    page.clock.set_fixed_time("2026-03-11T23:00:01Z")
    expect(conversations(page).first).to_contain_text("Yesterday")


def test_a_star_is_seen_wherever_the_user_is(server: ServerProcess, open_page: Open) -> None:
    ada, uid = wearer(server)
    deliver_record(server, uid, "Keep this", datetime(2026, 3, 10, 19, tzinfo=UTC), "We talk.")
    phone = open_page(ada, width=390, height=844, path="/#/conversations", **BERLIN)
    row = conversations(phone)
    expect(row).to_contain_text("Keep this")
    expect(row.get_by_role("img", name="Starred")).to_have_count(0)
    [conversation] = ada.client.get("/conversations").json()["items"]
    assert ada.client.patch(f"/conversations/{conversation['id']}", json={"starred": True}).status_code == 200
    expect(row.get_by_role("img", name="Starred")).to_be_visible()
    expect(phone.get_by_role("heading", level=2, name="10 March")).to_be_visible()
