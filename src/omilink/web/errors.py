"""Every error becomes `{"ok": false, "error": code, "message": sentence}` with the status of this table."""

import logging
from collections.abc import Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omilink.errors import OmilinkError, TryLater
from omilink.web.bodies import Refused

STATUS = {
    "bad_request": 400,
    "not_signed_in": 401,
    "wrong_login": 401,
    "bad_secret": 401,
    "proof_required": 403,
    "wrong_code": 403,
    "origin_not_allowed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_slow": 408,
    "session_not_available": 409,
    "too_many_sessions": 409,
    "email_taken": 409,
    "too_large": 413,
    "address_too_long": 414,
    "unsupported_encoding": 415,
    "unsupported_media_type": 415,
    "range_not_satisfiable": 416,
    "invalid": 422,
    "rate_limited": 429,
    "head_too_large": 431,
    "internal": 500,
    "unavailable": 503,
}
HEADERS = {"unsupported_encoding": {"Accept-Encoding": "gzip, deflate"}}  # RFC 9110, 15.5.16
NOT_JSON = "The body is not JSON in UTF-8."
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 400: "bad_request"}

log = logging.getLogger(__name__)


def answer(code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    content = {"ok": False, "error": code, "message": message}
    return JSONResponse(content, STATUS[code], headers=headers)


def answer_to(error: OmilinkError, headers: dict[str, str]) -> JSONResponse:
    later = {"Retry-After": str(error.retry_after)} if isinstance(error, TryLater) else {}
    return answer(error.code, error.message, HEADERS.get(error.code, {}) | later | headers)


async def on_omilink_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OmilinkError)
    return answer_to(error, {})


async def on_bad_content(request: Request, error: Exception) -> JSONResponse:
    """What pydantic found, without what was sent: that may be a password or words."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(detail["type"] == "json_invalid" for detail in found):
        return answer("bad_request", NOT_JSON)
    if any(detail["loc"] == ("body",) and detail["type"] != "missing" for detail in found) and not _says_json(request):
        called = request.headers.get("content-type", "")[:80]
        came = f"came as {called}" if called else "does not say what it is"
        return answer("unsupported_media_type", f"The body {came}. Send JSON with Content-Type: application/json.")
    return answer("invalid", f"The request does not fit: {_complaints(found)}.")


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error, Refused):
        return await on_omilink_error(request, error.error)
    code = CODES.get(error.status_code, "bad_request")
    headers = dict(error.headers or {}) | (
        {"Allow": ", ".join(sorted(_taken(request)))} if code == "method_not_allowed" else {}
    )
    sentences = {
        "not_found": "There is nothing at this address. /docs lists what there is.",
        "method_not_allowed": f"This address does not take {request.method}. /docs lists what it takes.",
        "bad_request": NOT_JSON,  # FastAPI could not read it
    }
    return answer(code, sentences.get(code, str(error.detail)), headers)


class JsonErrors:
    """Errors that the framework answers in plain text, without an exception: those about the part of a file that was
    asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal: Message | None = None

        async def send_json(message: Message) -> None:
            nonlocal refusal
            if message["type"] == "http.response.start" and _is_plain_error(message):
                refusal = message
            elif refusal is None:
                await send(message)
            elif not message.get("more_body"):
                response = _about_a_part(refusal)
                await response(scope, receive, send)

        await self._app(scope, receive, send_json)


async def on_surprise(_: Request, error: Exception) -> JSONResponse:
    return answer("internal", "Something went wrong in omilink. It has been logged; try again.")


def _taken(request: Request) -> set[str]:
    """The methods of the address. Each has a route of its own, and Starlette names those of the first alone."""
    path, described = request.scope["path"], request.app.openapi()["paths"]
    fitting = (methods for template, methods in described.items() if _fits(template, path))
    methods = described.get(path) or next(fitting, {"get": None})
    return {method.upper() for method in methods} | ({"HEAD"} if "get" in methods else set())


def _fits(template: str, path: str) -> bool:
    parts, names = path.split("/"), template.split("/")
    return len(parts) == len(names) and all(n in (p, f"{{{n[1:-1]}}}") for n, p in zip(names, parts, strict=True))


def _complaints(found: Sequence[dict[str, Any]]) -> str:
    """A field for which several kinds are tried has a complaint of each kind, and pydantic's names of them behind."""
    by_field: dict[str, dict[str, None]] = {}
    for detail in found:
        field = str(detail["loc"][1]) if len(detail["loc"]) > 1 else "body"
        by_field.setdefault(field, {})[detail["msg"]] = None
    return "; ".join(f"{field}: {', or '.join(complaints)}" for field, complaints in by_field.items())


def _says_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.startswith("application/") and kind.endswith(("/json", "+json"))


def _is_plain_error(start: Message) -> bool:
    kind: bytes = dict(start["headers"]).get(b"content-type", b"")
    return start["status"] >= 400 and kind.startswith(b"text/plain")


def _about_a_part(start: Message) -> JSONResponse:
    size = {name.decode(): value.decode() for name, value in start["headers"] if name == b"content-range"}
    if size:
        return answer("range_not_satisfiable", "The file ends before the part that Range asks for.", size)
    return answer("bad_request", "Range names no part of a file. Send it as bytes=0-99, or leave it out.")
