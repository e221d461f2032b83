"""Conversations to read, page by page, and to delete."""

import base64
import binascii
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from omilink import conversations, live, wire
from omilink.errors import Invalid
from omilink.web import answers
from omilink.web.auth import The, Who

router = APIRouter(prefix="/conversations", tags=["conversations"])

A = TypeVar("A")
B = TypeVar("B")
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/current", responses=answers.of(answers.CurrentConversation))
async def current(who: Who, the: The) -> wire.Json:
    """Your latest conversation over all your sessions, its newest 50 messages, and the cursor for the stream."""
    return await the.store.read(lambda tx: live.current(tx, who.user.id))


@router.get("", responses=answers.of(answers.Conversations))
async def mine(who: Who, the: The, limit: Limit = 20, cursor: str | None = None) -> wire.Json:
    """Your conversations, the one with the latest words first."""
    before = _unpack(cursor, int, str) if cursor else None
    found = await the.store.read(lambda tx: tx.conversations_of(who.user.id, limit + 1, before))
    page = found[:limit]
    more = _pack(page[-1].last_at, page[-1].id) if len(found) > limit else None
    return {"ok": True, "items": [wire.conversation(c) for c in page], "nextCursor": more}


@router.get("/{conversation_id}", responses=answers.of(answers.OneConversation))
async def one(conversation_id: str, who: Who, the: The) -> wire.Json:
    found = await the.store.read(lambda tx: conversations.one(tx, conversation_id, who.user.id))
    return {"ok": True, "conversation": wire.conversation(found)}


@router.get("/{conversation_id}/messages", responses=answers.of(answers.Messages))
async def messages(conversation_id: str, who: Who, the: The, limit: Limit = 50, cursor: str | None = None) -> wire.Json:
    """The newest page first, in spoken order; older ones by cursor."""
    before = _unpack(cursor, float, int) if cursor else None
    found = await the.store.read(
        lambda tx: (
            conversations.one(tx, conversation_id, who.user.id),
            tx.messages(conversation_id, limit + 1, before),
        )[1]
    )
    page = found[-limit:]
    more = _pack(page[0].position, page[0].seq) if len(found) > limit else None
    return {"ok": True, "items": [wire.message(m) for m in page], "nextCursor": more}


@router.delete("/{conversation_id}", responses=answers.of(answers.Done))
async def delete(conversation_id: str, who: Who, the: The) -> wire.Json:
    """Removes every word of it, everywhere, for good."""
    at = the.clock()
    await the.store.write(lambda tx: conversations.delete(tx, conversation_id, who.user.id, at))
    the.bus.publish([who.user.id])
    await the.store.scrub()
    return {"ok": True}


def _pack(*parts: object) -> str:
    return base64.urlsafe_b64encode("|".join(str(part) for part in parts).encode()).decode().rstrip("=")


def _unpack(cursor: str, first: type[A], second: type[B]) -> tuple[A, B]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        a, b = text.split("|")
        if any(len(part) > 40 or part.lstrip("-").startswith(("n", "i")) or "_" in part for part in (a, b)):
            raise ValueError
        values = first(a), second(b)  # type: ignore[call-arg]
        if any(isinstance(value, int | float) and abs(value) >= 1 << 53 for value in values):
            raise ValueError
        if not text.isprintable() or (second is int and abs(int(b)) >= 1 << 31):  # what PostgreSQL does not take
            raise ValueError
        return values
    except (ValueError, binascii.Error):
        raise Invalid("This cursor is none of ours. Take nextCursor of the page before, or none.") from None
