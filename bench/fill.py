"""Puts a past into a database: users, sessions, conversations, messages, their events and their raw deliveries."""

import itertools
import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, select, update

from bench.people import SEGMENTS, Person
from omilink import clock
from omilink.database import schema
from omilink.models import wire
from omilink.models.conversation import Conversation
from omilink.models.ids import SHARED, new_id, session_key
from omilink.models.message import Message
from omilink.models.session import OmiSession

CONVERSATIONS = 4  # a user's; on different days, long over
DAY = 86_400_000

Row = dict[str, Any]


def fill(database: Path, people: Sequence[Person], *, users: int, messages: int) -> None:
    """Spreads the messages evenly over the users, of whom `people` are the first. The server must not be running."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.commit()
        ids = dict(connection.execute(select(schema.users.c.email, schema.users.c.id)).tuples().all())
        for number in range(users):
            known = people[number] if number < len(people) else None
            user = ids[known.email] if known else _new_user(connection, number)
            _past_of(connection, user, f"bench-{number:04}", messages // users)
            if number % 50 == 0:
                connection.commit()
        connection.commit()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _new_user(connection: Connection, number: int) -> str:
    user = new_id()
    session = OmiSession(omi_session_id=f"bench-{number:04}", created_at=clock.now())
    account = {"id": user, "email": f"stored-{number}@example.org", "password_hash": "-", "created_at": clock.now()}
    link = {"user_id": user, "method": "manual", "linked_at": clock.now(), "last_seen_at": clock.now()}
    owned = {"id": session.id, "origin": session.origin, "omi_session_id": session.omi_session_id, **link}
    connection.execute(schema.users.insert(), account)
    connection.execute(schema.omi_sessions.insert(), owned | {"created_at": clock.now(), "counted_at": clock.now()})
    return user


def _past_of(connection: Connection, user: str, omi_session_id: str, messages: int) -> None:
    session = session_key(SHARED, omi_session_id)
    told = select(schema.users.c.seq).where(schema.users.c.id == user)  # those who just linked have been told so
    numbers = itertools.count(connection.execute(told).scalar_one() + 1)
    for age in range(CONVERSATIONS, 0, -1):
        conversation = _conversation(user, session, messages // CONVERSATIONS, clock.now() - age * DAY)
        said = [_message(conversation, seq) for seq in range(1, conversation.message_count + 1)]
        calls = range(0, len(said), SEGMENTS)
        row = _columns(conversation, schema.conversations) | {"counted_at": conversation.last_at}
        connection.execute(schema.conversations.insert(), row)
        connection.execute(schema.messages.insert(), [_columns(message, schema.messages) for message in said])
        connection.execute(schema.events.insert(), list(_events(user, conversation, said, numbers)))
        connection.execute(schema.deliveries.insert(), [_delivery(omi_session_id, conversation) for _ in calls])
    connection.execute(update(schema.users).where(schema.users.c.id == user).values(seq=next(numbers) - 1))


def _conversation(user: str, session: str, messages: int, at: int) -> Conversation:
    return Conversation(
        id=new_id(),
        session_id=session,
        user_id=user,
        title="The ladder is behind the shed door I think",
        created_at=at,
        zero_at=at,
        last_at=at + messages * 2000,
        first=0.0,
        end=messages * 2.0,
        message_count=messages,
    )


def _message(conversation: Conversation, seq: int) -> Message:
    at = conversation.created_at + seq * 2000
    return Message(
        conversation_id=conversation.id,
        seq=seq,
        key=f"id:{uuid.uuid4()}",
        text="then we should leave at half past nine, no?",
        speaker=f"SPEAKER_{seq % 3}",
        is_user=seq % 3 == 0,
        person_id=None,
        start=seq * 2.0,
        end=seq * 2.0 + 1.8,
        position=seq * 2.0,
        created_at=at,
        spoken_at=at,
        versions=os.urandom(9).hex(),
    )


def _events(user: str, told: Conversation, said: list[Message], numbers: Iterator[int]) -> Iterator[Row]:
    """One event for a call's segments. Its text is the first call's: only its size matters here."""
    words = [wire.message(message) for message in said[:SEGMENTS]]
    shown = {"conversationId": told.id, "conversation": wire.conversation(told), "messages": words}
    data = wire.event(user, "new_messages", told.id, **shown).data
    for _ in range(0, len(said), SEGMENTS):
        seq = next(numbers)
        yield {
            "user_id": user,
            "seq": seq,
            "conversation_id": told.id,
            "counted_at": told.created_at,
            "data": data,
        }


def _delivery(omi_session_id: str, conversation: Conversation) -> Row:
    return {
        "kind": "transcript",
        "origin": SHARED,
        "session_id": omi_session_id,
        "body": os.urandom(1000),
        "received_at": conversation.created_at,
        "counted_at": conversation.created_at,
        "state": "done",
        "attempts": 1,
        "run_at": conversation.created_at,
    }


def _columns(value: object, table: Any) -> Row:
    return {column.name: getattr(value, column.name) for column in table.columns if hasattr(value, column.name)}
