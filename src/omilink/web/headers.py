"""The headers that every answer has."""

from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]

SECURITY = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # what frame-ancestors says, for those who do not know it
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
}
ADDED = "omilink.headers"
"""Where the scope holds the headers that a request adds to its answer, whatever that is."""


def raw(headers: dict[str, str]) -> Headers:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


_ALWAYS = raw(SECURITY)


def complete(given: Iterable[tuple[bytes, bytes]], added: Headers) -> Headers:
    """The headers of an answer, with those of every answer that it does not set itself."""
    headers = list(given)
    names = {name for name, _ in headers}
    return headers + [header for header in _ALWAYS if header[0] not in names] + added
