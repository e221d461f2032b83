"""OMI's summaries of days."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "day_summaries",
        sa.Column("session_key", sa.String(), nullable=False),
        sa.Column("date", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_key"], ["omi_sessions.id"], name=op.f("fk_day_summaries_session_key"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_day_summaries_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_key", "date", name=op.f("pk_day_summaries")),
    )
    op.create_index("ix_day_summaries_user_id_date", "day_summaries", ["user_id", "date"])
