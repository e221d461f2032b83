"""Records of up to 16 MiB are taken, larger ones are told of, and nothing else may be so large."""

import base64
import gzip
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from peer_support import HOST, Peer
from support import PATIENCE, SECRET, TLS, Person, ServerProcess, wait_until
from test_omi_record import letters, record, wearer
from web_support import SECRETS, SIGNING_SECRETS, call, is_error, new_uid, segment, signature, texts

from omilink.web.bodies import MAX_BODY

MIB = 1 << 20
TITLE = "Moving the piano on Saturday"


def with_photos(body: dict[str, Any], mib: float) -> dict[str, Any]:
    """The record with two pictures of together so many MiB in the body."""
    half = base64.b64encode(secrets.token_bytes(round(mib * MIB / 2 * 3 / 4))).decode()
    photos = [{"id": str(number), "base64": half, "description": "A piano.", "discarded": False} for number in (1, 2)]
    return body | {"photos": photos}


def day_long(uid: str, count: int) -> dict[str, Any]:
    """A record of so many segments."""
    told = [segment(f"sentence number {n} of a long day, {n * n}", 3.0 * n, id=f"{uid}-{n}") for n in range(count)]
    return record("20z", uid) | {"transcript_segments": told}


def in_pieces(body: bytes) -> Iterator[bytes]:
    yield from (body[at : at + 100_000] for at in range(0, len(body), 100_000))


HOW: dict[str, tuple[Callable[[bytes], Any], dict[str, str]]] = {
    "declared": (bytes, {}),
    "chunked": (in_pieces, {}),
    "gzip": (gzip.compress, {"Content-Encoding": "gzip"}),
    "gzip, chunked": (lambda body: in_pieces(gzip.compress(body)), {"Content-Encoding": "gzip"}),
}


def send(server: ServerProcess, body: object, uid: str, how: str = "declared", url: str = "") -> httpx2.Response:
    pack, headers = HOW[how]
    content = pack(json.dumps(body).encode())
    address = f"{url or server.webhook_url}?uid={uid}"
    return httpx2.post(address, content=content, headers=headers, timeout=2 * PATIENCE, verify=TLS)


@pytest.mark.parametrize("how", HOW)
def test_a_record_with_pictures_is_taken_without_them(shared_server: ServerProcess, how: str) -> None:
    ada, uid = wearer(shared_server)
    answer = send(shared_server, with_photos(record("20z", uid), 12), uid, how)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    assert ada.current()["conversation"]["title"] == TITLE
    assert letters(texts(ada)) == letters([one["text"] for one in record("20z", uid)["transcript_segments"]])
    [(body,)] = shared_server.rows("SELECT body FROM deliveries WHERE uid = ?", uid)
    assert [photo["base64"] for photo in json.loads(body)["photos"]] == [None, None]
    assert [photo["description"] for photo in json.loads(body)["photos"]] == ["A piano.", "A piano."]


def test_a_small_record_is_kept_without_its_pictures_too(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    assert send(shared_server, with_photos(record("20z", uid), 0.1), uid).status_code == 200
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    [(body,)] = shared_server.rows("SELECT body FROM deliveries WHERE uid = ?", uid)
    assert [photo["base64"] for photo in json.loads(body)["photos"]] == [None, None]


def test_a_record_of_a_long_day_is_kept_whole(shared_server: ServerProcess) -> None:
    ada, uid = wearer(shared_server)
    whole = day_long(uid, 9_000)
    assert len(json.dumps(whole)) > MAX_BODY
    assert send(shared_server, whole, uid).status_code == 200
    wait_until(lambda: ada.current()["conversation"], "the conversation")
    assert texts(ada)[-1] == whole["transcript_segments"][-1]["text"]
    [(count,)] = shared_server.rows("SELECT message_count FROM conversations WHERE user_id = ?", ada.id)
    assert count == 9_000


def test_a_personal_address_takes_large_records_too(shared_server: ServerProcess) -> None:
    ada, uid = shared_server.user(), new_uid()
    url = ada.client.get("/me/webhook-url").json()["url"]
    path = url[url.index("/omi-webhook") :]
    address = f"http://127.0.0.1:{shared_server.port}{path}"
    assert send(shared_server, with_photos(record("20z", uid), 3), uid, url=address).status_code == 200
    wait_until(lambda: ada.current()["conversation"], "the conversation")


@pytest.mark.parametrize("how", HOW)
def test_of_a_record_that_is_too_large_its_user_is_told(shared_server: ServerProcess, how: str) -> None:
    ada, uid = wearer(shared_server)
    call(shared_server, {"segments": [segment("said live")]}, f"?uid={uid}")
    wait_until(lambda: texts(ada) == ["said live"], "the words")
    before = too_large_records(shared_server)
    answer = send(shared_server, with_photos(record("20z", uid), 17), uid, how)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert too_large_records(shared_server) == before + 1
    wait_until(lambda: health(ada)["status"] == "failing", "the mistake")
    assert "too large" in health(ada)["message"] and "16 MiB" in health(ada)["nextStep"]
    assert texts(ada) == ["said live"]
    bodies = shared_server.rows("SELECT body FROM deliveries WHERE uid = ? ORDER BY seq", uid)
    assert [len(body) < 200 for (body,) in bodies] == [True, True]


def health(person: Person) -> dict[str, Any]:
    [session] = person.client.get("/sessions").json()["sessions"]
    shown: dict[str, Any] = session["health"]
    return shown


def too_large_records(server: ServerProcess) -> float:
    lines = server.client().get("/metrics").text.splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("omilink_records_too_large_total"))


