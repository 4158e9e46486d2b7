"""Brings the database to the shape that this program knows, at its start.

Does: compare revisions; before rows are touched, write a backup; migrate, alone and in one transaction; say what it
does, and while it takes long, that it still does.
Does not: hold the migrations (`migrations/versions/`), nor go back by itself: a backup does.
Try it: causerie up
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from causerie.database import schema
from causerie.database.engine import Database
from causerie.database.locks import alone
from causerie.database.reshaping import reshaping
from causerie.errors import DatabaseNewer

STILL_S = 5.0
"""Seconds between two lines that say that a migration still runs."""
_logger = structlog.get_logger(__name__)


async def migrate(database: Database, home: Path) -> str:
    """Bring the database to the newest revision; two processes that start at once do it once.

    Args:
        database: Empty, or of any earlier version.
        home: The data folder; a backup is written into its folder `backups` before rows are touched.

    Returns:
        The revision that it had.

    Raises:
        DatabaseNewer: A newer causerie has migrated it.
        DatabaseUnavailable: It cannot be reached.
    """
    before = await revision_of(database)
    if before == schema.head():
        return before
    async with alone(database, "shape", lambda: _logger.info("another process migrates the database: waiting")):
        before = await revision_of(database)  # it may have been done while we waited
        if before != schema.head():
            await _migrate(database, before, home)
    return before


async def revision_of(database: Database) -> str:
    """The revision of the database, `EMPTY` when it is new.

    Raises:
        DatabaseNewer: This program does not know it.
        DatabaseUnavailable: It cannot be reached.
    """
    async with database.read() as session:
        revision = await (await session.connection()).run_sync(schema.current)
    if revision not in (schema.EMPTY, *schema.revisions()):
        raise DatabaseNewer(
            "the database has revision {revision}, and this causerie knows only up to {head}",
            revision=revision, head=schema.head(),
            hint="install the newer causerie again, or restore a backup of this version into an empty data folder",
        )  # fmt: skip
    return revision


async def _migrate(database: Database, before: str, home: Path) -> None:
    if before != schema.EMPTY:
        await _back_up(database, before, home)
    tell = _logger.info if before != schema.EMPTY else _logger.debug  # a first start has no news of earlier ones
    async with reshaping(database) as connection:
        for revision, title in schema.following(before):
            tell("the database is migrated", revision=revision, what=title, database=database.dialect)
            async with _said_to_take_long(f"migration {revision}"):
                await connection.run_sync(schema.upgrade, revision)
    tell("the database is up to date", revision=schema.head(), was=before or "empty")


async def _back_up(database: Database, before: str, home: Path) -> None:
    from causerie.database.backup import back_up, new_path

    path = new_path(home, f"before-{schema.head()}-from-{before}")
    _logger.info("the database is backed up before it is migrated", file=str(path))
    async with _said_to_take_long("the backup"):
        await back_up(database, home, path)


@asynccontextmanager
async def _said_to_take_long(what: str) -> AsyncIterator[None]:
    """Whoever waits for the start sees that something happens."""

    async def say() -> None:
        began = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(STILL_S)
            seconds = round(asyncio.get_running_loop().time() - began)
            _logger.info("it still runs, and the server starts afterwards", what=what, seconds=seconds)

    saying = asyncio.create_task(say())
    try:
        yield
    finally:
        saying.cancel()
