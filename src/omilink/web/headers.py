"""What every answer says to a browser, and how much a request may hold."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1 << 20
AUDIO = "application/octet-stream"


def _headers(content_security: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"content-security-policy", content_security.encode()),
    ]


HEADERS = _headers(
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
DOCS_HEADERS = _headers(
    "default-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net https://fastapi.tiangolo.com data:"
)
"""/docs is FastAPI's page, whose script comes from a CDN; it is no page of ours and knows no user."""


class Edge:
    """The outermost layer: security headers on every answer, and no body above MAX_BODY, declared or not.

    Audio is let through, since it is counted and never held.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extra = DOCS_HEADERS if scope["path"] == "/docs" else HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                if all(name != b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers + extra
            await send(message)

        limited = scope["method"] in ("POST", "DELETE")
        await self._app(scope, _limited(Headers(scope=scope), receive) if limited else receive, send_with_headers)


def _limited(headers: Headers, receive: Receive) -> Receive:
    if headers.get("content-type", "").startswith(AUDIO):
        return receive
    size = 0
    declared = headers.get("content-length", "")

    async def receive_limited() -> Message:
        nonlocal size
        if declared.isdigit() and int(declared[:12]) > MAX_BODY:
            raise _too_large()
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise _too_large()
        return message

    return receive_limited


def _too_large() -> HTTPException:
    return HTTPException(413, f"The body is larger than {MAX_BODY} bytes. Send it in several calls.")
