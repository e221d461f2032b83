"""Searching over HTTP: what was said is found within a second, by whoever it belongs to, and by nobody once deleted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import Person, ServerProcess, wait_until
from web_support import is_error, wait_for_texts

ITEM = {"conversation", "message", "field", "snippet", "highlights"}


def search(who: Person, q: str, **more: str) -> list[dict[str, Any]]:
    answer = who.client.get("/search", params={"q": q, **more}).json()
    assert answer.keys() == {"ok", "items", "nextCursor"}
    items: list[dict[str, Any]] = answer["items"]
    return items


def words(who: Person, q: str, **more: str) -> list[str]:
    return [item["message"]["text"] for item in search(who, q, **more) if item["field"] == "words"]


def wait_until_found(who: Person, *texts: str) -> None:
    """Waits until the texts have been saved, and the index holds them."""
    wait_for_texts(who, *texts)
    wait_until(lambda: all(words(who, f'"{text}"') for text in texts), "the index to catch up")


def test_a_hit_says_where_it_is_and_what_to_highlight(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    shared_server.say(device, "good morning", "🫖 the Café has a new kettle")
    wait_until_found(ada, "good morning", "🫖 the Café has a new kettle")
    [hit] = search(ada, "cafe kett")
    current = ada.current()
    conversation = current["conversation"]
    assert hit.keys() == ITEM
    assert hit["conversation"] == {name: conversation[name] for name in ("id", "title", "startedAt")}
    assert (hit["message"], hit["field"]) == (current["messages"][1], "words")
    units = hit["snippet"].encode("utf-16-le")
    assert [units[2 * a : 2 * b].decode("utf-16-le") for a, b in hit["highlights"]] == ["Café", "kettle"]
    assert [item["field"] for item in search(ada, "morning")] == ["title", "words"]
    assert search(ada, "evening") == []


def test_nobody_else_finds_it_and_deleted_words_are_found_no_more(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str
) -> None:
    ada.link(device)
    shared_server.say(device, "the kettle is mine")
    wait_until_found(ada, "the kettle is mine")
    gone = ada.current()["conversation"]["id"]
    assert (words(ada, "kettle"), search(ben, "kettle")) == (["the kettle is mine"], [])
    assert search(ben, "kettle", conversation=gone) == search(ben, "kettle", session=device) == []
    ada.client.delete(f"/conversations/{gone}").raise_for_status()
    assert search(ada, "kettle") == []


def test_words_that_come_along_with_a_link_are_found(shared_server: ServerProcess, ada: Person, device: str) -> None:
    shared_server.say(device, "said before the link")
    shared_server.wait_until_settled(device)
    assert search(ada, "before") == []
    ada.link(device)
    wait_until(lambda: words(ada, "before") == ["said before the link"], "the index to catch up")


def test_filters_and_pages(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    texts = [f"tea number {number}" for number in range(5)]
    shared_server.say(device, *texts)
    wait_until_found(ada, *texts)
    assert words(ada, "tea number", session=device, order="newest") == texts[::-1]
    assert words(ada, "tea number", session="another") == []
    assert words(ada, "tea", **{"from": "2020-01-01", "to": "2999-12-31T00:00:00Z"}) != []
    assert words(ada, "tea", to="2020-01-01") == words(ada, "tea", person="nobody") == []
    for order in "best", "newest":
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            page = ada.client.get("/search", params={"q": "tea", "order": order, "limit": "2", "cursor": cursor}).json()
            seen += [item["snippet"] for item in page["items"]]
            cursor = page["nextCursor"]
        assert sorted(seen) == sorted([texts[0], *texts])  # the title is the first sentence


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"q": "x" * 10_001}, 422),
        ({"q": "tea", "from": "yesterday"}, 422),
        ({"q": "tea", "to": "2026-13-01"}, 422),
        ({"q": "tea", "order": "worst"}, 422),
        ({"q": "tea", "limit": "0"}, 422),
        ({"q": "tea", "limit": "-1"}, 422),
        ({"q": "tea", "limit": "1000"}, 422),
        ({"q": "tea", "cursor": "nonsense"}, 422),
    ],
)
def test_what_cannot_be_asked_is_said(ada: Person, wrong: dict[str, str], status: int) -> None:
    assert is_error(ada.client.get("/search", params=wrong), status, "invalid")


@pytest.mark.parametrize(
    "q", ["", "!!!", '"', "*", "it's", "a AND", 'tea"', "\0", "(", "%", "🎉", "x" * 1_000, "x" * 10_000, "ab " * 3_333]
)
def test_no_sign_is_an_error(ada: Person, q: str) -> None:
    assert search(ada, q, conversation="\0", person="\0", session="\0") == search(ada, q) == []


@pytest.mark.parametrize(
    "q",
    ['"', '""', '"secret', "it's", "a AND", "a OR secret", "NOT a", "NEAR(secret)", "*", "secret*", "tokens:secret"],
)
def test_no_syntax_finds_another_users_words(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str, q: str
) -> None:
    ben.link(device)
    shared_server.say(device, "it's a secret and mine")
    wait_until_found(ben, "it's a secret and mine")
    assert search(ada, q) == search(ada, q, session=device) == []


@pytest.mark.parametrize(
    ("q", "said"),
    [
        ("שלום", "שָׁלוֹם לכולם"),
        ('"مرحبا بك', "مَرْحَبًا بك"),
        ("cafe\u0301", "the CAFÉ is open"),
        ("Zalgo", "Z\u0338a\u0338l\u0338g\u0338o comes"),
        ("👍🏽", "that is fine 👍"),
        ("a 好", "a 好 thing"),
    ],
)
def test_every_script_is_found_and_highlighted(
    shared_server: ServerProcess, ada: Person, device: str, q: str, said: str
) -> None:
    ada.link(device)
    shared_server.say(device, said)
    wait_until(lambda: words(ada, q), "the words to be found")
    for item in search(ada, q):
        units = len(item["snippet"].encode("utf-16-le", "surrogatepass")) // 2
        assert item["highlights"]
        assert all(0 <= start < end <= units for start, end in item["highlights"])


def test_half_a_character_harms_no_search(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    segment = {"text": "broken \ud83d kettle", "speaker": "SPEAKER_0", "is_user": True, "start": 0, "end": 2}
    body = json.dumps({"session_id": device, "segments": [segment]})
    shared_server.client().post(
        shared_server.webhook_url, content=body, headers={"Content-Type": "application/json"}
    ).raise_for_status()
    wait_until(lambda: words(ada, "broken kettle"), "the words to be found")
    assert ada.client.get("/search?q=%ED%A0%BD+kettle").status_code == 200


def test_a_time_that_ends_before_it_begins_is_empty(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    shared_server.say(device, "the kettle boils")
    wait_until_found(ada, "the kettle boils")
    assert search(ada, "kettle", **{"from": "2999-01-01", "to": "2000-01-01"}) == []
    assert search(ada, "kettle", **{"from": "0001-01-01T00:00:00+14:00", "to": "9999-12-30"}) != []


def test_a_cursor_of_another_search_finds_only_ones_own_words(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str
) -> None:
    ben.link(device)
    texts = [f"secret number {number}" for number in range(3)]
    shared_server.say(device, *texts)
    wait_until_found(ben, *texts)
    for order in "best", "newest":
        page = ben.client.get("/search", params={"q": "secret", "order": order, "limit": "1"}).json()
        assert page["nextCursor"]
        for others in "best", "newest":
            assert search(ada, "secret", order=others, cursor=page["nextCursor"]) == []
            assert all(
                "number" in item["snippet"] for item in search(ben, "number", order=others, cursor=page["nextCursor"])
            )


def test_words_that_are_deleted_between_two_pages_are_not_on_the_second(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    texts = [f"tea number {number}" for number in range(3)]
    shared_server.say(device, *texts)
    wait_until_found(ada, *texts)
    cursors = [
        ada.client.get("/search", params={"q": "tea", "order": order, "limit": "1"}).json()["nextCursor"]
        for order in ("best", "newest")
    ]
    ada.client.delete(f"/conversations/{ada.current()['conversation']['id']}").raise_for_status()
    for order, cursor in zip(("best", "newest"), cursors, strict=True):
        assert search(ada, "tea", order=order, cursor=cursor) == []


def test_whoever_is_not_signed_in_finds_nothing(shared_server: ServerProcess) -> None:
    assert is_error(shared_server.client().get("/search", params={"q": "tea"}), 401, "not_signed_in")


def test_deleted_words_leave_the_files_of_the_index(server: ServerProcess) -> None:
    ada = server.user()
    ada.link("kitchen")
    server.say("kitchen", "the xylophonist plays")
    wait_until_found(ada, "the xylophonist plays")
    assert holding(server.data_dir, b"xylophon")
    ada.client.delete(f"/conversations/{ada.current()['conversation']['id']}").raise_for_status()
    wait_until(lambda: not holding(server.data_dir, b"xylophon"), "the index to be overwritten")


def holding(folder: Path, word: bytes) -> list[str]:
    """The files with the word. A file may vanish meanwhile."""
    return [path.name for path in files(folder) if word in path.read_bytes()]


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
