"""The webhook. 200 means that the call is on disk. The answer never has a key `message`, which OMI would push to the
wearer's phone."""

import hmac
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from omilink import turns
from omilink.accounts import personal_webhook, rate_limits, signing_in
from omilink.app.services import Services
from omilink.errors import BadSecret, Invalid, OmilinkError, TooLarge
from omilink.ingest import accept, payload
from omilink.ingest.large_calls import RECORD_BYTES, SIGNED
from omilink.ingest.signature import Verification
from omilink.models.ids import SHARED, check_id, is_id
from omilink.models.json import Json
from omilink.settings import Policy, WebhookAuth
from omilink.web import bodies, large_bodies
from omilink.web.auth import bearer, client_address, request_id, services_of
from omilink.web.plain_route import PlainRoute
from omilink.web.routes import admission
from omilink.web.routes.admission import NOT_ADMITTED, Signature, Verdict
from omilink.web.schema import answers, openapi
from omilink.web.schema.fields import ID

PATH = "/omi-webhook"
AUDIO = "application/octet-stream"
ACCEPTED = b'{"ok":true}'


async def receive(request: Request) -> Response:
    turns.work_for(turns.SERVER)  # calls wait for no user's work
    services = services_of(request)
    try:
        kind = await _accept(services, request)
    except OmilinkError as error:
        services.metrics.refused.labels(error.code).inc()
        services.refusals.note(error.code, client_address(request))
        raise
    services.metrics.webhooks.labels(kind).inc()
    return Response(ACCEPTED, media_type="application/json")


async def setup_completed(request: Request) -> Response:
    """Answers OMI's question whether an account is set up: whether its uid is verified for somebody."""
    uids = {value for name, value in payload.query(request.scope["query_string"]) if name == "uid"}
    known = [uid for uid in uids if is_id(uid)]  # databases refuse some texts that are no ids
    verified = await services_of(request).store.read(lambda tx: tx.users_verified_for(known))
    return JSONResponse({"is_setup_completed": bool(uids) and uids == verified.keys()})


class _Door(NamedTuple):
    """Where a call comes in, and with what. `origin` is the user of a personal address."""

    origin: str | None
    has_secret: bool
    policy: Policy
    is_open: bool

    @property
    def admits_unread(self) -> bool:
        """Whether the call needs no signature, which only its whole body proves."""
        return self.origin is not None or self.has_secret or self.is_open

    def decide(self, signature: Signature) -> Verdict:
        return admission.decide(
            admission.Call(
                is_personal=self.origin is not None,
                has_secret=self.has_secret,
                signature=signature,
                policy=self.policy,
                is_open=self.is_open,
            )
        )


async def _accept(services: Services, request: Request) -> str:
    """Stores the call and returns its kind. Raises BadSecret, and what `accept.accept` raises."""
    settings, query = services.settings, payload.query(request.scope["query_string"])
    shown = _shown_secrets(request, query)
    origin = await _personal_origin(services, shown)
    has_secret = origin is None and _has_shared_secret(services, shown)
    door = _Door(origin, has_secret, settings.webhook_policy, settings.webhook_auth is WebhookAuth.OPEN)
    if not (door.admits_unread or settings.signing_secret):
        raise BadSecret(NOT_ADMITTED)
    if _is_audio(request, query):
        if not door.admits_unread:
            raise BadSecret(NOT_ADMITTED)
        return await _pass_over_audio(request, query)
    verification = _verification(services, request, query)
    may_be_large = not door.decide(Signature.GOOD if verification else _signature(services, request, None)).refusal
    if bodies.declared(request.headers) > bodies.MAX_BODY and not may_be_large:
        raise bodies.too_large()
    first = await bodies.beginning(request.receive)
    if not first.is_small:
        if not (may_be_large and large_bodies.may_be_record(request, first)):
            raise bodies.too_large()
        return await _accept_large(services, request, door, verification, first)
    sent = b"".join(first.chunks)
    if verification:
        verification.add(sent)
    arrival = _admit(services, request, door, verification)
    try:
        body = bodies.unpack(request.headers, sent)
    except TooLarge:
        return await _accept_unpacked(services, request, lambda: sent, arrival)
    return (await accept.accept(services.queue, body, query, **arrival)).kind


