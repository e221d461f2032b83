"""OMI's notification API as it behaves on the wire (omi-protocol: sending to the wearer), and the phones behind it."""

import json
import re
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from support import wait_until

APP_ID = "01-omilink-app"
API_KEY = "sk_of-the-tests"
NO_ANSWER, HALF_A_HEADER, NO_END = range(3)
"""In place of a status: how an answer does not come."""


class OmiApi:
    """Listens on a port of its own. `phones` is what has come to which uid."""

    def __init__(self) -> None:
        self.phones: list[tuple[str, str]] = []
        self.refusals: dict[str, tuple[int, dict[str, str]]] = {}
        self.patience = threading.Event()  # set when it has come to its end
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def settings(self) -> dict[str, str]:
        return {"OMILINK_OMI_APP_ID": APP_ID, "OMILINK_OMI_API_KEY": API_KEY, "OMILINK_OMI_API_URL": self.url}

    def refuse(self, uid: str, status: int, **headers: str) -> None:
        """What is sent to this account is answered so from now on."""
        self.refusals[uid] = status, {name.replace("_", "-"): value for name, value in headers.items()}

    def messages(self, uid: str) -> list[str]:
        return [message for to, message in self.phones if to == uid]

    def number(self, uid: str, nth: int = 1) -> str:
        """The number that the account's phone shows in its nth message, once that is there."""
        wait_until(lambda: len(self.messages(uid)) >= nth, "a message on the phone")
        found = re.search(r"\d{6}", self.messages(uid)[nth - 1])
        assert found, self.messages(uid)
        return found[0]

    def close(self) -> None:
        self.patience.set()
        self._server.shutdown()
        self._server.server_close()


def _handler_for(api: OmiApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            path, _, query = self.path.partition("?")
            given = parse_qs(query)
            if path != f"/v2/integrations/{APP_ID}/notification" or not {"uid", "message"} <= given.keys():
                self._answer(404, {"detail": "App not found"})
                return
            if self.headers["Authorization"] != f"Bearer {API_KEY}":
                self._answer(401, {"detail": "Invalid API key"})
                return
            [uid], [message] = given["uid"], given["message"]
            status, headers = api.refusals.get(uid, (200, {}))
            if status in (NO_ANSWER, HALF_A_HEADER, NO_END):
                self._keep_waiting(status)
            elif status == 200:
                api.phones.append((uid, message))
                self._answer(200, {"status": "Ok"})
            else:
                self._answer(status, {"detail": "refused"}, headers)

        def _answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _keep_waiting(self, how: int) -> None:
            if how == NO_END:
                self.send_response(200)
                self.end_headers()
            if how == HALF_A_HEADER:
                self.wfile.write(b"HTTP/1.1 200 Ok\r\nX-Half: ")
            with suppress(OSError):  # whoever waited has gone
                while not api.patience.wait(0.05):
                    self.wfile.write(b"" if how == NO_ANSWER else b".")

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    return Handler
