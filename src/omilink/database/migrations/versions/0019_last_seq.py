"""The greatest number that a message of a conversation has had, since messages can be removed."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("last_seq", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE conversations SET last_seq = message_count")