async def _accept_large(
    services: Services, request: Request, door: _Door, verification: Verification | None, first: bodies.Beginning
) -> str:
    """As `_accept`, for a call that is larger than a live call may be: its body waits on disk."""
    sender = door.origin or (SHARED if door.admits_unread else SIGNED)
    note = verification.add if verification else _ignore
    folder, is_admitted = services.settings.data_dir, door.admits_unread
    with services.large_calls.place(sender):
        async with large_bodies.received(request, first, folder, is_admitted=is_admitted, note=note) as body:
            arrival = _admit(services, request, door, verification)
            if not body.is_whole:
                return await _accept_too_large(services, request, arrival)
            return await _accept_unpacked(services, request, body.read, arrival)


async def _accept_unpacked(
    services: Services, request: Request, read: Callable[[], bytes], arrival: accept.Arrival
) -> str:
    """Unpacks a large call and stores it if it is a record. One at a time, so that one is in memory."""
    query = payload.query(request.scope["query_string"])
    async with services.large_calls.turn:
        try:
            body = await accept.in_thread(lambda: bodies.unpack(request.headers, read(), RECORD_BYTES))
        except TooLarge:
            if not await accept.in_thread(lambda: large_bodies.begins_a_record(request, read())):
                raise
        else:
            return (await accept.accept(services.queue, body, query, is_large=True, **arrival)).kind
    return await _accept_too_large(services, request, arrival)


async def _accept_too_large(services: Services, request: Request, arrival: accept.Arrival) -> str:
    query = payload.query(request.scope["query_string"])
    delivery = await accept.accept_too_large(services.queue, query, **arrival)
    services.metrics.too_large_records.inc()
    return delivery.kind


def _admit(services: Services, request: Request, door: _Door, verification: Verification | None) -> accept.Arrival:
    """How the call came, once its whole body has been added to the verification. Raises BadSecret."""
    known_by = verification.known_by() if verification else None
    verdict = door.decide(_signature(services, request, known_by))
    if verdict.refusal:
        raise BadSecret(verdict.refusal)
    return {
        "at": services.clock(),
        "counted_at": services.counted() if services.counted.known else None,
        "origin": door.origin or SHARED,
        "idempotency_key": request.headers.get("idempotency-key") or request.headers.get("x-omi-delivery"),
        "proven": verdict.is_proven,
        "signed": (verification.uid, known_by) if verification and known_by else None,
        "request_id": request_id(request),
    }


def _shown_secrets(request: Request, query: payload.Query) -> list[str]:
    shown = [request.path_params.get("secret"), bearer(request), *(v for name, v in query if name == "token")]
    return [value for value in shown if value]


async def _personal_origin(services: Services, shown: Sequence[str]) -> str | None:
    """The user whose personal address was called, None if it was the shared address. Raises BadSecret for a personal
    address that is nobody's, also on an open server."""
    for secret in shown:
        if secret.startswith(personal_webhook.PREFIX):
            with turns.working_for(f"secret {signing_in.fingerprint(secret)}"):
                owner = await services.personal_urls.owner(secret)
            if owner is None:
                raise BadSecret(NOT_ADMITTED)
            services.local_limits.spend((rate_limits.PERSONAL_CALL, owner))
            return owner
    return None


def _has_shared_secret(services: Services, shown: Sequence[str]) -> bool:
    """Whether the call has a shared secret, compared in constant time. There is always at least one secret
    (`app.wiring.webhook_secrets`)."""
    good = [secret.encode() for secret in services.webhook_secrets]
    values = [value.encode("utf-8", "replace") for value in shown]
    return any([hmac.compare_digest(secret, value) for secret in good for value in values])


