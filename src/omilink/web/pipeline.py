"""What every request passes through: one router, one place for headers and one for errors."""

from functools import lru_cache

from fastapi import APIRouter
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from omilink import turns
from omilink.app.services import Services
from omilink.web import bodies, errors, headers
from omilink.web.addresses import neighbourhood, plain
from omilink.web.plain_route import IS_HEAD


class Pipeline:
    """The ASGI application around one set of running services. Endpoints find it as `request.app`."""

    def __init__(self, services: Services, router: APIRouter) -> None:
        self.services, self.routes = services, router.routes
        self._router = AsyncExitStackMiddleware(router)  # FastAPI's routes ask for it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        turns.work_for(_network(scope["client"][0]) if scope["client"] else "network unknown")
        scope, answer = _as_get(scope), _Answer(send)
        scope.update({"app": self, headers.ADDED: answer.added})
        try:
            await self._router(scope, bodies.bounded(scope, receive), answer.send)
        except ClientDisconnect:
            return  # there is nobody to answer
        except Exception as error:
            if answer.has_begun:
                raise
            await errors.explain(Request(scope), error)(scope, receive, answer.send)


class _Answer:
    """Sends an answer with the headers that every answer has."""

    __slots__ = ("_send", "added", "has_begun")

    def __init__(self, send: Send) -> None:
        self._send, self.added, self.has_begun = send, headers.Headers(), False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            errors.check(message)
            message["headers"] = headers.complete(message["headers"], self.added)
            self.has_begun = True
        await self._send(message)


@lru_cache(1024)
def _network(host: str) -> str:
    """The name of the line in which the request waits for the database while its user is not known (`turns`)."""
    return f"network {neighbourhood(plain(host))}"


def _as_get(scope: Scope) -> Scope:
    """A copy for the router, in which HEAD is GET (RFC 9110, 9.3.2). uvicorn leaves the body of the answer out."""
    return {**scope, "method": "GET", IS_HEAD: True} if scope["method"] == "HEAD" else {**scope}
