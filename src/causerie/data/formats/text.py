"""Plain text: the file is one document; or, of a large file, the range is one, from blank line to blank line.

The first range owns what stands from the file's beginning on; each other what follows the first blank line that
begins in it, and nothing where none does. Each ends with the first blank line that begins at its end or behind.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from causerie.data.contract import Portion, Removed
from causerie.data.formats.opening import decoded


def read(file: BinaryIO, portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    """One row with the field `text`; of a range that is not the first it is called by the range's first byte."""
    if not portion.start and not portion.end:
        yield "", {"text": decoded(file.read())}
        return
    at = portion.start
    if at:
        file.seek(at - 1)
        at += len(file.readline()) - 1
        while (line := file.readline()).strip():
            at += len(line)
        if portion.end and at >= portion.end:
            return
        at += len(line)
    kept: list[bytes] = []
    while line := file.readline():
        kept.append(line)
        if portion.end and at >= portion.end and not line.strip():
            break
        at += len(line)
    if kept:
        yield f"@{portion.start}" if portion.start else "", {"text": decoded(b"".join(kept))}
