"""What every answer says to a browser, and how much a request may hold."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omilink.errors import TooLarge

MAX_BODY = 1 << 20
AUDIO = "application/octet-stream"
REQUEST_ID = "omilink.request_id"
"""Where a request's scope holds its name, once it has one."""


SECURITY = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
}
DOCS_SECURITY = SECURITY | {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net "
    "https://fastapi.tiangolo.com data:"
}
"""/docs is FastAPI's page, whose script comes from a CDN; it is no page of ours and knows no user."""


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


HEADERS, DOCS_HEADERS = raw(SECURITY), raw(DOCS_SECURITY)


class Edge:
    """Security headers on FastAPI's answers, and no body above MAX_BODY, declared or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extra = DOCS_HEADERS if scope["path"] == "/docs" else HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _complete(message["headers"], extra)
                if name := scope.get(REQUEST_ID):
                    message["headers"].append((b"x-request-id", name.encode()))
            await send(message)

        limited = scope["method"] in ("POST", "DELETE")
        await self._app(scope, _limited(Headers(scope=scope), receive) if limited else receive, send_with_headers)


async def read_limited(request: Request) -> bytes:
    """The body. Raises TooLarge."""
    if int(request.headers.get("content-length", "0")[:12]) > MAX_BODY:
        raise _too_large()
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            raise _too_large()
    return b"".join(chunks)


def _complete(given: Iterable[tuple[bytes, bytes]], extra: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    headers = list(given)
    names = {name for name, _ in headers}
    return headers + [header for header in extra if header[0] not in names]


def _limited(headers: Headers, receive: Receive) -> Receive:
    declared, size = headers.get("content-length", ""), 0

    async def receive_limited() -> Message:
        nonlocal size
        if declared.isdigit() and int(declared[:12]) > MAX_BODY:
            raise HTTPException(413, _too_large().message)
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise HTTPException(413, _too_large().message)
        return message

    return receive_limited


def _too_large() -> TooLarge:
    return TooLarge(f"The body is larger than {MAX_BODY} bytes. Send it in several calls.")
