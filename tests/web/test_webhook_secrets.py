"""Nobody posts words without a secret or OMI's signature."""

import hashlib
import hmac
import json
import time

import httpx2
import pytest
from support import PATIENCE, SECRET, TLS, ServerProcess
from web_support import SECRETS, SIGNING_SECRETS, is_error, new_uid, segment

BODY = json.dumps({"session_id": "a-device", "segments": [segment("hello")]}).encode()


def post(server: ServerProcess, path: str = "", **headers: str) -> httpx2.Response:
    return httpx2.post(f"{server.url}/omi-webhook{path}", content=BODY, headers=headers, timeout=PATIENCE, verify=TLS)


def test_the_secret_is_taken_wherever_a_sender_can_put_it(shared_server: ServerProcess) -> None:
    uid = new_uid()
    for path in f"/{SECRET}", f"?token={SECRET}", f"?token={SECRET}&uid={uid}", f"?token={SECRET}?uid={uid}":
        assert post(shared_server, path).status_code == 200, path
    assert post(shared_server, Authorization=f"Bearer {SECRET}").status_code == 200
    assert post(shared_server, Authorization=f"bearer  {SECRET}").status_code == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("", {}),
        ("/wrong", {}),
        ("?token=wrong", {}),
        ("?token=", {}),
        (f"?token={SECRET}x", {}),
        (f"?secret={SECRET}", {}),
        ("/%ED%A0%80", {}),
        ("?token=%ff", {}),
        ("", {"Authorization": "Bearer wrong"}),
        ("", {"Authorization": "Bearer"}),
        ("", {"Authorization": f"Basic {SECRET}"}),
        ("", {"X-Omi-Signature": "t=0,v1=00"}),
    ],
)
def test_without_it_nothing_is_taken(shared_server: ServerProcess, path: str, headers: dict[str, str]) -> None:
    assert is_error(post(shared_server, path, **headers), 401, "bad_secret")


def test_a_call_without_secret_is_refused_before_it_is_read(shared_server: ServerProcess) -> None:
    answer = httpx2.post(f"{shared_server.url}/omi-webhook", content=b"no JSON", timeout=PATIENCE, verify=TLS)
    assert is_error(answer, 401, "bad_secret")


def test_audio_needs_the_secret_too(shared_server: ServerProcess) -> None:
    octets = {"Content-Type": "application/octet-stream"}
    assert is_error(post(shared_server, "?uid=some-account", **octets), 401, "bad_secret")


def test_two_secrets_are_good_during_a_rotation(careful_server: ServerProcess) -> None:
    for secret in SECRETS:
        assert post(careful_server, f"/{secret}").status_code == 200
    assert post(careful_server, f"/{','.join(SECRETS)}").status_code == 401


def test_an_empty_setting_never_means_pass(bare_server: ServerProcess) -> None:
    for path in "", "/", "?token=", "?token":
        assert post(bare_server, path).status_code in (401, 404, 307), path
    assert post(bare_server, Authorization="Bearer").status_code == 401
    made = bare_server.omilink("webhook-url").stdout.strip()
    assert len(made.rpartition("/")[2]) >= 40
    assert httpx2.post(made, content=BODY, timeout=PATIENCE, verify=TLS).status_code == 200


# OMI's signature


def signature(uid: str, body: bytes = BODY, *, secret: str = SIGNING_SECRETS[0], at: float | None = None) -> str:
    moment = int(time.time() if at is None else at)
    made = hmac.new(secret.encode(), f"{moment}.{uid}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={'0' * 64},v1={made}"


def signed(server: ServerProcess, uid: str, header: str) -> int:
    return post(server, f"?uid={uid}", **{"X-Omi-Signature": header}).status_code


@pytest.mark.parametrize("secret", SIGNING_SECRETS)
def test_a_signed_call_needs_no_secret(careful_server: ServerProcess, secret: str) -> None:
    uid = new_uid()
    assert signed(careful_server, uid, signature(uid, secret=secret)) == 200


def test_a_signature_is_of_this_account_body_and_time(careful_server: ServerProcess) -> None:
    uid = new_uid()
    assert signed(careful_server, new_uid(), signature(uid)) == 401
    assert signed(careful_server, uid, signature(uid, b"another body")) == 401
    assert signed(careful_server, uid, signature(uid, secret="whsec_somebody-elses")) == 401
    assert signed(careful_server, uid, signature(uid, at=time.time() - 400)) == 401
    assert signed(careful_server, uid, signature(uid, at=time.time() + 400)) == 401
    assert signed(careful_server, uid, "") == 401


def test_without_a_signing_secret_no_signature_is_good(shared_server: ServerProcess) -> None:
    uid = new_uid()
    assert signed(shared_server, uid, signature(uid)) == 401
    assert signed(shared_server, uid, signature(uid, secret="")) == 401
