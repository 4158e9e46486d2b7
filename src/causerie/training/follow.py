"""What a run says, for whoever looks on: all of it once, and then only what is new.

Does: read `metrics.jsonl` and `samples.jsonl` while the trainer writes them; leave a last line that is half written
for the next time, and a damaged one out; see that a run went back to a checkpoint: then the trainer cuts its files.
Does not: write, or keep anything between two looks: where a reader stands is in the mark that it hands back.
"""

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from causerie.training.run_folder import METRICS, SAMPLES

MOST_STEPS = 2000
"""Steps of the first look, evenly taken from all of them: a screen has no more points."""
MOST_SAMPLES = 400
"""Samples of the first look, the last ones."""
PART_BYTES = 2**22
"""Most that one later look reads of a file; the next goes on from there."""
_STEP = b'{"kind": "step"'
_CHECKED = 256
"""Bytes before a reader's place that must be the same as when it was there."""
Row = dict[str, Any]


class _Place(NamedTuple):
    """Where a reader stands in a file."""

    offset: int
    """Bytes read."""
    checksum: int
    """CRC-32 of the last of them: another one means that the file was cut and has grown again."""


@dataclass(frozen=True)
class Said:
    """What a look found."""

    rows: list[Row]
    """By time."""
    whole: bool
    """These are all there are, not only the new ones."""
    mark: str
    """For the next look."""


def said(run: Path, mark: str = "") -> Said:
    """What a run said since a look.

    Args:
        run: Its folder.
        mark: Of the look before (empty, or no mark at all = everything).
    """
    files = (run / METRICS, run / SAMPLES)
    places = _places(mark)
    if places is None or not all(_stands(path, place) for path, place in zip(files, places, strict=True)):
        steps, new_steps = _thinned(files[0])
        samples, new_samples = _new(files[1], _Place(0, 0), most=2**62)
        return _told(steps + samples[-MOST_SAMPLES:], (new_steps, new_samples), whole=True)
    found = [_new(path, place) for path, place in zip(files, places, strict=True)]
    return _told([row for rows, _ in found for row in rows], tuple(place for _, place in found), whole=False)


def _told(rows: list[Row], places: tuple[_Place, ...], *, whole: bool) -> Said:
    mark = "-".join(f"{place.offset}.{place.checksum}" for place in places)
    return Said(sorted(rows, key=lambda row: float(row["time"])), whole, mark)


def _places(mark: str) -> list[_Place] | None:
    try:
        places = [_Place(*map(int, part.split("."))) for part in mark.split("-")]
    except (ValueError, TypeError):
        return None
    return places if len(places) == 2 and all(place.offset >= 0 for place in places) else None


def _stands(path: Path, place: _Place) -> bool:
    """Whether what was read is still there."""
    try:
        return _checksum(path, place.offset) == place.checksum
    except OSError:
        return place.offset == 0


def _checksum(path: Path, offset: int) -> int:
    """CRC-32 of the bytes before a place; -1 where the file does not reach it."""
    if offset == 0:
        return 0
    with path.open("rb") as file:
        start = max(0, offset - _CHECKED)
        file.seek(start)
        found = file.read(offset - start)
    return zlib.crc32(found) if len(found) == offset - start else -1


def _new(path: Path, place: _Place, most: int = PART_BYTES) -> tuple[list[Row], _Place]:
    """The rows behind a place, and where the last whole line ends."""
    rows: list[Row] = []
    offset = place.offset
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while offset - place.offset < most and (line := file.readline()).endswith(b"\n"):
                offset += len(line)
                if row := parsed(line):
                    rows.append(row)
        return rows, _Place(offset, _checksum(path, offset))
    except OSError:
        return [], _Place(0, 0)


def _thinned(path: Path) -> tuple[list[Row], _Place]:
    """All rows, but of the steps no more than a screen shows; read twice, so that nothing is held in memory."""
    try:
        steps, end = 0, 0
        for line in _whole_lines(path):
            steps += line.startswith(_STEP)
            end += len(line)
        seen, kept, rows = 0, 0, list[Row]()
        for line in _whole_lines(path, end):
            if line.startswith(_STEP):
                seen += 1
                # Evenly, and the last one always.
                if steps > MOST_STEPS and seen < steps and (seen - 1) * (MOST_STEPS - 1) < kept * steps:
                    continue
                kept += 1
            if row := parsed(line):
                rows.append(row)
        return rows, _Place(end, _checksum(path, end))
    except OSError:
        return [], _Place(0, 0)


def _whole_lines(path: Path, end: int = 2**62) -> Iterator[bytes]:
    read = 0
    with path.open("rb") as file:
        for line in file:
            read += len(line)
            if read > end or not line.endswith(b"\n"):
                return
            yield line


def parsed(line: bytes) -> Row | None:
    """The event of a line; None where it is damaged. What is no number (NaN) is null, which JSON can say."""
    try:
        row = json.loads(line, parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    fits = (
        isinstance(row, dict)
        and isinstance(row.get("kind"), str)
        and type(row.get("step")) is int
        and type(row.get("time")) in {int, float}
    )
    return row if fits else None


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def last_rows(path: Path, tail_bytes: int = 2**16) -> list[Row]:
    """The rows in the last bytes of a file, without reading the rest; none if there is no file."""
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, 2) - tail_bytes)
            file.seek(start)
            lines = file.read(tail_bytes).split(b"\n")[1 if start else 0 :]
    except OSError:
        return []
    return [row for line in lines if line and (row := parsed(line))]


def first_row(path: Path, most_bytes: int = 2**16) -> Row | None:
    """The first row of a file (None = there is none)."""
    try:
        with path.open("rb") as file:
            return parsed(file.readline(most_bytes))
    except OSError:
        return None
