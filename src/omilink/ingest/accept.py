"""A webhook call comes in: understood, made durable, answered."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from omilink.clock import Millis
from omilink.errors import BadSecret
from omilink.ingest import payload
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED
from omilink.models.ports import Inbox

LARGE = 64 * 1024
"""Bytes of a body that OMI's calls seldom have: a backlog of half an hour."""
_READER = ThreadPoolExecutor(1, "reads-large-bodies")


async def accept(
    inbox: Inbox,
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
    """On return the delivery is durable. Raises Malformed, Invalid, TooLarge, or Unavailable when it is not.

    `origin` is where it came in: the shared URL, or a user's own; `proven`, that no user can have made it;
    `signed`, for which uid OMI signed it, and what tells it from every other signed call. A call that contradicts
    itself is kept for an operator when its turn comes; one that contradicts its signature is refused (omi-protocol: who
    is calling).
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
    await inbox.put(delivery)
    return call


async def _document(body: bytes) -> Any:
    """A large body is read in a thread of its own, one at a time, so that nobody else waits for it."""
    if len(body) <= LARGE:
        return payload.document(body)
    return await asyncio.get_running_loop().run_in_executor(_READER, payload.document, body)


def _key(idempotency_key: str | None, origin: str, call: payload.Call, body: bytes) -> str | None:
    """A retry has the same key, is about the same and has the same body; else it is another delivery."""
    if not idempotency_key:
        return None
    about = f"{idempotency_key}\n{origin}\n{call.session_id}\n{call.uid}\n{call.contradiction}\n"
    return _hash(about, body)


def _hash(text: str, body: bytes = b"") -> str:
    return hashlib.sha256(text.encode("utf-8", "replace") + body).hexdigest()
