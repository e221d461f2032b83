"""The jobs of stored deliveries, and what ends them."""

from collections.abc import Collection, Mapping

from sqlalchemy import BigInteger, Connection, bindparam, case, cast, delete, func, select, text, update

from omilink.database.dialects import json_list, listed
from omilink.database.schema import deliveries as job
from omilink.database.work import Work
from omilink.models.ids import SHARED

WAITING, DEAD, QUARANTINED = "waiting", "dead", "quarantined"
DONE = "done"
CROWDED = 100
"""Quarantined deliveries that are kept of a uid, a session without one, or a personal address; the oldest go first."""
UNFINISHED = text("state <> 'done'")
"""In the words of the partial index, since SQLite uses it for nothing else."""
_LISTED = job.c.seq.in_(select(cast(listed("seqs").c.value, BigInteger)))
FINISH = update(job).where(_LISTED).values(state=DONE, error=None)
QUARANTINE = update(job).where(job.c.seq == bindparam("number")).values(state=QUARANTINED, error=bindparam("reason"))
REMOVE = delete(job).where(_LISTED)
_UID = func.coalesce(job.c.uid, job.c.session_id)
_WHOSE = case((job.c.origin == SHARED, job.c.origin + "/" + _UID), else_=job.c.origin)
_NEWEST = (
    select(job.c.seq, func.row_number().over(partition_by=_WHOSE, order_by=job.c.seq.desc()).label("place"))
    .where(UNFINISHED, job.c.state == QUARANTINED, job.c.origin.in_(bindparam("origins", expanding=True)))
    .subquery()
)
THIN_OUT = delete(job).where(job.c.seq.in_(select(_NEWEST.c.seq).where(_NEWEST.c.place > CROWDED)))


class Deliveries(Work):
    def finish_deliveries(
        self, saved: Collection[int], quarantined: Mapping[int, str], removed: Collection[int]
    ) -> None:
        """Marks these deliveries as saved, keeps those unsaved for the reason given, and removes the last."""
        finish(self._connection, saved, quarantined)
        if removed:
            remove(self._connection, removed)


def finish(connection: Connection, seqs: Collection[int], quarantined: Mapping[int, str]) -> None:
    """Marks deliveries as saved, and those that are `quarantined` as kept unsaved for the reason given."""
    held = [seq for seq in seqs if seq in quarantined]
    connection.execute(FINISH, {"seqs": json_list(seq for seq in seqs if seq not in quarantined)})
    if held:
        connection.execute(QUARANTINE, [{"number": seq, "reason": quarantined[seq]} for seq in held])
        origins = connection.execute(select(job.c.origin).where(job.c.seq.in_(held))).scalars().all()
        connection.execute(THIN_OUT, {"origins": origins})


def remove(connection: Connection, seqs: Collection[int]) -> None:
    connection.execute(REMOVE, {"seqs": json_list(seqs)})
