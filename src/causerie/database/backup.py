"""Writes a backup: one file with every row and every attachment, while others go on reading and writing.

Does: read all tables in one transaction, that is as they were at one moment; write the file whole or not at all, for
its owner's eyes only.
Does not: choose when (`migrate.py`, the job `backup`), nor read one (`archive.py`, `restore.py`).
Try it: causerie backup
"""

import errno
import hashlib
import json
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, select

from causerie.database import schema
from causerie.database.cells import to_json
from causerie.database.engine import Database
from causerie.database.inventory import Kept, inventory
from causerie.database.manifest import FORMAT, MEMBER, VERSION, KeptFile, Manifest, TableRows
from causerie.errors import Conflict, DiskFull, NotFound

ATTACHMENTS = "attachments"
"""The folder of the data folder whose files belong to rows."""
BACKUPS = "backups"
"""The folder of the data folder for backups that nobody gave a name."""
ROWS_AT_ONCE = 500
CHUNK_BYTES = 2**20
DEFLATE_LEVEL = 3
"""A third of the time of zlib's own choice (6), for files a tenth larger."""

Progress = Callable[[str, float], None]
"""Called with what is at work and the share that is done, 0 to 1."""


async def back_up(database: Database, home: Path, path: Path, progress: Progress | None = None) -> Manifest:
    """Write everything into a new file.

    Args:
        database: Migrated, to whatever revision.
        home: The data folder, for its attachments.
        path: The file; its folder is made if need be.
        progress: Called now and then.

    Raises:
        NotFound: There is no database yet.
        Conflict: The file exists already.
        DiskFull: There is no room for it.
        DatabaseUnavailable: The database cannot be reached.
    """
    tell = progress or (lambda _what, _share: None)
    async with database.read() as session:
        if await (await session.connection()).run_sync(schema.current) == schema.EMPTY:
            raise NotFound(
                "there is no database in {home} yet", home=str(home),
                hint="a backup needs something to save: `causerie up` makes the database",
            )  # fmt: skip
    with _whole_or_nothing(path) as file:
        async with database.moment() as session:
            connection = await session.connection()
            return await connection.run_sync(_write, home / ATTACHMENTS, file, tell)


def new_path(home: Path, why: str = "backup") -> Path:
    """Where a backup goes that nobody gave a name."""
    return home / BACKUPS / f"{why}-{datetime.now(UTC).strftime('%Y%m%d-%H%M%S')}.zip"


@contextmanager
def _whole_or_nothing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when it is complete and on the disk."""
    if path.exists():
        raise Conflict("{path} exists already", path=str(path), param="FILE", hint="name another file")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull("there is no room for the backup {path}", path=str(path)) from error
        raise
    finally:
        partial.unlink(missing_ok=True)


def _write(connection: Connection, attachments: Path, file: IO[bytes], progress: Progress) -> Manifest:
    kept = list(inventory(connection).values())
    revision = schema.current(connection)
    # The rows first: a file that is removed meanwhile is missed by nobody, a row without its file would be.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=DEFLATE_LEVEL) as archive:
        tables = []
        for number, table in enumerate(kept):
            progress(table.table.name, number / (len(kept) + 1))
            tables.append(_write_table(connection, archive, table))
        progress(ATTACHMENTS, len(kept) / (len(kept) + 1))
        files = [each for path in _files(attachments) if (each := _write_file(archive, attachments, path))]
        manifest = Manifest(
            format=FORMAT,
            version=VERSION,
            causerie=version("causerie"),
            revision=revision,
            database="sqlite" if connection.dialect.name == "sqlite" else "postgresql",
            made_at=datetime.now(UTC).isoformat(),
            tables=tuple(tables),
            files=tuple(files),
        )
        archive.writestr(MEMBER, manifest.model_dump_json())
    return manifest


class _Counted:
    """A member of the archive, counted and hashed as it is written."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member = member
        self.bytes = 0
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._member.write(data)
        self._hash.update(data)
        self.bytes += len(data)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def _write_table(connection: Connection, archive: zipfile.ZipFile, kept: Kept) -> TableRows:
    table = kept.table
    query = select(*(table.c[name] for name, _ in kept.columns)).order_by(*table.primary_key.columns)
    kinds = [kind for _, kind in kept.columns]
    rows = 0
    with archive.open(f"rows/{table.name}.jsonl", "w", force_zip64=True) as member:
        counted = _Counted(member)
        result = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
        for batch in result.partitions():
            counted.write(b"".join(map(_line, ([*zip(kinds, row, strict=True)] for row in batch))))
            rows += len(batch)
    return TableRows(
        name=table.name, columns=kept.columns, rows=rows, bytes=counted.bytes, sha256=counted.sha256,
    )  # fmt: skip


def _line(cells: list[tuple[str, Any]]) -> bytes:
    values = [to_json(kind, value) for kind, value in cells]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _files(folder: Path) -> list[Path]:
    """Every file that is in its place: neither a link nor one that is still being written."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    )


def _write_file(archive: zipfile.ZipFile, folder: Path, path: Path) -> KeptFile | None:
    name = path.relative_to(folder).as_posix()
    try:
        source = path.open("rb")
    except FileNotFoundError:  # removed since it was listed
        return None
    # Images and documents are compressed already.
    info = zipfile.ZipInfo(f"{ATTACHMENTS}/{name}")
    with source, archive.open(info, "w", force_zip64=True) as member:
        counted = _Counted(member)
        while chunk := source.read(CHUNK_BYTES):
            counted.write(chunk)
    return KeptFile(path=name, bytes=counted.bytes, sha256=counted.sha256)
