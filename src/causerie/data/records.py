"""Samples on disk: JSON Lines compressed with Zstandard, one object a sample.

    {"id": "...", "text": "...", "source": "...", "language": "fr", "meta": {...}}
    {"id": "...", "messages": [{"role": "user", "content": "..."}, ...], "source": "...", ...}

Does: write whole files or nothing, read them one sample at a time, and find those of a built folder.
Does not: interpret what others wrote; see `formats/` and `forms/`.
Try it: zstd -dc data/sample/documents/train-00000.jsonl.zst | head -1
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from causerie.data.contract import KIND_OF, KINDS, Kind, Message, Sample
from causerie.errors import DataError

Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = ("train", "validation")
SUFFIX = ".jsonl.zst"
_TYPE_OF = {kind: cls for cls, kind in KIND_OF.items()}
_LEVEL = 3
"""Of Zstandard: about 4 times smaller at some 300 MB/s."""


def line_of(sample: Sample) -> bytes:
    """A sample as one line; what is empty is left out."""
    said = {field.name: getattr(sample, field.name) for field in fields(sample)}
    row: dict[str, Any] = {name: value for name, value in said.items() if value not in ("", {})}
    if "messages" in row:
        row["messages"] = [{"role": turn.role, "content": turn.content} for turn in row["messages"]]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


def sample_of(line: bytes, kind: Kind) -> Sample:
    """The sample of a line.

    Raises:
        DataError: It is none of this kind.
    """
    try:
        row = json.loads(line)
        if "messages" in row:
            row["messages"] = tuple(Message(turn["role"], turn["content"]) for turn in row["messages"])
        if kind == "documents":
            row.setdefault("text", "")
        made: Sample = _TYPE_OF[kind](**row)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError("a line is no sample of {kind}: {reason}", kind=kind, reason=repr(error)) from error
    return made


@contextmanager
def written(path: Path) -> Iterator["io.BufferedIOBase"]:
    """A compressed file to write lines into; it has its name only once it is whole."""
    import pyarrow as pa

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    codec = pa.Codec("zstd", compression_level=_LEVEL)
    with unfinished.open("wb") as file, pa.CompressedOutputStream(pa.PythonFile(file, "w"), codec.name) as stream:
        yield stream
    unfinished.replace(path)


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a compressed file.

    Raises:
        DataError: It is missing or damaged.
    """
    import pyarrow as pa

    try:
        with io.BufferedReader(pa.input_stream(str(path), compression="zstd"), 2**18) as stream:
            yield from stream
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            "{path} is missing or damaged: {reason}", path=str(path), reason=str(error),
            hint="build the data again with `causerie data build`",
        ) from error  # fmt: skip


def samples(folder: Path, kind: Kind, split: Split = "train") -> Iterator[Sample]:
    """Every sample of a kind in a built folder, in its order, one at a time."""
    for path in sample_files(folder, kind, split):
        for line in lines(path):
            yield sample_of(line, kind)


def sample_files(folder: Path, kind: Kind, split: Split = "train") -> list[Path]:
    """The files of a kind in a built folder, in order (none = there are no such samples)."""
    return sorted((folder / kind).glob(f"{split}-*{SUFFIX}"))


def kinds_in(folder: Path) -> list[Kind]:
    """Which kinds of samples a built folder has."""
    return [kind for kind in KINDS if sample_files(folder, kind) or sample_files(folder, kind, "validation")]
