"""Events in an ordinary table: without a row id each of them was too long for its cell, and took a page more."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.create_table(
        "events_anew",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_events_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "seq", name=op.f("pk_events")),
    )
    # within SQLite, so that a large log takes disk and no memory
    op.execute(
        "INSERT INTO events_anew (user_id, seq, conversation_id, counted_at, data) "
        "SELECT user_id, seq, conversation_id, counted_at, data FROM events ORDER BY user_id, seq"
    )
    op.drop_table("events")
    op.rename_table("events_anew", "events")
    op.create_index("ix_events_counted_at", "events", ["counted_at"], unique=False)
