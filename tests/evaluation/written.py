"""Suites in a folder, as somebody writes them, and tasks without one."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from causerie.evaluation.contract import Item, Suite, Task
from causerie.evaluation.finding import find
from causerie.settings import Settings

HEAD = 'title = "T"\nversion = "1"\nlicence = "CC0-1.0"\nlanguages = ["en"]\n'
Lines = Iterable[Mapping[str, Any]]


def write_suite(folder: Path, tasks: str, **files: Lines) -> Path:
    """A suite named as its folder, with these `[[tasks]]` and files of items by their name without ending."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "suite.toml").write_text(f'name = "{folder.name}"\n{HEAD}{tasks}', encoding="utf-8")
    for name, lines in files.items():
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def task_table(name: str, kind: str, items: str, more: str = "") -> str:
    """A `[[tasks]]` table."""
    return f'\n[[tasks]]\nname = "{name}"\nkind = "{kind}"\nitems = "{items}.jsonl"\n{more}\n'


def suite_of(settings: Settings, kind: str, lines: Lines, more: str = "", name: str = "mine") -> Suite:
    """A suite of one task `t` in the data folder, read back."""
    write_suite(settings.home / "suites" / name, task_table("t", kind, "items", more), items=lines)
    return find(settings, name)


def task(kind: str, *items: Item, **options: Any) -> Task:
    """A task without a file."""
    return Task(name="t", kind=kind, languages=("en",), options=options, items=items)


def item(item_id: str = "1", **more: Any) -> Item:
    """An item of it; `question` is one message of a person."""
    question = more.pop("question", "What?")
    messages = ({"role": "user", "content": question},) if question else ()
    return Item(id=item_id, task="t", messages=messages, **more)


def additions(count: int) -> list[dict[str, Any]]:
    """Questions that `added` answers."""
    return [{"id": str(n), "question": f"{n} + {n}?", "answer": str(2 * n)} for n in range(count)]


def added(messages: Any) -> str:
    """The answer to one of `additions`, in a sentence."""
    first, plus, second = messages[-1]["content"].rstrip("?").partition(" + ")
    if not plus:
        return "I cannot say."
    return f"It is {int(first) + int(second)}."
