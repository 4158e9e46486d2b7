"""A suite in a folder: `suite.toml`, the items in files of JSON lines, and a card.

Does: read and check all of it; say exactly what is wrong, and on which line.
Does not: know which suites there are (`finding.py`) or ask items.
Try it: causerie eval list

A suite may be somebody else's file: sizes are bounded, no name leads out of its folder, nothing in it is run.

    name = "core"
    title = "Knowledge, reading, arithmetic"
    version = "1"
    licence = "Apache-2.0"
    languages = ["en", "fr"]
    [description]
    en = "..."

    [[tasks]]
    name = "knowledge-en"
    kind = "choice"                    # kinds/table.py has their names
    items = "knowledge-en.jsonl"       # or from = "core/knowledge-en", or reader = "gsm8k" and source = "..."
    languages = ["en"]
    limit = 0                          # only so many items, the first (0 = all)
    [tasks.options]
    form = "letters"

A line of a file of items: `id`, then `question` (one message of a person) or `messages`, or `text`; and of `choices`,
`answer` (a string, or a list of right ones), `checks`, `cluster`, `side`, `language` and `extra` what its kind reads.
"""

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from causerie.errors import DataError
from causerie.evaluation.contract import Item, Message, Suite, Task

SUITE = "suite.toml"
CARD = "card.md"
MAX_FILE_BYTES = 64 * 2**20
"""Of a file of a suite: MMLU's 14,000 questions are 8 MB."""
MAX_ITEMS = 200_000
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Text = Annotated[str, StringConstraints(max_length=200_000)]
TaskOf = Callable[[str], Task]
"""A task of another suite, by `suite/task`."""
ReadWith = Callable[[str, str], tuple[Task, ...]]
"""Tasks in a public format: its name, and the path or hub name."""


