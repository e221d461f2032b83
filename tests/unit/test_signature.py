"""OMI's signature, checked against recorded bytes in the middle of a key rotation."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omilink.ingest.signature import TOLERANCE, Verification

SAMPLES = Path(__file__).parents[1] / "samples"
BODY = (SAMPLES / "19-signed-body.json").read_bytes()
SAMPLE = json.loads((SAMPLES / "19-signed-headers.json").read_text())
HEADER: str = SAMPLE["headers"]["X-Omi-Signature"]
NEW, OLD = SAMPLE["example_secret"], SAMPLE["example_previous_secret"]
UID = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
T = 1_790_000_000


def passes(
    header: str = HEADER, uid: str = UID, body: bytes = BODY, secrets: tuple[str, ...] = (NEW,), now: float = T
) -> bool:
    verification = Verification(header, uid=uid, secrets=secrets, now=now)
    for part in body[:9], body[9:]:
        verification.add(part)
    return verification.known_by() is not None


def signed(secret: str, t: object = T) -> str:
    return hmac.new(secret.encode(), f"{t}.{UID}.".encode() + BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("secrets", [(NEW,), (OLD,), (NEW, OLD), ("whsec_other", OLD)])
def test_the_recorded_delivery_passes_with_either_secret_of_a_rotation(secrets: tuple[str, ...]) -> None:
    assert passes(secrets=secrets)


def test_one_signature_of_two_is_enough() -> None:
    first, second = (part for part in HEADER.split(",") if part.startswith("v1="))
    assert passes(f"t={T},{first}", secrets=(NEW, OLD))
    assert passes(f"t={T},{second}", secrets=(NEW, OLD))
    assert passes(f"t={T}, {first}, v2=something, {second}")


@pytest.mark.parametrize("off", [-TOLERANCE - 1, -TOLERANCE, 0, TOLERANCE, TOLERANCE + 1])
def test_the_senders_clock_may_be_off_by_five_minutes(off: int) -> None:
    assert passes(now=T + off) == (abs(off) <= 300)


def test_without_a_secret_nothing_passes() -> None:
    assert not passes(secrets=())
    assert not passes(f"t={T},v1={signed('')}", secrets=())


def test_another_secret_uid_or_body_does_not_pass() -> None:
    assert not passes(secrets=("whsec_other",))
    assert not passes(uid="zR8mWb1EyX5tQnHc0LoGfV63uKsD")
    assert not passes(body=BODY + b"\n")
    assert not passes(body=json.dumps(json.loads(BODY)).encode())


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=",
        "v1=",
        f"t={T}",
        HEADER.replace("v1=", "v2="),
        HEADER.replace("v1=", "v0="),
        HEADER.replace(f"t={T},", ""),
        f"t={T},{HEADER}",
        HEADER.replace("t=", "t=-"),
        HEADER.replace("t=", "t=+"),
        HEADER.replace("t=1790000000", "t=１７９０００００００"),
        HEADER.replace("t=1790000000", "t=" + "9" * 10_000),
        f"t={T},v1=",
        f"t={T},v1=ü",
        ",=,=,",
    ],
)
def test_a_header_that_is_not_quite_right_does_not_pass(header: str) -> None:
    assert not passes(header)


def test_a_time_that_was_not_signed_does_not_pass() -> None:
    assert passes(f"t={T + 1},v1={signed(NEW, T + 1)}")
    assert not passes(f"t={T + 1},v1={signed(NEW)}")


@given(st.text(), st.text(), st.binary(max_size=20))
def test_no_header_breaks_the_check(header: str, uid: str, body: bytes) -> None:
    assert not passes(header, uid, body)
