"""Where a peer comes from."""

from contextlib import suppress
from ipaddress import ip_address, ip_network

NEIGHBOURS = {4: 24, 6: 48}
"""Bits that the addresses of one neighbourhood have in common."""


def plain(host: str) -> str:
    """Where IPv6 is heard too, a peer of IPv4 comes as ::ffff:192.0.2.1."""
    return host.removeprefix("::ffff:")


def network(host: str) -> str:
    """Of IPv6 what a provider gives a customer (RFC 6177): whoever has one address of it has all of them."""
    with suppress(ValueError):
        if ip_address(host).version == 6:
            return str(ip_network(f"{host}/56", strict=False))
    return host


def neighbourhood(host: str) -> str:
    """Who has many addresses mostly has neighbouring ones."""
    with suppress(ValueError):
        return str(ip_network(f"{host}/{NEIGHBOURS[ip_address(host).version]}", strict=False))
    return host
