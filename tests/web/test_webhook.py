"""The webhook takes whatever a wearable's cloud sends, and says clearly what no wearable's cloud would."""

import json
from typing import Any

import httpx2
import pytest
from support import PATIENCE, SECRET, TLS, Person, ServerProcess, wait_until
from web_support import call, is_error, new_uid, sample, segment, texts, wait_for_texts

SAID = segment("the kettle is on")

# what is taken


def accepted(answer: httpx2.Response) -> bool:
    """The whole answer: a `message` key would be pushed to the wearer's phone."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return bool(answer.json() == {"ok": True})


SHAPES: dict[str, tuple[str, Any]] = {
    "the guide's": ("", {"session_id": "DEVICE", "uid": "device-123", "segments": [SAID]}),
    "the guide's without uid": ("", {"session_id": "DEVICE", "segments": [SAID]}),
    "uid in the query": ("?uid=device-123", {"session_id": "DEVICE", "segments": [SAID]}),
    "uid in both": ("?uid=device-123", {"session_id": "DEVICE", "uid": "device-123", "segments": [SAID]}),
    "uid twice": ("?uid=device-123&uid=device-123", {"session_id": "DEVICE", "segments": [SAID]}),
    "uid appended blindly": ("?uid=device-123?uid=device-123", {"session_id": "DEVICE", "segments": [SAID]}),
    "uid empty": ("?uid=", {"session_id": "DEVICE", "uid": None, "segments": [SAID]}),
    "a bare list": ("?session_id=DEVICE&uid=device-123", [SAID]),
    "camelCase": ("", {"sessionId": "DEVICE", "userId": "device-123", "segments": [SAID]}),
    "unknown keys": ("?lang=en", {"session_id": "DEVICE", "segments": [SAID | {"mood": {"x": [1]}}], "extra": 1}),
    "an offset without end": ("", {"session_id": "DEVICE", "segments": [SAID | {"end": None}]}),
    "unplaced": ("", {"session_id": "DEVICE", "segments": [SAID | {"start": -1.0, "end": -1.0}]}),
    "tiny negatives": ("", {"session_id": "DEVICE", "segments": [SAID | {"start": -0.02, "end": 1.0}]}),
    "texts for numbers": ("", {"session_id": "DEVICE", "segments": [SAID | {"start": "0.5", "end": "two"}]}),
    "a wrong type in every other field": (
        "",
        {"session_id": "DEVICE", "segments": [{"text": "the kettle is on", "id": {}, "speaker": 7, "is_user": "yes",
                                               "person_id": [], "start": True, "end": {}, "translations": "none"}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_that_is_out_there_is_taken(
    shared_server: ServerProcess, ada: Person, device: str, name: str
) -> None:
    query, body = SHAPES[name]
    ada.link(device)
    sent = json.loads(json.dumps(body).replace("DEVICE", device))
    assert accepted(call(shared_server, sent, query.replace("DEVICE", device)))
    wait_for_texts(ada, "the kettle is on")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("?uid=UID", {"segments": [SAID]}),
        ("?uid=UID", [SAID]),
        ("?uid=UID&uid=UID", {"session_id": "UID", "segments": [SAID]}),
        (f"?token={SECRET}?uid=UID", {"session_id": "UID", "segments": [SAID]}),
        ("", {"uid": "UID", "segments": [SAID]}),
        ("", {"user_id": "UID", "session_id": "another-recording", "segments": [SAID]}),
    ],
)
def test_a_verified_uid_brings_its_words_home(
    shared_server: ServerProcess, ada: Person, uid: str, query: str, body: object
) -> None:
    shared_server.vouch(ada, uid)
    sent = json.loads(json.dumps(body).replace("UID", uid))
    assert accepted(call(shared_server, sent, query.replace("UID", uid)))
    wait_for_texts(ada, "the kettle is on")


@pytest.mark.parametrize(
    ("name", "query", "count"),
    [
        ("01", "?uid=UID", 2),
        ("05", "?uid=UID", None),
        ("06", "?uid=UID", None),
        ("09", "?uid=UID", 2),
        ("10", "?session_id=abc-UID&uid=UID", 2),
        ("13", "?uid=UID", 1),
    ],
)
def test_every_sample_arrives_whole(
    shared_server: ServerProcess, ada: Person, uid: str, name: str, query: str, count: int | None
) -> None:
    shared_server.vouch(ada, uid)
    body = sample(name, uid)
    content = json.loads(body)
    segments = content if isinstance(content, list) else content["segments"]
    assert count in (None, len(segments))
    if name == "09":  # a recording's own id, which other tests use too
        body = body.replace(content["session_id"].encode(), f"recording-{uid}".encode())
    assert accepted(call(shared_server, body, query.replace("UID", uid)))
    wait_for_texts(ada, *[said["text"].strip() for said in segments])


def test_a_retry_is_one_message_and_a_longer_version_replaces_it(
    shared_server: ServerProcess, ada: Person, uid: str
) -> None:
    shared_server.vouch(ada, uid)
    for name in "01", "02", "01":
        assert accepted(call(shared_server, sample(name, uid), f"?uid={uid}"))
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        assert accepted(call(shared_server, sample("03", uid), f"?uid={uid}"))
        [changed] = stream.wait_for("messages_updated")["messages"]
    shown = ada.current()["messages"]
    assert len(shown) == 2
    assert changed in shown
    assert changed["rev"] == 2
    assert changed["text"] == json.loads(sample("03", uid))["segments"][0]["text"]


def test_a_clock_back_at_zero_begins_a_conversation(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    shared_server.vouch(ada, uid)
    for name in "01", "11":
        assert accepted(call(shared_server, sample(name, uid), f"?uid={uid}"))
    wait_until(lambda: len(ada.client.get("/conversations").json()["items"]) == 2)


def test_a_call_without_words_is_taken_and_shows_nothing(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    shared_server.vouch(ada, uid)
    assert accepted(call(shared_server, sample("07", uid), f"?uid={uid}"))
    wait_until(lambda: ada.client.get(f"/sessions/{uid}").status_code == 200, "the session to be the user's")
    assert ada.client.get(f"/sessions/{uid}").json()["session"]["lastSeenAt"]
    assert ada.current()["conversation"] is None


@pytest.mark.parametrize(("name", "title"), [("15", "Boiler visit on Thursday"), ("17", "Fern care")])
def test_records_of_today_and_of_2024_become_conversations(
    shared_server: ServerProcess, ada: Person, uid: str, name: str, title: str
) -> None:
    shared_server.vouch(ada, uid)
    body = sample(name, uid)
    assert accepted(call(shared_server, body, f"?uid={uid}"))
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    current = ada.current()
    assert current["conversation"]["title"] == title
    said = [segment["text"] for segment in json.loads(body)["transcript_segments"]]
    assert [message["text"] for message in current["messages"]] == said


def test_a_days_summary_is_taken(shared_server: ServerProcess, uid: str) -> None:
    summary = {"summary": "A quiet day.", "summary_json": {}, "uid": uid, "created_at": "2026-09-01T20:00:00Z"}
    assert accepted(call(shared_server, summary, f"?uid={uid}"))


def test_audio_is_taken_however_much_it_is(shared_server: ServerProcess, uid: str) -> None:
    octets = {"Content-Type": "application/octet-stream"}
    assert accepted(call(shared_server, b"\0" * 3_000_000, f"?sample_rate=16000&uid={uid}", **octets))
    assert is_error(call(shared_server, b"\0\0", "?sample_rate=16000", **octets), 422, "invalid")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("null\0byte", "null\ufffdbyte"),
        ("half \ud83d pair", "half \ufffd pair"),
        (42, "42"),
        ("<b>bold</b> &amp; more", "<b>bold</b> &amp; more"),
    ],
)
def test_odd_characters_cost_themselves_and_nothing_else(
    shared_server: ServerProcess, ada: Person, device: str, text: object, shown: str
) -> None:
    ada.link(device)
    body = json.dumps({"session_id": device, "segments": [SAID | {"text": text}, segment("and more", 2)]})
    assert accepted(call(shared_server, body.encode()))
    wait_for_texts(ada, shown, "and more")


def test_what_is_nested_ten_thousand_deep_loses_only_itself(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    deep = b"[" * 10_000 + b"]" * 10_000
    body = b'{"session_id": "%s", "deep": %s, "segments": [{"text": "still here", "x": %s}]}'
    assert accepted(call(shared_server, body % (device.encode(), deep, deep)))
    wait_for_texts(ada, "still here")


def test_one_bad_segment_loses_only_itself_and_is_counted(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    before = metric(shared_server, "omilink_bad_segments_total")
    good = [segment("before"), segment("after", 2)]
    body = {"session_id": device, "segments": [good[0], "no segment", {"text": ["a", "list"]}, None, good[1]]}
    assert accepted(call(shared_server, body))
    wait_for_texts(ada, "before", "after")
    wait_until(lambda: metric(shared_server, "omilink_bad_segments_total") == before + 3)
    listed = json.loads(shared_server.omilink("sessions", "list", "--user", ada.email, "--json").stdout)
    assert [(row["session"], row["bad segments"]) for row in listed] == [(device, 3)]


def metric(server: ServerProcess, name: str) -> float:
    lines = httpx2.get(f"{server.url}/metrics", timeout=PATIENCE, verify=TLS).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def test_as_much_as_fits_is_taken(shared_server: ServerProcess, device: str) -> None:
    assert accepted(call(shared_server, {"session_id": device, "segments": [segment("a")] * 2_000}))
    frame = json.dumps({"session_id": device, "segments": [], "padding": ""})
    whole = {"session_id": device, "segments": [], "padding": "x" * ((1 << 20) - len(frame))}
    assert accepted(call(shared_server, json.dumps(whole).encode()))


# whose words cannot be known


@pytest.mark.parametrize("planted_in", ["query", "body"])
def test_a_planted_uid_gets_nothing(
    shared_server: ServerProcess, ada: Person, ben: Person, uid: str, planted_in: str
) -> None:
    """A user can register a URL that holds somebody else's uid."""
    planted = new_uid()
    shared_server.vouch(ada, uid)
    shared_server.vouch(ben, planted)
    before = metric(shared_server, "omilink_quarantined_total")
    body = {"session_id": uid, "segments": [SAID]} | ({"uid": planted} if planted_in == "body" else {})
    query = f"?uid={planted}" if planted_in == "query" else f"?uid={uid}"
    assert accepted(call(shared_server, body, query))
    shared_server.wait_until_settled(uid)
    wait_until(lambda: metric(shared_server, "omilink_quarantined_total") == before + 1, "the count")
    [(state,)] = shared_server.rows("SELECT state FROM deliveries WHERE session_id = ?", uid)
    assert state == "quarantined"
    assert texts(ada) == texts(ben) == []
    assert ben.client.get("/sessions").json()["sessions"] == []


