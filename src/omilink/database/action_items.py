"""Action items: those without a conversation, and the conversations that have some."""

from typing import Any

from sqlalchemy import delete, func, insert, select, update

from omilink.database import schema
from omilink.database.rows import every, first, row_of
from omilink.database.work import Work
from omilink.models.action_item import OwnItem
from omilink.models.conversation import Conversation

item = schema.action_items
conversation = schema.conversations


class ActionItems(Work):
    def own_item(self, user_id: str, item_id: str) -> OwnItem | None:
        """The user's action item without a conversation."""
        return first(OwnItem, self._run(select(item).where(item.c.user_id == user_id, item.c.id == item_id)))

    def count_own_items(self, user_id: str) -> int:
        return int(self._run(select(func.count()).where(item.c.user_id == user_id)).scalar_one())

    def add_own_item(self, new: OwnItem) -> None:
        self._run(insert(item).values(row_of(new)))

    def change_own_item(self, user_id: str, item_id: str, **values: Any) -> None:
        """Writes these columns of the user's action item."""
        self._run(update(item).where(item.c.user_id == user_id, item.c.id == item_id).values(values))

    def remove_own_item(self, user_id: str, item_id: str) -> bool:
        """Returns whether the user had the action item."""
        gone = self._run(delete(item).where(item.c.user_id == user_id, item.c.id == item_id))
        return bool(gone.rowcount)

    def own_items(self, user_id: str, done: bool | None, limit: int, before: str = "") -> list[OwnItem]:
        """At most `limit` of the user's action items without a conversation, with an id before `before`, the newest
        first; all of them, or those that are `done` or not."""
        query = select(item).where(item.c.user_id == user_id).order_by(item.c.id.desc()).limit(limit)
        for bound in (None if done is None else item.c.done.is_(done), item.c.id < before if before else None):
            query = query if bound is None else query.where(bound)
        return every(OwnItem, self._run(query))

    def conversations_with_items(
        self, user_id: str, done: bool | None, limit: int, first_id: str = ""
    ) -> list[Conversation]:
        """At most `limit` of the user's conversations that have an action item, or one that is `done` or not; from the
        conversation `first_id` on, the newest first."""
        c = conversation.c
        # exact: in a text of JSON a quotation mark stands only around names and values, else behind a backslash
        part = '"done":' if done is None else f'"done":{str(done).lower()}'
        query = (
            select(conversation)
            .where(c.user_id == user_id, c.details.is_not(None), c.details.contains(part, autoescape=True))
            .order_by(c.id.desc())
            .limit(limit)
        )
        return every(Conversation, self._run(query.where(c.id <= first_id) if first_id else query))
