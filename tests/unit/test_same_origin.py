"""What counts as the same origin, and which texts can be one at all."""

import pytest

from omilink import origins


@pytest.mark.parametrize(
    ("listed", "sent"),
    [
        ("https://app.example.org", "https://app.example.org"),
        ("https://app.example.org/", "https://app.example.org"),
        ("https://app.example.org:443", "https://app.example.org"),
        ("http://app.example.org:80", "http://app.example.org"),
        ("HTTPS://App.Example.ORG", "https://app.example.org"),
        ("http://localhost:5173", "http://localhost:5173"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://[0:0::1]:8081", "http://[::1]:8081"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://my_box.example.org", "https://my_box.example.org"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("ionic://localhost", "ionic://localhost"),
        ("tauri://localhost", "tauri://localhost"),
        ("app://bundle", "app://bundle"),
        ("app://.", "app://."),
        ("chrome-extension://abcdefghijklmnopabcdefghijklmnop", "chrome-extension://abcdefghijklmnopabcdefghijklmnop"),
        ("https://*.example.org", "https://app.example.org"),
        ("https://*.example.org", "https://a.b.example.org"),
        ("https://*.Example.org:8443", "https://app.example.org:8443"),
    ],
)
def test_what_a_browser_sends_is_the_origin_that_was_listed(listed: str, sent: str) -> None:
    assert sent in origins.allowed([listed])


@pytest.mark.parametrize(
    ("listed", "sent"),
    [
        ("https://app.example.org", "http://app.example.org"),
        ("https://app.example.org", "https://app.example.org:8443"),
        ("https://app.example.org", "https://app.example.org.evil.net"),
        ("https://app.example.org", "https://evil.net/https://app.example.org"),
        ("https://app.example.org", "https://app.example.org@evil.net"),
        ("https://*.example.org", "https://example.org"),
        ("https://*.example.org", "https://evilexample.org"),
        ("https://*.example.org", "http://app.example.org"),
        ("https://*.example.org", "https://app.example.org:8443"),
        ("https://*.example.org", "https://app.example.org.evil.net"),
        ("https://*.example.org", "https://*.example.org"),
        ("https://*.example.org", "null"),
        ("capacitor://localhost", "http://localhost"),
        ("capacitor://localhost", "ionic://localhost"),
        ("https://app.example.org", "null"),
        ("https://app.example.org", "https://["),
        ("https://app.example.org", ""),
    ],
)
def test_what_was_not_listed_is_another_origin(listed: str, sent: str) -> None:
    assert sent not in origins.allowed([listed])


NEVER = [
    "null",
    "*",
    "https://*",
    "https://*.org",
    "https://*.",
    "https://app.*.org",
    "https://a*.example.org",
    "https://*.127.0.0.1",
    "capacitor://*.localhost.example",
    "app.example.org",
    "localhost:5173",
    "https://",
    "https:/app.example.org",
    "https://app.example.org/path",
    "https://app.example.org?x=1",
    "https://app.example.org#x",
    "https://ada@app.example.org",
    "https://app.example.org:",
    "https://app.example.org:0",
    "https://app.example.org:65536",
    "https://app.example.org:https",
    "https://app..example.org",
    "https://-app.example.org",
    "https://app example.org",
    "https://one.example.org https://two.example.org",
    "https://bücher.example",
    "http://127.1",
    "http://256.0.0.1",
    "http://[::1",
    "http://[::1::2]",
    "htps://app.example.org",
    "https//app.example.org",
    "file://app",
    "file:///",
    "data:text/html,x",
    "ws://app.example.org",
    "wss://app.example.org",
    "ftp://app.example.org",
]


@pytest.mark.parametrize("listed", NEVER)
def test_what_can_never_match_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        origins.allowed([listed])


@pytest.mark.parametrize(
    ("page", "host"),
    [
        ("http://omi.example.org:8000", "omi.example.org:8000"),
        ("http://omi.example.org", "omi.example.org:80"),
        ("https://omi.example.org", "omi.example.org:443"),
        ("https://omi.example.org", "omi.example.org"),
        ("http://omi.example.org", "omi.example.org"),
        ("https://omi.example.org", "OMI.Example.org"),
        ("https://omi.example.org", "omi.example.org."),
        ("https://omi.example.org.", "omi.example.org:443"),
        ("http://[::1]:8000", "[0:0::1]:8000"),
    ],
)
def test_the_host_that_was_called_is_the_pages_own(page: str, host: str) -> None:
    assert origins.parse(page).is_at(host)


@pytest.mark.parametrize(
    ("page", "host"),
    [
        ("http://omi.example.org", "omi.example.org:443"),
        ("https://omi.example.org", "omi.example.org:80"),
        ("https://omi.example.org:8443", "omi.example.org"),
        ("https://evil.example.net", "omi.example.org"),
        ("https://example.org", "omi.example.org"),
        ("capacitor://localhost", "localhost"),
        ("https://omi.example.org", ""),
        ("https://omi.example.org", "["),
        ("https://omi.example.org", "omi.example.org:port"),
    ],
)
def test_another_host_is_not(page: str, host: str) -> None:
    assert not origins.parse(page).is_at(host)
