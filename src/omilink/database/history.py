"""The history of a database: its name is a part of every cursor, so that a cursor of another database is recognised."""

from sqlalchemy import Connection, select, update

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.dialects import upsert
from omilink.database.work import Work
from omilink.models.ids import new_id

meta = schema.meta
IS_NAME = meta.c.name == "epoch"


class History(Work):
    def epoch(self) -> str:
        """The name of this history. Another database, or a restored one, has another name."""
        return str(self._run(select(meta.c.value).where(IS_NAME)).scalar_one())

    def note_ready(self, at: Millis) -> None:
        """Makes a small write, to see whether writing works."""
        note = upsert(meta).values(name="ready", value=str(at))
        self._run(note.on_conflict_do_update(index_elements=["name"], set_={"value": str(at)}))


def has_history(connection: Connection) -> bool:
    """Whether the history has a name."""
    return connection.execute(select(meta).where(IS_NAME)).first() is not None


def start_history(connection: Connection) -> None:
    """Names the history of a new database."""
    connection.execute(
        upsert(meta).values(name="epoch", value=new_id()).on_conflict_do_nothing(index_elements=["name"])
    )


def rename_history(connection: Connection) -> None:
    """Gives a new name to a history that has gone back in time: cursors from before are not valid for it."""
    connection.execute(update(meta).where(IS_NAME).values(value=new_id()))
