"""Routes for operators: health, readiness, metrics, and what `omilink doctor` and other commands ask."""

import asyncio
import hmac
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omilink.app.services import Checks
from omilink.errors import NotSignedIn, OmilinkError
from omilink.ingest.queue import DeliveryQueue
from omilink.models.json import Json, to_json
from omilink.web.auth import Services, bearer
from omilink.web.schema import answers

STATES = ("waiting", "dead", "quarantined")
WELL = "ok"
MOST = 10_000
"""Rows of one answer to an operator."""
CHECK = 3.0
"""Seconds in which a part has to show that it works."""

log = logging.getLogger(__name__)


class Counters(Response):
    media_type = CONTENT_TYPE_LATEST


router = APIRouter(tags=["operations"])


@router.get("/health", responses=answers.of(answers.Alive))
async def health() -> Json:
    """The process is alive."""
    return {"ok": True}


@router.get("/ready", responses=answers.of(answers.Ready, refused=(503,)))
async def ready(services: Services) -> Response:
    """Whether the server can store and deliver. If not, the answer names the part that does not work."""
    parts = await how_are(services.checks)
    content = {"ok": True, "parts": parts, "streamsOpen": sum(services.bus.listeners().values())}
    if ill := [f"{name}: {state}" for name, state in parts.items() if state != WELL]:
        content |= {"ok": False, "error": "unavailable", "message": " ".join(ill)}
        return JSONResponse(content, 503, {"Retry-After": "5"})
    return JSONResponse(content | {"jobs": await _jobs(services.queue)})


@router.get("/metrics", response_class=Counters)
async def metrics(services: Services) -> Response:
    """Counters for Prometheus."""
    count = services.metrics
    count.streams.set(sum(services.bus.listeners().values()))
    for part, state in (await how_are(services.checks)).items():
        count.part_up.labels(part).set(state == WELL)
    with suppress(OmilinkError, TimeoutError):  # the database is unavailable, and the jobs are in it
        async with asyncio.timeout(CHECK):
            for state, jobs in (await _jobs(services.queue)).items():
                count.jobs.labels(state).set(jobs)
    return Counters(generate_latest(count.registry))


@router.get("/operator/installation", include_in_schema=False)
async def installation(request: Request, services: Services) -> Json:
    """The id of the server's database, and the webhook calls that the server refused in the last hour."""
    check_operator(request, services)
    refused = [asdict(one) for one in services.refusals.lately()]
    return {"ok": True, "installation": await services.store.read(lambda tx: tx.epoch()), "refused": refused}


@router.get("/operator/streams/{user_id}", include_in_schema=False)
async def streams(request: Request, user_id: str, services: Services) -> Json:
    """How many streams a user has open, for `omilink doctor`, which reads the token from the data folder."""
    check_operator(request, services)
    return {"ok": True, "streamsOpen": services.bus.listeners().get(user_id, 0)}


@router.get("/operator/quarantine", include_in_schema=False)
async def quarantine(request: Request, services: Services) -> Json:
    """How many calls are in quarantine and why, and how much is unlinked, by session. Never words."""
    check_operator(request, services)
    found = await services.queue.jobs("quarantined", None, MOST)
    counts = Counter((job.session_id, job.error) for job in found)
    shown = [{"session": session, "why": why, "calls": calls} for (session, why), calls in counts.most_common()]
    unlinked = [
        {"session": session, "conversations": conversations, "messages": messages}
        for session, conversations, messages in await services.store.read(lambda tx: tx.ownerless_counts(MOST))
    ]
    return {"ok": True, "calls": len(found), "quarantine": shown, "unlinked": unlinked}


@router.get("/operator/audit", include_in_schema=False)
async def audit(request: Request, services: Services, limit: Annotated[int, Query(ge=1, le=MOST)] = 100) -> Json:
    """Changes of owners and the proofs that they rest on, the newest first."""
    check_operator(request, services)
    entries = await services.store.read(lambda tx: tx.audit_entries(limit))
    return {"ok": True, "entries": [to_json(entry) for entry in entries]}


def check_operator(request: Request, services: Services) -> None:
    """Raises NotSignedIn unless the request has the operator's token."""
    shown = (bearer(request) or "").encode("utf-8", "replace")
    if not hmac.compare_digest(shown, services.operator_token.encode()):
        raise NotSignedIn("This needs the token in the file operator_token of the server's data folder.")


async def how_are(checks: Checks) -> dict[str, str]:
    """The state of each part by its name: "ok", or what is wrong and what to do."""
    return dict(zip(checks, await asyncio.gather(*map(_how_is, checks.values())), strict=True))


async def _how_is(check: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(CHECK):
            await check()
    except OmilinkError as error:
        return error.message
    except TimeoutError:
        return f"It does not answer within {CHECK:g} s."
    except Exception as error:  # such as a missing right or a schema of another version
        log.exception("a check failed")
        return f"It does not work: {type(error).__name__}."
    return WELL


async def _jobs(queue: DeliveryQueue) -> dict[str, int]:
    return dict.fromkeys(STATES, 0) | await queue.counts()
