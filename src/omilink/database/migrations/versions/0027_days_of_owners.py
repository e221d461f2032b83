"""A session's summary of a day for each of its owners. The primary key allowed only one of them to have one."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
    else:
        op.drop_constraint("pk_day_summaries", "day_summaries", type_="primary")
    op.create_index("ix_day_summaries_of_owner", "day_summaries", ["session_key", "date", "user_id"], unique=True)
    is_ownerless = sa.text("user_id IS NULL")
    op.create_index(
        "ix_day_summaries_ownerless",
        "day_summaries",
        ["session_key", "date"],
        unique=True,
        sqlite_where=is_ownerless,
        postgresql_where=is_ownerless,
    )


def _make_anew() -> None:
    """SQLite cannot drop a primary key."""
    op.create_table(
        "day_summaries_anew",
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
    )
    op.execute(
        "INSERT INTO day_summaries_anew (session_key, date, user_id, turn, received_at, content, counted_at) "
        "SELECT session_key, date, user_id, turn, received_at, content, counted_at FROM day_summaries"
    )
    op.drop_table("day_summaries")
    op.rename_table("day_summaries_anew", "day_summaries")
    op.create_index("ix_day_summaries_user_id_date", "day_summaries", ["user_id", "date"])
