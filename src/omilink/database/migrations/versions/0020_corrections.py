"""What users made of misheard messages."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("messages", sa.Column("user_text", sa.String(), nullable=True))
