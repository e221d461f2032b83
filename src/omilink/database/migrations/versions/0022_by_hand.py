"""What users do to conversations by hand: split, join, and undo."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("part_of", sa.String(), nullable=True))
    op.add_column("conversations", sa.Column("has_parts", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("conversations", sa.Column("by_hand", sa.Text(), nullable=True))
    is_part = sa.text("part_of IS NOT NULL")
    op.create_index(
        "ix_conversations_part_of", "conversations", ["part_of"], sqlite_where=is_part, postgresql_where=is_part
    )
