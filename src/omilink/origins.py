"""Origins as browsers write them: scheme, host and port (RFC 6454), and which of them the settings list.

A browser writes scheme and host in lower case, and omits the default port and the path. Pages of apps have origins with
their own schemes, like `capacitor://localhost`. Pages without an origin, such as files, sandboxed frames and some
redirects, all send `null`, so they cannot be told apart.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

PORTS = {"http": 80, "https": 443}
WITHOUT_ORIGIN = {"about", "blob", "data", "file", "ftp", "javascript", "mailto", "ws", "wss"}
"""Schemes whose pages have no origin."""
ANY_SUBDOMAIN = "*."
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_APP_HOST = re.compile(r"[a-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Origin:
    """`host` has no final dot, and brackets if it is IPv6. `port` is None for an app's scheme without a port."""

    scheme: str
    host: str
    port: int | None

    def __str__(self) -> str:
        shown = "" if self.port == PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{self.host}{shown}"

    def is_at(self, host_header: str) -> bool:
        """Whether a request with this Host header goes to the page's own server. A Host without a port has the default
        port of the origin's scheme, since a proxy may have changed the scheme of the request."""
        with suppress(ValueError):
            name, port = _host_and_port(urlsplit(f"//{host_header.lower()}"))
            return self.scheme in PORTS and name == self.host and self.port == (port or PORTS[self.scheme])
        return False

    def is_named_like(self, host_header: str, other: "Origin | None") -> bool:
        """Whether the host is that of the Host header or of `other`; port and scheme may differ."""
        with suppress(ValueError):
            name, _ = _host_and_port(urlsplit(f"//{host_header.lower()}"))
            return self.host == name or bool(other and self.host == other.host)
        return False


def parse(text: str) -> Origin:
    """The origin that the text names. Raises ValueError with the reason if the text is not an origin."""
    parts = urlsplit(text.strip().lower())
    if text.strip().lower() == "null":
        raise ValueError("every page without an origin sends null, whoever made the page")
    if parts.scheme in WITHOUT_ORIGIN:
        raise ValueError(f"pages of the scheme {parts.scheme} have no origin")
    if not _SCHEME.fullmatch(parts.scheme) or not parts.netloc or parts.path.strip("/") or parts.query + parts.fragment:
        raise ValueError("not an origin: scheme, host, and a port if it is another than the scheme's own")
    if parts.scheme not in PORTS and (meant := get_close_matches(parts.scheme, PORTS, 1)):
        raise ValueError(f"no page has an origin that begins with {parts.scheme}: did you mean {meant[0]}?")
    host, port = _host_and_port(parts)
    return Origin(parts.scheme, host, port or PORTS.get(parts.scheme))


@dataclass(frozen=True, slots=True)
class Allowed:
    """The origins of a setting. `https://*.example.org` allows every name below example.org, not example.org itself."""

    exact: frozenset[Origin]
    below: frozenset[Origin]

    def __contains__(self, text: str) -> bool:
        """Whether the value of an Origin header is allowed."""
        with suppress(ValueError):
            origin = parse(text)
            parents = _parents(origin.host)
            return origin in self.exact or any(Origin(origin.scheme, p, origin.port) in self.below for p in parents)
        return False

    def __bool__(self) -> bool:
        return bool(self.exact or self.below)


def allowed(texts: Sequence[str]) -> Allowed:
    """The origins that the texts name. Raises ValueError for a text that no browser sends as an origin."""
    exact, below = set[Origin](), set[Origin]()
    for text in texts:
        try:
            before, wildcard, rest = text.partition(f"://{ANY_SUBDOMAIN}")
            if wildcard:
                below.add(_parent(parse(f"{before}://{rest}")))
            else:
                exact.add(parse(text))
        except ValueError as error:
            raise ValueError(f"{text}: {error}") from None
    return Allowed(frozenset(exact), frozenset(below))


def _parent(origin: Origin) -> Origin:
    if origin.scheme not in PORTS or "." not in origin.host or _is_address(origin.host):
        raise ValueError("* stands for names below a domain, like https://*.example.org")
    return origin


def _parents(host: str) -> list[str]:
    labels = host.split(".")
    return [".".join(labels[i:]) for i in range(1, len(labels))]


def _host_and_port(parts: SplitResult) -> tuple[str, int | None]:
    """Raises ValueError for a host that a browser would write differently or refuse."""
    host, port = parts.hostname or "", parts.port
    if parts.username is not None or port == 0 or parts.netloc.endswith(":"):
        raise ValueError("not an origin: scheme, host, and a port if it is another than the scheme's own")
    if not host.isascii():
        raise ValueError("write a name with other letters than a to z as browsers send it, beginning with xn--")
    if ":" in host:
        return f"[{IPv6Address(host).compressed}]", port
    web = parts.scheme in PORTS or not parts.scheme
    name = host.removesuffix(".") if web else host
    if not (_NAME if web else _APP_HOST).fullmatch(name):
        raise ValueError(f"{host!r} is not a host name")
    if web and name.rpartition(".")[2].isdigit():
        with suppress(AddressValueError):
            return str(IPv4Address(name)), port
        raise ValueError(f"{host!r} is not an IPv4 address as browsers write it")
    return name, port


def _is_address(host: str) -> bool:
    return host.startswith("[") or host.rpartition(".")[2].isdigit()
