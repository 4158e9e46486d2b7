"""Reads a backup that nobody vouches for: everything is checked before anything is written.

Does: refuse what is damaged, too large, or more or less than its manifest says; then give rows and files.
Does not: write into a database or a folder; see `restore.py`.

A backup may come from anywhere. Names in it are compared with those of the manifest, whose form is strict
(`manifest.py`), so that none leads out of the folder; sizes are counted while reading, never believed.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from causerie.database.cells import KINDS, from_json
from causerie.database.manifest import MEMBER, VERSION, KeptFile, Manifest, TableRows
from causerie.errors import ArchiveError

MAX_MANIFEST_BYTES = 2**26
MAX_LINE_BYTES = 2**28
"""Of one row; an attachment is a file and no row."""
MAX_RATIO, RATIO_FROM_BYTES = 300, 2**26
"""Rows that unpack to more than 64 MiB and to more than 300 times their size are no rows of people."""
CHUNK_BYTES = 2**20

Rows = Iterator[list[Any]]


class Archive:
    """An open backup whose manifest fits its contents. `open_archive` makes one."""

    def __init__(self, file: zipfile.ZipFile, manifest: Manifest) -> None:
        self._file = file
        self.manifest = manifest

    def check(self) -> None:
        """Read everything once.

        Raises:
            ArchiveError: A part is not what the manifest says.
        """
        for table in self.manifest.tables:
            for _ in self.rows(table):
                pass
        for kept in self.manifest.files:
            for _ in self.chunks(kept):
                pass

    def rows(self, table: TableRows) -> Rows:
        """The rows of a table as its columns' Python values.

        Raises:
            ArchiveError: They are not what the manifest says; known only after the last.
        """
        kinds = [kind for _, kind in table.columns]
        count = 0
        with self._counted(table) as part:
            while line := part.readline():
                count += 1
                yield _row(table, kinds, line, count)
        if count != table.rows:
            raise _wrong(table.member, f"{count} rows instead of {table.rows}")

    def chunks(self, kept: KeptFile) -> Iterator[bytes]:
        """The bytes of a file, in pieces.

        Raises:
            ArchiveError: They are not what the manifest says; known only after the last.
        """
        with self._counted(kept) as part:
            while chunk := part.read(CHUNK_BYTES):
                yield chunk

    @contextmanager
    def _counted(self, part: TableRows | KeptFile) -> Iterator["_Counted"]:
        try:
            with self._file.open(part.member) as member:
                counted = _Counted(member, part)
                yield counted
                counted.end()
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise _wrong(part.member, str(error) or type(error).__name__) from error


class _Counted:
    """A member, counted and hashed as it is read."""

    def __init__(self, member: IO[bytes], part: TableRows | KeptFile) -> None:
        self._member, self._part = member, part
        self._bytes = 0
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        return self._seen(self._member.read(size))

    def readline(self) -> bytes:
        line = self._seen(self._member.readline(MAX_LINE_BYTES))
        if line and not line.endswith(b"\n"):
            raise ValueError("a row is cut off or too long")
        return line

    def _seen(self, data: bytes) -> bytes:
        self._bytes += len(data)
        self._hash.update(data)
        return data

    def end(self) -> None:
        if (self._bytes, self._hash.hexdigest()) != (self._part.bytes, self._part.sha256):
            raise ValueError("its bytes are not those that were written (SHA-256)")


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The backup, its manifest compared with its table of contents; `Archive.check` reads the rest.

    Raises:
        ArchiveError: It is no backup of ours, or its manifest does not fit.
    """
    try:
        file = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ArchiveError("{path} is not a backup: {reason}", path=str(path), reason=str(error)) from error
    with file:
        manifest = _manifest(file, path)
        _compare(file, manifest)
        yield Archive(file, manifest)


def _manifest(file: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        info = file.getinfo(MEMBER)
        with file.open(info) as member:
            data = member.read(MAX_MANIFEST_BYTES + 1)
        if len(data) > MAX_MANIFEST_BYTES:
            raise _wrong(MEMBER, "it is too large")
        version = json.loads(data).get("version")
        if isinstance(version, int) and version > VERSION:
            raise ArchiveError(
                "{path} has version {version} of the form of backups, and this causerie knows {known}",
                path=str(path), version=version, known=VERSION, hint="update causerie, then restore",
            )  # fmt: skip
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(MEMBER, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (KeyError, AttributeError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise ArchiveError("{path} is not a backup: {reason}", path=str(path), reason="no manifest") from error


def _compare(file: zipfile.ZipFile, manifest: Manifest) -> None:
    listed = [info.filename for info in file.infolist()]
    parts = {part.member: part for part in (*manifest.tables, *manifest.files)}
    if len(parts) != len(manifest.tables) + len(manifest.files) or sorted(listed) != sorted([*parts, MEMBER]):
        raise _wrong(MEMBER, "it does not name exactly what the archive holds")
    for info in file.infolist():
        if info.filename == MEMBER:
            continue
        if info.file_size != parts[info.filename].bytes:
            raise _wrong(info.filename, "its size is not that of the manifest")
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or info.flag_bits & 1:
            raise _wrong(info.filename, "it is packed in a way that is not ours")
        if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * info.compress_size:
            raise _wrong(info.filename, "it unpacks to far more than it should")
    for table in manifest.tables:
        names = [name for name, _ in table.columns]
        if len(set(names)) < len(names) or any(kind not in KINDS for _, kind in table.columns):
            raise _wrong(table.member, "its columns are not known")


def _row(table: TableRows, kinds: list[str], line: bytes, number: int) -> list[Any]:
    try:
        values: list[Any] = json.loads(line)
        return [from_json(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError, ArithmeticError, AttributeError, RecursionError) as error:
        raise _wrong(table.member, f"row {number}: {error}") from error


def _wrong(part: str, reason: str) -> ArchiveError:
    return ArchiveError(
        "the backup is damaged or was changed: {part}: {reason}", part=part, reason=reason,
        hint="nothing was written; take another backup",
    )  # fmt: skip
