"""The transaction in which tables are made, changed or filled as a whole.

Does: open it, and check foreign keys at its end; on both databases it is undone whole when something fails.
Does not: keep other processes from doing the same (`locks.py`), nor say what is done (`migrate.py`, `restore.py`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from causerie.database.engine import Database


@asynccontextmanager
async def reshaping(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that may rebuild tables; kept when the context ends, undone when it raises.

    Raises:
        RuntimeError: What was done leaves rows that point at no row.
    """
    async with database.engine.connect() as connection:
        if database.dialect == "postgresql":
            async with connection.begin():
                yield connection
            return
        # SQLite changes a column by making the table anew and dropping the old one, which would delete along the
        # foreign keys; and it ignores this pragma inside a transaction (https://www.sqlite.org/lang_altertable.html).
        await _pragma_foreign_keys(connection, "OFF")
        try:
            await connection.execution_options(writes=True)
            async with connection.begin():
                yield connection
                broken = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
                if broken is not None:
                    raise RuntimeError(f"a row of table {broken[0]} would point at no row of {broken[2]}")
        finally:
            await _pragma_foreign_keys(connection, "ON")


async def _pragma_foreign_keys(connection: AsyncConnection, value: str) -> None:
    # Past SQLAlchemy, which would begin a transaction first.
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is not None:
        await raw.execute(f"PRAGMA foreign_keys = {value}")
