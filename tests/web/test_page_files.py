"""The files of the page: kept by browsers for ever, compressed beforehand, and new ones at once after an upgrade."""

import re
from gzip import decompress

import httpx2
import pytest
from support import TLS, ServerProcess
from web_support import is_error

FOR_EVER = "public, max-age=31536000, immutable"


def get(server: ServerProcess, path: str, coding: str = "identity", **headers: str) -> httpx2.Response:
    return httpx2.get(server.url + path, headers={"Accept-Encoding": coding} | headers, verify=TLS)


@pytest.fixture(scope="module")
def named(shared_server: ServerProcess) -> list[str]:
    """The addresses of all that the page loads."""
    return [f"/{path}" for path in re.findall(r'(?:src|href)="([^"]+)"', get(shared_server, "/").text)]


@pytest.fixture(scope="module")
def script(named: list[str]) -> str:
    [script] = [path for path in named if path.endswith(".js")]
    return script


def test_what_the_page_names_is_kept_for_ever_and_the_page_never(
    shared_server: ServerProcess, named: list[str]
) -> None:
    assert {path.rpartition(".")[2] for path in named} == {"js", "css", "svg", "txt"}
    for path in named:
        answer = get(shared_server, path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, FOR_EVER)
        assert answer.headers["vary"] == "Accept-Encoding"
    for path in ("/", "/page/omilink.js", "/docs"):
        assert get(shared_server, path).headers["cache-control"] == "no-store"


def test_files_come_compressed_to_whoever_takes_them_so(shared_server: ServerProcess, script: str) -> None:
    plain = get(shared_server, script)
    assert "content-encoding" not in plain.headers
    for coding, most in ("gzip", 0.4), ("br", 0.35):
        with httpx2.stream(
            "GET", shared_server.url + script, headers={"Accept-Encoding": coding}, verify=TLS
        ) as answer:
            packed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == coding
        assert answer.headers["content-type"] == plain.headers["content-type"]
        assert answer.headers["etag"] != plain.headers["etag"]
        assert answer.headers["vary"] == "Accept-Encoding"
        assert len(packed) == int(answer.headers["content-length"]) <= most * len(plain.content)
        assert coding != "gzip" or decompress(packed) == plain.content


def test_a_browser_that_asks_again_hears_that_nothing_has_changed(shared_server: ServerProcess, script: str) -> None:
    etag = get(shared_server, script, "gzip").headers["etag"]
    again = get(shared_server, script, "gzip", **{"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["cache-control"], again.headers["vary"]) == (FOR_EVER, "Accept-Encoding")
    assert get(shared_server, script, **{"If-None-Match": etag}).status_code == 200


def test_the_page_comes_with_the_licences_of_what_it_holds(shared_server: ServerProcess, named: list[str]) -> None:
    [licences] = [path for path in named if path.endswith(".txt")]
    answer = get(shared_server, licences)
    assert answer.headers["content-type"].startswith("text/plain")
    for held in ("react 1", "react-dom 1", "react-native-web 0", "Copyright (c) Meta Platforms, Inc. and affiliates."):
        assert held in answer.text


def test_a_file_of_another_version_is_not_there(shared_server: ServerProcess, script: str) -> None:
    old = re.sub("-[0-9a-f]{16}", "-" + "0" * 16, script)
    for coding in ("identity", "br"):
        answer = get(shared_server, old, coding)
        assert is_error(answer, 404, "not_found")
        assert answer.headers["cache-control"] == "no-store"


def test_pages_without_a_build_import_the_client(shared_server: ServerProcess) -> None:
    found, waiting = set[str](), ["omilink.js", "operator.js"]
    while waiting:
        found.add(name := waiting.pop())
        answer = get(shared_server, f"/page/{name}")
        assert answer.status_code == 200
        assert "javascript" in answer.headers["content-type"]
        waiting += {*re.findall(r'from "\./([\w-]+\.js)"', answer.text)} - found
    assert "stream.js" in found
