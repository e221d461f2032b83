"""Ids as OMI and devices write them, and omilink's own ids."""

import hashlib
import re
import secrets
import threading
import uuid
from functools import lru_cache

from omilink.clock import now
from omilink.errors import Invalid

SHARED = "shared"
"""The origin of everything that arrives at the shared webhook URL. The origin of a personal address is its user's
id."""
VISIBLE = "[!-.0-~]{1,128}"
"""ASCII 0x21-0x7E without "/", so that ids fit into a path."""
_VISIBLE = re.compile(VISIBLE)
_ACCOUNT = re.compile(r"[A-Za-z0-9]{28}")
_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
PLACEHOLDERS = r"null|nil|none|nan|undefined|anonymous|\[object object\]|[0-]+|\.\.?"
_PLACEHOLDERS = re.compile(PLACEHOLDERS, re.IGNORECASE)


@lru_cache(4096)
def is_uuid(id: str) -> bool:
    return _UUID.fullmatch(id) is not None


@lru_cache(4096)
def check_id(value: str, what: str) -> str:
    """The id itself. Raises Invalid, which says what is wrong with the id. 128 characters are OMI's own limit."""
    if not _VISIBLE.fullmatch(value):
        raise Invalid(f"{what} must be 1 to 128 visible ASCII characters without '/' and spaces.")
    if is_placeholder(value):
        raise Invalid(
            f"{what} is the placeholder {value!r}: the device has not filled it in. Give every device its own."
        )
    return value


def is_id(value: str) -> bool:
    """Whether the value has the form that `check_id` accepts; placeholders have it too."""
    return _VISIBLE.fullmatch(value) is not None


def is_placeholder(value: str) -> bool:
    """Whether the value is an id that devices send when they have none. A user who linked such an id would get the
    words of every device that sends it."""
    return _PLACEHOLDERS.fullmatch(value) is not None


def is_account_id(value: str) -> bool:
    """Whether the value has the shape of an OMI account's uid, which is public (docs/reference/omi.md)."""
    return _ACCOUNT.fullmatch(value) is not None


def session_key(origin: str, omi_session_id: str) -> str:
    """The key of a session: its origin and its id. Ids contain no '/', so that two keys are never equal by accident."""
    return f"{origin}/{omi_session_id}"


def new_id() -> str:
    """A UUID of version 7 (RFC 9562). New ids sort by time, and within one process by the order of making, so that new
    rows go to the end of an index."""
    return str(uuid.UUID(int=_sequence.next()))


class _Sequence:
    """Numbers made of the time and random bits, each larger than the one before."""

    def __init__(self) -> None:
        self._lock, self._last = threading.Lock(), 0

    def next(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, now() << 74 | secrets.randbits(74))
            return _with_version(self._last)


def _with_version(number: int) -> int:
    """The number in the layout of RFC 9562: 48 bits of time, version 7, 12 bits, variant 2, 62 bits."""
    high, low = divmod(number, 1 << 62)
    time, middle = divmod(high, 1 << 12)
    return time << 80 | 0x7 << 76 | middle << 64 | 0x2 << 62 | low


_sequence = _Sequence()


def digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=9).hexdigest()
