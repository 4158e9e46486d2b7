"""CSV and TSV: a line of names, then one row a line; a field in quotation marks may hold commas and line feeds."""

import codecs
import csv
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any, BinaryIO

from causerie.data.contract import Portion, Removed

FIELD_SIGNS = 16 * 2**20
"""Longest field; Python's own limit, 128 KiB, is less than some texts have."""


def read(file: BinaryIO, portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    """Each row's fields, all of them texts, by the names of the first line; a row is called by its number."""
    yield from _rows(file, portion, ",")


def read_tabs(file: BinaryIO, portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    """The same with tabs between fields, where quotation marks are but signs."""
    yield from _rows(file, portion, "\t")


def lines(file: BinaryIO, delimiter: str) -> Iterator[list[str]]:
    """The fields of each line, the first included; bytes that are not UTF-8 are taken for Windows-1252.

    Raises:
        csv.Error: A field is longer than `FIELD_SIGNS`.
    """
    codecs.register_error("windows_1252", _as_windows)
    text = TextIOWrapper(file, encoding="utf-8-sig", errors="windows_1252", newline="")
    before = csv.field_size_limit(FIELD_SIGNS)
    try:
        if delimiter == "\t":
            yield from csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        else:
            yield from csv.reader(text, delimiter=delimiter)
    finally:
        csv.field_size_limit(before)
        text.detach()


def _rows(file: BinaryIO, portion: Portion, delimiter: str) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    found = lines(file, delimiter)
    try:
        names = next(found, [])
        for number, fields in enumerate(found):
            if not fields:
                continue
            if len(fields) != len(names):
                yield Removed("not a row", f"#{number}: {len(fields)} fields where the first line has {len(names)}")
                continue
            yield f"#{number}", dict(zip(names, fields, strict=True))
    except csv.Error as error:
        yield Removed("not CSV", f"{portion.name}: {error}")


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end
