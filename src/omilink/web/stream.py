"""The live stream, its polling twin and its tickets."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from omilink.accounts import rate_limits, signing_in
from omilink.live import event_log
from omilink.models.json import Json, time_text
from omilink.web import answers
from omilink.web.auth import CurrentUser, Services, client_address, services_of, signed_in_to_stream
from omilink.web.events import PolledEvents
from omilink.web.sse import HEADERS, EventStream

PATH = "/conversations/current"
STREAM = f"{PATH}/stream"

router = APIRouter(prefix=PATH, tags=["live"])


async def stream(request: Request) -> Response:
    services = services_of(request)
    services.local_limits.spend((rate_limits.STREAM_FROM, client_address(request)))  # first: redeeming tickets writes
    who = await signed_in_to_stream(request)
    services.local_limits.spend((rate_limits.STREAM, who.user.id))
    after = request.headers.get("last-event-id") or request.query_params.get("after")
    subscription = services.bus.subscribe(who.user.id)
    return EventStream(event_log.follow(services.store, subscription, who, after, services.counted), subscription)


async def head(request: Request) -> Response:
    """HEAD: what the stream would begin with. Nothing is opened, and a ticket stays good."""
    services_of(request).local_limits.spend((rate_limits.STREAM_FROM, client_address(request)))
    await signed_in_to_stream(request, keep_ticket=True)
    answer = Response()
    answer.raw_headers = list(HEADERS)
    return answer


@router.get("/events", responses=answers.of(PolledEvents))
async def events(who: CurrentUser, services: Services, response: Response, after: str | None = None) -> Response:
    """The stream's events for whoever cannot hold a stream open: the same events, the same cursors."""
    frames, cursor, more = await services.store.read(lambda tx: event_log.poll(tx, who.user.id, after))
    items = ",".join(f'{{"id":"{frame.id}",{frame.data[1:]}' for frame in frames)  # the data is JSON already
    body = f'{{"ok":true,"events":[{items}],"cursor":"{cursor}","more":{str(more).lower()}}}'
    answer = Response(body, media_type="application/json")
    answer.raw_headers += [header for header in response.raw_headers if header[0] == b"set-cookie"]
    return answer


@router.post("/stream-ticket", responses=answers.of(answers.Ticket, refused=(429,)))
async def ticket(request: Request, who: CurrentUser, services: Services) -> Json:
    """A key for one connection, good for 60 s, for readers that can send neither cookie nor header."""
    services.local_limits.spend((rate_limits.TICKET, who.user.id), (rate_limits.TICKET_FROM, client_address(request)))
    ticket = signing_in.new_secret()
    expires_at = await services.store.write(lambda tx: signing_in.issue_ticket(tx, who, ticket, tx.counted()))
    return {"ok": True, "ticket": ticket, "expiresAt": time_text(services.shown(expires_at))}


BY_METHOD = {"GET": stream, "HEAD": head}
routes = [Route(STREAM, stream, methods=["GET"])]
