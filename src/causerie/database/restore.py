"""Fills an empty database and data folder from a backup, of this database's kind or the other.

Does: check the backup whole; make the tables as they were when it was written, fill them, and migrate them forward,
all in one transaction: a restore that fails leaves everything empty, as it was.
Does not: mix a backup into what is there already.
Try it: CAUSERIE_HOME=/tmp/elsewhere causerie restore backup.zip
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from causerie.database import schema
from causerie.database.archive import Archive, open_archive
from causerie.database.backup import ATTACHMENTS, ROWS_AT_ONCE, Progress
from causerie.database.engine import Database
from causerie.database.inventory import Kept, inventory, table_names
from causerie.database.locks import alone
from causerie.database.manifest import Manifest
from causerie.database.reshaping import reshaping
from causerie.errors import ArchiveError, Conflict, DatabaseNewer, DiskFull


async def restore(
    database: Database, home: Path, path: Path, waits: Callable[[], None], progress: Progress | None = None
) -> Manifest:
    """Fill the empty database and the empty folder of attachments.

    Args:
        database: Without tables.
        home: The data folder.
        path: The backup.
        waits: Called once when another process is at work on the same database.
        progress: Called now and then.

    Raises:
        ArchiveError: The backup is damaged, hostile or of an unknown kind; nothing was written.
        DatabaseNewer: A newer causerie wrote it.
        Conflict: The database or the folder of attachments is not empty.
        DiskFull: It would not fit.
    """
    tell = progress or (lambda _what, _share: None)
    with open_archive(path) as archive:
        manifest = archive.manifest
        if manifest.revision not in schema.revisions():
            raise DatabaseNewer(
                "the backup has revision {revision}, and this causerie knows only up to {head}",
                revision=manifest.revision, head=schema.head(), hint="update causerie, then restore",
            )  # fmt: skip
        _check_room(home, manifest)
        tell("the backup is checked", 0.0)
        await asyncio.to_thread(archive.check)
        async with alone(database, "shape", waits):
            with _files_beside(home, archive) as move_into_place:
                async with reshaping(database) as connection:
                    await connection.run_sync(_fill, archive, tell)
                    move_into_place()
    return manifest


def _check_room(home: Path, manifest: Manifest) -> None:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(home).free
    if manifest.bytes > free:
        raise DiskFull(
            "the backup unpacks to {size} MiB, and {free} MiB are free",
            size=manifest.bytes >> 20, free=free >> 20, hint="free some room, then restore",
        )  # fmt: skip


@contextmanager
def _files_beside(home: Path, archive: Archive) -> Iterator[Callable[[], None]]:
    """The attachments unpacked beside their place; what it gives moves them into it."""
    place = home / ATTACHMENTS
    if place.exists() and any(place.iterdir()):
        raise Conflict(
            "the folder {path} is not empty", path=str(place),
            hint="restore into an empty data folder: CAUSERIE_HOME=/another/folder causerie restore ...",
        )  # fmt: skip
    beside = Path(tempfile.mkdtemp(prefix=".restoring-", dir=home))
    moved = False

    def move() -> None:
        nonlocal moved
        if archive.manifest.files:
            beside.rename(place)  # onto an empty folder, or none
            moved = True

    try:
        for kept in archive.manifest.files:
            path = beside / kept.path
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("xb") as file:
                path.chmod(0o600)
                for chunk in archive.chunks(kept):
                    file.write(chunk)
        yield move
    except BaseException:
        shutil.rmtree(place if moved else beside)
        raise
    if not moved:
        beside.rmdir()


def _fill(connection: Connection, archive: Archive, tell: Progress) -> None:
    if schema.current(connection) != schema.EMPTY or table_names(connection):
        raise Conflict(
            "the database is not empty",
            hint="restore into an empty data folder, or an empty PostgreSQL database",
        )
    manifest = archive.manifest
    schema.upgrade(connection, manifest.revision)
    here = inventory(connection)
    _check_tables(here, manifest)
    for kept in here.values():  # what a migration puts into its new tables is in the backup too
        if connection.scalar(select(func.count()).select_from(kept.table)):
            connection.execute(delete(kept.table))
    total = max(manifest.rows, 1)
    done = 0
    with _without_foreign_keys(connection):
        for table in manifest.tables:
            tell(table.name, done / total)
            _fill_table(connection, here[table.name], archive.rows(table), [name for name, _ in table.columns])
            done += table.rows
    if connection.dialect.name == "postgresql":
        _set_sequences(connection, here)
    schema.upgrade(connection, schema.head())


def _check_tables(here: dict[str, Kept], manifest: Manifest) -> None:
    """Nothing that is in the backup would be lost, and nothing that is here would stay without its rows."""
    for table in manifest.tables:
        if table.name not in here or set(here[table.name].columns) != set(table.columns):
            raise ArchiveError(
                "the table {name} of the backup is not one of revision {revision}",
                name=table.name, revision=manifest.revision,
            )  # fmt: skip
    for missing in sorted(set(here) - {table.name for table in manifest.tables}):
        raise ArchiveError("the backup lacks the table {name}", name=missing)


def _fill_table(connection: Connection, kept: Kept, rows: Iterator[list[Any]], names: list[str]) -> None:
    statement = insert(kept.table)
    while batch := [dict(zip(names, row, strict=True)) for row in islice(rows, ROWS_AT_ONCE)]:
        try:
            connection.execute(statement, batch)
        except DBAPIError as error:
            raise ArchiveError(
                "rows of the table {name} do not fit this database: {reason}",
                name=kept.table.name, reason=str(error.orig).strip().splitlines()[0],
            ) from error  # fmt: skip


_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text AS owner, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS rule
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Rows may come before those that they point at; afterwards each must point at one."""
    if connection.dialect.name == "sqlite":
        yield  # `reshaping` has switched them off, and checks at the end
        return
    keys = connection.execute(text(_FOREIGN_KEYS)).all()
    for key in keys:
        connection.execute(text(f"ALTER TABLE {key.owner} DROP CONSTRAINT {key.name}"))
    yield
    for key in keys:
        connection.execute(text(f"ALTER TABLE {key.owner} ADD CONSTRAINT {key.name} {key.rule}"))


def _set_sequences(connection: Connection, here: dict[str, Kept]) -> None:
    """Numbers that the database counts go on after the highest that was restored."""
    for name, kept in here.items():
        for column in kept.table.primary_key.columns:
            sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": name, "c": column.name})
            if sequence:
                highest = connection.scalar(select(func.max(column)))
                connection.execute(text("SELECT setval(:s, :n, :used)"),
                                   {"s": sequence, "n": highest or 1, "used": highest is not None})  # fmt: skip
