"""Parquet: one row a row, read a row group or a thousand rows at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from causerie.data.contract import Portion, Removed
from causerie.errors import DataError

_ROWS_AT_ONCE = 1000


def row_groups(path: Path) -> int:
    """How many parts the file has that can be read by themselves.

    Raises:
        DataError: It is not Parquet, or is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_row_groups)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            "{file} cannot be read: {reason}", file=str(path), reason=str(error),
            hint="the file may be damaged or cut short: fetch it again",
        ) from error  # fmt: skip


def read(file: BinaryIO, portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    """Each row's fields; a row is called by its row group and its number there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        for group in range(portion.start, portion.end or table.num_row_groups):
            number = 0
            for batch in table.iter_batches(_ROWS_AT_ONCE, row_groups=[group]):
                for row in batch.to_pylist():
                    yield f"#{group}.{number}", row
                    number += 1
    except pa.ArrowException as error:
        raise DataError(
            "{file} cannot be read: {reason}", file=portion.name, reason=str(error),
            hint="the file may be damaged or cut short: fetch it again",
        ) from error  # fmt: skip
