"""Serves the app's web export from a port of its own, as any web host would, and names the omilink server in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

UNNAMED = b'name="omilink-server" content=""'


class WebHost(ThreadingHTTPServer):
    """`omilink` is where the server answers; the server has to be told `url` before it starts."""

    omilink = ""

    def __init__(self, build: Path) -> None:
        self.page = (build / "index.html").read_bytes()
        if UNNAMED not in self.page:
            raise SystemExit(f"{build / 'index.html'} names no omilink server: build the app again.")
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(build)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(SimpleHTTPRequestHandler):
    server: WebHost

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        page = self.server.page.replace(UNNAMED, UNNAMED.replace(b'""', f'"{self.server.omilink}"'.encode()))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
        return None

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web_host() -> Iterator[WebHost | None]:
    """None where there is no build of the app."""
    build = Path(os.environ.get("EXPO_WEB_BUILD") or "clients/expo/dist")
    if not (build / "index.html").exists():
        yield None
        return
    with WebHost(build) as host:
        thread = Thread(target=host.serve_forever)
        thread.start()
        try:
            yield host
        finally:
            host.shutdown()
            thread.join()
