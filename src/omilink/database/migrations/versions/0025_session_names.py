"""The names that users gave their sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("omi_sessions", sa.Column("name", sa.String(), nullable=True))
    op.add_column("conversations", sa.Column("session_name", sa.String(), nullable=True))
