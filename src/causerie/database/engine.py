"""The one way to the database: a session to read in, a session to write in.

Does: SQLite with write-ahead log, foreign keys and a busy time-out, or PostgreSQL, behind the same two contexts.
Does not: create tables (`migrate.py`) or know any (each room's `tables.py`).

A write on SQLite takes the lock at its beginning (BEGIN IMMEDIATE): a transaction that reads first and writes later
could otherwise find its snapshot stale, which no time-out cures (https://www.sqlite.org/isolation.html). Writers of
this process queue in order; those of other processes wait for `BUSY_TIMEOUT_S`.
"""

import asyncio
import math
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, Dialect, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DisconnectionError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only

from causerie.errors import ConfigError, DatabaseUnavailable, InvalidRequest
from causerie.settings import Settings

BUSY_TIMEOUT_S = 10
"""Seconds that a writer of another process may hold SQLite's lock before ours fails."""
POOL_SIZE = 8
"""Connections kept; on PostgreSQL as many again may be opened for a while. On SQLite each is a thread and has
caches: to open one costs more than to wait for one."""
CONNECT_S = 2.0
"""For so long at most, who is cancelled waits for a connection that is being made, to close it."""
CLOSE_S = 3.0
"""For so long at most, the end waits for sessions; tasks that were cancelled a moment ago may hold some."""
FRESH_S = 1.0
"""For so long after its use, a connection to PostgreSQL is taken without asking whether it is still there."""
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
FILE_NAME = "causerie.db"
_logger = structlog.get_logger(__name__)


class Database:
    """Sessions of one database. `open_database` makes one; close it in the loop that used it.

    Args:
        url: Of SQLAlchemy, with one of `DRIVERS`.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.dialect = url.get_backend_name()
        """`sqlite` or `postgresql`."""
        self._closed = False
        self._turn = asyncio.Lock() if self.dialect == "sqlite" else None
        self.engine = _engine_of_sqlite(url) if self._turn is not None else _engine_of_postgresql(url)
        """For migrations; rooms use `read`, `moment` and `write`."""
        event.listen(self.engine.sync_engine, "checkin", self._close_late)
        self._reading = self._moment = self.engine
        self._writing = self.engine.execution_options(writes=True)
        if self._turn is not None:
            if url.database:
                event.listen(self.engine.sync_engine, "do_connect", partial(_make_private, Path(url.database)))
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
            return
        # Without a transaction, a read is its statements alone, and not three round trips more.
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._moment = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        event.listen(self.engine.sync_engine, "checkin", _note_its_use)
        event.listen(self.engine.sync_engine, "checkout", partial(_ping_unless_fresh, self.engine.dialect))

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that changes nothing; each statement sees what was kept before it.

        Raises:
            DatabaseUnavailable: It cannot be reached.
            InvalidRequest: It was asked for what no row can hold, such as a NUL in a text.
        """
        return self._session(self._reading, autoflush=False)

    def moment(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that sees one moment of the database and changes nothing: for much that must fit together.

        Raises:
            DatabaseUnavailable: It cannot be reached.
        """
        return self._session(self._moment, autoflush=False)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are kept together when the context ends, and dropped together when it raises.

        Keep it short: on SQLite nobody else writes meanwhile. Never wait for a model or a network in it.

        Raises:
            DatabaseUnavailable: It cannot be reached, or another process writes for too long.
            InvalidRequest: No row can hold what was given.
        """
        self._must_be_open()
        async with self._turn or nullcontext(), self._session(self._writing) as session, session.begin():
            yield session

    async def close(self) -> None:
        """Let no session begin any more, wait a while for those that there are, and give back every connection."""
        self._closed = True
        try:
            async with asyncio.timeout(CLOSE_S):
                while self.engine.pool.checkedout():  # type: ignore[attr-defined] # noqa: ASYNC110 - it has no event
                    await asyncio.sleep(0.01)
        except TimeoutError:
            _logger.warning("the database is closed while it is in use")  # its connections are closed after their use
        await self.engine.dispose()

    def _must_be_open(self) -> None:
        if self._closed:
            raise DatabaseUnavailable("the database is closed")

    def _close_late(self, _: object, record: ConnectionPoolEntry) -> None:
        if self._closed:  # the pool that would keep it is gone, and nothing would ever close it
            record.close()

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine, *, autoflush: bool = True) -> AsyncIterator[AsyncSession]:
        self._must_be_open()
        async with _told(), AsyncSession(engine, expire_on_commit=False, autoflush=autoflush) as session:
            yield session


