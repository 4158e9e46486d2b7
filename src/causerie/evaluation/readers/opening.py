"""Where a public set is: a file, a folder, or a name of the Hugging Face hub; and its rows.

Does: find its files, fetch them from the hub with its own client, and give their rows, always in the same order.
Does not: know any set; each reader knows its own columns.

A name of the hub is `owner/name`, `owner/name@revision`, or with files of it, `owner/name:main/test-*`; `hf:` before
it says that no folder of that name is meant.
"""

import csv
import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from causerie.data.contract import Portion, Removed
from causerie.data.formats import separated
from causerie.data.formats.opening import opened
from causerie.data.formats.table import format_of
from causerie.data.sources.files import file_portions
from causerie.data.sources.hub import Hub, fetched
from causerie.errors import DataError, NotFound
from causerie.settings import Settings

MAX_FILE_BYTES = 512 * 2**20
"""Of one file of a set; the largest that is read here, MMLU's, has 8 MB."""
MAX_ROWS = 500_000
_HUB = "hf:"
_HUB_NAME = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?(?::(?P<files>[^:]+))?")


@dataclass(frozen=True)
class Files:
    """The files of a set, in the order of their names."""

    paths: tuple[Path, ...]

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each row's fields, with where it stands.

        Raises:
            DataError: A line is no row, or there are more than `MAX_ROWS`: a set with holes gives another figure.
        """
        number = 0
        for path in self.paths:
            for portion in file_portions(path, path.name):
                for row in _read(portion):
                    if isinstance(row, Removed):
                        raise DataError(
                            "{file} has something that is no row: {reason}", file=str(path),
                            reason=f"{row.reason}: {row.detail}"[:300],
                        )  # fmt: skip
                    number += 1
                    if number > MAX_ROWS:
                        raise DataError("{file} has more than {most} rows", file=str(path), most=MAX_ROWS)
                    yield f"{path.name}{row[0]}", row[1]

    def lines(self, delimiter: str) -> Iterator[tuple[Path, list[str]]]:
        """The fields of each line of files that have no line of names.

        Raises:
            DataError: A file is not of this form.
        """
        for path in self.paths:
            with opened(Portion(str(path), path=str(path))) as file:
                try:
                    yield from ((path, fields) for fields in separated.lines(file, delimiter) if fields)
                except csv.Error as error:
                    raise DataError("{file} cannot be read: {reason}", file=str(path), reason=str(error)) from error


def found(source: str, patterns: Sequence[str], settings: Settings) -> Files:
    """The files of a set.

    Args:
        source: A file, a folder, or a name of the hub.
        patterns: Names of the files in it, the best first: the first pattern that any file has is taken.
        settings: For the hub and where its files are kept.

    Raises:
        DataError: There is no such file, none in the folder, or one is too large.
        NotFound: The hub has no such set.
        HubRefused: It is gated or private.
        HubUnreachable: No answer.
    """
    path = Path(source).expanduser()
    named = source.removeprefix(_HUB)
    if named == source and path.exists():
        files = [path] if path.is_file() else _of_folder(path, patterns)
    elif name := _HUB_NAME.fullmatch(named):
        files = _of_hub(name, patterns, settings)
    else:
        raise DataError(
            "there is no file or folder {path}", path=source, hint="a name of the hub is owner/name, with one slash"
        )
    for file in files:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise DataError("{file} is longer than {most} bytes", file=str(file), most=MAX_FILE_BYTES)
    return Files(tuple(files))


def is_of_parts(source: str) -> bool:
    """Whether a source can have other files than those of the items: a folder, or a hub's set without their names."""
    named = _HUB_NAME.fullmatch(source.removeprefix(_HUB))
    path = Path(source).expanduser()
    return path.is_dir() or (not path.exists() and named is not None and named["files"] is None)


def _of_folder(folder: Path, patterns: Sequence[str]) -> list[Path]:
    readable = sorted(path for path in folder.rglob("*") if path.is_file() and format_of(path.name))
    readable = [path for path in readable if path.name.lower() != "readme.md"]
    for pattern in patterns:
        chosen = [path for path in readable if fnmatch.fnmatch(path.relative_to(folder).as_posix(), pattern)]
        if chosen:
            return chosen
    raise DataError(
        "{folder} has no file that matches {patterns}", folder=str(folder), patterns=", ".join(patterns),
        hint="name the file itself",
    )  # fmt: skip


def _of_hub(name: re.Match[str], patterns: Sequence[str], settings: Settings) -> list[Path]:
    given = (name["files"],) if name["files"] else tuple(patterns)
    missing: NotFound | None = None
    for pattern in given:
        wanted = Hub(
            name="set", licence="see its card", repo=name["repo"], revision=name["revision"] or "main",
            files=(pattern,),
        )  # fmt: skip
        try:
            folder, names = fetched(settings, wanted)
        except NotFound as error:
            missing = error
            continue
        return [folder / each for each in names]
    raise missing or NotFound("the hub has no data set {repo} at {revision}", repo=name["repo"], revision="main")


def _read(portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    read = format_of(portion.member or portion.path)
    if read is None:
        raise DataError("{file} cannot be read: {reason}", file=portion.name, reason="its kind is not known")
    with opened(portion) as file:
        yield from read(file, portion)
