"""The newest mistake of a session's sender, so that its user is told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("omi_sessions", sa.Column("mistake", sa.String(), nullable=True))
    op.add_column("omi_sessions", sa.Column("mistake_at", sa.BigInteger(), nullable=True))
