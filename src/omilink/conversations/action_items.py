"""Action items: lists those of all conversations with the user's own, and adds, changes and deletes them.

An item of a conversation is part of the conversation, and its id begins with the conversation's. An item that the user
has added without a conversation is stored by itself.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations import editing, wholes
from omilink.conversations.batch import Batch, unit_of_work
from omilink.database.store import Transaction
from omilink.errors import Invalid, NotFound
from omilink.models.action_item import ListedItem, OwnItem, items_of, listed
from omilink.models.conversation import Conversation
from omilink.models.event import ActionItemChanged, ActionItemDeleted
from omilink.models.ids import new_id
from omilink.models.json import event_beginning
from omilink.models.summary import ActionItem, details_of
from omilink.models.texts import is_storable

LONGEST_ITEM = 500
"""Characters."""
NO_ITEM = "There is no action item of that id in this account; it may have been deleted."
MOST_ADDED = 100
"""Items that a user may add to one conversation, since all of them are sent with each of its events."""
MOST_BEFORE = 3
"""Ids of earlier items in a cursor."""
MOST_OWN = 5_000
"""Items without a conversation that a user may have."""


def page(tx: Transaction, user_id: str, done: bool | None, limit: int, after: str = "") -> list[ListedItem]:
    """At most `limit` of the user's action items, or of those that are `done` or not, behind the item that `cursor_of`
    was made of: first those without a conversation, the newest first, then those of the newest conversation, and so
    on."""
    first, *shown = after.split(".")
    conversation_id = first if shown else ""
    found = [] if conversation_id else list(map(listed, tx.own_items(user_id, done, limit, after)))
    if len(found) < limit:
        # one more, since all items of the first conversation may stand before the page
        with_items = tx.conversations_with_items(user_id, done, limit + 1, conversation_id)
        for conversation, whole in zip(with_items, tx.shown(with_items), strict=True):
            shown_here = shown if conversation.id == conversation_id else ()
            found += [item for item in _behind(shown_here, items_of(conversation, whole)) if done in (None, item.done)]
    return found[:limit]


def cursor_of(tx: Transaction, user_id: str, item: ListedItem) -> str:
    """The `after` of the page behind this item: its id, and those of items before it in its conversation, behind which
    the page begins if the item has been deleted."""
    conversation_id, _, short_id = item.id.rpartition(".")
    if not conversation_id:
        return item.id
    found = tx.conversation(conversation_id, user_id)
    ids = [one.id for one in details_of(found.details).action_items] if found else []
    place = ids.index(short_id) if short_id in ids else 0
    return ".".join([item.id, *reversed(ids[max(0, place - MOST_BEFORE) : place])])


@unit_of_work
def add(batch: Batch, user_id: str, text: str, due_at: Millis | None, conversation_id: str | None) -> ListedItem:
    """Adds an action item, to the conversation if there is one, and returns it. Raises NotFound, and Invalid for a text
    that is empty, too long or cannot be stored, or when the conversation or the user has too many added items."""
    text, id = _checked(text), new_id()
    if conversation_id is None:
        if batch.stored().count_own_items(user_id) >= MOST_OWN:
            raise Invalid(f"You have {MOST_OWN:,} action items without a conversation, the most. Delete some of them.")
        own = OwnItem(user_id=user_id, id=id, text=text, due_at=due_at)
        batch.stored().add_own_item(own)
        batch.add_event(user_id, ActionItemChanged(action_item=listed(own)))
        return listed(own)
    conversation = editing.locked(batch, conversation_id, user_id)
    items = details_of(conversation.details).action_items
    if sum(item.is_added for item in items) >= MOST_ADDED:
        raise Invalid(
            f"This conversation has {MOST_ADDED} added action items, the most. Add it without conversation_id."
        )
    new = ActionItem(id=id, text=text, done=False, due_at=due_at, is_added=True)
    return _listed(batch, _put_items(batch, conversation, [*items, new]))[-1]


@unit_of_work
def change(
    batch: Batch,
    item_id: str,
    user_id: str,
    *,
    done: bool | None = None,
    text: str | None = None,
    due_at: Millis | UnsetType | None = UNSET,
) -> ListedItem:
    """Changes what is given of the action item, and returns it. The change outlasts later records. Raises NotFound, and
    Invalid as `add` does."""
    given = {"done": done, "text": None if text is None else _checked(text)}
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    values |= {} if due_at is UNSET else {"due_at": due_at}
    conversation_id, _, short_id = item_id.rpartition(".")
    if not conversation_id:
        return _change_own(batch, item_id, user_id, values)
    conversation = editing.locked(batch, conversation_id, user_id)
    items = details_of(conversation.details).action_items
    place = _place(items, short_id)
    changed = [_changed(item, values) if number == place else item for number, item in enumerate(items)]
    return _listed(batch, _put_items(batch, conversation, changed))[place]


@unit_of_work
def tick(batch: Batch, conversation_id: str, item_id: str, user_id: str, done: bool) -> Conversation:
    """Marks an action item of the conversation as done or not done. Returns the conversation. Raises NotFound."""
    [members] = wholes.locked(batch.tx, user_id, conversation_id)
    stored_in, _, short_id = item_id.rpartition(".")
    conversation = next((one for one in members if one.id == stored_in), members[0])
    items = details_of(conversation.details).action_items
    place = _place(items, short_id)
    ticked = [_changed(item, {"done": done}) if number == place else item for number, item in enumerate(items)]
    return _put_items(batch, conversation, ticked)


@unit_of_work
def remove(batch: Batch, item_id: str, user_id: str) -> None:
    """Deletes the action item, also from stored events. A later record does not restore it. Raises NotFound."""
    conversation_id, _, short_id = item_id.rpartition(".")
    if not conversation_id:
        _own(batch, item_id, user_id)
        if batch.stored().remove_own_item(user_id, item_id):
            batch.remove_events_that_begin(user_id, event_beginning(ActionItemChanged, "actionItem", id=item_id))
            batch.add_event(user_id, ActionItemDeleted(action_item_id=item_id))
        return
    conversation = editing.locked(batch, conversation_id, user_id)
    details = details_of(conversation.details)
    gone = details.action_items[_place(details.action_items, short_id)]
    removed = details.removed_items if gone.is_added else [*details.removed_items, gone.id]
    items = [item for item in details.action_items if item is not gone]
    after = replace(details, action_items=items, removed_items=removed)
    for shown_in in {conversation.id, conversation.shown_id}:
        batch.remove_item_from_events(user_id, shown_in, f"{conversation_id}.{gone.id}")
    editing.put(batch, conversation, replace(conversation, details=after.text()))


def _change_own(batch: Batch, item_id: str, user_id: str, values: dict[str, Any]) -> ListedItem:
    before = _own(batch, item_id, user_id)
    if values:
        batch.stored().change_own_item(user_id, item_id, **values)
    after = listed(_own(batch, item_id, user_id))
    if after != listed(before):
        batch.add_event(user_id, ActionItemChanged(action_item=after))
    return after


def _own(batch: Batch, item_id: str, user_id: str) -> OwnItem:
    own = batch.stored().own_item(user_id, item_id) if item_id.isprintable() else None
    if own is None:
        raise NotFound(NO_ITEM)
    return own


def _changed(item: ActionItem, values: dict[str, Any]) -> ActionItem:
    after = replace(item, **values, is_ticked=values.get("done", item.is_ticked))
    is_edited = (after.text, after.due_at) != (item.text, item.due_at)
    return replace(after, is_edited=item.is_edited or is_edited)


def _put_items(batch: Batch, conversation: Conversation, items: Sequence[ActionItem]) -> Conversation:
    details = replace(details_of(conversation.details), action_items=items)
    return editing.put(batch, conversation, replace(conversation, details=details.text()))


def _listed(batch: Batch, conversation: Conversation) -> list[ListedItem]:
    return items_of(conversation, wholes.shown(batch.stored(), conversation))


def _place(items: Sequence[ActionItem], short_id: str) -> int:
    place = next((number for number, item in enumerate(items) if item.id == short_id), None)
    if place is None:
        raise NotFound(NO_ITEM)
    return place


def _behind(shown: Sequence[str], items: list[ListedItem]) -> list[ListedItem]:
    """The items behind the first of those shown that is still there; all of them if none is."""
    ids = [item.id.rpartition(".")[2] for item in items]
    place = next((ids.index(id) for id in shown if id in ids), -1)
    return items[place + 1 :]


def _checked(text: str) -> str:
    """The text with single spaces."""
    found = " ".join(text.split())
    if not (0 < len(found) <= LONGEST_ITEM and is_storable(found)):
        raise Invalid(f"text must be a text of 1 to {LONGEST_ITEM} characters that says what is to be done.")
    return found
