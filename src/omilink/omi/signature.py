"""OMI's signature of a delivery, `X-Omi-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>]`."""

import hashlib
import hmac
from collections.abc import Sequence

TOLERANCE = 300
"""Seconds that the sender's clock may differ."""


def verify(header: str, *, uid: str, body: bytes, secrets: Sequence[str], now: float) -> bool:
    """Whether one of the secrets made one of the header's v1 signatures of this uid and body. No secret: never."""
    fields = [part.strip().partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in fields if name == "t" and value.isascii() and value.isdigit()]
    if len(times) != 1 or abs(now - int(times[0][:15])) > TOLERANCE:
        return False
    signed = f"{times[0]}.{uid}.".encode("utf-8", "replace") + body
    made = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    shown = [value.encode() for name, value in fields if name == "v1"]
    return any([hmac.compare_digest(good.encode(), value) for good in made for value in shown])
