"""A suite in a folder: `suite.toml`, the items in files of JSON lines, and a card.

Does: read and check all of it; say exactly what is wrong, and on which line.
Does not: know which suites there are (`finding.py`) or ask items.
Try it: causerie eval starter --suite ./my-suite

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
    shots = 5                          # examples before each item, with their answers (0 = none)
    examples = "knowledge-en-dev.jsonl"
    [tasks.options]
    form = "letters"

A line of a file of items: `id`, then `question` (one message of a person) or `messages`, or `text`; and of `choices`,
`answer` (a string, or a list of right ones), `checks`, `cluster`, `side`, `language` and `extra` what its kind reads;
`worked`, what it answers where it is an example. Examples are lines of the same form in a file of their own, or with
`reader` a source in the set's form (left out = its own development or training part), or `items`: the task's others,
never the item itself. `draw`, `seed` and `layout` say which and how; `contract.Shots` has what they may be.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from causerie.errors import DataError
from causerie.evaluation.contract import Draw, Item, Layout, Message, Shots, Suite, Task
from causerie.evaluation.examples import MOST, OWN, counted, drawn, unlike

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
ReadWith = Callable[[str, str, str | None], tuple[Task, ...]]
"""Tasks in a public format: its name, the path or hub name, and where its examples are (empty = in the set's own
development or training part, None = nobody wants any)."""


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
    shots: int | None = Field(None, ge=0, le=MOST)
    examples: Text | None = Field(None, min_length=1)
    draw: Draw | None = None
    seed: int | None = Field(None, ge=0, lt=2**63)
    layout: Layout | None = None
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
    worked: Text = ""

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
            worked=self.worked,
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
    """The suite of these tasks, with the examples of each item.

    Raises:
        DataError: Two tasks, or two items of a task, have the same name, or there are too few examples.
    """
    _refuse_doubles([task.name for task in tasks], table.name)
    for task in tasks:
        _refuse_doubles([item.id for item in task.items], f"{table.name}/{task.name}")
        if not task.items:
            raise DataError("the task {task} has no items", task=f"{table.name}/{task.name}")
    tasks = [drawn(task) for task in tasks]
    return Suite(
        name=table.name, title=table.title, version=table.version, licence=table.licence, languages=table.languages,
        tasks=tuple(tasks), sha256=_sha256(tasks), description=table.description, card=card,
    )  # fmt: skip


def with_shots(suite: Suite, count: int) -> Suite:
    """The suite with so many examples before each item of the tasks that can have some (0 = of none).

    Where that asks something else, it is a suite of another name, `gsm8k-5-shot`: the gate, and whoever compares,
    goes by names, and one must not pass for the other.

    Raises:
        InvalidRequest: No task can have examples, or one does not say where they are.
        DataError: There are too few.
    """
    tasks = counted(suite.tasks, count, suite.name)
    sha256 = _sha256(tasks)
    name = suite.name if sha256 == suite.sha256 else f"{suite.name}-{count}-shot"
    return replace(suite, name=name, tasks=tuple(tasks), sha256=sha256)


def is_of(name: str, suite: Suite) -> bool:
    """Whether an evaluation by a suite of this name asked the items of this one, with examples before them or not."""
    return re.fullmatch(rf"{re.escape(suite.name)}(?:-\d+-shot)?", name) is not None


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
        read = read_items(_inside(folder, table.items), table.name, 0 if table.examples == OWN else table.limit)
        found: tuple[Task, ...] = (Task(name=table.name, kind=table.kind or "", items=tuple(read)),)
    elif table.of is not None:
        found = (task_of(table.of),)
    else:
        wanted = None if table.examples == OWN else table.examples or ("" if table.shots else None)
        found = read_with(table.reader or "", table.source or "", wanted)
    names = [table.name] if len(found) == 1 else [f"{table.name}-{task.name}" for task in found]
    return [_renamed(task, table, name, _shots(folder, table, task)) for task, name in zip(found, names, strict=True)]


def _renamed(task: Task, table: TaskTable, name: str, shots: Shots | None) -> Task:
    """A task as this suite has it: under its name, cut, with what its table says."""
    kept = task.items[: table.limit] if table.limit else task.items
    items = tuple(replace(item, task=name) for item in kept)
    return Task(
        name=name, kind=table.kind or task.kind, languages=table.languages or task.languages,
        options={**task.options, **table.options}, items=items, shots=shots,
    )  # fmt: skip


def _shots(folder: Path, table: TaskTable, task: Task) -> Shots | None:
    """What a table says of examples, over what the task has of them already."""
    known = task.shots
    if table.examples == OWN:
        known = Shots(source=OWN, pool=tuple(replace(item, examples=()) for item in task.items))
    elif table.examples is not None and table.reader is None:
        path = _inside(folder, table.examples)
        if table.items is not None and path.resolve() == _inside(folder, table.items).resolve():
            raise DataError(
                "the task {task} takes its examples from its own items", task=table.name,
                hint='where that is meant, write examples = "items"',
            )  # fmt: skip
        known = Shots(source=table.examples, pool=unlike(task.items, tuple(read_items(path, task.name))))
    said: dict[str, Any] = {
        "count": table.shots, "draw": table.draw, "seed": table.seed, "layout": table.layout,
    }  # fmt: skip
    given = {name: value for name, value in said.items() if value is not None}
    return replace(known or Shots(), **given) if known or given else None


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
        shown = [task.shots.layout] if task.shots and task.shots.count else []
        digest.update(canonical([task.name, task.kind, task.languages, task.options, *shown]))
        for item in task.items:
            examples = {"examples": [as_example(each) for each in item.examples]} if item.examples else {}
            digest.update(canonical({**as_item(item), **examples}))
    return digest.hexdigest()


def as_item(item: Item) -> dict[str, Any]:
    """All that is asked of an item by itself, without what it is only as an example, or has before it."""
    return {name: value for name, value in vars(item).items() if name not in {"worked", "examples"}}


def as_example(item: Item) -> dict[str, Any]:
    """All that an item shows where it is an example."""
    names = ("messages", "text", "choices", "expected", "worked")
    return {name: getattr(item, name) for name in names}


def canonical(value: object) -> bytes:
    """JSON that is the same for equal values, for hashes."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=list).encode()
