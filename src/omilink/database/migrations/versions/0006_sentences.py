"""The sentence itself, and what was heard that came close to it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # a sentence of before is known by its hash alone; none lives for more than ten minutes
    op.execute("DELETE FROM challenges")
    with op.batch_alter_table("challenges") as challenges:
        challenges.drop_column("say_hash")
        challenges.add_column(sa.Column("say", sa.String(), nullable=False))
        challenges.add_column(sa.Column("heard", sa.String(), nullable=True))
