"""A backup from anywhere is not trusted: what is damaged, hostile or too large is refused, and nothing is written."""

import json
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from causerie.database import schema
from causerie.database.backup import back_up
from causerie.database.engine import open_database
from causerie.database.manifest import Manifest
from causerie.database.reshaping import reshaping
from causerie.database.restore import restore
from causerie.errors import ArchiveError, DatabaseNewer, DiskFull
from causerie.settings import Settings
from tests import databases
from tests.database.conftest import Make, never
from tests.database.filling import fill

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
async def archive(settings: Settings, migrated_sqlite: Settings, tmp_path: Path) -> Path:
    """A backup with rows of every kind and an attachment."""
    databases.copy_of_sqlite(migrated_sqlite, settings.home)
    database = open_database(settings)
    async with reshaping(database) as connection:
        await connection.run_sync(fill)
    attachment = settings.home / "attachments" / "ab" / "abcd"
    attachment.parent.mkdir(parents=True)
    attachment.write_bytes(bytes(range(256)) * 100)
    await back_up(database, settings.home, tmp_path / "backup.zip")
    await database.close()
    return tmp_path / "backup.zip"


def changed(archive: Path, change: Change, **members: bytes | None) -> Path:
    """A copy whose manifest is changed, and members replaced (None = left out)."""
    copy = archive.with_name("changed.zip")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content: bytes | None = members.pop(name, old.read(name))
            if name == "manifest.json":
                manifest = json.loads(old.read(name))
                change(manifest)
                content = json.dumps(manifest).encode()
            if content is not None:
                new.writestr(name, content)
        for name, content in members.items():
            new.writestr(name, content or b"")
    return copy


def traversal(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["path"] = "../../escaped"


def absolute(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["path"] = "/tmp/escaped"


def longer(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["bytes"] += 1


def other_hash(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["sha256"] = "0" * 64


def other_count(manifest: dict[str, Any]) -> None:
    manifest["tables"][0]["rows"] += 1


def other_table(manifest: dict[str, Any]) -> None:
    manifest["tables"][0]["name"] = "x; DROP TABLE people"


def other_kind(manifest: dict[str, Any]) -> None:
    manifest["tables"][0]["columns"][0][1] = "pickle"


def table_twice(manifest: dict[str, Any]) -> None:
    manifest["tables"].append(manifest["tables"][0])


def more_fields(manifest: dict[str, Any]) -> None:
    manifest["run"] = "this"


HOSTILE = (traversal, absolute, longer, other_hash, other_count, other_table, other_kind, table_twice, more_fields)


@pytest.mark.parametrize("change", HOSTILE, ids=lambda change: change.__name__)
async def test_an_archive_that_lies_is_refused_and_leaves_nothing(
    archive: Path, elsewhere: Make, change: Change
) -> None:
    await refused(elsewhere("sqlite"), changed(archive, change))


@pytest.mark.parametrize("name", ["rows/people.jsonl", "attachments/ab/abcd", "extra"])
@pytest.mark.parametrize("content", [None, b"[1]\n"])
async def test_members_that_are_missing_changed_or_too_many_are_refused(
    archive: Path, elsewhere: Make, name: str, content: bytes | None
) -> None:
    if name == "extra":
        content = b"x"
    await refused(elsewhere("sqlite"), changed(archive, lambda _: None, **{name: content}))


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip file" * 100])
async def test_what_is_no_archive_is_refused(tmp_path: Path, elsewhere: Make, content: bytes) -> None:
    path = tmp_path / "wrong.zip"
    path.write_bytes(content)
    await refused(elsewhere("sqlite"), path)


def damages(archive: Path) -> Iterator[Path]:
    whole = archive.read_bytes()
    for damaged in (whole[:-100], whole[: len(whole) // 2], whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:]):
        path = archive.with_name("damaged.zip")
        path.write_bytes(damaged)
        yield path


async def test_a_cut_or_flipped_archive_is_refused(archive: Path, elsewhere: Make) -> None:
    for damaged in damages(archive):
        await refused(elsewhere("sqlite"), damaged)


async def test_a_bomb_is_refused_before_it_unpacks(archive: Path, elsewhere: Make) -> None:
    bomb = b"[" + b" " * 100_000_000 + b"]\n"

    def say_so(manifest: dict[str, Any]) -> None:
        for table in manifest["tables"]:
            if table["name"] == "people":
                table["bytes"] = len(bomb)

    await refused(elsewhere("sqlite"), changed(archive, say_so, **{"rows/people.jsonl": bomb}), "far more")


async def test_more_than_the_disk_holds_is_refused(
    archive: Path, elsewhere: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = elsewhere("sqlite")
    there = open_database(settings)
    monkeypatch.setattr(Manifest, "bytes", 2**70)
    with pytest.raises(DiskFull):
        await restore(there, settings.home, archive, never)
    await there.close()


async def test_archives_of_newer_versions_say_so(archive: Path, elsewhere: Make) -> None:
    settings = elsewhere("sqlite")
    there = open_database(settings)
    with pytest.raises(DatabaseNewer, match="9999"):
        await restore(there, settings.home, changed(archive, lambda it: it.update(revision="9999")), never)
    with pytest.raises(ArchiveError, match="version 2"):
        await restore(there, settings.home, changed(archive, lambda it: it.update(version=2)), never)
    await there.close()


@pytest.mark.parametrize("kind", databases.KINDS)
async def test_rows_that_do_not_fit_are_refused_and_everything_is_undone(
    archive: Path, elsewhere: Make, kind: str
) -> None:
    """Two people with one id: the hash is right, the rows are not."""
    settings = elsewhere(kind)
    with zipfile.ZipFile(archive) as file:
        first = file.read("rows/people.jsonl").splitlines(keepends=True)[0]

    def say_so(manifest: dict[str, Any]) -> None:
        for table in manifest["tables"]:
            if table["name"] == "people":
                table.update(rows=2, bytes=2 * len(first), sha256=sha256(first * 2).hexdigest())

    await refused(settings, changed(archive, say_so, **{"rows/people.jsonl": first * 2}), "do not fit")


async def refused(settings: Settings, path: Path, match: str | None = None) -> None:
    there = open_database(settings)
    with pytest.raises(ArchiveError, match=match):
        await restore(there, settings.home, path, never)
    async with there.engine.connect() as connection:
        assert await connection.run_sync(schema.current) == schema.EMPTY
    await there.close()
    left = {entry.name for entry in settings.home.iterdir()} if settings.home.exists() else set()
    assert left <= {"causerie.db", "causerie.db-wal", "causerie.db-shm", "causerie.db.shape.lock"}
