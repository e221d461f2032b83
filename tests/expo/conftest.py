"""The app's web export in a real browser, against a real omilink server on another port."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from page_support import a_browser
from playwright.sync_api import Browser, BrowserContext, Page
from support import PATIENCE, ServerProcess

BUILD = os.environ.get("EXPO_WEB_BUILD")
README = Path(__file__).parents[2] / "clients/expo/README.md"
HEADERS = dict(line.split(": ", 1) for line in README.read_text().split("```text\n")[1].split("```")[0].splitlines())
"""Those that the app's README tells web hosts to send."""
NAMED_SERVER = b'name="omilink-server" content=""'

MakeServer = Callable[..., ServerProcess]
OpenApp = Callable[..., Page]


class WebHost:
    """Serves the export, as any web host would, and names the omilink server in its page."""

    def __init__(self, build: Path) -> None:
        self.omilink = ""
        host = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/":
                    return super().do_GET()
                page = (build / "index.html").read_bytes()
                assert NAMED_SERVER in page
                page = page.replace(NAMED_SERVER, NAMED_SERVER.replace(b'""', f'"{host.omilink}"'.encode()))
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                for name, value in HEADERS.items():
                    self.send_header(name, value.replace("https://omilink.example.org", host.omilink))
                self.end_headers()
                self.wfile.write(page)
                return None

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(build)))
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="session")
def web_host() -> Iterator[WebHost]:
    if not BUILD:
        pytest.skip("The app is tested by script/test-expo, which builds it first.")
    host = WebHost(Path(BUILD))
    yield host
    host.close()


@pytest.fixture
def another_site(web_host: WebHost) -> str:
    """The app by another name: browsers keep the cookies of the two apart."""
    return web_host.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def server(
    request: pytest.FixtureRequest, web_host: WebHost, another_site: str, make_server: MakeServer
) -> ServerProcess:
    settings = getattr(request, "param", {})
    server = make_server(OMILINK_CORS_ORIGINS=f"{web_host.url},{another_site}", **settings)
    web_host.omilink = server.url
    return server


@pytest.fixture(scope="module")
def browser(web_host: WebHost) -> Iterator[Browser]:
    with a_browser("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream") as browser:
        yield browser


@pytest.fixture
def open_app(browser: Browser, server: ServerProcess, web_host: WebHost) -> Iterator[OpenApp]:
    """Opens the app in a browser of its own, signed in with the token if one is given. No script of it may fail."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_app(
        token: str | None = None,
        *,
        width: int = 390,
        height: int = 844,
        path: str = "/",
        script: str = "",
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        if token:
            context.add_cookies([{"name": "sid", "value": token, "url": server.url}])
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(web_host.url + path)
        return page

    yield open_app
    for context in contexts:
        context.close()
    assert errors == []
