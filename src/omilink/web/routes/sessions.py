"""Routes of sessions: link, unlink, list them with their health."""

from fastapi import APIRouter
from pydantic import BaseModel, StrictBool
from starlette.requests import Request

from omilink.accounts import rate_limits
from omilink.linking import health, sessions
from omilink.models.json import Json, to_json
from omilink.models.session import Session
from omilink.settings import Switch
from omilink.web.auth import Actor, CurrentUser, Services, client_address
from omilink.web.schema import answers, fields
from omilink.web.schema.cursors import Limit, NumberCursor, by_number, pack

router = APIRouter(prefix="/sessions", tags=["sessions"])


class Link(BaseModel):
    session_id: fields.IdOrNumber
    again: StrictBool = False


class Naming(BaseModel):
    name: fields.SessionName | None


@router.post("/link", responses=answers.of(answers.OneSession, refused=(403, 409, 429)))
async def link(request: Request, form: Link, who: CurrentUser, me: Actor, services: Services) -> Json:
    """Links a session to you, also before its first webhook call. Its unlinked conversations become yours. An app that
    repeats a link without being asked sends `again`: then a link that somebody has ended stays ended."""
    # otherwise somebody could link every id that can be guessed
    await services.limits.spend((rate_limits.CLAIM, who.user.id), (rate_limits.CLAIM_FROM, client_address(request)))
    moment, by_hand = await services.moment(), services.settings.manual_link is Switch.OPEN
    session, saved = await services.store.write(
        lambda tx: (
            session := sessions.link(
                tx, str(form.session_id), who.user.id, moment, manual_linking=by_hand, again=form.again, by=me
            ),
            tx.messages_saved([session.id], who.user.id),
        )
    )
    services.bus.publish([who.user.id])
    return {"ok": True, "session": to_json(Session.of(session, has_conversations=bool(saved)))}


@router.delete("/{session_id}/link", responses=answers.of(answers.OneSession, refused=(404,)))
async def unlink(
    session_id: fields.PathId, who: CurrentUser, me: Actor, services: Services, personal: bool | None = None
) -> Json:
    """Unlinks a session of yours. Saved conversations stay yours; new ones are nobody's. If the id comes in at two
    webhook addresses, `personal` says which session is meant. A suspended session leaves your list."""
    moment = await services.moment()
    session = await services.store.write(
        lambda tx: sessions.unlink(tx, session_id, who.user.id, moment, me, personal=personal)
    )
    services.bus.publish([who.user.id])
    return {"ok": True, "session": to_json(Session.of(session, has_conversations=False))}


@router.patch("/{session_id}", responses=answers.of(answers.OneSession, refused=(404,)))
async def name(
    session_id: fields.PathId, form: Naming, who: CurrentUser, services: Services, personal: bool | None = None
) -> Json:
    """Names a session of yours, for which your conversations have it as `sessionName`. A `name` of null takes the name
    away. If the id comes in at two webhook addresses, `personal` says which session is meant."""
    at = services.clock()
    session, saved = await services.store.write(
        lambda tx: (
            session := sessions.name(tx, session_id, who.user.id, form.name, at, personal=personal),
            tx.messages_saved([session.id], who.user.id),
        )
    )
    services.bus.publish([who.user.id])
    return {"ok": True, "session": to_json(Session.of(session, has_conversations=bool(saved)))}


@router.get("", responses=answers.of(answers.Sessions))
async def mine(who: CurrentUser, services: Services, limit: Limit = health.PAGE, cursor: NumberCursor = "") -> Json:
    """Your sessions with their health, the newest on the first page; on each page, last seen first."""
    before = by_number(cursor)
    page, more = await services.store.read(lambda tx: health.sessions_of(tx, who.user.id, limit, before))
    jobs = await services.queue.counts_of([session.id for session, _ in page])
    at = services.clock()
    shown = [to_json(health.with_health(*one, at, jobs.get(one[0].id, {}))) for one in page]
    return {"ok": True, "sessions": shown, "nextCursor": pack(*more) if more else None}


@router.get("/{session_id}", responses=answers.of(answers.OneSession, refused=(404,)))
async def one(session_id: str, who: CurrentUser, services: Services) -> Json:
    """One session of yours: how and since when it is linked, what has come and been saved, and what is wrong."""
    session, saved = await services.store.read(lambda tx: health.session_of(tx, session_id, who.user.id))
    jobs = await services.queue.counts(session.id)
    streams_open = services.bus.listeners().get(who.user.id, 0)
    shown = health.in_full(session, saved, services.clock(), jobs, streams_open)
    return {"ok": True, "session": to_json(shown)}
