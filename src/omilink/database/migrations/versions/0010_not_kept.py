"""How many calls of a session were not kept, since its user's budget of a day was used up."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("omi_sessions", sa.Column("not_kept", sa.Integer(), nullable=False, server_default="0"))
