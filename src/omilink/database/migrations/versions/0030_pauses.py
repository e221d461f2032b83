"""When users are off the record."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "pauses",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("counted_since", sa.BigInteger(), nullable=True),
        sa.Column("counted_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_pauses_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "since", name=op.f("pk_pauses")),
    )
    op.create_table(
        "calls_not_kept",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_calls_not_kept_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "hour", name=op.f("pk_calls_not_kept")),
    )
