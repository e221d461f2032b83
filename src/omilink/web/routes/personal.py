"""Routes of a user's personal webhook address: show it, show it as a QR code, replace it."""

import io
from collections.abc import Sequence

import segno
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from omilink.accounts import personal_webhook, rate_limits
from omilink.errors import Invalid
from omilink.models.json import Json, time_text
from omilink.models.user import PersonalUrl
from omilink.web.auth import CurrentUser, Services, address
from omilink.web.schema import answers


class Picture(Response):
    media_type = "image/svg+xml"


router = APIRouter(prefix="/me", tags=["accounts"])


@router.get("/webhook-url", responses=answers.of(answers.PersonalUrl))
async def webhook_url(request: Request, who: CurrentUser, services: Services) -> Json:
    """Your personal webhook address. Whatever is posted there is yours; whoever has the address can post to
    your account."""
    at = services.clock()
    found = await services.store.read(lambda tx: tx.personal_urls(who.user.id, tx.counted()))
    if not found:
        found = await services.store.write(lambda tx: personal_webhook.show(tx, who.user.id, at))
    return _shown(request, services, found)


@router.get("/webhook-url.svg", response_class=Picture)
async def webhook_url_as_picture(request: Request, who: CurrentUser, services: Services) -> Response:
    """Your personal webhook address as a QR code, to scan with the phone that has the OMI app."""
    answer = await webhook_url(request, who, services)
    picture = io.BytesIO()
    try:
        code = segno.make_qr(answer["url"], error="m")
    except segno.DataOverflowError:
        raise Invalid("This server's address is too long for a QR code. Set OMILINK_PUBLIC_URL.") from None
    code.save(picture, kind="svg", scale=8, border=2, light="white", xmldecl=False)
    # otherwise a page of another site could show the picture
    headers = {"Cross-Origin-Resource-Policy": "same-origin"}
    return Picture(picture.getvalue(), headers=headers)


@router.post("/webhook-url", responses=answers.of(answers.PersonalUrl, refused=(429,)))
async def rotate_webhook_url(request: Request, who: CurrentUser, services: Services) -> Json:
    """Replaces your personal webhook address. The one before works for another 24 hours, older ones do not."""
    at = services.clock()
    await services.limits.spend((rate_limits.ROTATE, who.user.id))
    found = await services.store.write(lambda tx: personal_webhook.rotate(tx, who.user.id, at))
    services.personal_urls.forget(who.user.id)
    return _shown(request, services, found)


def _shown(request: Request, services: Services, found: Sequence[PersonalUrl]) -> Json:
    current, *before = found
    until = before[0].valid_until if before else None
    return {
        "ok": True,
        "url": f"{address(request)}/omi-webhook/{current.secret}",
        "createdAt": time_text(current.created_at),
        "previousValidUntil": time_text(until and services.shown(until)),
    }
