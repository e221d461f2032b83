"""Action items without a conversation, and an index of the conversations that have some."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "action_items",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_action_items_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_action_items")),
    )
    has_details = sa.text("details IS NOT NULL")
    op.create_index(
        "ix_conversations_with_details",
        "conversations",
        ["user_id", "id"],
        sqlite_where=has_details,
        postgresql_where=has_details,
    )
