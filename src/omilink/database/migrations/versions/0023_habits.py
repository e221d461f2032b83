"""When and how much a session's device talks, and what its user was told about missing words."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("omi_sessions", sa.Column("habits", sa.Text(), nullable=True))
    op.add_column("omi_sessions", sa.Column("alarm", sa.String(), nullable=True))
