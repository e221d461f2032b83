"""People."""

from collections.abc import Collection

from sqlalchemy import select

from omilink.database import schema
from omilink.database.dialects import upsert
from omilink.database.rows import every, row_of
from omilink.database.work import Work
from omilink.models.person import People, StoredPerson

person = schema.people


class AllPeople(Work):
    def people(self, user_id: str) -> People:
        """Everybody whom the user knows, with those who were merged or deleted. In a writing transaction nobody else
        changes them until its end."""
        self._lock([f"people of {user_id}"])
        rows = self._run(select(person).where(person.c.user_id == user_id).order_by(person.c.id))
        return People(every(StoredPerson, rows))

    def put_people(self, people: Collection[StoredPerson]) -> None:
        """Adds these people, or replaces those of the same user and id."""
        put = upsert(person)
        changing = {each.name: put.excluded[each.name] for each in person.c if not each.primary_key}
        put = put.on_conflict_do_update(index_elements=["user_id", "id"], set_=changing)
        self._many(put, map(row_of, people))
