"""The live stream, its polling twin and its tickets."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omilink.accounts import rate_limits, signing_in
from omilink.live import event_log
from omilink.live.live_stream import LiveStream
from omilink.models.json import Json, time_text
from omilink.web.auth import CurrentUser, Services, client_address, services_of, signed_in_to_stream
from omilink.web.plain_route import IS_HEAD, PlainRoute
from omilink.web.schema import answers, openapi
from omilink.web.schema.events import PolledEvents
from omilink.web.sockets.sse import HEADERS, EventStream

PATH = "/conversations/current"
STREAM = f"{PATH}/stream"

router = APIRouter(prefix=PATH, tags=["live"])


async def stream(request: Request) -> Response:
    services = services_of(request)
    services.local_limits.spend((rate_limits.STREAM_FROM, client_address(request)))  # first: redeeming tickets writes
    if IS_HEAD in request.scope:
        return await _head(request)
    who = await signed_in_to_stream(request)
    services.local_limits.spend((rate_limits.STREAM, who.user.id))
    after = request.headers.get("last-event-id") or request.query_params.get("after")
    return EventStream(LiveStream(services.store, services.bus, services.counted, who), after)


async def _head(request: Request) -> Response:
    """What the stream would begin with. Nothing is opened, and a ticket stays good."""
    await signed_in_to_stream(request, keep_ticket=True)
    answer = Response()
    answer.raw_headers = list(HEADERS)
    return answer


class Written(JSONResponse):
    """Takes JSON as text."""

    def render(self, content: str) -> bytes:
        return content.encode()


@router.get("/events", response_class=Written, response_model=None, responses=answers.of(PolledEvents))
async def events(who: CurrentUser, services: Services, after: str | None = None) -> str:
    """The events of the stream with the same cursors, for clients that cannot keep a stream open."""
    frames, cursor, more = await services.store.read(lambda tx: event_log.poll(tx, who.user.id, after))
    items = ",".join(f'{{"id":"{frame.id}",{frame.data[1:]}' for frame in frames)  # the data is JSON already
    return f'{{"ok":true,"events":[{items}],"cursor":"{cursor}","more":{str(more).lower()}}}'


@router.post("/stream-ticket", responses=answers.of(answers.Ticket, refused=(429,)))
async def ticket(request: Request, who: CurrentUser, services: Services) -> Json:
    """A ticket that opens one stream within 60 seconds, for clients that can send neither cookies nor headers."""
    services.local_limits.spend((rate_limits.TICKET, who.user.id), (rate_limits.TICKET_FROM, client_address(request)))
    ticket = signing_in.new_secret()
    expires_at = await services.store.write(lambda tx: signing_in.issue_ticket(tx, who, ticket, tx.counted()))
    return {"ok": True, "ticket": ticket, "expiresAt": time_text(services.shown(expires_at))}


def _described(schemas: Json) -> Json:
    events = schemas["PolledEvents"]["properties"]["events"]["items"]
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": events}
    event = {"type": "object", "required": ["id", "data"], "properties": {"id": {"type": "string"}, "data": data}}
    return {
        "tags": ["live"],
        "parameters": [
            openapi.parameter("header", "Last-Event-ID", "the cursor after which to go on"),
            openapi.parameter("query", "after", "the same, for those who cannot send headers"),
        ],
        "security": [{"bearer": []}, {openapi.OF_USERS: []}, {"ticket": []}, {"sid": []}],
        "responses": {
            "200": {
                "description": "Unnamed events; data is JSON with a type, id is the cursor",
                "content": {"text/event-stream": {"schema": event}},
            },
            **answers.described(429),
        },
    }


routes = [PlainRoute(STREAM, stream, method="GET", describe=_described)]
