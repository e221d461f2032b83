"""Nobody posts words without a secret."""

import json

import httpx2
import pytest
from support import PATIENCE, SECRET, TLS, ServerProcess
from web_support import SECRETS, is_error, new_uid, segment

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
