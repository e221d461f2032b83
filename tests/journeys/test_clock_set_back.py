"""A server's clock is set while people link, unlink and read: their words stay theirs, and nothing is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support import Person, ServerProcess, WallClock, wait_until

MINUTE, HOUR, DAY = 60, 3600, 86_400

MakeServer = Callable[..., ServerProcess]


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    return WallClock(tmp_path / "clock")


def words(person: Person) -> set[str]:
    talks = person.client.get("/conversations").json()["items"]
    pages = [person.client.get(f"/conversations/{talk['id']}/messages").json()["items"] for talk in talks]
    return {message["text"] for page in pages for message in page}


@pytest.mark.parametrize("ahead", [MINUTE, 2 * DAY, -2 * DAY])
def test_what_is_unlinked_by_a_wrong_clock_is_the_next_owners_from_then_on(
    make_server: MakeServer, clock: WallClock, ahead: int
) -> None:
    server = make_server(**clock.settings)
    ada, ben = server.user(), server.user()
    ada.link("kitchen")
    server.say("kitchen", "adas")
    wait_until(lambda: words(ada) == {"adas"}, "Ada's words")
    clock.set_ahead(ahead)
    assert ada.client.delete("/sessions/kitchen/link").status_code == 200
    clock.set_ahead(0)
    server.restart()
    assert ben.link("kitchen").status_code == 200
    server.say("kitchen", "bens", start=9)
    wait_until(lambda: words(ben) == {"bens"}, "Ben's words")
    assert words(ada) == {"adas"}


@pytest.mark.parametrize("back", [10 * MINUTE, 6 * HOUR])
def test_a_talk_goes_on_and_the_newest_is_current_when_the_clock_is_set_back(
    make_server: MakeServer, clock: WallClock, back: int
) -> None:
    server = make_server(**clock.settings)
    ada = server.user()
    ada.link("kitchen")
    server.say("kitchen", "before", start=100)
    wait_until(lambda: words(ada) == {"before"}, "the first words")
    clock.set_ahead(-back)
    server.say("kitchen", "after", start=103)
    wait_until(lambda: words(ada) == {"before", "after"}, "the words after the step")
    assert len(ada.client.get("/conversations").json()["items"]) == 1
    server.say("kitchen", "a new one", start=0)
    wait_until(lambda: [m["text"] for m in ada.current()["messages"]] == ["a new one"], "the new one to be current")
    assert ada.client.get("/conversations").json()["items"][0]["id"] == ada.current()["conversation"]["id"]


def test_reading_page_by_page_while_somebody_speaks_misses_no_conversation(make_server: MakeServer) -> None:
    server = make_server()
    ada = server.user()
    for number in range(6):
        ada.link(f"device-{number}")
        server.say(f"device-{number}", f"word {number}")
        wait_until(lambda number=number: f"word {number}" in words(ada), "the word")  # type: ignore[misc]
    seen, cursor = [], ""
    for number in range(3):
        page = ada.client.get("/conversations", params={"limit": 2, "cursor": cursor}).json()
        seen += [talk["omiSessionKey"] for talk in page["items"]]
        cursor = page["nextCursor"] or ""
        server.say(f"device-{number}", f"and on {number}", start=2)  # of a page that is still to come
        wait_until(lambda number=number: f"and on {number}" in words(ada), "the next word")  # type: ignore[misc]
    assert sorted(seen) == [f"device-{number}" for number in range(6)]
