"""What changes when a delivery is finished is indexed only until then, so that saving touches fewer pages."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

UNFINISHED = sa.text("state <> 'done'")


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_unfinished_of_session",
        "deliveries",
        ["origin", "session_id", "state"],
        unique=False,
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
    op.create_index("ix_deliveries_origin_session_id", "deliveries", ["origin", "session_id"], unique=False)
    op.drop_index("ix_deliveries_origin_session_id_state", table_name="deliveries")
    op.drop_index("ix_deliveries_received_at", table_name="deliveries")
