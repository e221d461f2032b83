"""Accepts a webhook call: reads it, makes it durable, and lets the route answer."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from omilink.clock import Millis
from omilink.errors import BadSecret
from omilink.ingest import json_body, payload
from omilink.ingest.queue import DeliveryQueue
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED

LARGE = 64 * 1024
"""Bytes of a body, above which it is read in a thread. Few of OMI's calls are larger: it is a backlog of half an
hour."""
_READER = ThreadPoolExecutor(1, "reads-large-bodies")


async def accept(
    queue: DeliveryQueue,
    body: bytes,
    query: payload.Query,
    *,
    at: Millis,
    counted_at: Millis | None = None,
    origin: str = SHARED,
    idempotency_key: str | None = None,
    proven: bool = False,
    signed: tuple[str, str] | None = None,
    request_id: str | None = None,
) -> payload.Call:
    """Reads the call and puts it into the queue. On return the delivery is durable. Raises Malformed, Invalid, TooLarge
    or BadSecret when the call is refused, and Unavailable when it could not be stored.

    `origin` is the webhook address: shared, or the user of a personal URL. `proven` means that no user can have made
    the call. `signed` is the uid for which OMI signed the call, and a text that distinguishes the call from every other
    signed call. A call that contradicts itself is accepted and later quarantined for an operator; a call that
    contradicts its signature is refused (docs/reference/omi.md: who is calling).
    """
    call = payload.call(await _document(body), query)
    if signed and (call.contradiction or call.uid != signed[0]):
        raise BadSecret("OMI signed this call for another uid than the one in it.")
    delivery = Delivery(
        kind=call.kind,
        origin=origin,
        session_id=call.session_id,
        uid=call.uid,
        key=_key(idempotency_key, origin, call, body),
        contradiction=call.contradiction,
        proven=proven,
        signature=_hash(f"{origin}\n{signed[1]}") if signed else None,
        request_id=request_id,
        body=body,
        received_at=at,
        counted_at=counted_at,
    )
    await queue.put(delivery)
    return call


async def _document(body: bytes) -> Any:
    """The body's JSON. A large body is read in a thread, one at a time, so that other calls need not wait."""
    if len(body) <= LARGE:
        return json_body.read(body)
    return await asyncio.get_running_loop().run_in_executor(_READER, json_body.read, body)


def _key(idempotency_key: str | None, origin: str, call: payload.Call, body: bytes) -> str | None:
    """The key of a delivery with an idempotency key, else None. A retry has the same key, ids and body; with another
    body or other ids the call is another delivery."""
    if not idempotency_key:
        return None
    about = f"{idempotency_key}\n{origin}\n{call.session_id}\n{call.uid}\n{call.contradiction}\n"
    return _hash(about, body)


def _hash(text: str, body: bytes = b"") -> str:
    return hashlib.sha256(text.encode("utf-8", "replace") + body).hexdigest()
