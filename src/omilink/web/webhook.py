"""Where OMI's cloud calls. 200 means: on disk. Never a `message` key, which OMI would push to the wearer's phone."""

import hmac
import time
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from omilink import intake, personal
from omilink.errors import BadSecret, Invalid, OmilinkError
from omilink.model import SHARED, check_id
from omilink.omi import parse, signature
from omilink.product import Product
from omilink.settings import WebhookAuth
from omilink.web.auth import bearer, product
from omilink.web.headers import AUDIO, SECURITY, read_limited

PATH = "/omi-webhook"
ACCEPTED = b'{"ok":true}'


async def receive(request: Request) -> Response:
    the = product(request)
    try:
        kind = await _accept(the, request)
    except OmilinkError as error:
        the.metrics.refused.labels(error.code).inc()
        raise
    the.metrics.webhooks.labels(kind).inc()
    return Response(ACCEPTED, media_type="application/json", headers=SECURITY)


async def setup_completed(request: Request) -> Response:
    """OMI asks whether this account is set up: whether its uid is verified for somebody."""
    uids = {value for name, value in parse.query(request.scope["query_string"]) if name == "uid"}
    verified = await product(request).store.read(lambda tx: tx.users_verified_for(uids))
    return JSONResponse({"is_setup_completed": bool(uids) and uids == verified.keys()})


async def _accept(the: Product, request: Request) -> str:
    query = parse.query(request.scope["query_string"])
    shown = _shown_secrets(request, query)
    origin = await _personal_origin(the, shown)
    allowed = origin is not None or _is_shared(the, shown)
    if not allowed and not the.settings.signing_secret:
        raise _refused()
    if _is_audio(request, query):
        return await _pass_over_audio(request, query, allowed)
    body = await read_limited(request)
    if not allowed and not _is_signed(the, request, query, body):
        raise _refused()
    key = request.headers.get("idempotency-key")
    call = await intake.accept(the.inbox, body, query, at=the.clock(), origin=origin or SHARED, idempotency_key=key)
    return call.kind


def _shown_secrets(request: Request, query: parse.Query) -> list[str]:
    shown = [request.path_params.get("secret"), bearer(request), *(v for name, v in query if name == "token")]
    return [value for value in shown if value]


async def _personal_origin(the: Product, shown: Sequence[str]) -> str | None:
    """Whose personal URL was called, None if it was none. Nobody's is refused, also where anybody may post."""
    for secret in shown:
        if secret.startswith(personal.PREFIX):
            owner = await the.personal_urls.owner(secret)
            if owner is None:
                raise _refused()
            return owner
    return None


def _is_shared(the: Product, shown: Sequence[str]) -> bool:
    """Whether a valid secret was shown, in constant time. There always is one to show, see bootstrap."""
    if the.settings.webhook_auth is WebhookAuth.OPEN:
        return True
    good = [secret.encode() for secret in the.webhook_secrets]
    values = [value.encode("utf-8", "replace") for value in shown]
    return any([hmac.compare_digest(secret, value) for secret in good for value in values])


def _is_signed(the: Product, request: Request, query: parse.Query, body: bytes) -> bool:
    uids = {value for name, value in query if name == "uid"}
    header = request.headers.get("x-omi-signature", "")
    secrets = [secret.get_secret_value() for secret in the.settings.signing_secret]
    return len(uids) == 1 and signature.verify(header, uid=uids.pop(), body=body, secrets=secrets, now=time.time())


def _is_audio(request: Request, query: parse.Query) -> bool:
    kind = request.headers.get("content-type", "").lower()
    return kind.startswith(AUDIO) and any(name == "sample_rate" for name, _ in query)


async def _pass_over_audio(request: Request, query: parse.Query, allowed: bool) -> str:
    """Audio is not kept: omilink is about words."""
    if not allowed:
        raise _refused()
    uids = {value for name, value in query if name == "uid"}
    if not uids:
        raise Invalid("Audio needs ?uid= to tell whose it is.")
    for uid in uids:
        check_id(uid, "uid")
    async for _ in request.stream():
        pass
    return "audio"


def _refused() -> BadSecret:
    return BadSecret(
        "The webhook's secret is missing or wrong. `omilink webhook-url` prints the address that holds it. A "
        "user's own address is shown on the page; one that was replaced works for another day."
    )


routes = [
    Route(PATH, receive, methods=["POST"]),
    Route(f"{PATH}/{{secret}}", receive, methods=["POST"]),
    Route("/omi/setup-completed", setup_completed, methods=["GET"]),
]
