"""For whoever runs the server: is it alive, can it work, what does it count; and the page at `/`."""

import hmac
from pathlib import Path

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from omilink import wire
from omilink.errors import NotSignedIn, OmilinkError
from omilink.ports import Inbox
from omilink.web.auth import The, bearer

INDEX = Path(__file__).parent / "page" / "index.html"
STATES = ("waiting", "dead", "quarantined")

router = APIRouter(tags=["operations"])


@router.get("/", include_in_schema=False)
async def page() -> Response:
    return FileResponse(INDEX)


@router.get("/health")
async def health() -> wire.Json:
    """The process is alive."""
    return {"ok": True}


@router.get("/ready")
async def ready(the: The) -> Response:
    """It can store and deliver: a write went through and the queue can be read."""
    try:
        await the.store.write(lambda tx: tx.note_ready(the.clock()))
        jobs = await _jobs(the.inbox)
    except OmilinkError as error:
        return JSONResponse({"ok": False, "error": error.code, "message": error.message}, 503, {"Retry-After": "5"})
    return JSONResponse({"ok": True, "jobs": jobs, "streamsOpen": sum(the.bus.listeners().values())})


@router.get("/metrics")
async def metrics(the: The) -> Response:
    """Counters for Prometheus."""
    the.metrics.streams.set(sum(the.bus.listeners().values()))
    for state, count in (await _jobs(the.inbox)).items():
        the.metrics.jobs.labels(state).set(count)
    return Response(generate_latest(the.metrics.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/operator/streams/{user_id}", include_in_schema=False)
async def streams(request: Request, user_id: str, the: The) -> wire.Json:
    """How many streams a user has open, for `omilink doctor`: it knows the token of the data folder."""
    shown = (bearer(request) or "").encode("utf-8", "replace")
    if not hmac.compare_digest(shown, the.operator_token.encode()):
        raise NotSignedIn("This needs the token in the file operator_token of the server's data folder.")
    return {"ok": True, "streamsOpen": the.bus.listeners().get(user_id, 0)}


async def _jobs(inbox: Inbox) -> dict[str, int]:
    return dict.fromkeys(STATES, 0) | await inbox.counts()
