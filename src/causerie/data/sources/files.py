"""Files and folders: text, Markdown, HTML, JSON Lines, JSON, Parquet, compressed or not, or in ZIP archives.

[[sources]]
name = "novels"
kind = "files"
path = "texts/**/*.txt"     # a file, a folder (all that is in it), or a pattern
licence = "public domain"
"""

import zipfile
from collections.abc import Iterator
from glob import escape, glob
from pathlib import Path
from typing import Any, Literal

from causerie.data.contract import Portion, Removed, Sample
from causerie.data.formats import jsonl, parquet, separated, text
from causerie.data.formats.opening import is_compressed, opened
from causerie.data.formats.table import format_of
from causerie.data.forms.table import TABLE as FORMS
from causerie.data.forms.table import WHOLE_FILES
from causerie.data.sources.options import ReadOptions, parts
from causerie.errors import DataError

RANGE_BYTES = 2**26
"""JSON Lines, and text that is cut into parts, are read in ranges of this size, each by a process of its own."""


class Files(ReadOptions):
    """Files of this machine."""

    kind: Literal["files"] = "files"
    path: str
    """A file, a folder or a pattern with `*` and `**`; a relative one stands beside the recipe."""

    def portions(self) -> list[Portion]:
        """Each file, and the ranges of large ones, by name.

        Raises:
            DataError: There is no such file, or none of a kind that is read here.
        """
        found = self._found()
        readable = [path for path in found if path.suffix.lower() == ".zip" or format_of(path.name)]
        if not readable:
            known = "txt, md, html, json, jsonl, csv, tsv, parquet (also .gz, .bz2, .xz, .zst), zip"
            raise DataError(
                "source {name} has no file to read: {path}", name=self.name, path=self.path, known=known,
                hint="files end with {known}" if found else "there is no such file or folder",
            )  # fmt: skip
        root = _root(self.path)
        return [portion for path in readable for portion in file_portions(path, _told(path, root), self)]

    def read(self, portion: Portion) -> Iterator[Sample | Removed]:
        """The samples of one file or range."""
        return read_portion(self, portion)

    def _found(self) -> list[Path]:
        path = Path(self.path)
        if path.is_file():
            return [path]
        pattern = f"{escape(self.path)}/**/*" if path.is_dir() else self.path
        found = (Path(each) for each in glob(pattern, recursive=True))  # noqa: PTH207 - the pattern may be absolute
        files = sorted(each for each in found if each.is_file() and not each.name.startswith("."))
        # In a data set's folder, as the Hugging Face hub has them, README.md is its card.
        has_rows = any(format_of(each.name) in {jsonl.read, parquet.read, separated.read} for each in files)
        return [each for each in files if not (has_rows and each.name == "README.md")]


def _root(path: str) -> Path:
    """The part of a pattern before the first `*`, or the folder of the file."""
    whole = Path(path)
    if whole.is_dir():
        return whole
    kept: list[str] = []
    for part in whole.parent.parts:
        if any(sign in part for sign in "*?["):
            break
        kept.append(part)
    return Path(*kept)


def _told(path: Path, root: Path) -> str:
    """A name that is the same on every machine: from the root of the source."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def file_portions(path: Path, name: str, source: ReadOptions | None = None) -> list[Portion]:
    """The parts of a file: ranges of lines, row groups of Parquet, files of an archive, or itself.

    Args:
        path: Where it is.
        name: What its samples' ids begin with.
        source: What it is read for: its form and its parts decide how it may be cut (None = each row stands alone).
    """
    facts = path.stat()
    whole: dict[str, Any] = {"path": str(path), "version": f"{facts.st_size}-{facts.st_mtime_ns}"}
    if path.suffix.lower() == ".zip":
        return _members(path, name, whole)
    if is_compressed(name) or (source and source.form in WHOLE_FILES):
        return [Portion(name, size_bytes=facts.st_size, **whole)]
    # Text is cut into ranges only where the recipe has it cut into parts anyway.
    in_parts = format_of(name) is text.read and source is not None and source.part_characters > 0
    if in_parts or format_of(name) is jsonl.read:
        starts = range(0, max(facts.st_size, 1), RANGE_BYTES)
        ends = [*starts[1:], 0]
        return [
            Portion(name, start=start, end=end, size_bytes=(end or facts.st_size) - start, **whole)
            for start, end in zip(starts, ends, strict=True)
        ]
    if format_of(name) is parquet.read:
        groups = max(parquet.row_groups(path), 1)
        size = facts.st_size // groups
        return [Portion(name, start=each, end=each + 1, size_bytes=size, **whole) for each in range(groups)]
    return [Portion(name, size_bytes=facts.st_size, **whole)]


def _members(path: Path, name: str, whole: dict[str, Any]) -> list[Portion]:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [each for each in archive.infolist() if not each.is_dir() and format_of(each.filename)]
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError("{file} cannot be read: {reason}", file=name, reason=str(error)) from error
    inside.sort(key=lambda each: each.filename)
    return [
        Portion(f"{name}/{each.filename}", member=each.filename, size_bytes=each.file_size, **whole)
        for each in inside
    ]


def read_portion(source: ReadOptions, portion: Portion) -> Iterator[Sample | Removed]:
    """The samples of one file or range, in the source's form."""
    make, _ = FORMS[source.form]
    skipped: list[Removed] = []
    for sample in make(_rows(source, portion, skipped)):
        yield from skipped
        skipped.clear()
        yield from parts(sample, source.part_characters)
    yield from skipped


def _rows(source: ReadOptions, portion: Portion, skipped: list[Removed]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows with our names of their fields; what is no row is put aside."""
    read = format_of(portion.member or portion.path)
    if read is None:
        raise DataError("{file} cannot be read: {reason}", file=portion.name, reason="its kind is not known")
    with opened(portion) as file:
        for row in read(file, portion):
            if isinstance(row, Removed):
                skipped.append(row)
                continue
            key, values = row
            for ours, theirs in source.fields.items():
                values[ours] = values.get(theirs)
            yield f"{portion.name}{key}", values
