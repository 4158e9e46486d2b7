"""Plain text: the file is one document."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from causerie.data.contract import Portion, Removed
from causerie.data.formats.opening import decoded


def read(file: BinaryIO, _portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    """One row with the field `text`."""
    yield "", {"text": decoded(file.read())}
