"""The two busiest paths, answered before FastAPI: ten layers of it cost more than the work itself.

The same endpoints stand in FastAPI's routes, which refuse other methods.
"""

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from omilink import turns
from omilink.errors import OmilinkError
from omilink.web import stream, webhook
from omilink.web.auth import client_network
from omilink.web.errors import on_omilink_error, on_surprise
from omilink.web.headers import HEADERS

Endpoint = Callable[[Request], Awaitable[Response]]

log = logging.getLogger(__name__)


class FastPath:
    def __init__(self, api: ASGIApp, otherwise: ASGIApp) -> None:
        """`api` is the application whose services the endpoints use; `otherwise` answers everything else."""
        self._api, self._otherwise = api, otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = _endpoint(scope) if scope["type"] == "http" else None
        if endpoint is not webhook.receive:  # what comes in for everybody waits behind nobody
            turns.work_for(f"network {client_network(HTTPConnection(scope))}")
        if endpoint is None:
            await self._otherwise(as_get(scope), receive, send)
            return
        scope["app"] = self._api
        # the request is let go before the answer begins, since a stream's answer lasts for hours
        response = await _answer(endpoint, Request(scope, receive, send))
        await response(scope, receive, send)


def as_get(scope: Scope) -> Scope:
    """HEAD is answered like GET (RFC 9110, 9.3.2); uvicorn knows the method of its own and leaves the body out."""
    return {**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope


async def _answer(endpoint: Endpoint, request: Request) -> Response:
    try:
        return await endpoint(request)
    except OmilinkError as error:
        return _with_headers(await on_omilink_error(request, error))
    except ClientDisconnect:
        return Response()  # for nobody: the caller went while its body came, or was too slow
    except Exception as error:
        log.exception("%s %s failed", request.method, endpoint.__name__)
        return _with_headers(await on_surprise(request, error))


def _endpoint(scope: Scope) -> Endpoint | None:
    path: str = scope["path"]
    if scope["method"] == "POST" and path.startswith(webhook.PATH):
        rest = path.removeprefix(webhook.PATH).removesuffix("/")  # OMI's cloud follows no redirect
        if rest == "" or (rest[0] == "/" and len(rest) > 1 and "/" not in rest[1:]):
            scope["path_params"] = {"secret": rest[1:]}
            return webhook.receive
    return stream.BY_METHOD.get(scope["method"]) if path == stream.STREAM else None


def _with_headers(response: Response) -> Response:
    response.raw_headers += HEADERS
    return response
