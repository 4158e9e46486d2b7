"""INSERT ... ON CONFLICT, which SQLite and PostgreSQL have alike and SQLAlchemy has under two names.

Does: give the form of the session's database.
Does not: anything else.
"""

from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.database.tables import Base

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def insert_into(session: AsyncSession, table: type[Base]) -> "sqlite.Insert | postgresql.Insert":
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if session.get_bind().dialect.name == "postgresql":  # the other dialect is not loaded: 2 MB
        from sqlalchemy.dialects.postgresql import insert as of_postgresql

        return of_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as of_sqlite

    return of_sqlite(table)
