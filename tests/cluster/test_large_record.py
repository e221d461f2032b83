"""A record that no message of NATS can hold comes to one node, and its words to the streams of another."""

import json
import secrets
from typing import Any

import httpx2
from cluster_support import Site, User
from support import PATIENCE, TLS, wait_until
from talk_support import Stream

MIB = 1 << 20
STARTED = "2026-09-14T18:00:00+00:00"


def record(count: int, pad: int) -> dict[str, Any]:
    """So many segments, each with so many random bytes under a key that nobody knows: packing does not make it fit."""
    told = [
        {
            "id": f"s{n}",
            "text": f"sentence {n}",
            "start": 3.0 * n,
            "end": 3.0 * n + 2,
            "unknown": secrets.token_hex(pad),
        }
        for n in range(count)
    ]
    photos = [{"base64": "a" * (4 * MIB), "description": "A piano."}]
    about = {"title": "A long day", "overview": "Much was said."}
    return {"id": "r", "started_at": STARTED, "structured": about, "transcript_segments": told, "photos": photos}


def send(site: Site, url: str, session_id: str, body: dict[str, Any]) -> int:
    address = f"{site.webhook(url)}?session_id={session_id}"
    return httpx2.post(address, content=json.dumps(body).encode(), timeout=2 * PATIENCE, verify=TLS).status_code


def test_a_large_record_reaches_the_streams_of_another_node(site: Site) -> None:
    here, there = site.urls
    user = User(here)
    session_id = user.link(here)
    with Stream(user, [there]) as stream:
        stream.wait_for("caught_up")
        assert send(site, here, session_id, record(700, 3_000)) == 200
        stream.wait_for_texts("sentence 0", "sentence 699")
    [conversation] = user.conversations(there)
    assert conversation["title"] == "A long day"
    wait_until(lambda: site.rows("SELECT count(*) FROM large_bodies") == [(0,)], "the body is removed")


def test_a_large_record_waits_on_the_disk_while_postgresql_is_away(site: Site) -> None:
    here, there = site.urls
    user = User(here)
    session_id = user.link(here)
    site.postgres.stop()
    assert send(site, here, session_id, record(700, 3_000)) == 200
    site.make_whole()
    with Stream(user, [there]) as stream:
        stream.wait_for_texts("sentence 699")
    wait_until(lambda: site.rows("SELECT count(*) FROM large_bodies") == [(0,)], "the body is removed")