def _signature(services: Services, request: Request, known_by: str | None) -> Signature:
    if known_by:
        return Signature.GOOD
    is_wrong = services.settings.signing_secret and "x-omi-signature" in request.headers
    return Signature.WRONG if is_wrong else Signature.NONE


def _verification(services: Services, request: Request, query: payload.Query) -> Verification | None:
    """None if the call has no signature for one uid."""
    header = request.headers.get("x-omi-signature")
    uids = {value for name, value in query if name == "uid"}
    if not header or len(uids) != 1:
        return None
    [uid] = uids
    secrets = [secret.get_secret_value() for secret in services.settings.signing_secret]
    return Verification(header, uid=uid, secrets=secrets, now=time.time())


def _ignore(_: bytes) -> None:
    """For calls without a signature."""


def _is_audio(request: Request, query: payload.Query) -> bool:
    kind = request.headers.get("content-type", "").lower()
    return kind.startswith(AUDIO) and any(name == "sample_rate" for name, _ in query)


async def _pass_over_audio(request: Request, query: payload.Query) -> str:
    """Reads audio without keeping it. Raises Invalid if the call does not say whose it is."""
    uids = {value for name, value in query if name == "uid"}
    if not uids:
        raise Invalid("Audio needs ?uid=, the OMI account that it belongs to.")
    for uid in uids:
        check_id(uid, "uid")
    async for _ in request.stream():
        pass
    return "audio"


def _described(_: Json) -> Json:
    segment = {
        "id": {"type": "string", "description": "the same for as long as the segment grows"},
        "text": {"type": "string"},
        "speaker": {"type": "string", "examples": ["SPEAKER_0"]},
        "is_user": {"type": "boolean", "description": "whether the wearer speaks"},
        "start": {"type": "number", "description": "seconds on the device's clock"},
        "end": {"type": "number"},
    }
    items = {"type": "object", "properties": segment}
    segments = {"type": "array", "maxItems": payload.MAX_SEGMENTS, "items": items}
    properties = {"session_id": ID, "uid": ID, "segments": segments}
    call = {"type": "object", "required": ["session_id"], "properties": properties}
    return {
        "tags": ["webhook"],
        "description": "OMI sends more than this, and whatever can be read of a call is kept: docs/reference/omi.md.",
        "parameters": [
            openapi.parameter("query", "uid", "OMI account", ID),
            openapi.parameter("header", "Idempotency-Key", "a call with the same key and body is kept once"),
        ],
        "security": [{"webhookToken": []}, {"webhookBearer": []}, {"omiSignature": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": call}}},
        "responses": {
            "200": openapi.json_of("On disk", {"$ref": "#/components/schemas/Done"}),
            **answers.described(422, 429),
        },
    }


def _described_by_path(schemas: Json) -> Json:
    by_path = _described(schemas)
    del by_path["security"]
    by_path["parameters"].insert(0, openapi.parameter("path", "secret", "the webhook's secret"))
    by_path["responses"] |= answers.described(401)
    return by_path


def _setup_described(_: Json) -> Json:
    properties = {"is_setup_completed": {"type": "boolean"}}
    shape = {"type": "object", "required": ["is_setup_completed"], "properties": properties}
    return {
        "tags": ["webhook"],
        "parameters": [openapi.parameter("query", "uid", "OMI account")],
        "responses": {"200": openapi.json_of("Whether the uid is verified for somebody", shape)},
    }


class _WebhookRoute(PlainRoute):
    """Also accepts a slash at the end of the address, because OMI's cloud follows no redirects."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["method"] == "POST" and scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"].removesuffix("/")}
        return super().matches(scope)


routes = [
    _WebhookRoute(PATH, receive, method="POST", describe=_described),
    _WebhookRoute(f"{PATH}/{{secret}}", receive, method="POST", describe=_described_by_path),
    PlainRoute("/omi/setup-completed", setup_completed, method="GET", describe=_setup_described),
]
