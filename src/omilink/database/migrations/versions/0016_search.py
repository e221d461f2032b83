"""The search index. What is stored already is added to it by the running server, piece by piece."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_index USING fts5"
        "(tokens, content='', columnsize=0, detail=none, tokenize='ascii', prefix='2 3')",
    ),
    "postgresql": (
        "CREATE TABLE search_index (entry bigint PRIMARY KEY, tokens tsvector NOT NULL)",
        "CREATE INDEX ix_search_index_tokens ON search_index USING gin (tokens)",
    ),
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in INDEX[dialect]:
        op.execute(statement)
    op.create_table(
        "search_conversations",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_conversations")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_search_conversations_conversation_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_search_conversations_user_id", "search_conversations", ["user_id"], unique=False)
    op.create_table(
        "search_waiting",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_waiting")),
    )
    op.create_index("ix_messages_conversation_id_seq", "messages", ["conversation_id", "seq"], unique=False)
    op.execute(
        "INSERT INTO search_conversations (conversation_id, user_id) SELECT id, user_id FROM conversations "
        "WHERE user_id IS NOT NULL AND deleted_at IS NULL ORDER BY first_order, id"
    )
    op.execute("INSERT INTO search_waiting (number) SELECT number FROM search_conversations")
