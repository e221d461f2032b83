"""Routes of action items over all conversations."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import UNSET
from pydantic import BaseModel, StrictBool

from omilink.clock import Millis
from omilink.conversations import action_items
from omilink.database.store import Transaction
from omilink.models.action_item import ListedItem
from omilink.models.json import Json, to_json
from omilink.web.auth import CurrentUser, Services
from omilink.web.schema import answers, fields
from omilink.web.schema.cursors import Limit

CURSOR = "^[0-9a-zA-Z.-]{0,200}$"
Cursor = Annotated[str, *fields.shaped(CURSOR, fields.AS_BEFORE), Query(description="nextCursor of the page before")]

router = APIRouter(prefix="/action-items", tags=["conversations"])


class NewItem(BaseModel):
    text: fields.ItemText
    due_at: fields.Time | None = None
    conversation_id: fields.Name | None = None


class ItemChange(BaseModel):
    done: StrictBool | None = None
    text: fields.ItemText | None = None
    due_at: fields.Time | None = None


@router.get("", responses=answers.of(answers.ActionItems))
async def mine(
    who: CurrentUser, services: Services, done: bool | None = None, limit: Limit = 50, cursor: Cursor = ""
) -> Json:
    """Your action items, or those that are `done` or not: first those without a conversation, the newest first, then
    those of your conversations, the newest conversation first."""

    def read(tx: Transaction) -> tuple[list[ListedItem], str | None]:
        found = action_items.page(tx, who.user.id, done, limit + 1, cursor)
        page = found[:limit]
        return page, action_items.cursor_of(tx, who.user.id, page[-1]) if len(found) > limit else None

    page, next_cursor = await services.store.read(read)
    return {"ok": True, "items": [to_json(item) for item in page], "nextCursor": next_cursor}


@router.post("", responses=answers.of(answers.OneActionItem, refused=(404,)))
async def add(form: NewItem, who: CurrentUser, services: Services) -> Json:
    """Adds an action item, to a conversation of yours or by itself."""
    due_at = _millis(form.due_at)
    item = await services.store.write(
        lambda tx: action_items.add(tx, who.user.id, form.text, due_at, form.conversation_id)
    )
    services.bus.publish([who.user.id])
    return {"ok": True, "actionItem": to_json(item)}


@router.patch("/{item_id}", responses=answers.of(answers.OneActionItem, refused=(404,)))
async def change(item_id: str, form: ItemChange, who: CurrentUser, services: Services) -> Json:
    """Ticks or edits an action item, and it stays so, whatever OMI says later. A `due_at` of null removes the time."""
    due_at = _millis(form.due_at) if "due_at" in form.model_fields_set else UNSET
    item = await services.store.write(
        lambda tx: action_items.change(tx, item_id, who.user.id, done=form.done, text=form.text, due_at=due_at)
    )
    services.bus.publish([who.user.id])
    return {"ok": True, "actionItem": to_json(item)}


@router.delete("/{item_id}", responses=answers.of(answers.Done, refused=(404,)))
async def remove(item_id: str, who: CurrentUser, services: Services) -> Json:
    """Deletes an action item. A later record of OMI's does not restore it."""
    await services.store.write(lambda tx: action_items.remove(tx, item_id, who.user.id))
    services.bus.publish([who.user.id])
    return {"ok": True}


def _millis(time: str | None) -> Millis | None:
    return None if time is None else round(datetime.fromisoformat(time).timestamp() * 1000)