Table = TypeVar("Table", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class TaskTable(_Strict):
    """A `[[tasks]]` table."""

    name: Name
    kind: Name | None = None
    items: Text | None = None
    of: Text | None = Field(None, alias="from")
    reader: Name | None = None
    source: Text | None = None
    languages: tuple[Language, ...] = ()
    limit: int = Field(0, ge=0)
    options: dict[str, Any] = {}

    @model_validator(mode="after")
    def _has_one_source(self) -> "TaskTable":
        if sum(given is not None for given in (self.items, self.of, self.reader)) != 1:
            msg = "give one of items, from and reader"
            raise ValueError(msg)
        if (self.reader is None) != (self.source is None):
            msg = "reader and source come together"
            raise ValueError(msg)
        if self.items is not None and self.kind is None:
            msg = "kind is missing"
            raise ValueError(msg)
        return self


class SuiteTable(_Strict):
    """The whole of `suite.toml`."""

    name: Name
    title: Text
    version: Name
    licence: Text = Field(min_length=1)
    languages: tuple[Language, ...] = Field(min_length=1)
    description: dict[Language, Text] = {}
    tasks: tuple[TaskTable, ...] = Field(min_length=1, max_length=1000)


class MessageLine(_Strict):
    """A message of an item."""

    role: Annotated[str, StringConstraints(pattern="^(system|user|assistant)$")]
    content: Text


class ItemLine(_Strict):
    """A line of a file of items."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    question: Text | None = None
    messages: tuple[MessageLine, ...] = ()
    text: Text = ""
    choices: tuple[Text, ...] = Field((), max_length=26)
    answer: Text | tuple[Text, ...] = ()
    checks: tuple[dict[str, Any], ...] = Field((), max_length=100)
    cluster: Text = ""
    side: Annotated[str, StringConstraints(max_length=64)] = ""
    language: Language | None = None
    extra: dict[str, Any] = {}

    @model_validator(mode="after")
    def _asks_something(self) -> "ItemLine":
        if (self.question is not None) + bool(self.messages) + bool(self.text) == 0:
            msg = "give question, messages or text"
            raise ValueError(msg)
        if self.question is not None and self.messages:
            msg = "give question or messages, not both"
            raise ValueError(msg)
        return self

    def item(self, task: str) -> Item:
        """The same, as an item of a task."""
        messages: tuple[Message, ...] = tuple(each.model_dump() for each in self.messages)
        if self.question is not None:
            messages = ({"role": "user", "content": self.question},)
        expected = (self.answer,) if isinstance(self.answer, str) else self.answer
        return Item(
            id=self.id, task=task, messages=messages, text=self.text, choices=self.choices, expected=expected,
            checks=self.checks, cluster=self.cluster, side=self.side, language=self.language or "", extra=self.extra,
        )  # fmt: skip


def read_suite(folder: Path, task_of: TaskOf, read_with: ReadWith) -> Suite:
    """Read the suite in a folder.

    Args:
        folder: Of the suite.
        task_of: Gives a task of another suite, for `from`.
        read_with: Reads a public format, for `reader`.

    Raises:
        DataError: A file is missing, too long, or says something that cannot be.
    """
    table = _parsed(SuiteTable, _toml(folder / SUITE), str(folder / SUITE))
    tasks = [task for each in table.tasks for task in _tasks(folder, each, task_of, read_with)]
    return made(table, tasks, card=_text(folder / CARD) if (folder / CARD).is_file() else "")


def made(table: SuiteTable, tasks: list[Task], card: str = "") -> Suite:
    """The suite of these tasks.

    Raises:
        DataError: Two tasks, or two items of a task, have the same name.
    """
    _refuse_doubles([task.name for task in tasks], table.name)
    for task in tasks:
        _refuse_doubles([item.id for item in task.items], f"{table.name}/{task.name}")
        if not task.items:
            raise DataError("the task {task} has no items", task=f"{table.name}/{task.name}")
    return Suite(
        name=table.name, title=table.title, version=table.version, licence=table.licence, languages=table.languages,
        tasks=tuple(tasks), sha256=_sha256(tasks), description=table.description, card=card,
    )  # fmt: skip


def read_items(path: Path, task: str, limit: int = 0) -> Iterator[Item]:
    """The items of a file of JSON lines.

    Raises:
        DataError: A line is no item; the message has its number.
    """
    read = 0
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        if limit and read == limit:
            return
        if read == MAX_ITEMS:
            raise DataError("{file} has more than {most} items", file=str(path), most=MAX_ITEMS)
        where = f"{path}:{number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError("{where} is not JSON: {reason}", where=where, reason=str(error)[:200]) from error
        read += 1
        yield _parsed(ItemLine, value, where).item(task)


def _tasks(folder: Path, table: TaskTable, task_of: TaskOf, read_with: ReadWith) -> list[Task]:
    if table.items is not None:
        path = _inside(folder, table.items)
        items = tuple(read_items(path, table.name, table.limit))
        return [
            Task(
                name=table.name, kind=table.kind or "", languages=table.languages, options=table.options, items=items
            )
        ]
    if table.of is not None:
        return [_renamed(task_of(table.of), table, table.name)]
    found = read_with(table.reader or "", table.source or "")
    names = [table.name] if len(found) == 1 else [f"{table.name}-{task.name}" for task in found]
    return [_renamed(task, table, name) for task, name in zip(found, names, strict=True)]


def _renamed(task: Task, table: TaskTable, name: str) -> Task:
    """A task that was read elsewhere, under this suite's name for it."""
    kept = task.items[: table.limit] if table.limit else task.items
    items = tuple(replace(item, task=name) for item in kept)
    return Task(
        name=name, kind=table.kind or task.kind, languages=table.languages or task.languages,
        options={**task.options, **table.options}, items=items,
    )  # fmt: skip


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataError("{file} is outside of the suite's folder {folder}", file=name, folder=str(folder))
    return path


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise DataError("{file} is not TOML: {reason}", file=str(path), reason=str(error)) from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise DataError("{file} is longer than {most} bytes", file=str(path), most=MAX_FILE_BYTES)
        return content.decode("utf-8")
    except OSError as error:
        raise DataError(
            "{file} cannot be read: {reason}", file=str(path), reason=error.strerror or str(error),
            hint="a suite is a folder with a suite.toml and the files that it names",
        ) from error  # fmt: skip
    except UnicodeDecodeError as error:
        raise DataError("{file} is not UTF-8 text", file=str(path)) from error


def _parsed(table: type[Table], value: object, where: str) -> Table:
    try:
        return table.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "it"
        reason = first["msg"].removeprefix("Value error, ")
        raise DataError("{where}: {key}: {reason}", where=where, key=key, reason=reason) from error


def _refuse_doubles(names: list[str], where: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError("{where} has two of the name {name!r}", where=where, name=name)
        seen.add(name)


def _sha256(tasks: list[Task]) -> str:
    digest = hashlib.sha256()
    for task in tasks:
        digest.update(canonical([task.name, task.kind, task.languages, task.options]))
        for item in task.items:
            digest.update(canonical(vars(item)))
    return digest.hexdigest()


def canonical(value: object) -> bytes:
    """JSON that is the same for equal values, for hashes."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=list).encode()