# once


def test_a_retry_with_its_key_is_stored_once(shared_server: ServerProcess, device: str) -> None:
    first, other = ({"session_id": device, "segments": [segment(text)]} for text in ("one", "other"))
    for body in first, first, other:
        assert accepted(call(shared_server, body, **{"Idempotency-Key": f"key of {device}"}))
    [(count,)] = shared_server.rows("SELECT count(*) FROM deliveries WHERE session_id = ?", device)
    assert count == 2


# what is refused


@pytest.mark.parametrize("body", [b"", b"{", b"hello", b"\xff\xfe\x00", b'{"session_id": "a", "segments": [}'])
def test_no_json_is_malformed(shared_server: ServerProcess, body: bytes) -> None:
    assert is_error(call(shared_server, body), 400, "bad_request")


@pytest.mark.parametrize(
    "body",
    [
        "a string",
        42,
        b"null",
        {},
        [SAID],
        {"segments": [SAID]},
        {"session_id": "", "uid": " ", "segments": [SAID]},
        {"session_id": "device", "segments": {"0": SAID}},
        {"session_id": "device", "segments": "none"},
        {"session_id": "device", "segments": None},
        {"session_id": "x" * 129, "segments": []},
        {"session_id": "with a space", "segments": []},
        {"session_id": "with/slash", "segments": []},
        {"session_id": "gerät", "segments": []},
        {"session_id": "line\nbreak", "segments": []},
        {"session_id": "\0", "segments": []},
        {"session_id": "null", "segments": []},
        {"session_id": True, "segments": []},
        {"session_id": ["device"], "segments": []},
        {"session_id": "device", "uid": "x" * 129, "segments": []},
        {"session_id": "device", "uid": {"id": 1}, "segments": []},
    ],
    ids=repr,
)
def test_what_no_wearable_sends_is_refused_with_a_reason(shared_server: ServerProcess, body: object) -> None:
    assert is_error(call(shared_server, body), 422, "invalid")


@pytest.mark.parametrize("query", ["?session_id=a%2Fb", "?uid=a%20b", "?uid=%00", "?uid=%ED%A0%80"])
def test_ids_in_the_query_are_looked_at_too(shared_server: ServerProcess, query: str) -> None:
    assert is_error(call(shared_server, {"segments": [SAID]}, query), 422, "invalid")


def test_too_many_segments_are_too_large(shared_server: ServerProcess, device: str) -> None:
    body = {"session_id": device, "segments": [segment("a")] * 2_001}
    assert is_error(call(shared_server, body), 413, "too_large")


def test_only_post_is_taken(shared_server: ServerProcess) -> None:
    answer = httpx2.get(shared_server.webhook_url, timeout=PATIENCE, verify=TLS)
    assert is_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


# set up


def test_a_wearable_is_set_up_once_its_uid_is_verified(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    with shared_server.client() as omi:
        assert omi.get("/omi/setup-completed", params={"uid": uid}).json() == {"is_setup_completed": False}
        shared_server.vouch(ada, uid)
        assert omi.get("/omi/setup-completed", params={"uid": uid}).json() == {"is_setup_completed": True}
        assert omi.get("/omi/setup-completed").json() == {"is_setup_completed": False}
