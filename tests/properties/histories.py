"""What the properties have in common: calls of made-up devices, and what came of them."""

import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, select
from support import Turned

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.store import Transaction
from omilink.ingest import saving
from omilink.ingest.saving import Saved
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED, session_key
from omilink.models.message import Message
from omilink.models.omi_account import OmiLink, Proof
from omilink.models.order import Moment
from omilink.models.user import User

GAP = 150.0
NOON: Millis = 1_790_000_000_000
PEOPLE = ("ada", "ben", "cleo")

Said = dict[str, Any]

_numbers = itertools.count(1)


@contextmanager
def empty_store(engine: Engine) -> Iterator[Transaction]:
    """A store with three users and nothing else; whatever is written to it is gone afterwards."""
    with engine.connect() as connection, connection.begin() as transaction:
        tx = Transaction(connection, Turned(NOON))
        for name in PEOPLE:
            tx.add_user(User(id=name, email=f"{name}@example.org", display_name=None, created_at=0), "-")
        yield tx
        transaction.rollback()


def turn(tx: Transaction, seconds: float) -> None:
    """So much time has been counted since noon."""
    assert isinstance(tx._time, Turned)
    tx._time.at = at(seconds)


def at(seconds: float) -> Millis:
    return NOON + round(seconds * 1000)


def moment(seconds: float, wall: float | None = None) -> Moment:
    """When a person does something so many seconds after noon, and what the server's clock says then."""
    return Moment(at=at(seconds if wall is None else wall), order=at(seconds))


def say(text: str, start: float | None = None, end: float | None = None, **fields: Any) -> Said:
    """A segment as a device sends it, two seconds long unless told."""
    if start is None:
        return {"text": text, **fields}
    return {"text": text, "start": start, "end": start + 2 if end is None else end, **fields}


def call(
    heard: float,
    *segments: Said,
    session: str = "kitchen",
    uid: str | None = None,
    origin: str = SHARED,
    proven: bool = False,
    wall: float | None = None,
) -> Delivery:
    """A webhook call that is accepted so many seconds after noon, and what the server's clock says then."""
    return Delivery(
        seq=next(_numbers),
        order=at(heard),
        kind="transcript",
        origin=origin,
        session_id=session,
        uid=uid,
        proven=proven,
        body=json.dumps({"session_id": session, "segments": segments}).encode(),
        received_at=at(heard if wall is None else wall),
        counted_at=at(heard),
    )


def conversation_of(tx: Transaction, text: str) -> str | None:
    """Where these words are, whoever may see them."""
    where = select(schema.messages.c.conversation_id).where(schema.messages.c.text == text)
    found: str | None = tx._run(where).scalar()
    return found


def save(tx: Transaction, *calls: Delivery) -> Saved:
    return saving.save_all(tx, calls, GAP)


def save_one_by_one(tx: Transaction, calls: Iterable[Delivery]) -> None:
    for one in calls:
        save(tx, one)


def verify(tx: Transaction, uid: str, user_id: str, at: Millis) -> None:
    """The uid is the user's from now on; no session changes hands by that."""
    assert tx.add_omi_link(OmiLink(uid=uid, user_id=user_id, proof=Proof.OPERATOR, verified_at=at))


def talks(tx: Transaction, owner: str | None, session: str = "kitchen") -> list[Conversation]:
    """The owner's conversations of a session, or the ownerless ones, oldest first."""
    if owner is None:
        found = tx.ownerless_conversations(session_key(SHARED, session))
    else:
        found = [c for c in tx.conversations_of(owner, 10_000) if c.omi_session_id == session]
    return sorted(found, key=lambda c: (c.created_at, c.last_at))


def messages(tx: Transaction, owner: str | None, session: str = "kitchen") -> list[Message]:
    return [message for talk in talks(tx, owner, session) for message in tx.messages(talk.id, 10_000)]


def texts(tx: Transaction, owner: str | None, session: str = "kitchen") -> list[list[str]]:
    """What was said, conversation by conversation, in spoken order."""
    return [[m.text for m in tx.messages(talk.id, 10_000)] for talk in talks(tx, owner, session)]
