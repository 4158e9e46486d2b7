"""SQLite's driver does short statements at once and long ones elsewhere, and undoes what was broken off."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError

from causerie.database.engine import Database, open_database
from causerie.database.sqlite_driver import MOST_CHARACTERS
from causerie.settings import Settings
from tests import databases

NUMBERS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000) SELECT sum(x) FROM n"
SUM = 2_000_000 * 2_000_001 // 2
ADD = text("INSERT INTO accounts_version (id, number) VALUES (7, 1)")
NUMBER = text("SELECT number FROM accounts_version WHERE id = 7")
WITH_NUMBER = text(f"WITH seven(number) AS ({NUMBER}) SELECT number FROM seven")
LINE = text("INSERT INTO job_lines (job_id, at, level, text) VALUES ('job_1', '2026-11-25', 'info', :text)")
JOB = text(
    "INSERT INTO jobs (id, kind, parameters, state, share, message, attempt, created_at) "
    "VALUES ('job_1', 'backup', '{}', 'queued', 0, '', 1, '2026-11-25')"
)


@pytest_asyncio.fixture
async def sqlite(settings: Settings, migrated_sqlite: Settings) -> AsyncIterator[Database]:
    databases.copy_of_sqlite(migrated_sqlite, settings.home)
    opened = open_database(settings)
    yield opened
    await opened.close()


async def turns_until(done: asyncio.Event) -> int:
    """How often the event loop came round."""
    turns = 0
    while not done.is_set():
        turns += 1
        await asyncio.sleep(0.001)
    return turns


@pytest.mark.parametrize("written", [False, True])
async def test_a_read_that_takes_long_gives_what_it_should_and_keeps_nobody_waiting(
    sqlite: Database, written: bool
) -> None:
    done = asyncio.Event()
    counting = asyncio.create_task(turns_until(done))
    async with sqlite.write() as session:
        if written:
            await session.execute(ADD)
        assert await session.scalar(text(f"SELECT ({NUMBERS})")) == SUM
    done.set()
    assert await counting > 20
    async with sqlite.read() as session:
        assert await session.scalar(NUMBER) == (1 if written else None), "to be broken off undid nothing"


async def test_short_reads_and_rows_do_not_leave_the_event_loop(sqlite: Database) -> None:
    async with sqlite.write() as session:
        await session.scalar(NUMBER)  # the connection is open
        await session.execute(JOB)
        few = [{"text": "x"}, {"text": "y"}]
        for short in (session.scalar(NUMBER), session.scalar(WITH_NUMBER), session.execute(LINE, few)):
            going = asyncio.create_task(short)
            await asyncio.sleep(0)
            assert going.done()
            await going


async def test_a_write_that_begins_like_a_read_is_undone(sqlite: Database) -> None:
    adding = text("WITH seven(id) AS (SELECT 7) INSERT INTO accounts_version (id, number) SELECT id, 1 FROM seven")
    async with sqlite.read() as session:
        await session.execute(adding)
    async with sqlite.read() as session:
        assert await session.scalar(NUMBER) is None


async def test_a_write_that_is_cancelled_in_the_middle_is_undone_before_anything_else(sqlite: Database) -> None:
    async def write() -> None:
        async with sqlite.write() as session:
            await session.execute(ADD)
            await session.execute(text(f"UPDATE accounts_version SET number = ({NUMBERS}) WHERE id = 7"))

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.1)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    async with sqlite.write() as session:
        assert await session.scalar(NUMBER) is None
        await session.execute(ADD)
    async with sqlite.read() as session:
        assert await session.scalar(NUMBER) == 1


@pytest.mark.parametrize("statement", [ADD, text("UPDATE accounts_version SET id = 7")], ids=["here", "elsewhere"])
async def test_an_error_is_the_databases_and_leaves_nothing(sqlite: Database, statement: TextClause) -> None:
    async def write() -> None:
        async with sqlite.write() as session:
            await session.execute(ADD)
            await session.execute(text("INSERT INTO accounts_version (id, number) VALUES (8, 1)"))
            await session.execute(statement)

    with pytest.raises(IntegrityError):
        await write()
    async with sqlite.read() as session:
        assert await session.scalar(NUMBER) is None


async def test_rows_of_every_length_and_many_at_once_are_kept(sqlite: Database) -> None:
    lengths = [1, MOST_CHARACTERS + 1, 3]
    async with sqlite.write() as session:
        await session.execute(JOB)
        await session.execute(LINE, {"text": "x" * lengths[0]})
        await session.execute(LINE, {"text": "x" * lengths[1]})
        await session.execute(LINE, [{"text": "x" * lengths[2]}, {"text": "x" * lengths[2]}])
    async with sqlite.read() as session:
        kept = await session.scalars(text("SELECT length(text) FROM job_lines ORDER BY number"))
        assert list(kept) == [*lengths, lengths[2]]
