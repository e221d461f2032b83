"""Where the server listens: IPv4, IPv6 or both, and what it says of that."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from support import PATIENCE, TLS, ServerProcess

MakeServer = Callable[..., ServerProcess]


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def health(host: str, server: ServerProcess) -> int:
    return httpx2.get(f"http://{host}:{server.port}/health", timeout=PATIENCE, verify=TLS).status_code


def test_on_ipv6_every_command_knows_the_address(make_server: MakeServer) -> None:
    server = make_server(OMILINK_HOST="::1")
    assert f"http://[::1]:{server.port}" in server.announced
    assert health("[::1]", server) == 200
    assert server.omilink("webhook-url").stdout.startswith(f"http://[::1]:{server.port}/omi-webhook/")
    doctor = server.omilink("doctor", check=False)
    assert "runs, and can write to the database" in doctor.stdout and "Traceback" not in doctor.stderr
    with pytest.raises(httpx2.ConnectError):
        health("127.0.0.1", server)


def test_on_every_address_both_families_are_heard(make_server: MakeServer) -> None:
    server = make_server(OMILINK_HOST="::")
    assert f"http://[::1]:{server.port}" in server.announced
    assert health("[::1]", server) == health("127.0.0.1", server) == 200
    assert "runs, and can write to the database" in server.omilink("doctor", check=False).stdout


def test_a_proxy_that_comes_by_ipv4_is_the_one_that_is_trusted(make_server: MakeServer) -> None:
    """Where both families are heard, 127.0.0.1 is seen as ::ffff:127.0.0.1."""
    server = make_server(OMILINK_HOST="::")
    form = {"email": "ada@example.org", "password": "correct horse"}
    address = f"http://127.0.0.1:{server.port}/auth/register"
    answer = httpx2.post(address, json=form, headers={"X-Forwarded-Proto": "https"}, timeout=PATIENCE, verify=TLS)
    assert answer.status_code == 201 and "Secure" in answer.headers["set-cookie"]


def test_an_address_that_is_taken_is_told_in_brackets(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(OMILINK_HOST="::1")
    second = server.omilink("serve", "--host", "::1", check=False, OMILINK_DATA_DIR=str(tmp_path / "second"))
    assert second.returncode == 1
    assert f"Cannot listen on [::1]:{server.port}: Address already in use." in second.stderr


@pytest.mark.parametrize("host", ["no-such-name.invalid", "192.0.2.1", "2001:db8::1"])
def test_an_address_that_is_not_of_this_machine_is_told(host: str, server: ServerProcess, tmp_path: Path) -> None:
    refused = server.omilink("serve", "--host", host, check=False, OMILINK_DATA_DIR=str(tmp_path / "second"))
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert re.search(r"Cannot listen on \S+: [A-Z][^.]+\. .*OMILINK_HOST", refused.stderr), refused.stderr
    assert "Unknown error" not in refused.stderr
