"""The bodies of deliveries that are too large for a message of NATS, until they are saved."""

from collections.abc import Collection

from sqlalchemy import delete, insert, select

from omilink.database import schema
from omilink.database.work import Work

large = schema.large_bodies


class LargeBodies(Work):
    def add_large_body(self, id: str, body: bytes) -> None:
        self._run(insert(large).values(id=id, body=body, counted_at=self.counted()))

    def large_body(self, id: str) -> bytes | None:
        """None after it was removed."""
        found: bytes | None = self._run(select(large.c.body).where(large.c.id == id)).scalar()
        return found

    def remove_large_bodies(self, ids: Collection[str]) -> None:
        self._run(delete(large).where(large.c.id.in_(ids)))
