"""Token shards of documents that are at hand."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from causerie.data.shards import Manifest, ShardWriter, read_manifest


def write_shards(folder: Path, documents: Iterable[Sequence[int]], **options: Any) -> Manifest:
    """Write them; `options` are those of `ShardWriter`."""
    with ShardWriter(folder, **options) as writer:
        for ids in documents:
            writer.add(ids)
    return read_manifest(folder)
