"""/openapi.json: what FastAPI finds out about its routes, what plain routes say, and what follows from the kind of a
route."""

from collections.abc import Sequence

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from omilink import __version__
from omilink.models.json import Json
from omilink.web.plain_route import PlainRoute
from omilink.web.schema import answers
from omilink.web.schema.summaries import SUMMARIES

SCHEMES = {
    "ticket": ("query", "ticket", "A ticket of /conversations/current/stream-ticket."),
    "sid": ("query", "sid", "The session_token, for those who can send neither cookie nor header."),
    "webhookToken": ("query", "token", "The webhook's secret, as `omilink webhook-url` prints it."),
    "omiSignature": ("header", "X-Omi-Signature", "OMI's signature of the body, where OMILINK_SIGNING_SECRET is set."),
}
OF_USERS = "cookie"
"""The scheme that every route of users has. A page of another site must not use it."""
ERROR = "#/components/schemas/Error"
NEVER_UNAVAILABLE = ("/health", "/metrics")


def document(routes: Sequence[BaseRoute], *, public_url: str | None = None, is_webhook_open: bool = False) -> Json:
    """All that is answered. `public_url` is where users reach the server, if that is known."""
    made = get_openapi(
        title="omilink",
        version=__version__,
        description="What a wearable hears, in the right user's live chat.",
        routes=routes,
    )
    components, paths = made["components"], made["paths"]
    for route in routes:
        if isinstance(route, PlainRoute):
            paths[route.path] = {route.method: route.describe(components["schemas"])}
    schemes = components.setdefault("securitySchemes", {})
    schemes["webhookBearer"] = {"type": "http", "scheme": "bearer", "description": "The webhook's secret."}
    schemes |= {name: _key(*how) for name, how in SCHEMES.items()}
    made["servers"] = [*([{"url": public_url}] if public_url else []), {"url": "/"}]
    for path, item in paths.items():
        for method, operation in item.items():
            operation["summary"] = SUMMARIES[method, path]
            _complete(operation, path, method)
    if is_webhook_open:
        paths["/omi-webhook"]["post"]["security"].append({})
    return made


def _complete(operation: Json, path: str, method: str) -> None:
    """Adds the refusals that follow from the route's kind."""
    _mend(operation["responses"])
    for status, refusal in answers.described(*_refusals(path, method, operation)).items():
        operation["responses"].setdefault(status, refusal)


def _mend(responses: Json) -> None:
    """FastAPI writes the annotation of a function beside the shape that its route names, which generators mix. It also
    gives an error the content type of what was asked for."""
    for response in responses.values():
        for content in list(response.get("content", {}).values()):
            shape = content.get("schema", {}).get("$ref")
            if shape:
                content["schema"] = {"$ref": shape}
            if shape == ERROR:
                response["content"] = {"application/json": content}


def _refusals(path: str, method: str, operation: Json) -> list[int]:
    security = [name for choice in operation.get("security", ()) for name in choice]
    statuses = [401] if security else []
    if OF_USERS in security and method != "get":
        statuses.append(403)
    if "requestBody" in operation:
        statuses += [400, 413, 415]
    return statuses if path in NEVER_UNAVAILABLE else [*statuses, 503]


def json_of(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _key(place: str, name: str, text: str) -> Json:
    return {"type": "apiKey", "in": place, "name": name, "description": text}


def parameter(place: str, name: str, text: str, schema: Json | None = None) -> Json:
    shape = schema or {"type": "string"}
    return {"in": place, "name": name, "description": text, "required": place == "path", "schema": shape}
