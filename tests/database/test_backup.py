"""A backup holds everything, is made while others write, and fills an empty database of either kind."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from causerie.database import schema
from causerie.database.archive import open_archive
from causerie.database.backup import back_up
from causerie.database.engine import Database, open_database
from causerie.database.reshaping import reshaping
from causerie.database.restore import restore
from causerie.errors import Conflict, NotFound
from causerie.settings import Settings
from tests import databases
from tests.database.conftest import Make, never
from tests.database.filling import fill, rows_of


async def rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    async with database.engine.connect() as connection:
        return await connection.run_sync(rows_of)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
async def filled(database: Database, settings: Settings) -> Database:
    """A database with rows of every kind, and two attachments."""
    async with reshaping(database) as connection:
        await connection.run_sync(fill)
    attachments = settings.home / "attachments" / "ab"
    attachments.mkdir(parents=True)
    (attachments / "abcd").write_bytes(bytes(range(256)) * 100)
    (attachments / "empty").write_bytes(b"")
    (attachments.parent / ".half.part").write_bytes(b"still arriving")
    return database


@pytest.fixture
async def archive(filled: Database, settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "kept" / "backup.zip"
    await back_up(filled, settings.home, path)
    return path


@pytest.mark.parametrize("kind", databases.KINDS)
async def test_a_restore_into_an_empty_folder_of_either_kind_brings_everything_back(
    archive: Path, filled: Database, elsewhere: Make, kind: str
) -> None:
    settings = elsewhere(kind)
    there = open_database(settings)
    told: list[tuple[str, float]] = []
    manifest = await restore(there, settings.home, archive, never, lambda what, share: told.append((what, share)))
    assert await rows(there) == await rows(filled)
    assert manifest.rows == sum(map(len, (await rows(filled)).values()))
    kept = settings.home / "attachments" / "ab" / "abcd"
    assert kept.read_bytes() == bytes(range(256)) * 100
    assert mode_of(kept) == 0o600
    assert [path.name for path in sorted(settings.home.rglob("*")) if path.is_file() and "attach" in str(path)] == [
        "abcd",
        "empty",
    ]
    assert told[-1][1] <= 1
    await there.close()


async def test_numbers_that_the_database_counts_go_on_after_a_restore(
    archive: Path, filled: Database, elsewhere: Make
) -> None:
    settings = elsewhere(filled.dialect)
    there = open_database(settings)
    await restore(there, settings.home, archive, never)
    line = text("INSERT INTO job_lines (job_id, at, level, text) SELECT job_id, at, level, 'new' FROM job_lines")
    async with there.write() as session:
        await session.execute(line)
    await there.close()


async def test_a_backup_of_an_earlier_version_is_migrated(empty: Database, elsewhere: Make, tmp_path: Path) -> None:
    async with reshaping(empty) as connection:
        await connection.run_sync(schema.upgrade, "0001")
        await connection.run_sync(fill)
    before = await rows(empty)
    manifest = await back_up(empty, tmp_path, tmp_path / "old.zip")
    assert manifest.revision == "0001"
    settings = elsewhere(empty.dialect)
    there = open_database(settings)
    await restore(there, settings.home, tmp_path / "old.zip", never)
    async with there.read() as session:
        assert await (await session.connection()).run_sync(schema.current) == schema.head()
    after = await rows(there)
    assert {name: after[name] for name in before} == before
    await there.close()


async def test_a_backup_sees_one_moment_while_others_write(
    filled: Database, settings: Settings, tmp_path: Path
) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def count_both_up() -> None:
        while not done.is_set():
            async with filled.write() as session:
                await session.execute(text("UPDATE accounts_version SET number = number + 1"))
                await session.execute(text("UPDATE usage SET tokens_in = tokens_in + 1"))
            begun.set()

    writing = asyncio.create_task(count_both_up())
    await begun.wait()
    await back_up(filled, settings.home, tmp_path / "live.zip")
    done.set()
    await writing
    assert numbers(tmp_path / "live.zip", "accounts_version", "number") == numbers(
        tmp_path / "live.zip", "usage", "tokens_in"
    )


def numbers(path: Path, table: str, column: str) -> list[int]:
    with open_archive(path) as archive:
        kept = next(each for each in archive.manifest.tables if each.name == table)
        place = [name for name, _ in kept.columns].index(column)
        return sorted(row[place] for row in archive.rows(kept))


async def test_the_file_is_for_its_owner_alone_and_whole_or_absent(
    archive: Path, filled: Database, settings: Settings, tmp_path: Path
) -> None:
    assert mode_of(archive) == 0o600
    with pytest.raises(Conflict, match="exists"):
        await back_up(filled, settings.home, archive)

    def stop(_what: str, share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await back_up(filled, settings.home, tmp_path / "half" / "backup.zip", stop)
    assert list((tmp_path / "half").iterdir()) == []


async def test_where_there_is_no_database_there_is_nothing_to_back_up(empty: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await back_up(empty, tmp_path, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()


async def test_nothing_is_restored_over_what_is_there(
    archive: Path, database: Database, settings: Settings, elsewhere: Make
) -> None:
    with pytest.raises(Conflict, match="not empty"):
        await restore(database, settings.home, archive, never)
    other = elsewhere("sqlite")
    (other.home / "attachments").mkdir(parents=True)
    (other.home / "attachments" / "mine").write_bytes(b"mine")
    there = open_database(other)
    with pytest.raises(Conflict, match="attachments"):
        await restore(there, other.home, archive, never)
    await there.close()
