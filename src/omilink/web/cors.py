"""What pages of the origins in OMILINK_CORS_ORIGINS may send and read (Fetch standard, CORS protocol)."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from omilink.origins import Allowed
from omilink.web import errors

EXPOSED = ("Retry-After", "X-Request-Id", "Content-Disposition", "ETag", "Allow")
"""Headers of an answer that a page may read, beside those that the standard lets every page read."""


class Cors(CORSMiddleware):
    """Pages of an allowed origin may use every method and send every header, because they act with the user's cookie
    anyway."""

    def __init__(self, app: ASGIApp, allowed: Allowed) -> None:
        super().__init__(
            app,
            allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=("*",),
            allow_credentials=True,
            allow_private_network=True,
            expose_headers=EXPOSED,
        )
        self._allowed = allowed

    def is_allowed_origin(self, origin: str) -> bool:
        return origin in self._allowed

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        return errors.answer(
            "origin_not_allowed",
            "Pages of this origin may not call this. The operator can allow it with OMILINK_CORS_ORIGINS.",
            {"Vary": response.headers["Vary"]},
        )
