"""Files and their compressed forms: gzip, bzip2, xz, Zstandard, and the files of a ZIP archive.

Does: open any of them as a stream of plain bytes, and turn bytes into text.
Does not: hold a whole file in memory; whoever reads decides how much.
"""

import bz2
import codecs
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from causerie.data.contract import Portion
from causerie.errors import DataError

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
_FAULTS = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


def plain_name(name: str) -> str:
    """A file's name without the end that says how it is compressed."""
    path = Path(name)
    return str(path.with_suffix("")) if path.suffix.lower() in COMPRESSIONS else name


def is_compressed(name: str) -> bool:
    """Whether the name says so; a compressed file cannot be read from its middle."""
    return Path(name).suffix.lower() in COMPRESSIONS


@contextmanager
def opened(portion: Portion) -> Iterator[BinaryIO]:
    """The plain bytes of a file, or of a file in an archive.

    Raises:
        DataError: It cannot be read, or is damaged; while it is being read, too.
    """
    try:
        if not portion.member:
            with Path(portion.path).open("rb") as stored, _decompressed(stored, portion.path) as file:
                yield file
            return
        with (
            zipfile.ZipFile(portion.path) as archive,
            archive.open(portion.member) as inner,
            _decompressed(cast("BinaryIO", inner), portion.member) as file,
        ):
            yield file
    except _FAULTS as error:
        raise DataError(
            "{file} cannot be read: {reason}", file=portion.name, reason=str(error) or type(error).__name__,
            hint="the file may be damaged or cut short: fetch it again",
        ) from error  # fmt: skip


def _decompressed(file: BinaryIO, name: str) -> BinaryIO:
    match Path(name).suffix.lower():
        case ".gz":
            return cast("BinaryIO", gzip.GzipFile(fileobj=file))
        case ".bz2":
            return cast("BinaryIO", bz2.BZ2File(file))
        case ".xz":
            return cast("BinaryIO", lzma.LZMAFile(file))
        case ".zst":
            import pyarrow as pa

            return cast("BinaryIO", BufferedReader(pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")))
    return file


def decoded(data: bytes) -> str:
    """Text of bytes: UTF-8, UTF-16 where its mark says so, or what old Windows programs wrote.

    French files of before 2005 are often in Windows-1252; as UTF-8 they would lose every accent. Where more of the
    signs beyond ASCII are UTF-8 than are not, the file has a few broken bytes: they alone are lost.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", errors="replace")
    broken = text.count("\ufffd")
    if 2 * broken < len(text) - len(text.encode("ascii", "ignore")):
        return text
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return text
