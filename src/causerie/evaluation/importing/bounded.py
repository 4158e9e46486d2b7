"""JSON of strangers: files and archives that may be damaged, endless, or made to fill the memory.

Does: read a JSON file, the lines of one, and the members of a ZIP archive, each up to a bound.
Does not: know what is in them.
"""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from causerie.data.packages import needed
from causerie.errors import InvalidImport, UnreadableFile

MAX_BYTES = 512 * 2**20
"""Of one JSON text, unpacked: the whole log of a large task."""
MAX_LINE = 64 * 2**20
"""Of one item."""
MAX_ITEMS = 1_000_000
ZSTANDARD = 93
"""Number of the method in ZIP archives (APPNOTE 6.3.8), which Python's `zipfile` does not unpack before 3.14."""


def json_of(path: Path) -> Any:  # noqa: ANN401 - any JSON
    """The value of a JSON file.

    Raises:
        UnreadableFile: It is too large or damaged.
        InvalidImport: There is no such file.
    """
    if not path.is_file():
        raise InvalidImport("there is no file {path}", path=str(path))
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(path.name)
    return parsed(path.read_bytes(), path.name)


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file with one a line.

    Raises:
        UnreadableFile: It is damaged, or a line too long.
    """
    with path.open("rb") as file:
        for number in range(MAX_ITEMS + 1):
            line = file.readline(MAX_LINE + 1)
            if not line:
                return
            if len(line) > MAX_LINE or number == MAX_ITEMS:
                raise _too_large(path.name)
            if line.strip():
                yield an_object(parsed(line, path.name), path.name)


def parsed(text: bytes, name: str) -> Any:  # noqa: ANN401 - any JSON
    """The JSON value of a text.

    Raises:
        UnreadableFile: It is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile("{name} is no whole JSON: {reason}", name=name, reason=str(error)) from error


def an_object(value: object, name: str) -> dict[str, Any]:
    """A value that must be an object.

    Raises:
        UnreadableFile: It is something else.
    """
    if not isinstance(value, dict):
        raise UnreadableFile("{name} holds something else than what its format has there", name=name)
    return value


@contextmanager
def archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """A ZIP archive.

    Raises:
        UnreadableFile: It is none, or damaged.
        InvalidImport: There is no such file.
    """
    if not path.is_file():
        raise InvalidImport("there is no file {path}", path=str(path))
    try:
        with zipfile.ZipFile(path) as there:
            if len(there.infolist()) > MAX_ITEMS:
                raise _too_large(path.name)
            yield there
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise UnreadableFile("{name} is damaged: {reason}", name=path.name, reason=str(error)) from error


def member(there: zipfile.ZipFile, name: str) -> Any:  # noqa: ANN401 - any JSON
    """The JSON value of a file of an archive.

    Raises:
        UnreadableFile: It is missing, too large or damaged.
        ConfigError: It is packed with Zstandard, and the package for that is not installed.
    """
    try:
        info = there.getinfo(name)
    except KeyError as error:
        raise UnreadableFile("{name} is not in the archive", name=name) from error
    if info.compress_type == ZSTANDARD:
        return parsed(_zstandard(there, info), name)
    try:
        with there.open(info) as file:
            content = file.read(MAX_LINE + 1)
    except (NotImplementedError, RuntimeError) as error:
        raise UnreadableFile("{name} is packed in a way that is not known here", name=name) from error
    if len(content) > MAX_LINE:
        raise _too_large(name)
    return parsed(content, name)


def _zstandard(there: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The content of a member, found behind its local header (30 bytes, its name, its extra field)."""
    (pa,) = needed("pyarrow")
    file = there.fp
    if file is None or info.compress_size > MAX_LINE:
        raise _too_large(info.filename)
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(
        info.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    )
    packed = file.read(info.compress_size)
    try:
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            content: bytes = stream.read(MAX_LINE + 1)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFile("{name} is damaged: {reason}", name=info.filename, reason=str(error)) from error
    if len(content) > MAX_LINE:
        raise _too_large(info.filename)
    return content


def _too_large(name: str) -> UnreadableFile:
    return UnreadableFile("{name} is larger than what is read here", name=name)
