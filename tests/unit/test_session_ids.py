"""Which session ids a stranger could guess, by their shape."""

import random
import secrets
import string
import uuid

import pytest

from omilink.errors import Invalid
from omilink.linking.session_ids import GUESSABLE, check_hard_to_guess, how_to_guess, new_session_id

BASE64URL = string.ascii_letters + string.digits + "-_"
RANDOM = random.Random("ids that nobody can guess")


def of_the_javascript_client() -> str:
    return "dev_" + "".join(RANDOM.choices(BASE64URL, k=22))


@pytest.mark.parametrize(
    "make",
    [
        new_session_id,
        of_the_javascript_client,
        lambda: secrets.token_urlsafe(16),
        lambda: secrets.token_hex(16),
        lambda: str(uuid.UUID(int=RANDOM.getrandbits(128), version=4)),
        lambda: "".join(RANDOM.choices(string.ascii_lowercase + string.digits, k=25)),
        lambda: f"shop-17-{secrets.token_urlsafe(16)}",
    ],
)
def test_what_a_random_generator_makes_passes(make: object) -> None:
    assert callable(make)
    assert not [made for made in (make() for _ in range(3000)) if how_to_guess(made)]


@pytest.mark.parametrize(
    ("session_id", "why"),
    [
        ("session-123", "22 characters"),
        ("dev_session-123", "22 characters"),
        ("dev_Zq7vT1wKpLfB2xYhN0sRc", "22 characters"),
        ("Kq3vT9wZpLfB6xYhN0sRcU7dJm42", "uid"),
        ("1234567890123456789012345678901234567890", "number"),
        ("dev_8412907653098126475301", "number"),
        ("2026-09-14T18:21:07.114Z-0000001", "number"),
        ("192.168.100.100:8000-192.168.100.101", "number"),
        ("00000000-0000-0000-0000-000000000001", "number"),
        ("7f3a9c1e5b8d2f4a6c0e9b7d", "hexadecimal"),
        ("a1b2c3d4-e5f6-a7b8-c9d0-1234", "hexadecimal"),
        ("00:1A:2B:3C:4D:5E-00:1A:2B:3C:4D:5E", "hexadecimal"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "different"),
        ("xyzxyxzxyzyxyzxzyxyzxyzyxzx", "different"),
        ("0123456789abcdef0123456789abcdef", "follows"),
        ("abcdefghijklmnopqrstuvwxyz012345", "follows"),
        ("dev_Kj3x9QpLm2ZkKj3x9QpLm2Zk", "follows"),
        ("customer-000000000000000000000042", "follows"),
        ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "time or a name"),
        ("0192f0c1-7d2e-7a3b-8c4d-5e6f7a8b9c0d", "time or a name"),
        ("device-grace-hopper-2026-10-10-0001", "words"),
        ("MyKitchenWearableSessionNumberOne", "words"),
        ("dev_wearable_for_ada@example.org", "words"),
        ("omi_device_number_1_of_customer_17", "words"),
    ],
)
def test_what_can_be_guessed_is_refused_with_the_reason_and_what_to_do(session_id: str, why: str) -> None:
    with pytest.raises(Invalid, match=f"can be guessed: .*{why}.*Leave session_id out"):
        check_hard_to_guess(session_id)


@pytest.mark.parametrize("session_id", ["", "null", "a/b", "ü" * 30, "x" * 129])
def test_what_is_no_id_is_refused_as_everywhere(session_id: str) -> None:
    with pytest.raises(Invalid, match=r"session_id (must be|is the placeholder)"):
        check_hard_to_guess(session_id)


def test_every_shape_says_why() -> None:
    assert all(shape.why.startswith(("it ", "most ")) for shape in GUESSABLE)
