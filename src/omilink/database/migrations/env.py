"""Run by `database.migrate` with a connection; there is no alembic.ini."""

from alembic import context

from omilink.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
