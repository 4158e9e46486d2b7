"""What alembic runs for each migration: on the connection that `schema.py` hands over, never on one of its own.

Does: run the revisions of `versions/` in the caller's transaction.
Does not: decide which; see `migrate.py`.
"""

from alembic import context

from causerie.database.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite changes a column by rebuilding its table; on PostgreSQL the same operations are plain ALTERs.
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
