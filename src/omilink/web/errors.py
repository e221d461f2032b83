"""Answers to errors: `{"ok": false, "error": code, "message": sentence}`. STATUS has the status of each code."""

import logging

from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Message

from omilink.errors import OmilinkError, TryLater
from omilink.web import complaints
from omilink.web.bodies import BadBody

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
    "cannot_join": 409,
    "cannot_split": 409,
    "nothing_to_undo": 409,
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


class PlainText(Exception):
    """Starlette begins to answer an error in plain text: FileResponse does so about the part of a file that was asked
    for."""

    def __init__(self, start: Message) -> None:
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}


def check(start: Message) -> None:
    """Raises PlainText if an answer begins with an error that is not JSON."""
    if start["status"] >= 400 and (b"content-type", b"text/plain; charset=utf-8") in start["headers"]:
        raise PlainText(start)


def explain(request: Request, error: Exception) -> JSONResponse:
    """The answer to a request whose route raised this error. Call it in the `except` clause, for the log."""
    match error:
        case OmilinkError():
            return answer_to(error, {})
        case BadBody():
            return answer_to(error.error, {})
        case RequestValidationError():
            return _on_bad_content(request, error)
        case HTTPException():
            return _on_http_error(request, error)
        case PlainText():
            return _on_bad_range(error)
    log.exception("%s %s failed", request.method, request.scope["endpoint"].__name__)
    return answer("internal", "Something went wrong in omilink. It has been logged; try again.")


def _on_bad_content(request: Request, error: RequestValidationError) -> JSONResponse:
    found = error.errors()
    if any(detail["type"] == "json_invalid" for detail in found):
        return answer("bad_request", NOT_JSON)
    if any(detail["loc"] == ("body",) and detail["type"] != "missing" for detail in found) and not _says_json(request):
        called = request.headers.get("content-type", "")[:80]
        came = f"was sent as {called}" if called else "has no Content-Type"
        return answer("unsupported_media_type", f"The body {came}. Send JSON with Content-Type: application/json.")
    return answer("invalid", complaints.sentences(found))


def _on_http_error(request: Request, error: HTTPException) -> JSONResponse:
    code = CODES.get(error.status_code, "bad_request")
    headers = dict(error.headers or {})
    if code == "method_not_allowed":
        headers["Allow"] = ", ".join(sorted(_taken(request)))
    sentences = {
        "not_found": "There is nothing at this address. /docs lists what there is.",
        "method_not_allowed": f"This address does not take {request.method}. /docs lists what it takes.",
        "bad_request": NOT_JSON,  # FastAPI could not read it
    }
    return answer(code, sentences.get(code, str(error.detail)), headers)


def _on_bad_range(error: PlainText) -> JSONResponse:
    if size := error.headers.get("content-range"):
        message = "The file ends before the part that Range asks for."
        return answer("range_not_satisfiable", message, {"Content-Range": size})
    return answer("bad_request", "Range names no part of a file. Send it as bytes=0-99, or leave it out.")


def _taken(request: Request) -> set[str]:
    """The methods of the address. Each has a route of its own, and Starlette names those of the first route alone."""
    routes = [route for route in iter_route_contexts(request.app.routes) if route.methods]
    fitting = (route.path for route in routes if route.path_regex.match(request.scope["path"]))
    path = next(fitting, None)
    methods = {method for route in routes if route.path == path for method in route.methods or ()} or {"GET"}
    return methods | ({"HEAD"} if "GET" in methods else set())


def _says_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.startswith("application/") and kind.endswith(("/json", "+json"))
