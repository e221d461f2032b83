"""Bodies come plain, packed, packed in several ways, and as bombs."""

import gzip
import json
import secrets
import zlib
from collections.abc import Callable

import httpx2
import pytest
from support import Person, ServerProcess
from web_support import PASSWORD, SIGNING_SECRETS, call, is_error, new_uid, segment, signature, wait_for_texts

MIB = 1 << 20
Pack = Callable[[bytes], bytes]


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKED: dict[str, tuple[str, Pack]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "several-files": ("gzip", lambda body: gzip.compress(body[:9]) + gzip.compress(b"") + gzip.compress(body[9:])),
    "zeros-behind": ("gzip", lambda body: gzip.compress(body) + bytes(512)),
    "deflate": ("deflate", zlib.compress),
    "raw-deflate": ("deflate", raw_deflate),
    "identity": ("identity", lambda body: body),
    "chained": ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
    "with-identity": ("identity ,, gzip", gzip.compress),
}


@pytest.mark.parametrize(("name", "pack"), PACKED.values(), ids=PACKED)
def test_a_packed_call_is_saved(shared_server: ServerProcess, ada: Person, device: str, name: str, pack: Pack) -> None:
    ada.link(device)
    body = json.dumps({"session_id": device, "segments": [segment("packed words")]}).encode()
    answer = call(shared_server, pack(body), **{"Content-Encoding": name})
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    wait_for_texts(ada, "packed words")


@pytest.mark.parametrize(("name", "pack"), PACKED.values(), ids=PACKED)
def test_every_other_route_takes_packed_bodies_too(
    shared_server: ServerProcess, ada: Person, name: str, pack: Pack
) -> None:
    form = pack(json.dumps({"email": ada.email, "password": PASSWORD}).encode())
    headers = {"Content-Encoding": name, "Content-Type": "application/json"}
    assert shared_server.client().post("/auth/login", content=form, headers=headers).status_code == 200


ROUTES = ["/auth/login", "/sessions/link", "/omi-webhook"]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("name", ["br", "zstd", "gzip, br", "rot13", "x" * 500, "gzip, gzip, gzip, gzip"])
def test_a_packing_that_is_not_known_is_named(ada: Person, path: str, name: str) -> None:
    answer = post(ada, path, b"whatever", name)
    assert is_error(answer, 415, "unsupported_encoding")
    assert answer.headers["accept-encoding"] == "gzip, deflate"
    assert "gzip or deflate" in answer.json()["message"]
    assert len(answer.text) < 250


def bomb(wraps: int) -> bytes:
    body = b" " * (64 * MIB)
    for _ in range(wraps):
        body = gzip.compress(body, 9)
    return body


BOMBS = {
    "gzip": ("gzip", bomb(1)),
    "deflate": ("deflate", zlib.compress(b" " * (64 * MIB), 9)),
    "chained": ("gzip, gzip", bomb(2)),
    "many-files": ("gzip", gzip.compress(b" " * (MIB // 2), 9) * 3),
    "incompressible": ("gzip", gzip.compress(secrets.token_bytes(MIB + 1))),
}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(("name", "body"), BOMBS.values(), ids=BOMBS)
def test_what_unpacks_to_too_much_is_too_large(ada: Person, path: str, name: str, body: bytes) -> None:
    assert is_error(post(ada, path, body, name), 413, "too_large")


BROKEN = {
    "not-packed": ("gzip", b"{}"),
    "cut-off": ("gzip", gzip.compress(b"{}")[:-3]),
    "wrong-sum": ("gzip", gzip.compress(b"{}")[:-8] + bytes(8)),
    "something-behind": ("gzip", gzip.compress(b"{}") + b"more"),
    "thousands-of-files": ("gzip", gzip.compress(b"") * 5_000),
    "deflate-cut-off": ("deflate", zlib.compress(b"{}")[:-3]),
    "deflate-something-behind": ("deflate", zlib.compress(b"{}") + b"more"),
    "packed-once-said-twice": ("gzip, gzip", gzip.compress(b"{}")),
}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(("name", "body"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_unpacked_is_malformed(ada: Person, path: str, name: str, body: bytes) -> None:
    answer = post(ada, path, body, name)
    assert is_error(answer, 400, "bad_request")
    assert "pack" in answer.json()["message"].lower()


def test_a_signature_is_one_of_the_bytes_that_were_sent(careful_server: ServerProcess) -> None:
    uid = new_uid()
    plain = json.dumps({"uid": uid, "segments": [segment("signed words")]}).encode()
    packed = gzip.compress(plain)

    def send(signed: bytes) -> httpx2.Response:
        headers = {"Content-Encoding": "gzip", "X-Omi-Signature": signature(uid, signed, secret=SIGNING_SECRETS[0])}
        return careful_server.client().post(f"/omi-webhook?uid={uid}", content=packed, headers=headers)

    assert send(packed).status_code == 200
    assert is_error(send(plain), 401, "bad_secret")


def post(person: Person, path: str, body: bytes, encoding: str) -> httpx2.Response:
    """On /omi-webhook with the shared secret, else signed in."""
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    if path == "/omi-webhook":
        headers["Authorization"] = "Bearer secret-of-the-tests"
    return person.client.post(path, content=body, headers=headers)
