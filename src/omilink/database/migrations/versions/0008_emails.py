"""Emails compare however they are typed. Those of before stay as they are; what they compare as is kept beside them."""

import sqlalchemy as sa
from alembic import op

from omilink.models.emails import email_key

revision = "0008"
down_revision = "0007"

AT_ONCE = 1000


def upgrade() -> None:
    made = op.create_table(
        "email_keys",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_email_keys_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_email_keys")),
    )
    op.create_index(op.f("ix_email_keys_key"), "email_keys", ["key"], unique=False)
    users = op.get_bind().execute(sa.text("SELECT id, email FROM users")).all()
    keys = [{"user_id": user_id, "key": key} for user_id, email in users if (key := email_key(email)) != email]
    for first in range(0, len(keys), AT_ONCE):
        op.bulk_insert(made, keys[first : first + AT_ONCE])
