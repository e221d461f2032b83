"""OMI's translations of messages."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("messages", sa.Column("translations", sa.Text(), nullable=True))
