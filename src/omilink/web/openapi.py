"""What /openapi.json says of the routes that are not FastAPI's own, for speed."""

from typing import Any


def _answers(**sentences: str) -> dict[str, Any]:
    return {status.removeprefix("s"): {"description": text} for status, text in sentences.items()}


def _in(place: str, name: str, text: str) -> dict[str, Any]:
    return {"in": place, "name": name, "description": text, "required": place == "path", "schema": {"type": "string"}}


_SEGMENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "text": {"type": "string"},
        "speaker": {"type": "string", "examples": ["SPEAKER_0"]},
        "is_user": {"type": "boolean"},
        "start": {"type": "number", "description": "seconds on the device's clock"},
        "end": {"type": "number"},
    },
}
_CALL = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "session_id": {"type": "string"},
                    "uid": {"type": "string"},
                    "segments": {"type": "array", "items": _SEGMENT},
                },
            },
        }
    },
}
_WEBHOOK = {
    "post": {
        "tags": ["webhook"],
        "summary": "Takes what a wearable heard",
        "parameters": [_in("query", "uid", "OMI account"), _in("query", "token", "the webhook's secret")],
        "requestBody": _CALL,
        "responses": _answers(
            s200='On disk: `{"ok": true}`',
            s400="No JSON",
            s401="No valid secret",
            s413="Too large",
            s422="No session_id and no uid, an id that cannot be one, or segments that are no list",
            s503="Nothing could be stored; try again",
        ),
    }
}
_STREAM = {
    "get": {
        "tags": ["live"],
        "summary": "Your live chat as Server-Sent Events",
        "parameters": [
            _in("header", "Last-Event-ID", "the cursor after which to go on"),
            _in("query", "after", "the same, for those who cannot send headers"),
            _in("query", "sid", "the session token"),
            _in("query", "ticket", "a ticket of /conversations/current/stream-ticket"),
        ],
        "responses": {
            "200": {"description": "Unnamed events; data is JSON with a type", "content": {"text/event-stream": {}}},
            **_answers(s401="Not signed in"),
        },
    }
}
_SETUP = {
    "get": {
        "tags": ["webhook"],
        "summary": "Whether an OMI account is set up, as OMI asks it",
        "parameters": [_in("query", "uid", "OMI account")],
        "responses": _answers(s200='`{"is_setup_completed": true}` or false'),
    }
}
PLAIN_ROUTES = {
    "/omi-webhook": _WEBHOOK,
    "/omi-webhook/{secret}": {
        "post": _WEBHOOK["post"]
        | {"parameters": [_in("path", "secret", "the webhook's secret"), *_WEBHOOK["post"]["parameters"]]}
    },
    "/omi/setup-completed": _SETUP,
    "/conversations/current/stream": _STREAM,
}
