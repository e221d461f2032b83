"""Routes without FastAPI, which would cost more than the work of the busiest endpoints."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from omilink.models.json import Json
from omilink.web.bodies import AS_SENT

IS_HEAD = "omilink.is_head"
"""A key in the scope of HEAD requests, which are routed as GET."""


class PlainRoute(Route):
    """`endpoint` takes the request, with the body as it was sent, and returns the response. `describe` makes the
    operation in /openapi.json out of the schemas that the document has."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response]],
        *,
        method: str,
        describe: Callable[[Json], Json],
    ) -> None:
        super().__init__(path, endpoint, methods=[method])
        self.method, self.describe, self._respond = method.lower(), describe, endpoint
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, scope[AS_SENT], send))
        await response(scope, receive, send)
