"""The search index is made anew by the running server, now with emoji and participants. Its tokens can be read."""

from alembic import op

revision = "0018"
down_revision = "0017"

EMPTY = {
    "sqlite": (
        "INSERT INTO search_index (search_index) VALUES ('delete-all')",
        "CREATE VIRTUAL TABLE search_index_tokens USING fts5vocab(search_index, instance)",
    ),
    "postgresql": ("TRUNCATE search_index",),
}


def upgrade() -> None:
    for statement in EMPTY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.execute("UPDATE search_conversations SET reached = NULL")
    op.execute(
        "INSERT INTO search_waiting (number) SELECT number FROM search_conversations "
        "WHERE number NOT IN (SELECT number FROM search_waiting)"
    )
