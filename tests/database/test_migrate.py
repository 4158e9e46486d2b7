"""What earlier versions left is brought forward with its rows, and back one step, on both databases."""

import asyncio
import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from causerie.database import schema
from causerie.database.archive import open_archive
from causerie.database.engine import Database
from causerie.database.inventory import inventory
from causerie.database.migrate import migrate, revision_of
from causerie.database.reshaping import reshaping
from causerie.database.tables import Base
from causerie.errors import DatabaseNewer
from causerie.settings import Settings
from tests.database.filling import fill, rows_of
from tests.database.released import REVISIONS, put

PACKAGE = Path(schema.__file__).parents[1]
Rows = dict[str, list[dict[str, Any]]]


async def rows(database: Database) -> Rows:
    async with database.engine.connect() as connection:
        return await connection.run_sync(rows_of)


async def reshaped(database: Database, work: Any, *given: Any) -> None:
    async with reshaping(database) as connection:
        await connection.run_sync(work, *given)


def assert_kept(before: Rows, after: Rows) -> None:
    """Every row of tables and columns that are on both sides is the same."""
    for name in before.keys() & after.keys():
        assert len(after[name]) == len(before[name]), name
        columns = before[name][0].keys() & after[name][0].keys() if before[name] else set()
        cut = [[{column: row[column] for column in columns} for row in side[name]] for side in (before, after)]
        assert sorted(cut[0], key=repr) == sorted(cut[1], key=repr)


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_database_of_an_earlier_version_comes_forward_with_its_rows(
    empty: Database, revision: str, tmp_path: Path
) -> None:
    put(empty, revision)
    before = await rows(empty)
    assert before
    assert all(before.values()), "every table had rows"
    assert await migrate(empty, tmp_path) == revision
    assert await revision_of(empty) == schema.head()
    assert_kept(before, await rows(empty))


@pytest.mark.parametrize("revision", schema.revisions())
async def test_every_migration_goes_back_one_step_with_the_rows_that_were_there(
    empty: Database, revision: str
) -> None:
    await reshaped(empty, schema.upgrade, revision)
    await reshaped(empty, fill)
    after = await rows(empty)
    earlier = schema.revisions()[: schema.revisions().index(revision)]
    await reshaped(empty, schema.downgrade, earlier[-1] if earlier else schema.EMPTY)
    before = await rows(empty)
    assert len(before) < len(after) or earlier
    assert_kept(before, after)
    await reshaped(empty, schema.upgrade, revision)
    assert_kept(before, await rows(empty))


def test_migrations_follow_one_another_and_say_what_they_do() -> None:
    told = schema.following(schema.EMPTY)
    assert [revision for revision, _ in told] == [f"{number:04}" for number in range(1, len(told) + 1)]
    assert all(title.splitlines()[0] for _, title in told)
    assert schema.following(schema.head()) == []


async def test_the_migrated_tables_are_those_that_the_rooms_describe(database: Database) -> None:
    for path in sorted(PACKAGE.glob("*/*tables.py")):
        importlib.import_module(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))

    def differences(connection: Connection) -> list[Any]:
        ours = {*inventory(connection), *Base.metadata.tables}

        def counts(item: Any, name: str | None, kind: str, reflected: bool, _: Any) -> bool:
            table = item.name if kind == "table" else item.table.name
            return table in ours  # what full-text search keeps is the database's

        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": counts})
        return list(compare_metadata(context, Base.metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_backup_is_written_before_rows_are_touched(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reshaped(empty, schema.upgrade, "0001")
    await reshaped(empty, fill)
    before = await rows(empty)
    pretend_to_be_newer(monkeypatch, tmp_path)
    with capture_logs() as lines:
        await migrate(empty, tmp_path)
    (backup,) = (tmp_path / "backups").iterdir()
    with open_archive(backup) as archive:
        assert archive.manifest.revision == "0001"
        assert archive.manifest.rows == sum(map(len, before.values()))
    assert [line["event"] for line in lines if "backed up" in line["event"]]
    assert [line["what"] for line in lines if line["event"] == "the database is migrated"][-1] == "A column more."


async def test_a_migration_that_fails_leaves_everything_as_it_was(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty, tmp_path)
    await reshaped(empty, fill)
    before = await rows(empty)
    pretend_to_be_newer(monkeypatch, tmp_path, then="raise ValueError('power cut')")
    with pytest.raises(ValueError, match="power cut"):
        await migrate(empty, tmp_path)
    assert await rows(empty) == before


async def test_a_new_database_is_made_without_a_backup_of_nothing(empty: Database, tmp_path: Path) -> None:
    assert await migrate(empty, tmp_path) == schema.EMPTY
    assert not (tmp_path / "backups").exists()


async def test_two_that_start_at_once_migrate_once(
    empty: Database, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = Database(empty.url)
    with capture_logs() as lines:
        were = await asyncio.gather(migrate(empty, tmp_path), migrate(another, tmp_path))
    await another.close()
    assert sorted(were) == ["", schema.head()]
    assert len([line for line in lines if line["event"] == "the database is up to date"]) == 1


async def test_a_database_of_a_newer_version_is_refused(database: Database, settings: Settings) -> None:
    async with database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewer, match="9999"):
        await migrate(database, settings.home)


async def test_a_migration_that_takes_long_says_that_it_still_runs(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.database.migrate.STILL_S", 0.001)
    with capture_logs() as lines:
        await migrate(empty, tmp_path)
    assert {line["what"] for line in lines if "still runs" in line["event"]} >= {"migration 0001"}


async def test_a_change_of_a_table_does_not_delete_along_its_foreign_keys(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty, tmp_path)
    await reshaped(empty, fill)
    before = await rows(empty)
    pretend_to_be_newer(monkeypatch, tmp_path)
    await migrate(empty, tmp_path)
    after = await rows(empty)
    assert all("shoe_size" in row for row in after["people"])
    assert_kept(before, after)


def pretend_to_be_newer(monkeypatch: pytest.MonkeyPatch, folder: Path, then: str = "") -> None:
    """Add a migration that makes the table of people anew with a column more, as SQLite must."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    for path in schema.FOLDER.rglob("*.py"):
        (folder / "migrations" / path.relative_to(schema.FOLDER)).write_text(path.read_text())
    number = int(schema.head()) + 1
    (versions / f"{number:04}_more.py").write_text(
        f'''"""A column more."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{number:04}", "{schema.head()}"


def upgrade():
    with op.batch_alter_table("people", recreate="auto") as table:
        table.add_column(sa.Column("shoe_size", sa.Integer()))
        table.alter_column("name", type_=sa.String(200), existing_type=sa.String(128))
    {then}
'''
    )
    monkeypatch.setattr(schema, "FOLDER", folder / "migrations")
    known = tuple(sorted(re.findall(r"\d{4}", path.name)[0] for path in versions.glob("0*.py")))
    monkeypatch.setattr(schema, "revisions", lambda: known)
