"""The applications of a web node and of a worker: their routes, around one set of running services."""

from functools import cache
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from omilink import origins
from omilink.app.services import Services
from omilink.settings import WebhookAuth
from omilink.web.auth import services_of
from omilink.web.cors import Cors
from omilink.web.pipeline import Pipeline
from omilink.web.routes import (
    accounts,
    action_items,
    admin,
    conversations,
    days,
    docs,
    exports,
    omi_accounts,
    operations,
    page,
    people,
    personal,
    recording,
    search,
    sessions,
    stream,
    webhook,
)
from omilink.web.schema import answers, openapi


def make_app(services: Services) -> ASGIApp:
    """The application of a web node: the page, all routes, and the CORS protocol where origins are allowed."""
    app = Pipeline(services, _ROUTER)
    allowed = services.settings.cors_origins
    return Cors(app, origins.allowed(allowed)) if allowed else app


def make_worker_app(services: Services) -> ASGIApp:
    """The application of a worker: health, readiness, metrics and what `omilink doctor` asks."""
    return Pipeline(services, _WORKER_ROUTER)


def openapi_document() -> dict[str, Any]:
    """/openapi.json of a server with default settings."""
    return openapi.document(_ROUTER.routes)


async def _openapi_json(request: Request) -> Response:
    settings = services_of(request).settings
    return JSONResponse(_document(settings.public_url, settings.webhook_auth is WebhookAuth.OPEN))


@cache
def _document(public_url: str | None, is_webhook_open: bool) -> dict[str, Any]:
    return openapi.document(_ROUTER.routes, public_url=public_url, is_webhook_open=is_webhook_open)


def _router() -> APIRouter:
    router = APIRouter(redirect_slashes=False, responses=answers.REFUSALS)
    described = Route("/openapi.json", _openapi_json, include_in_schema=False)
    router.routes += [*webhook.routes, *stream.routes, *docs.routes, *page.routes, described]
    for part in (
        accounts,
        personal,
        sessions,
        omi_accounts,
        stream,
        conversations,
        exports,
        action_items,
        search,
        days,
        people,
        recording,
        operations,
        admin,
    ):
        router.include_router(part.router)
    return router


def _worker_router() -> APIRouter:
    router = APIRouter()
    router.include_router(operations.router)
    return router


_ROUTER, _WORKER_ROUTER = _router(), _worker_router()
