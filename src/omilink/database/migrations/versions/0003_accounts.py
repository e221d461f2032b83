"""Personal webhook URLs, OMI accounts that users prove to be theirs, and the life of issued devices."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "personal_urls",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_personal_urls_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_personal_urls")),
    )
    op.create_index(op.f("ix_personal_urls_user_id"), "personal_urls", ["user_id"], unique=False)
    op.add_column("tokens", sa.Column("client", sa.String(), nullable=True))

    op.create_table(
        "challenges",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("say_hash", sa.String(), nullable=False),
        sa.Column("number_hash", sa.String(), nullable=True),
        sa.Column("brings", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_challenges_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "uid", name=op.f("pk_challenges")),
    )
    op.create_index(op.f("ix_challenges_uid"), "challenges", ["uid"], unique=False)
    op.create_index(op.f("ix_session_uids_uid"), "session_uids", ["uid"], unique=False)
    # until now only operators could verify an OMI account, and what an entry of the audit was about is its rule
    op.add_column("omi_links", sa.Column("proof", sa.String(), nullable=False, server_default="operator"))
    op.add_column("omi_links", sa.Column("brings", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("omi_sessions", sa.Column("device", sa.String(), nullable=True))
    op.add_column("omi_sessions", sa.Column("last_uid", sa.String(), nullable=True))
    op.create_index(op.f("ix_omi_sessions_last_uid"), "omi_sessions", ["last_uid"], unique=False)
    shown = "SELECT min(uid) FROM session_uids WHERE session_id = omi_sessions.id HAVING count(*) = 1"
    op.execute(f"UPDATE omi_sessions SET last_uid = ({shown})")  # noqa: S608
    op.add_column("omi_sessions", sa.Column("left_since", sa.BigInteger(), nullable=True))
    op.execute("UPDATE omi_sessions SET device = 'active' WHERE method = 'issued' AND last_seen_at >= linked_at")
    op.execute("UPDATE omi_sessions SET device = 'issued' WHERE method = 'issued' AND device IS NULL")
    op.add_column("conversations", sa.Column("brought_at", sa.BigInteger(), nullable=True))
    op.add_column("deliveries", sa.Column("proven", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("deliveries", sa.Column("signature", sa.String(), nullable=True))
    op.add_column("deliveries", sa.Column("request_id", sa.String(), nullable=True))
    op.create_table(
        "signatures",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_signatures")),
    )
    op.add_column("audit", sa.Column("actor", sa.String(), nullable=False, server_default="unknown"))
    op.add_column("audit", sa.Column("request_id", sa.String(), nullable=True))
    op.add_column("audit", sa.Column("proof", sa.String(), nullable=True))
