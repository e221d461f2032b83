"""OMI's signature of a delivery, `X-Omi-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>]`."""

import hashlib
import hmac
from collections.abc import Sequence

TOLERANCE = 300
"""Seconds by which the sender's clock may differ."""


class Verification:
    """Compares the header of one call with what the secrets make of its uid and its body. docs/reference/omi.md
    describes the signature."""

    def __init__(self, header: str, *, uid: str, secrets: Sequence[str], now: float) -> None:
        self.uid = uid
        fields = [part.strip().partition("=")[::2] for part in header.split(",")]
        times = [value for name, value in fields if name == "t" and value.isascii() and value.isdigit()]
        is_timely = len(times) == 1 and abs(now - int(times[0][:15])) <= TOLERANCE
        before_body = f"{times[0]}.{uid}.".encode("utf-8", "replace") if is_timely else b""
        self._shown = [value.encode() for name, value in fields if name == "v1"]
        self._made = [hmac.new(secret.encode(), before_body, hashlib.sha256) for secret in secrets if is_timely]

    def add(self, body: bytes) -> None:
        """Adds the next part of the body."""
        for one in self._made:
            one.update(body)

    def known_by(self) -> str | None:
        """A text that distinguishes this call from every other signed call, if one of the secrets made one of the
        header's v1 signatures of this uid and body; else None. Without secrets the answer is None."""
        made = [one.hexdigest() for one in self._made]
        if not any([hmac.compare_digest(good.encode(), value) for good in made for value in self._shown]):
            return None
        return hashlib.sha256(made[0].encode()).hexdigest()  # the same for each of the header's signatures
