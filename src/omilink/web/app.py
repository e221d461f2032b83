"""The application: routes, the page, errors and headers, around one set of running services."""

from collections.abc import Callable
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from omilink import __version__, origins
from omilink.app.services import Services
from omilink.errors import OmilinkError
from omilink.web import (
    accounts,
    admin,
    answers,
    conversations,
    docs,
    errors,
    omi_accounts,
    openapi,
    operations,
    page,
    personal,
    sessions,
    stream,
    webhook,
)
from omilink.web.cors import Cors
from omilink.web.fast_path import FastPath, as_get
from omilink.web.headers import Edge


def make_app(services: Services) -> ASGIApp:
    """All of it. The middlewares stand from the outside in."""
    api = make_api(services)
    app: ASGIApp = FastPath(api, Edge(errors.JsonErrors(api)))
    if services.settings.cors_origins:
        app = Cors(app, origins.allowed(services.settings.cors_origins))
    return app


def make_worker_app(services: Services) -> ASGIApp:
    """How a worker is, and nothing else."""
    api = _make_worker_api(services)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await api(as_get(scope), receive, send)

    return app


def _make_worker_api(services: Services) -> FastAPI:
    app = FastAPI(title="omilink worker", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.include_router(operations.router)
    _explain_errors(app)
    return app


def make_api(services: Services) -> FastAPI:
    app = FastAPI(
        title="omilink",
        version=__version__,
        description="What a wearable hears, in the right user's live chat.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=answers.REFUSALS,
    )
    app.state.services = services
    app.router.routes += [*webhook.routes, *stream.routes, *docs.routes, *page.routes]
    for part in (accounts, personal, sessions, omi_accounts, stream, conversations, operations, admin):
        app.include_router(part.router)
    _explain_errors(app)
    app.openapi = _openapi(app, services)  # type: ignore[method-assign]
    return app


def _explain_errors(app: FastAPI) -> None:
    app.add_exception_handler(OmilinkError, errors.on_omilink_error)
    app.add_exception_handler(RequestValidationError, errors.on_bad_content)
    app.add_exception_handler(HTTPException, errors.on_http_error)
    app.add_exception_handler(Exception, errors.on_surprise)


def openapi_document() -> dict[str, Any]:
    """What the server says of its answers, without a server."""
    return make_api(cast(Services, None)).openapi()


def _openapi(app: FastAPI, services: Services | None) -> Callable[[], dict[str, Any]]:
    def describe() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            openapi.complete(app.openapi_schema, services.settings if services else None)
        return app.openapi_schema

    return describe
