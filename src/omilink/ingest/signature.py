"""OMI's signature of a delivery, `X-Omi-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>]`."""

import hashlib
import hmac
from collections.abc import Sequence

TOLERANCE = 300
"""Seconds by which the sender's clock may differ."""


def verify(header: str, *, uid: str, body: bytes, secrets: Sequence[str], now: float) -> str | None:
    """A text that distinguishes this call from every other signed call, if one of the secrets made one of the header's
    v1 signatures of this uid and body; else None. Without secrets the answer is None. docs/reference/omi.md describes
    the signature."""
    fields = [part.strip().partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in fields if name == "t" and value.isascii() and value.isdigit()]
    if len(times) != 1 or abs(now - int(times[0][:15])) > TOLERANCE:
        return None
    signed = f"{times[0]}.{uid}.".encode("utf-8", "replace") + body
    made = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    shown = [value.encode() for name, value in fields if name == "v1"]
    if not any([hmac.compare_digest(good.encode(), value) for good in made for value in shown]):
        return None
    return hashlib.sha256(made[0].encode()).hexdigest()  # the same for each of the header's signatures
