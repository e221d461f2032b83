"""What every answer says to a browser."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omilink.web import bodies

REQUEST_ID = "omilink.request_id"
"""Where a request's scope holds its name, once it has one."""


SECURITY = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # what frame-ancestors says, for those who do not know it
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
}


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


HEADERS = raw(SECURITY)


class Edge:
    """Security headers on FastAPI's answers, and bodies that are bounded and unpacked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _complete(message["headers"], HEADERS)
                if name := scope.get(REQUEST_ID):
                    message["headers"].append((b"x-request-id", name.encode()))
            await send(message)

        has_body = scope["method"] not in ("GET", "HEAD", "OPTIONS")
        await self._app(
            scope, bodies.limited(Headers(scope=scope), receive) if has_body else receive, send_with_headers
        )


def _complete(given: Iterable[tuple[bytes, bytes]], extra: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    headers = list(given)
    names = {name for name, _ in headers}
    return headers + [header for header in extra if header[0] not in names]
