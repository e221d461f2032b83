"""Accepts a webhook call: reads it, makes it durable, and lets the route answer."""

import asyncio
import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Required, TypedDict, TypeVar, Unpack

from msgspec import structs

from omilink.clock import Millis
from omilink.errors import BadSecret, Invalid, Malformed, TooLarge
from omilink.ingest import json_body, payload, pictures, segment_reading, stored_body
from omilink.ingest.queue import DeliveryQueue
from omilink.models.delivery import RECORD, TOO_LARGE, Delivery
from omilink.models.ids import SHARED

T = TypeVar("T")

LARGE = 64 * 1024
"""Bytes of a body, above which it is read in a thread. Few of OMI's calls are larger: it is a backlog of half an
hour."""
MOST_VALUES = 1_000_000
"""Commas and brackets in a record of more than a live call's size. A record of a day has half of them; a body of
nothing else would need a hundred times its size in memory."""
NO_RECORD = "Only OMI's record of a conversation may be larger than 1 MiB. Send a live call in several calls."
_READER = ThreadPoolExecutor(1, "reads-large-bodies")
_OF_A_RECORD = re.compile(rb'"(?:structured|transcript_segments|photos)"\s*:')
_OF_A_LIVE_CALL = re.compile(rb'"segments"\s*:')


class Arrival(TypedDict, total=False):
    """How a call came. `origin` is the webhook address: shared, or the user of a personal address. `proven` means that
    no user can have made the call. `signed` is the uid for which OMI signed the call, and a text that distinguishes the
    call from every other signed call."""

    at: Required[Millis]
    counted_at: Millis | None
    origin: str
    idempotency_key: str | None
    proven: bool
    signed: tuple[str, str] | None
    request_id: str | None


async def accept(
    queue: DeliveryQueue, body: bytes, query: payload.Query, *, is_large: bool = False, **arrival: Unpack[Arrival]
) -> Delivery:
    """Reads the call and puts it into the queue, a record without its pictures. On return the delivery is durable.
    `is_large`: the body is larger than a live call may be, and is refused unless it is a record. Raises Malformed,
    Invalid, TooLarge or BadSecret when the call is refused, and Unavailable when it could not be stored.

    A call that contradicts itself is accepted and later quarantined for an operator; a call that contradicts its
    signature is refused (docs/reference/omi.md: who is calling).
    """
    read = _read_large if is_large else _read
    if len(body) > LARGE:
        delivery = await in_thread(lambda: read(body, query, arrival))
    else:
        delivery = read(body, query, arrival)
    await queue.put(delivery)
    return delivery


async def accept_too_large(queue: DeliveryQueue, query: payload.Query, **arrival: Unpack[Arrival]) -> Delivery:
    """Notes for its session that a record was too large to be taken, of which nothing is kept. Raises TooLarge if the
    query does not say whose it is, and what `accept` raises."""
    try:
        found = payload.call({}, query)  # OMI names the uid of a record there
    except Invalid:
        raise TooLarge(NO_RECORD) from None
    delivery = _delivery(replace(found, kind=TOO_LARGE), b"{}", arrival)
    await queue.put(delivery)
    return delivery


def begins_a_record(beginning: bytes) -> bool:
    """Whether the JSON text of which this is the beginning can only be a record."""
    return bool(_OF_A_RECORD.search(beginning)) and not _OF_A_LIVE_CALL.search(beginning)


async def in_thread(do: Callable[[], T]) -> T:
    """Runs the function in the thread that reads large bodies one at a time, so that other calls need not wait."""
    return await asyncio.get_running_loop().run_in_executor(_READER, do)


def _read(body: bytes, query: payload.Query, arrival: Arrival) -> Delivery:
    call = payload.call(json_body.read(body), query)
    return _delivery(call, pictures.cut_out(body) if call.kind == RECORD else body, arrival)


def _read_large(body: bytes, query: payload.Query, arrival: Arrival) -> Delivery:
    """As `_read`, for a record whose pictures are never read as JSON. What is still large is stored packed."""
    body = pictures.cut_out(body)
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise TooLarge(f"The record consists of more than {MOST_VALUES:,} values.")
    try:
        content: Any = json_body.read(body)
    except Malformed:
        raise TooLarge(NO_RECORD) from None
    if not isinstance(content, dict) or segment_reading.kind_of(content) != RECORD:
        raise TooLarge(NO_RECORD)
    delivery = _delivery(payload.call(content, query), body, arrival)
    del content
    return structs.replace(delivery, body=stored_body.pack(body)) if len(body) > LARGE else delivery


def _delivery(call: payload.Call, body: bytes, arrival: Arrival) -> Delivery:
    origin, signed = arrival.get("origin", SHARED), arrival.get("signed")
    if signed and (call.contradiction or call.uid != signed[0]):
        raise BadSecret("OMI signed this call for another uid than the one in it.")
    return Delivery(
        kind=call.kind,
        origin=origin,
        session_id=call.session_id,
        uid=call.uid,
        key=_key(arrival.get("idempotency_key"), origin, call, body),
        contradiction=call.contradiction,
        proven=arrival.get("proven", False),
        signature=_hash(f"{origin}\n{signed[1]}") if signed else None,
        request_id=arrival.get("request_id"),
        body=body,
        received_at=arrival["at"],
        counted_at=arrival.get("counted_at"),
    )


def _key(idempotency_key: str | None, origin: str, call: payload.Call, body: bytes) -> str | None:
    """The key of a delivery with an idempotency key, else None. A retry has the same key, ids and body; with another
    body or other ids the call is another delivery."""
    if not idempotency_key:
        return None
    about = f"{idempotency_key}\n{origin}\n{call.session_id}\n{call.uid}\n{call.contradiction}\n"
    return _hash(about, body)


def _hash(text: str, body: bytes = b"") -> str:
    made = hashlib.sha256(text.encode("utf-8", "replace"))
    made.update(body)
    return made.hexdigest()
