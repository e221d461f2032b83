"""The tables. Times are milliseconds, ids text. A change here needs a migration; a test compares the two.

`counted_at`, `expires_at`, `valid_until`, `full_at` and `run_at` are in counted time, which is never shown. All other
times are those of the wall clock.

A column `session_id` holds a session's key (`models.ids.session_key`), except in `deliveries`, where it holds the id as
the device sent it and `origin` stands beside it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from omilink.database.columns import BigKey, stored
from omilink.models.action_item import OwnItem
from omilink.models.audit import AuditEntry
from omilink.models.conversation import Conversation
from omilink.models.day_summary import StoredDay
from omilink.models.delivery import Delivery
from omilink.models.event import Event
from omilink.models.message import Message
from omilink.models.omi_account import Challenge, OmiLink
from omilink.models.person import StoredPerson
from omilink.models.recording import Pause
from omilink.models.session import OmiSession
from omilink.models.user import PersonalUrl, SignIn, User

metadata = MetaData(
    naming_convention={  # SQLite has no name to drop a constraint by, unless it is given one
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

users = Table(
    "users",
    metadata,
    *stored(
        User,
        Column("id", String, primary_key=True),
        Column("email", String, nullable=False, unique=True),
        Column("password_hash", String, nullable=False),
        # the last number of the user's event log, how far it has been pruned, and how often a right was withdrawn
        Column("seq", BigInteger, nullable=False, server_default="0"),
        Column("pruned", BigInteger, nullable=False, server_default="0"),
        Column("rights", BigInteger, nullable=False, server_default="0"),
    ),
)

# what an email of before compares as (names.email_key), where that is not the email; NULL: it could not be given today
email_keys = Table(
    "email_keys",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, index=True),
)

tokens = Table(
    "tokens",
    metadata,
    *stored(
        SignIn,
        Column("hash", String, primary_key=True),
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    ),
)

# found by the hash, so that looking it up tells nothing by its time; kept as it is, so that it can be shown again
personal_urls = Table(
    "personal_urls",
    metadata,
    *stored(
        PersonalUrl,
        Column("hash", String, primary_key=True),
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    ),
)

pauses = Table(
    "pauses",
    metadata,
    *stored(
        Pause,
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        Column("since", BigInteger, primary_key=True, autoincrement=False),
    ),
)

# how many calls of an hour had words off the record
calls_not_kept = Table(
    "calls_not_kept",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("calls", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("hash", String, primary_key=True),
    Column("token_hash", ForeignKey("tokens.hash", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False),
)

omi_links = Table(
    "omi_links",
    metadata,
    *stored(
        OmiLink,
        Column("omi_user_id", String, primary_key=True),
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        Column("proof", String, nullable=False, server_default="operator"),
        Column("brings", Boolean, nullable=False, server_default=true()),
    ),
)

# what users have been asked to say or to type; the number as a hash, since it alone proves something
challenges = Table(
    "challenges",
    metadata,
    *stored(
        Challenge,
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        Column("uid", String, primary_key=True, index=True),
    ),
)

omi_sessions = Table(
    "omi_sessions",
    metadata,
    *stored(
        OmiSession,
        Column("id", String, primary_key=True),  # models.ids.session_key
        Column("user_id", ForeignKey("users.id"), index=True),
        Column("last_order", BigInteger, nullable=False, server_default="0"),
        Column("suspended_user_id", ForeignKey("users.id"), index=True),
        Column("left_user_id", ForeignKey("users.id")),
        Column("turn", Integer, nullable=False, server_default="0"),
        Column("last_uid", String, index=True),
        Column("bad_segments", Integer, nullable=False, server_default="0"),
        Column("not_kept", Integer, nullable=False, server_default="0"),
        Column("habits", Text),
        Column("counted_at", BigInteger, nullable=False, server_default="0"),  # of the last call or change of hands
    ),
)

session_uids = Table(
    "session_uids",
    metadata,
    Column("session_id", ForeignKey("omi_sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("uid", String, primary_key=True, index=True),
)

conversations = Table(
    "conversations",
    metadata,
    *stored(
        Conversation,
        Column("id", String, primary_key=True),
        Column("session_id", ForeignKey("omi_sessions.id"), nullable=False),
        Column("user_id", ForeignKey("users.id")),
        Column("summary", Text),
        Column("active_until", BigInteger, nullable=False),
        Column("first_order", BigInteger, nullable=False, server_default="0"),
        Column("last_order", BigInteger, nullable=False, server_default="0"),
        Column("last_step", BigInteger, nullable=False, server_default="0"),
        Column("turn", Integer, nullable=False, server_default="0"),
        Column("details", Text),
        Column("last_seq", Integer, nullable=False, server_default="0"),
        Column("speakers", Text),
        Column("repaired_count", Integer, nullable=False, server_default="0"),
        Column("starred", Boolean, nullable=False, server_default=false()),
        Column("has_parts", Boolean, nullable=False, server_default=false()),
        Column("by_hand", Text),
        Column("counted_at", BigInteger, nullable=False, server_default="0"),  # of the last words or change of hands
    ),
    # by the coarse time and order: an index on last_at or last_order would be written with every call
    Index("ix_conversations_session_id_active_until", "session_id", "active_until"),
    Index("ix_conversations_user_id_last_step", "user_id", "last_step"),
    Index("ix_conversations_user_id_first_order", "user_id", "first_order"),
    Index(
        "ix_conversations_omi_id",
        "omi_id",
        sqlite_where=text("omi_id IS NOT NULL"),
        postgresql_where=text("omi_id IS NOT NULL"),
    ),
    Index(
        "ix_conversations_part_of",
        "part_of",
        sqlite_where=text("part_of IS NOT NULL"),
        postgresql_where=text("part_of IS NOT NULL"),
    ),
    # few conversations are deleted, and those of a user are looked through before a conversation begins
    Index(
        "ix_conversations_deleted",
        "user_id",
        "last_at",
        sqlite_where=text("deleted_at IS NOT NULL"),
        postgresql_where=text("deleted_at IS NOT NULL"),
    ),
    # few conversations have action items, and all of a user's are listed together
    Index(
        "ix_conversations_with_details",
        "user_id",
        "id",
        sqlite_where=text("details IS NOT NULL"),
        postgresql_where=text("details IS NOT NULL"),
    ),
)

# those without a conversation: the others are in the conversation's details
action_items = Table(
    "action_items",
    metadata,
    *stored(
        OwnItem,
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        Column("id", String, primary_key=True),
        Column("text", Text, nullable=False),
    ),
)

people = Table(
    "people",
    metadata,
    *stored(
        StoredPerson,
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        Column("id", String, primary_key=True),
        Column("undo", Text),
    ),
)

day_summaries = Table(
    "day_summaries",
    metadata,
    *stored(
        StoredDay,
        Column("session_key", ForeignKey("omi_sessions.id", ondelete="CASCADE"), nullable=False),
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE")),
        Column("content", Text, nullable=False),
        Column("counted_at", BigInteger, nullable=False),
    ),
    Index("ix_day_summaries_user_id_date", "user_id", "date"),
    # one of a day for each of the session's owners, and an ownerless one
    Index("ix_day_summaries_of_owner", "session_key", "date", "user_id", unique=True),
    Index(
        "ix_day_summaries_ownerless",
        "session_key",
        "date",
        unique=True,
        sqlite_where=text("user_id IS NULL"),
        postgresql_where=text("user_id IS NULL"),
    ),
)

messages = Table(
    "messages",
    metadata,
    *stored(
        Message,
        Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
        # rows lie in spoken order, so that the newest page is one place on disk
        Column("position", Float, primary_key=True),
        Column("seq", Integer, primary_key=True),
        Column("text", Text, nullable=False),
        Column("translations", Text),
    ),
    UniqueConstraint("conversation_id", "key"),
    Index("ix_messages_conversation_id_seq", "conversation_id", "seq"),
    sqlite_with_rowid=False,
)

# of deleted messages
traces = Table(
    "traces",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("trace", Text, nullable=False),
)

# the conversations in the search index, and whose they are there; the table `search_index` is made by a migration, and
# the ids of its entries begin with these numbers (database.search_index)
search_conversations = Table(
    "search_conversations",
    metadata,
    Column("number", BigKey, primary_key=True),
    Column("conversation_id", String, nullable=False, unique=True),
    Column("user_id", String, nullable=False, index=True),
    Column("reached", Integer),  # the last message's seq in the index; NULL: it holds nothing of the conversation yet
    sqlite_autoincrement=True,
)

# those with messages that the index does not hold; apart, so that a mark is written to one page
search_waiting = Table("search_waiting", metadata, Column("number", BigKey, primary_key=True, autoincrement=False))

events = Table(
    "events",
    metadata,
    *stored(
        Event,
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        Column("seq", BigInteger, primary_key=True),
        Column("counted_at", BigInteger, nullable=False),
        Column("data", Text, nullable=False),
    ),
    Index("ix_events_counted_at", "counted_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    *stored(
        Delivery,
        Column("seq", BigKey, primary_key=True),
        Column("order", BigInteger),  # NULL: its seq
        Column("seen", BigInteger, nullable=False, server_default="0"),
        Column("way", String, nullable=False, server_default="straight"),
        Column("key", String, unique=True),
        Column("proven", Boolean, nullable=False, server_default=false()),
        Column("attempts", Integer, nullable=False, server_default="0"),
        # its job
        Column("state", String, nullable=False),  # waiting, dead, quarantined, done
        Column("run_at", BigInteger, nullable=False),
        Column("error", String),
    ),
    Index(
        "ix_deliveries_unfinished",
        "state",
        "seq",
        sqlite_where=text("state <> 'done'"),
        postgresql_where=text("state <> 'done'"),
    ),
    # of a session: its unfinished ones are counted …
    Index(
        "ix_deliveries_unfinished_of_session",
        "origin",
        "session_id",
        "state",
        sqlite_where=text("state <> 'done'"),
        postgresql_where=text("state <> 'done'"),
    ),
    # … and all of them go with the words that they held. Without the state, which changes when a delivery is finished:
    # each session's entries lie in a page of their own
    Index("ix_deliveries_origin_session_id", "origin", "session_id"),
    Index("ix_deliveries_counted_at", "counted_at"),
    sqlite_autoincrement=True,
)

# in a cluster: bodies that no message of NATS can hold, until they are saved
large_bodies = Table(
    "large_bodies",
    metadata,
    Column("id", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("counted_at", BigInteger, nullable=False),
)

# signed calls that were saved, so that none of them is saved again
signatures = Table(
    "signatures",
    metadata,
    Column("hash", String, primary_key=True),
    Column("counted_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    *stored(
        AuditEntry,
        Column("id", BigKey, primary_key=True),
        Column("actor", String, nullable=False, server_default="unknown"),
    ),
    Index("ix_audit_session_id", "session_id"),
    sqlite_autoincrement=True,
)

# token buckets, by who tries what: hashes, and when the bucket is full again
limits = Table(
    "limits",
    metadata,
    Column("name", String, primary_key=True),
    Column("who", String, primary_key=True),
    Column("full_at", BigInteger, nullable=False),
)

# which worker reads which partition of the stream of deliveries, and until when
partitions = Table(
    "partitions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("holder", String),
    Column("held_until", BigInteger, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String, primary_key=True),
    Column("alive_until", BigInteger, nullable=False),
)

meta = Table("meta", metadata, Column("name", String, primary_key=True), Column("value", String, nullable=False))

VIEWS = {
    "OmiSession": "SELECT id, omi_session_id AS omiSessionId, user_id AS userId, method, linked_at AS linkedAt, "
    "last_seen_at AS lastSeenAt FROM omi_sessions",
    "Conversation": "SELECT id, user_id AS userId, session_id AS omiSessionId, title, message_count AS messageCount, "
    "created_at AS createdAt, last_at AS lastMessageAt FROM conversations WHERE deleted_at IS NULL",
    "OmiUserLink": "SELECT omi_user_id AS omiUserId, user_id AS userId, verified_at AS verifiedAt FROM omi_links",
}
"""Views with the names of the session linking guide, so that the guide's queries work as written. The names are
unquoted, as in the guide, so that PostgreSQL, which turns them into small letters, finds them too."""
