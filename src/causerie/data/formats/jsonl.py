"""JSON Lines, one row a line; and JSON, a list of rows or one row.

A large file of lines is read in ranges by several processes: a range owns the lines that begin in it.
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from causerie.data.contract import Portion, Removed


def read(file: BinaryIO, portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    """Each line's fields; a row is called by the place of its first byte."""
    at = portion.start
    if at:
        file.seek(at - 1)
        at += len(file.readline()) - 1  # the line that the range before owns, or just its end
    while not portion.end or at < portion.end:
        line = file.readline()
        if not line:
            return
        if line.strip():
            yield _row(line, f"@{at}")
        at += len(line)


def read_json(file: BinaryIO, portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    """Each object of a list, or the one object; the whole file is in memory meanwhile."""
    try:
        whole = json.loads(file.read())
    except ValueError as error:
        yield Removed("not JSON", f"{portion.name}: {error}")
        return
    for number, row in enumerate(whole if isinstance(whole, list) else [whole]):
        if isinstance(row, dict):
            yield f"#{number}", row
        else:
            yield Removed("not an object", f"{portion.name}#{number}")


def _row(line: bytes, key: str) -> tuple[str, dict[str, Any]] | Removed:
    try:
        row = json.loads(line)
    except ValueError as error:
        return Removed("not JSON", f"{key}: {error}")
    return (key, row) if isinstance(row, dict) else Removed("not an object", key)
