"""What the declaration of a noun says about its table."""

import pytest
from msgspec import Struct

from omilink.database import schema
from omilink.database.rows import changing, every
from omilink.models.audit import AuditEntry
from omilink.models.conversation import Conversation
from omilink.models.declaration import columns
from omilink.models.delivery import Delivery, Job
from omilink.models.event import Event
from omilink.models.message import Message
from omilink.models.omi_account import Challenge, OmiLink
from omilink.models.session import OmiSession
from omilink.models.user import PersonalUrl, SignIn, User

TABLES: dict[type[Struct], schema.Table] = {
    AuditEntry: schema.audit,
    Challenge: schema.challenges,
    Conversation: schema.conversations,
    Delivery: schema.deliveries,
    Event: schema.events,
    Job: schema.deliveries,
    Message: schema.messages,
    OmiLink: schema.omi_links,
    OmiSession: schema.omi_sessions,
    PersonalUrl: schema.personal_urls,
    SignIn: schema.tokens,
    User: schema.users,
}
NEVER_WRITTEN_AGAIN = {
    OmiSession: {"id", "origin", "omi_session_id", "created_at"},
    Conversation: {"id", "session_id", "created_at", "first_order", "turn"},
    Message: {"conversation_id", "seq", "key", "created_at"},
}


@pytest.mark.parametrize("noun", TABLES, ids=lambda noun: noun.__name__)
def test_every_field_is_a_column(noun: type[Struct]) -> None:
    assert set(columns(noun)) <= set(TABLES[noun].c.keys())


@pytest.mark.parametrize("noun", NEVER_WRITTEN_AGAIN, ids=lambda noun: noun.__name__)
def test_an_update_writes_everything_that_may_change(noun: type[Struct]) -> None:
    assert set(TABLES[noun].c.keys()) - set(changing(TABLES[noun], noun)) == NEVER_WRITTEN_AGAIN[noun]


def test_no_rows_are_no_nouns() -> None:
    assert every(User, ()) == []
