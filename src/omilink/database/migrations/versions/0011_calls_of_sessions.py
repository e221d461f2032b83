"""The calls of a session are found without looking through all of them, the saved ones too."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.drop_index("ix_deliveries_unfinished_of_session", table_name="deliveries")
    columns = ["origin", "session_id", "state"]
    op.create_index("ix_deliveries_origin_session_id_state", "deliveries", columns, unique=False)
