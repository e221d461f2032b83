"""What the contract tests share."""

from sqlalchemy import Engine

from omilink.clock import Millis
from omilink.database import migrate, postgres, sqlite
from omilink.database.store import Transaction
from omilink.database.threads import DatabaseThreads
from omilink.models.omi_account import OmiLink, Proof
from omilink.models.order import Moment


def open_database(engine: Engine) -> DatabaseThreads:
    if engine.dialect.name == "sqlite":
        return sqlite.Sqlite(engine)
    return postgres.Postgres(engine, prepare=migrate.upgrade)


def verified(uid: str, user_id: str, at: Millis) -> OmiLink:
    return OmiLink(uid=uid, user_id=user_id, proof=Proof.OPERATOR, verified_at=at)


def moment(at: Millis) -> Moment:
    """In a plain story the order follows the clock."""
    return Moment(at=at, order=at)


def prune(tx: Transaction, **until: Millis) -> bool:
    """Removes what is older than is told, and nothing else."""
    nothing = {"now": 0, "deliveries_before": 0, "unlinked_before": 0, "events_before": 0}
    return tx.prune(most=100, **nothing | until)
