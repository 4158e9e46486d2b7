"""Reading and writing, on both databases."""

import asyncio
import gc
import warnings
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from causerie.database.engine import Database, database_url, open_database
from causerie.database.tables import new_id
from causerie.errors import ConfigError, DatabaseUnavailable
from causerie.settings import Settings

SET = text("INSERT INTO accounts_version (id, number) VALUES (7, :number)")
COUNT_UP = text("UPDATE accounts_version SET number = :number WHERE id = 7")
NUMBER = text("SELECT number FROM accounts_version WHERE id = 7")


async def write_and_fail(database: Database) -> None:
    async with database.write() as session:
        await session.execute(SET, {"number": 3})
        raise ValueError("halfway")


async def count_up(database: Database) -> None:
    async with database.write() as session:
        if database.dialect == "postgresql":
            await session.execute(text("SELECT 1 FROM accounts_version WHERE id = 7 FOR UPDATE"))
        number = await session.scalar(NUMBER)
        await session.execute(COUNT_UP, {"number": (number or 0) + 1})


async def test_what_is_written_is_there_for_the_next_reader(database: Database, settings: Settings) -> None:
    async with database.write() as session:
        await session.execute(SET, {"number": 3})
    another = open_database(settings)
    async with another.read() as session:
        assert await session.scalar(NUMBER) == 3
    await another.close()


async def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="halfway"):
        await write_and_fail(database)
    async with database.read() as session:
        assert await session.scalar(NUMBER) is None


async def test_writers_that_read_first_never_overwrite_one_another(database: Database, settings: Settings) -> None:
    another = open_database(settings)  # as a second process would
    async with database.write() as session:
        await session.execute(SET, {"number": 0})
    await asyncio.gather(*(count_up(each) for each in (database, another) for _ in range(10)))
    async with database.read() as session:
        assert await session.scalar(NUMBER) == 20
    await another.close()


async def test_the_file_is_its_owners_alone_in_whatever_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    database = open_database(Settings(home=home, database_url=SecretStr("")))
    async with database.write() as session:
        await session.execute(text("CREATE TABLE thing (id INTEGER)"))
        files = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()}
    await database.close()
    assert files.keys() >= {"causerie.db", "causerie.db-wal"}
    assert set(files.values()) == {0o600}


def test_without_a_setting_the_rows_are_in_a_file_of_the_data_folder(settings: Settings) -> None:
    assert database_url(settings).database == str(settings.home / "causerie.db")


@pytest.mark.parametrize("given", ["postgres://ada@host/causerie", "postgresql://ada@host/causerie"])
def test_both_ways_to_write_postgresql_are_understood(given: str, tmp_path: Path) -> None:
    url = database_url(Settings(home=tmp_path, database_url=SecretStr(given)))
    assert url.drivername == "postgresql+psycopg"
    assert url.host == "host"


@pytest.mark.parametrize("given", ["mysql://host/causerie", "not a url"])
def test_what_is_no_database_of_ours_is_refused_before_anything_starts(given: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        database_url(Settings(home=tmp_path, database_url=SecretStr(given)))


async def test_a_database_that_cannot_be_reached_says_so(tmp_path: Path) -> None:
    absent = SecretStr(f"postgresql://nobody@/nothing?host={tmp_path}")
    database = open_database(Settings(home=tmp_path, database_url=absent))
    with pytest.raises(DatabaseUnavailable):
        await count_up(database)
    await database.close()


def test_identifiers_sort_by_the_time_they_were_made() -> None:
    first, later = new_id("conv"), new_id("conv")
    assert first.startswith("conv_")
    assert len(first) == len("conv_") + 26
    assert first[:15] <= later[:15]
    assert first != later


async def end_connections(database: Database) -> None:
    """As if PostgreSQL were started again."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
    another = Database(database.url)
    async with another.read() as session:
        await session.execute(text(f"{others} AND datname = current_database()"))
    await another.close()


async def test_connections_that_went_with_their_server_are_opened_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.dialect == "sqlite":
        return  # a file has no server
    monkeypatch.setattr("causerie.database.engine.FRESH_S", 3600)
    async with database.read() as session:
        await session.scalar(NUMBER)
    await end_connections(database)
    with pytest.raises(DatabaseUnavailable):  # it was used a moment ago, and is taken without a question
        async with database.read() as session:
            await session.scalar(NUMBER)
    async with database.write() as session:
        await session.execute(SET, {"number": 3})
    await end_connections(database)
    monkeypatch.setattr("causerie.database.engine.FRESH_S", 0)
    async with database.read() as session:
        assert await session.scalar(NUMBER) == 3


async def test_what_must_fit_together_is_read_at_one_moment(database: Database) -> None:
    async with database.moment() as session:
        assert await session.scalar(NUMBER) is None
        async with database.write() as writing:
            await writing.execute(SET, {"number": 3})
        assert await session.scalar(NUMBER) is None
    async with database.read() as session:
        assert await session.scalar(NUMBER) == 3


# --- the end ----------------------------------------------------------------------------------------------------


async def hold(database: Database, begun: asyncio.Event, go_on: asyncio.Event) -> None:
    async with database.write() as session:
        await session.execute(SET, {"number": 3})
        begun.set()
        await go_on.wait()


async def test_the_end_waits_for_who_is_at_work_and_lets_nobody_begin(database: Database, settings: Settings) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    holding = asyncio.create_task(hold(database, begun, go_on))
    await begun.wait()
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0.05)
    assert not closing.done()
    for begin in (database.read, database.moment, database.write):
        with pytest.raises(DatabaseUnavailable, match="closed"):
            await begin_and_end(begin)
    go_on.set()
    await asyncio.gather(holding, closing)
    another = open_database(settings)
    async with another.read() as session:
        assert await session.scalar(NUMBER) == 3
    await another.close()


async def begin_and_end(begin: Callable[[], AbstractAsyncContextManager[AsyncSession]]) -> None:
    async with asyncio.timeout(20), begin():
        pytest.fail("it began")


async def test_who_is_at_work_for_too_long_has_its_connection_closed_afterwards(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.database.engine.CLOSE_S", 0.05)
    begun, go_on = asyncio.Event(), asyncio.Event()
    holding = asyncio.create_task(hold(database, begun, go_on))
    await begun.wait()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with capture_logs() as logs:
            await database.close()
        go_on.set()
        await holding
        gc.collect()
    assert [line["event"] for line in logs] == ["the database is closed while it is in use"]
    assert [str(each.message) for each in caught if each.category is ResourceWarning] == []


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.003, 0.01, 0.3])
async def test_who_is_cancelled_at_the_end_leaves_no_connection_open(
    database: Database, settings: Settings, after_s: float
) -> None:
    if database.dialect == "sqlite":
        return  # it has no sleep that could be broken off
    another = open_database(settings)

    async def read() -> None:
        async with another.read() as session:
            await session.execute(text("SELECT pg_sleep(200)"))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tasks = [asyncio.create_task(read()) for _ in range(4)]
        await asyncio.sleep(after_s)
        for task in tasks:
            task.cancel()
        await another.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        del task, tasks  # they hold what they were cancelled with
        gc.collect()
    assert [str(each.message) for each in caught if each.category is ResourceWarning] == []
    open_ones = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    async with asyncio.timeout(60), database.read() as session:
        while await session.scalar(open_ones) != 1:  # noqa: ASYNC110 - the server takes a moment to see it
            await asyncio.sleep(0.02)
