"""The formats by the ends of file names."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from causerie.data.contract import Portion, Removed
from causerie.data.formats import html, jsonl, markdown, parquet, separated, text
from causerie.data.formats.opening import plain_name

Row = tuple[str, dict[str, Any]]
"""Where in the file (empty = all of it), and its fields."""
Read = Callable[[BinaryIO, Portion], Iterator[Row | Removed]]

TABLE: Mapping[str, Read] = {
    ".txt": text.read,
    ".text": text.read,
    ".rst": text.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".html": html.read,
    ".htm": html.read,
    ".xhtml": html.read,
    ".json": jsonl.read_json,
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
    ".parquet": parquet.read,
    ".csv": separated.read,
    ".tsv": separated.read_tabs,
}


def format_of(name: str) -> Read | None:
    """What reads a file of this name, compressed or not (None = nothing here does)."""
    return TABLE.get(Path(plain_name(name)).suffix.lower())
