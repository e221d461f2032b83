"""Routes of conversations: read them page by page, change them by hand, delete them."""

from fastapi import APIRouter
from pydantic import BaseModel, StrictBool

from omilink.conversations import action_items, editing, history
from omilink.database.store import Transaction
from omilink.live import event_log
from omilink.models.conversation import Conversation
from omilink.models.json import Json, to_json
from omilink.web.auth import CurrentUser, Services
from omilink.web.schema import answers, fields
from omilink.web.schema.cursors import Limit, NumberCursor, PlaceCursor, by_number, by_place, pack

router = APIRouter(prefix="/conversations", tags=["conversations"])


class Change(BaseModel):
    title: fields.Title | None = None
    starred: StrictBool | None = None


class Tick(BaseModel):
    done: StrictBool


@router.get("/current", responses=answers.of(answers.CurrentConversation))
async def current(who: CurrentUser, services: Services) -> Json:
    """Your latest conversation over all your sessions, its newest 50 messages, and the cursor for the stream."""
    return to_json(await services.store.read(lambda tx: event_log.current(tx, who.user.id)))


@router.get("", responses=answers.of(answers.Conversations))
async def mine(who: CurrentUser, services: Services, limit: Limit = 20, cursor: NumberCursor = "") -> Json:
    """Your conversations, ordered by their beginning, the newest first, so that a conversation keeps its place while
    you read page by page."""
    before = by_number(cursor)
    found = await services.store.read(lambda tx: tx.conversations_of(who.user.id, limit + 1, before))
    page = found[:limit]
    more = pack(page[-1].first_order, page[-1].id) if len(found) > limit else None
    return {"ok": True, "items": [to_json(c) for c in page], "nextCursor": more}


@router.get("/{conversation_id}", responses=answers.of(answers.OneConversation, refused=(404,)))
async def one(conversation_id: str, who: CurrentUser, services: Services) -> Json:
    found = await services.store.read(lambda tx: history.one(tx, conversation_id, who.user.id))
    return {"ok": True, "conversation": to_json(found)}


@router.patch("/{conversation_id}", responses=answers.of(answers.OneConversation, refused=(404,)))
async def change(conversation_id: str, form: Change, who: CurrentUser, services: Services) -> Json:
    """Renames or stars a conversation of yours. Your title stays, whatever OMI says later; a `title` of null gives back
    OMI's, or the first words."""

    def change(tx: Transaction) -> Conversation:
        conversation = history.one(tx, conversation_id, who.user.id)
        if "title" in form.model_fields_set:
            conversation = editing.rename(tx, conversation_id, who.user.id, form.title)
        if form.starred is not None:
            conversation = editing.star(tx, conversation_id, who.user.id, form.starred)
        return conversation

    conversation = await services.store.write(change)
    services.bus.publish([who.user.id])
    return {"ok": True, "conversation": to_json(conversation)}


@router.patch(
    "/{conversation_id}/action-items/{item_id}", responses=answers.of(answers.OneConversation, refused=(404,))
)
async def tick(conversation_id: str, item_id: str, form: Tick, who: CurrentUser, services: Services) -> Json:
    """Marks an action item as done or not done. It stays so, whatever OMI says later."""
    conversation = await services.store.write(
        lambda tx: action_items.tick(tx, conversation_id, item_id, who.user.id, form.done)
    )
    services.bus.publish([who.user.id])
    return {"ok": True, "conversation": to_json(conversation)}


@router.get("/{conversation_id}/messages", responses=answers.of(answers.Messages, refused=(404,)))
async def messages(
    conversation_id: str, who: CurrentUser, services: Services, limit: Limit = 50, cursor: PlaceCursor = ""
) -> Json:
    """The newest page of a conversation's messages, in spoken order. The cursor leads to older pages."""
    before = by_place(cursor)
    found = await services.store.read(
        lambda tx: (
            history.one(tx, conversation_id, who.user.id),
            tx.messages(conversation_id, limit + 1, before),
        )[1]
    )
    page = found[-limit:]
    more = pack(page[0].position, page[0].seq) if len(found) > limit else None
    return {"ok": True, "items": [to_json(m) for m in page], "nextCursor": more}


@router.delete("/{conversation_id}", responses=answers.of(answers.Done, refused=(404,)))
async def delete(conversation_id: str, who: CurrentUser, services: Services) -> Json:
    """Deletes every word of a conversation for good. Words that a running reader of the database still needs, such as a
    backup, are overwritten on the disk when it has ended."""
    at = services.clock()
    await services.store.write(lambda tx: history.delete(tx, conversation_id, who.user.id, at))
    services.bus.publish([who.user.id])
    await services.store.scrub()
    return {"ok": True}
