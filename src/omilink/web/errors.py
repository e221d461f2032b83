"""Every error becomes `{"ok": false, "error": code, "message": sentence}` with the status of this table."""

import logging

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from omilink.errors import OmilinkError, TryLater

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
    "session_not_available": 409,
    "email_taken": 409,
    "too_large": 413,
    "invalid": 422,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
}
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 400: "bad_request"}

log = logging.getLogger(__name__)


def answer(code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    content = {"ok": False, "error": code, "message": message}
    return JSONResponse(content, STATUS[code], headers=headers)


async def on_omilink_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OmilinkError)
    later = {"Retry-After": str(error.retry_after)} if isinstance(error, TryLater) else None
    return answer(error.code, error.message, later)


async def on_bad_content(_: Request, error: Exception) -> JSONResponse:
    """What pydantic found, without what was sent: that may be a password or words."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(detail["type"] == "json_invalid" for detail in found):
        return answer("bad_request", "The body is not JSON.")
    complaints = "; ".join(f"{'.'.join(str(p) for p in d['loc'][1:]) or 'body'}: {d['msg']}" for d in found)
    return answer("invalid", f"The request does not fit: {complaints}.")


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code, "bad_request")
    sentences = {
        "not_found": "There is nothing at this address. /docs lists what there is.",
        "method_not_allowed": f"This address does not take {request.method}. /docs lists what it takes.",
    }
    return answer(code, sentences.get(code, str(error.detail)), dict(error.headers or {}))


async def on_surprise(_: Request, error: Exception) -> JSONResponse:
    return answer("internal", "Something went wrong in omilink. It has been logged; try again.")
