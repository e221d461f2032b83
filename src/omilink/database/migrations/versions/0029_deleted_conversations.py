"""An index of the deleted conversations of each user."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    is_deleted = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_conversations_deleted",
        "conversations",
        ["user_id", "last_at"],
        sqlite_where=is_deleted,
        postgresql_where=is_deleted,
    )
