"""What OMI's record says about a conversation: its id there, titles, emoji, category, and lists."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for name in ("omi_id", "omi_title", "user_title", "emoji", "category"):
        op.add_column("conversations", sa.Column(name, sa.String(), nullable=True))
    op.add_column("conversations", sa.Column("details", sa.Text(), nullable=True))
    op.add_column("conversations", sa.Column("repaired_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("conversations", sa.Column("starred", sa.Boolean(), nullable=False, server_default=sa.false()))
    is_known = sa.text("omi_id IS NOT NULL")
    op.create_index(
        "ix_conversations_omi_id", "conversations", ["omi_id"], sqlite_where=is_known, postgresql_where=is_known
    )
