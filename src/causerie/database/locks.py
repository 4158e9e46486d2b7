"""Locks between processes that share a database: one of them migrates it, one of them does its jobs.

Does: hold a lock for as long as a context lasts; it is gone with the process that held it, however that died.
Does not: order writers; the database does (`engine.py`).
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Literal

from sqlalchemy import text

from causerie.database.engine import Database

Purpose = Literal["shape", "jobs"]
ADVISORY: dict[Purpose, int] = {"shape": 0x6361757365726965, "jobs": 0x6361757365726966}
"""PostgreSQL's locks are numbers; these spell `causerie`, and one more."""
POLL_S = 0.1


@asynccontextmanager
async def alone(database: Database, purpose: Purpose, waits: Callable[[], None]) -> AsyncIterator[None]:
    """Until the context ends, no other process holds the lock of this database for this purpose.

    Args:
        database: On SQLite the lock is on a file beside the database's, on PostgreSQL an advisory one.
        purpose: `shape` to make or change tables, `jobs` to do jobs.
        waits: Called once if another process holds it; may raise, to give up.
    """
    lock = _file_lock if database.dialect == "sqlite" else _advisory_lock
    async with lock(database, purpose, waits):
        yield


@asynccontextmanager
async def _file_lock(database: Database, purpose: Purpose, waits: Callable[[], None]) -> AsyncIterator[None]:
    with _lock_file(database, purpose) as file:

        async def taken() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        await _until(taken, waits)
        yield  # closing the file lets the lock go


@asynccontextmanager
async def _advisory_lock(database: Database, purpose: Purpose, waits: Callable[[], None]) -> AsyncIterator[None]:
    number = {"number": ADVISORY[purpose]}
    async with database.engine.connect() as connection:
        # Without a transaction: an idle one would hold back PostgreSQL's cleaning for as long as the work takes.
        await connection.execution_options(isolation_level="AUTOCOMMIT")

        async def taken() -> bool:
            return bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), number))

        await _until(taken, waits)
        try:
            yield
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:number)"), number)


def _lock_file(database: Database, purpose: Purpose) -> IO[bytes]:
    path = Path(f"{database.url.database}.{purpose}.lock")
    return os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "r+b")


async def _until(taken: Callable[[], Awaitable[bool]], waits: Callable[[], None]) -> None:
    if await taken():
        return
    waits()
    while not await taken():  # noqa: ASYNC110 - a lock of another process sends no event
        await asyncio.sleep(POLL_S)
