"""SQLite behind SQLAlchemy, made for a server in which hundreds ask at the same time.

Does: what SQLAlchemy's driver does, with one crossing into the connection's thread for each statement instead of four
(a cursor, the statement, its rows, the end); and with none for statements that are short: reads that end within
`SHORT_S`, and a few rows that are added. Each crossing costs the event loop more than such a statement does, and
while the loop is busy, a wait: a question's turn at writing took three times as long.
Does not: change what SQL does. What may wait (for the lock, for the disk) or take long crosses as it did; the
connections and their threads are aiosqlite's.
"""
# ruff: noqa: ANN401, SLF001 - the forms are SQLAlchemy's, whose drivers reach into aiosqlite in the same way

import asyncio
import math
import re
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import EMPTY_DICT

SHORT_S = 0.004
"""What a read may keep the event loop; it is begun again in the thread if it takes longer."""
STEPS = 2_000
"""Of SQLite's machine, between two looks at the clock: some tenths of a millisecond."""
FEW_ROWS = 5
"""That are added here together: a question and its answers."""
MOST_CHARACTERS = 50_000
"""Of a row that is added here; a longer one keeps the full-text index at work."""
BEGIN = "BEGIN"
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|REPLACE)\b")


class _Outcome(NamedTuple):
    """What a cursor knows after its statement."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1


_Done = tuple[_Outcome, deque[Any]]


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """The outcome of one statement, all its rows read. SQLAlchemy makes it; big reads use its own, which streams."""

    __slots__ = ()
    _awaitable_cursor_close = False
    _adapt_connection: "Connection"
    _cursor: Any

    def __init__(self, adapt_connection: "Connection") -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor = _Outcome()
        self._rows = deque()
        self._soft_closed_memoized = EMPTY_DICT

    def close(self) -> None:
        """Nothing is open."""
        self._rows.clear()

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        async with self._adapt_connection._execute_mutex:
            self._cursor, self._rows = await self._adapt_connection.done(operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        async with self._adapt_connection._execute_mutex:
            self._cursor, self._rows = await self._adapt_connection.done_many(operation, seq_of_parameters)


class Connection(AsyncAdapt_aiosqlite_connection):
    """A connection whose statements are done here when they are short, else in its thread, always in their order."""

    __slots__ = ("_clean", "_only_reads", "_settled", "_until")
    _cursor_cls = Cursor  # type: ignore[assignment] # its own annotation leaves no room for a class of ours

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._clean = False
        """Nothing was begun since the last end of a transaction."""
        self._only_reads = False
        """There is nothing to undo in what was begun."""
        self._settled = True
        """Nothing is at work in the thread. False after a cancellation, whose statement goes on there."""
        self._until = math.inf
        """When the statement that is done here has taken too long."""
        self._raw.set_progress_handler(lambda: time.perf_counter() > self._until, STEPS)

    @property
    def _raw(self) -> sqlite3.Connection:
        return cast("aiosqlite.Connection", self._connection)._conn

    async def done(self, operation: str, parameters: Sequence[Any]) -> _Done:
        """A statement, and what came of it."""
        reads = operation == BEGIN or _is_read(operation)
        self._only_reads = reads and (self._only_reads or operation == BEGIN)
        self._clean = False
        if self._settled and (reads or _is_row(operation, parameters)):
            # A write that is broken off would undo its whole transaction: only reads are.
            self._until = time.perf_counter() + SHORT_S if reads else math.inf
            try:
                return _executed(self._raw, operation, parameters)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                    raise
            finally:
                self._until = math.inf
        return await self._in_thread(_executed, self._raw, operation, parameters)

    async def done_many(self, operation: str, rows: Sequence[Sequence[Any]]) -> _Done:
        """A statement with many rows."""
        self._clean = self._only_reads = False
        if self._settled and len(rows) <= FEW_ROWS and all(_is_row(operation, row) for row in rows):
            return _executed_many(self._raw, operation, rows)
        return await self._in_thread(_executed_many, self._raw, operation, rows)

    async def _in_thread(self, work: Callable[..., _Done], *given: Any) -> _Done:
        self._settled = False
        try:
            outcome: _Done = await cast("Any", self._connection)._execute(work, *given)
        except asyncio.CancelledError:
            raise
        except BaseException:
            self._settled = True
            raise
        self._settled = True
        return outcome

    def cursor(self, server_side: bool = False) -> Any:
        """A cursor; one that streams may begin what must be undone."""
        if server_side:
            self._clean = self._only_reads = False
        return super().cursor(server_side)

    def rollback(self) -> None:
        """Undo what was begun; a statement that was cancelled may still be at work, and is undone after it."""
        if self._clean:
            return
        if self._settled and self._only_reads:
            self._raw.rollback()
        else:
            super().rollback()
            self._settled = True
        self._clean = True

    def commit(self) -> None:
        """Keep what was done."""
        super().commit()
        self._clean = self._settled = True


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """What `create_async_engine` takes as `module`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> Connection:
        """A connection, in its own thread."""
        return Connection(self, super().connect(*arg, **kw)._connection)


def _is_read(operation: str) -> bool:
    """Whether it is a read that can be broken off: full-text search works between two looks at the clock."""
    if operation.startswith("WITH"):
        return WRITES.search(operation) is None
    return operation.startswith("SELECT") and " MATCH " not in operation


def _is_row(operation: str, parameters: Sequence[Any]) -> bool:
    """Whether it adds one row, and not a long one."""
    return (
        operation.startswith("INSERT")
        and " SELECT " not in operation
        and sum(len(each) for each in parameters if isinstance(each, str | bytes)) <= MOST_CHARACTERS
    )


def _executed(connection: sqlite3.Connection, operation: str, parameters: Sequence[Any]) -> _Done:
    return _read(connection.execute(operation, parameters))


def _executed_many(connection: sqlite3.Connection, operation: str, rows: Sequence[Sequence[Any]]) -> _Done:
    return _read(connection.executemany(operation, rows))


def _read(cursor: sqlite3.Cursor) -> _Done:
    try:
        rows = deque(cursor.fetchall() if cursor.description else ())
        return _Outcome(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()