def _engine_of_sqlite(url: URL) -> AsyncEngine:
    from causerie.database.sqlite_driver import Driver  # no memory for it where there is PostgreSQL

    return create_async_engine(url, pool_size=POOL_SIZE, max_overflow=0, module=Driver())


def _engine_of_postgresql(url: URL) -> AsyncEngine:
    from psycopg import AsyncConnection

    async def connected(*given: Any, **named: Any) -> AsyncConnection:  # noqa: ANN401 - psycopg's
        # Cancelled in the middle, psycopg would leave a connection that the server keeps until it is collected.
        connecting = asyncio.create_task(AsyncConnection.connect(*given, **named))
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            with suppress(Exception):
                async with asyncio.timeout(CONNECT_S):
                    await (await connecting).close()
            raise

    return create_async_engine(
        url, pool_size=POOL_SIZE, max_overflow=POOL_SIZE, connect_args={"async_creator_fn": connected}
    )


def database_url(settings: Settings) -> URL:
    """Where the rows are: what `database_url` says, or a file in the data folder.

    Raises:
        ConfigError: The setting is no URL of a database that is known here.
    """
    given = settings.database_url.get_secret_value()
    if not given:
        return URL.create(DRIVERS["sqlite"], database=str(settings.home / FILE_NAME))
    try:
        url = make_url(given)
    except ArgumentError:
        url = URL.create("unreadable")
    kind = url.get_backend_name()
    if kind not in DRIVERS:
        raise ConfigError(
            "the setting database_url does not name a database known here", param="database_url",
            hint="for example postgresql://causerie@localhost/causerie; leave it out for a file in the data folder",
        )  # fmt: skip
    return url.set(drivername=DRIVERS[kind])


def open_database(settings: Settings) -> Database:
    """The database of these settings; nothing is asked of it yet.

    Raises:
        ConfigError: As `database_url`.
    """
    url = database_url(settings)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Database(url)


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    try:
        yield
    except OperationalError as error:
        raise DatabaseUnavailable(
            "the database cannot be used: {reason}", reason=str(error.orig).strip().splitlines()[0], retry_after=5
        ) from error
    except DataError as error:  # PostgreSQL's text holds no NUL, whatever field it came in
        raise InvalidRequest(
            "the database cannot hold what was given: {reason}", reason=str(error.orig).strip().splitlines()[0]
        ) from error


def _note_its_use(_: object, record: ConnectionPoolEntry) -> None:
    record.info["used_s"] = time.monotonic()


def _ping_unless_fresh(
    dialect: Dialect,
    connection: Any,  # noqa: ANN401 - the driver's
    record: ConnectionPoolEntry,
    _: object,
) -> None:
    """A connection that was used a moment ago is there; another may have gone with its server meanwhile.

    Raises:
        DisconnectionError: It is gone; the pool opens another.
    """
    if time.monotonic() - record.info.get("used_s", math.inf) < FRESH_S:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError(str(error)) from error


def _make_private(path: Path, *_: object) -> None:
    """SQLite would make its file for everybody to read; its log takes the file's mode over."""
    with suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's
    connection.isolation_level = None  # the driver must not begin by itself: `_begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")
    _write_ahead(cursor)
    for pragma in (
        "synchronous = FULL",  # what was acknowledged outlives a power cut, not only a crash
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -1000",  # KiB, for each connection: the system keeps the file in memory anyway
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: Any) -> None:  # noqa: ANN401 - the driver's
    """Switch the file to its write-ahead log, where it stays. Of two that do it at once, one is refused at once."""
    for _ in range(BUSY_TIMEOUT_S * 100):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            await_only(asyncio.sleep(0.01))  # this runs in SQLAlchemy's greenlet
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
