"""What /openapi.json says besides what FastAPI finds out: the routes that are not FastAPI's own, for speed, and what
follows from a route's kind."""

from typing import Any

from omilink.ingest.payload import MAX_SEGMENTS
from omilink.settings import Settings, WebhookAuth
from omilink.web import answers
from omilink.web.fields import ID

Json = dict[str, Any]

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


def complete(document: Json, settings: Settings | None) -> None:
    """Adds to what FastAPI has made of its routes."""
    events = document["components"]["schemas"]["PolledEvents"]["properties"]["events"]["items"]
    document["paths"] |= _plain_routes(events)
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes["webhookBearer"] = {"type": "http", "scheme": "bearer", "description": "The webhook's secret."}
    schemes |= {name: _key(*how) for name, how in SCHEMES.items()}
    public = settings.public_url if settings else None
    document["servers"] = [*([{"url": public}] if public else []), {"url": "/"}]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            refused = answers.described(*_refusals(path, method, operation))
            _mend(operation["responses"])
            operation["responses"] = operation["responses"] | {
                status: told for status, told in refused.items() if status not in operation["responses"]
            }
    if settings and settings.webhook_auth is WebhookAuth.OPEN:
        document["paths"]["/omi-webhook"]["post"]["security"].append({})


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


def _plain_routes(events: Json) -> Json:
    call = _webhook()
    by_path = call | {"parameters": [_in("path", "secret", "the webhook's secret"), *call["parameters"]]}
    by_path["responses"] = call["responses"] | answers.described(401)
    del by_path["security"]
    return {
        "/omi-webhook": {"post": call},
        "/omi-webhook/{secret}": {"post": by_path},
        "/omi/setup-completed": {"get": _setup()},
        "/conversations/current/stream": {"get": _stream(events)},
    }


def _webhook() -> Json:
    segment = {
        "id": {"type": "string", "description": "the same for as long as the segment grows"},
        "text": {"type": "string"},
        "speaker": {"type": "string", "examples": ["SPEAKER_0"]},
        "is_user": {"type": "boolean", "description": "whether the wearer speaks"},
        "start": {"type": "number", "description": "seconds on the device's clock"},
        "end": {"type": "number"},
    }
    segments = {"type": "array", "maxItems": MAX_SEGMENTS, "items": {"type": "object", "properties": segment}}
    properties = {"session_id": ID, "uid": ID, "segments": segments}
    call = {"type": "object", "required": ["session_id"], "properties": properties}
    return {
        "tags": ["webhook"],
        "summary": "Takes what a wearable heard",
        "description": "OMI sends more than this, and whatever can be read of a call is kept: docs/reference/omi.md.",
        "parameters": [
            _in("query", "uid", "OMI account", ID),
            _in("header", "Idempotency-Key", "a call with the same key and body is kept once"),
        ],
        "security": [{"webhookToken": []}, {"webhookBearer": []}, {"omiSignature": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": call}}},
        "responses": {"200": _json("On disk", {"$ref": "#/components/schemas/Done"}), **answers.described(422, 429)},
    }


def _setup() -> Json:
    properties = {"is_setup_completed": {"type": "boolean"}}
    shape = {"type": "object", "required": ["is_setup_completed"], "properties": properties}
    return {
        "tags": ["webhook"],
        "summary": "Whether an OMI account is set up, as OMI asks it",
        "parameters": [_in("query", "uid", "OMI account")],
        "responses": {"200": _json("Whether the uid is verified for somebody", shape)},
    }


def _stream(events: Json) -> Json:
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": events}
    event = {"type": "object", "required": ["id", "data"], "properties": {"id": {"type": "string"}, "data": data}}
    return {
        "tags": ["live"],
        "summary": "Your live chat as Server-Sent Events",
        "parameters": [
            _in("header", "Last-Event-ID", "the cursor after which to go on"),
            _in("query", "after", "the same, for those who cannot send headers"),
        ],
        "security": [{"bearer": []}, {OF_USERS: []}, {"ticket": []}, {"sid": []}],
        "responses": {
            "200": {
                "description": "Unnamed events; data is JSON with a type, id is the cursor",
                "content": {"text/event-stream": {"schema": event}},
            },
            **answers.described(429),
        },
    }


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _key(place: str, name: str, text: str) -> Json:
    return {"type": "apiKey", "in": place, "name": name, "description": text}


def _in(place: str, name: str, text: str, schema: Json | None = None) -> Json:
    shape = schema or {"type": "string"}
    return {"in": place, "name": name, "description": text, "required": place == "path", "schema": shape}
