"""Counted time, in which what expires is written. It begins where the wall clock stands: what is there stays valid."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for table, heard in (
        ("omi_sessions", "CASE WHEN last_seen_at > linked_at THEN last_seen_at ELSE coalesce(linked_at, 0) END"),
        ("conversations", "last_at"),
    ):
        op.add_column(table, sa.Column("counted_at", sa.BigInteger(), nullable=False, server_default="0"))
        op.execute(f"UPDATE {table} SET counted_at = {heard}")  # noqa: S608
    op.add_column("deliveries", sa.Column("counted_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE deliveries SET counted_at = received_at")
    op.create_index("ix_deliveries_counted_at", "deliveries", ["counted_at"], unique=False)
    op.alter_column("signatures", "received_at", new_column_name="counted_at")
    op.alter_column("events", "created_at", new_column_name="counted_at")
    op.drop_index("ix_events_created_at", "events")
    op.create_index("ix_events_counted_at", "events", ["counted_at"], unique=False)