def large_live_call(mib: int = 2) -> dict[str, Any]:
    return {"session_id": "kitchen", "segments": [segment("said at great length " * 50_000 * mib)]}


NO_RECORDS = {
    "a live call": large_live_call(),
    "a live call with photos": with_photos(large_live_call(1), 2),
    "a live call with a record's keys": large_live_call() | {"structured": {}, "transcript_segments": []},
    "a day's summary": {"summary": "x" * 2 * MIB},
    "a list": [segment("x" * 2 * MIB)],
    "a text": "x" * 2 * MIB,
    "too many values": {"transcript_segments": [[]] * MIB},
    "nothing of OMI's": {"base64": "x" * 2 * MIB},
    "more than a record may have": large_live_call(17),
}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("body", NO_RECORDS.values(), ids=NO_RECORDS)
def test_what_is_no_record_may_not_be_so_large(shared_server: ServerProcess, body: Any, how: str) -> None:
    uid = new_uid()
    assert is_error(send(shared_server, body, uid, how), 413, "too_large")
    assert shared_server.rows("SELECT count(*) FROM deliveries WHERE uid = ?", uid) == [(0,)]


def test_what_is_no_json_may_not_be_so_large(shared_server: ServerProcess) -> None:
    for body in b"{" + b"x" * 2 * MIB, b"\xff" * 2 * MIB, b'{"structured": {}, "photos": ["' + b"x" * 2 * MIB:
        assert is_error(call(shared_server, body, f"?uid={new_uid()}"), 413, "too_large")


def test_a_large_record_of_nobody_is_refused_as_a_small_one(shared_server: ServerProcess) -> None:
    body = json.dumps(with_photos(record("20z", new_uid()), 2)).encode()
    assert is_error(call(shared_server, body), 422, "invalid")
    assert is_error(call(shared_server, json.dumps(with_photos(record("20z", ""), 17)).encode()), 413, "too_large")


def test_without_a_secret_nothing_large_is_read(shared_server: ServerProcess, careful_server: ServerProcess) -> None:
    body = json.dumps(with_photos(record("20z", new_uid()), 2)).encode()
    for server, status, code in (shared_server, 401, "bad_secret"), (careful_server, 413, "too_large"):
        for content in body, in_pieces(body):
            assert is_error(server.client().post("/omi-webhook/wrong-secret", content=content), status, code)


def test_a_signature_covers_the_whole_body(careful_server: ServerProcess) -> None:
    uid = new_uid()
    body = json.dumps(with_photos(record("20z", uid), 3)).encode()

    def post(signed: bytes, secret: str = "") -> httpx2.Response:
        headers = {"X-Omi-Signature": signature(uid, signed, secret=SIGNING_SECRETS[0])}
        path = f"/omi-webhook/{secret}" if secret else "/omi-webhook"
        return careful_server.client().post(f"{path}?uid={uid}", content=body, headers=headers)

    assert is_error(post(body[:-1]), 401, "bad_secret")
    assert is_error(post(body[:-1], SECRETS[0]), 401, "bad_secret")
    assert careful_server.rows("SELECT count(*) FROM deliveries WHERE uid = ?", uid) == [(0,)]
    assert post(body).status_code == 200
    assert careful_server.rows("SELECT count(*) FROM deliveries WHERE uid = ?", uid) == [(1,)]


def test_a_signature_covers_what_is_too_large_to_be_taken(careful_server: ServerProcess) -> None:
    uid = new_uid()
    body = json.dumps(with_photos(record("20z", uid), 17)).encode()

    def post(signed: bytes) -> httpx2.Response:
        headers = {"X-Omi-Signature": signature(uid, signed, secret=SIGNING_SECRETS[1])}
        return careful_server.client().post(f"/omi-webhook?uid={uid}", content=body, headers=headers)

    assert is_error(post(body[:-1]), 401, "bad_secret")
    assert post(body).status_code == 200
    assert careful_server.rows("SELECT kind FROM deliveries WHERE uid = ?", uid) == [("too_large_conversation",)]


def test_large_records_come_beside_one_that_is_slow(shared_server: ServerProcess) -> None:
    """Nothing of one that is never sent to its end is left."""
    ada, uid = wearer(shared_server)
    body = json.dumps(with_photos(record("20z", uid), 4)).encode()
    head = f"POST /omi-webhook/{SECRET}?uid={uid} HTTP/1.1\r\n".encode() + HOST
    opening = head + b"Content-Length: %d\r\n\r\n" % len(body)
    with Peer(shared_server) as slow, Peer(shared_server) as gone:
        slow.send(opening + body[: 2 * MIB])
        gone.send(opening + body[: 2 * MIB])
        senders = [threading.Thread(target=send, args=(shared_server, json.loads(body), uid)) for _ in range(3)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        wait_until(lambda: ada.current()["conversation"], "the conversation")
        for at in range(2 * MIB, len(body), 64 * 1024):
            slow.send(body[at : at + 64 * 1024])
        assert slow.answer()[0] == 200
    assert ada.current()["conversation"]["title"] == TITLE
    assert not list(shared_server.data_dir.glob("tmp*"))
