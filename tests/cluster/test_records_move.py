"""A record comes to one node while another streams the conversation, workers are killed and a user joins: what a client
has that followed the stream is what a fresh one reads, and each word is there once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from cluster_support import Site, User
from support import PATIENCE, TLS, wait_until
from talk_support import Stream
from test_large_record import record as large_record
from test_large_record import send

TALK = ("The van comes on Saturday.", "It is a large one.", "Hedda has the straps.", "And the two dollies.")


def segments_of(*texts: str) -> list[dict[str, Any]]:
    where = ({"start": 3.0 * number, "end": 3.0 * number + 2.5} for number in range(len(texts)))
    return [
        {"id": str(uuid.uuid4()), "text": text, "speaker": "SPEAKER_0", "is_user": False} | place
        for text, place in zip(texts, where, strict=True)
    ]


def post(site: Site, url: str, session_id: str, body: dict[str, Any]) -> None:
    answer = httpx2.post(
        site.webhook(url), params={"session_id": session_id}, json=body, timeout=2 * PATIENCE, verify=TLS
    )
    assert answer.status_code == 200, answer.text


def say(site: Site, url: str, session_id: str, *segments: dict[str, Any]) -> None:
    post(site, url, session_id, {"session_id": session_id, "segments": list(segments)})


def record(segments: list[dict[str, Any]], title: str) -> dict[str, Any]:
    began = (datetime.now(UTC) - timedelta(seconds=20)).isoformat()
    about = {"title": title, "overview": "A short one."}
    return {"id": str(uuid.uuid4()), "started_at": began, "structured": about, "transcript_segments": segments}


def held(stream: Stream) -> dict[str, str]:
    """The text of each message that a client has that followed the stream."""
    messages: dict[str, tuple[str, int]] = {}
    for event in list(stream.events):
        if event["type"] == "messages_deleted":
            for id in event["messageIds"]:
                messages.pop(id, None)
        for one in event.get("messages", ()):
            if one["rev"] >= messages.get(one["id"], ("", 0))[1]:
                messages[one["id"]] = one["text"], one["rev"]
    return {id: text for id, (text, _) in messages.items()}


def stored(user: User, url: str) -> dict[str, str]:
    """The same, as a fresh client reads it."""
    found: dict[str, str] = {}
    for conversation in user.conversations(url):
        address, cursor = f"{url}/conversations/{conversation['id']}/messages", None
        while True:
            page = user.succeed("GET", address, params={"limit": 200} | ({"cursor": cursor} if cursor else {}))
            found |= {one["id"]: one["text"] for one in page["items"]}
            cursor = page["nextCursor"]
            if not cursor:
                break
    return found


def assert_alike(user: User, stream: Stream, urls: list[str], texts: list[str]) -> None:
    for url in urls:
        wait_until(lambda url=url: held(stream) == stored(user, url), "the same in the stream and in the answers")
    assert sorted(held(stream).values()) == sorted(texts)


def test_a_record_is_applied_once_when_the_workers_are_killed_on_the_way(site: Site) -> None:
    here, there = site.urls
    user = User(here)
    session_id, segments = user.link(here), segments_of(*TALK)
    with Stream(user, [there]) as stream:
        stream.wait_for("caught_up")
        say(site, here, session_id, segments[0], segments[2])
        stream.wait_for_texts(TALK[0], TALK[2])
        body = record(segments, "The van")
        post(site, here, session_id, body)
        for worker in site.workers:
            worker.kill()
        post(site, there, session_id, body)
        site.make_whole()
        stream.wait_for_texts(*TALK)
        say(site, there, session_id, segments[1])
        wait_until(lambda: _repaired(user, here) == [4], "the live words in their place")
        assert_alike(user, stream, site.urls, list(TALK))
    assert [one["title"] for one in user.conversations(there)] == ["The van"]


def _repaired(user: User, url: str) -> list[int]:
    return [one["repairedCount"] for one in user.conversations(url)]


def test_a_record_of_12_mib_to_one_node_reaches_the_stream_of_another(site: Site) -> None:
    here, there = site.urls
    user = User(here)
    session_id, body = user.link(here), large_record(700, 9_000)
    texts = [one["text"] for one in body["transcript_segments"]]
    with Stream(user, [there]) as stream:
        stream.wait_for("caught_up")
        assert send(site, here, session_id, body | {"photos": []}) == 200
        site.workers[0].kill()
        site.make_whole()
        stream.wait_for_texts(*texts)
        assert_alike(user, stream, site.urls, texts)


def test_a_user_joins_at_one_node_while_a_record_comes_to_the_other(site: Site) -> None:
    here, there = site.urls
    user = User(here)
    hall, kitchen = user.link(here), user.link(here)
    segments, others = segments_of(*TALK), segments_of("Good morning.", "The kettle is on.")
    with Stream(user, [there]) as stream:
        stream.wait_for("caught_up")
        say(site, here, hall, segments[0], segments[2])
        say(site, here, kitchen, *others)
        stream.wait_for_texts(TALK[0], TALK[2], "The kettle is on.")
        first, second = sorted(user.conversations(here), key=lambda one: one["omiSessionKey"] != hall)
        address = f"{there}/conversations/{first['id']}/join"
        with ThreadPoolExecutor(2) as both:
            joined = both.submit(user.succeed, "POST", address, json={"other_id": second["id"]})
            both.submit(post, site, here, hall, record(segments, "The van")).result()
            joined.result()
        stream.wait_for_texts(*TALK)
        assert_alike(user, stream, site.urls, [*TALK, "Good morning.", "The kettle is on."])
    [whole] = user.conversations(there)
    assert (whole["id"], whole["messageCount"], whole["title"]) == (first["id"], 6, "The van")
