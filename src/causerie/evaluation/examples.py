"""Examples before an item (few-shot): which ones it gets.

Does: draw them from a pool, the same ones each time for the same seed and question, whatever other items there are;
leave out what would give an item away; say in words what was drawn.
Does not: read a pool (`suite_file.py` and `readers/` do), or lay examples into a prompt (`kinds/shots.py`).

Where items and examples name their subject (`extra.subject`, as those of MMLU), an item gets examples of its own.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from causerie.errors import DataError, InvalidRequest
from causerie.evaluation.contract import Item, Shots, Task
from causerie.evaluation.kinds.table import KINDS, WITH_EXAMPLES

OWN = "items"
"""As the source of examples: the task's own other items."""
SENTENCES = {OWN: "the task's other items"}
"""What people read instead of a source's name."""
MOST = 100
"""Examples before an item."""


def unlike(items: Sequence[Item], pool: Sequence[Item]) -> tuple[Item, ...]:
    """The pool without what asks the same as one of these items."""
    asked = {(_plain(question_of(item)), frozenset(item.choices)) for item in items}
    return tuple(each for each in pool if (_plain(question_of(each)), frozenset(each.choices)) not in asked)


def drawn(task: Task) -> Task:
    """The task with each item's examples, as its `shots` say.

    Raises:
        DataError: Its kind takes no examples, it does not say where they are, one of them is a conversation, or there
            are too few for an item.
    """
    shots = task.shots
    if shots and (shots.count or shots.source) and task.kind in KINDS and task.kind not in WITH_EXAMPLES:
        raise DataError(
            "the task {task} is of the kind {kind!r}, which takes no examples", task=task.name, kind=task.kind,
            hint="these take some: {kinds}", kinds=", ".join(sorted(WITH_EXAMPLES)),
        )  # fmt: skip
    if not shots or not shots.count:
        return replace(
            task, items=tuple(replace(item, examples=()) if item.examples else item for item in task.items)
        )
    if not shots.source:
        raise DataError(
            "the task {task} does not say where its examples come from", task=task.name,
            hint='its table in suite.toml takes examples = "FILE"',
        )  # fmt: skip
    for each in shots.pool:
        if sum(message["role"] != "system" for message in each.messages) > 1:
            raise DataError(
                "the example {item} of {task} is a conversation", item=each.id, task=task.name,
                hint="an example is one question and its answer",
            )  # fmt: skip
    groups = _groups(task.items, shots.pool)
    items = tuple(replace(item, examples=_drawn_for(item, task.name, shots, groups)) for item in task.items)
    return replace(task, items=items)


def counted(tasks: Sequence[Task], count: int, suite: str) -> list[Task]:
    """The tasks with so many examples before each item of those that can have some; drawn anew.

    Raises:
        InvalidRequest: No task can.
        DataError: As `drawn`.
    """
    able = {task.name for task in tasks if task.kind in WITH_EXAMPLES}
    if count and not able:
        raise InvalidRequest(
            "no task of the suite {suite} takes examples", suite=suite,
            kinds=", ".join(sorted(WITH_EXAMPLES)), hint="tasks of these kinds do: {kinds}",
        )  # fmt: skip
    return [
        drawn(replace(task, shots=replace(task.shots or Shots(), count=count))) if task.name in able else task
        for task in tasks
    ]


def question_of(item: Item) -> str:
    """All that an item asks, without what a system message says and without its choices."""
    said = (message["content"] for message in item.messages if message["role"] != "system")
    return "\n\n".join(part for part in (item.text, *said) if part)


def facts(shots: Shots) -> Mapping[str, Any]:
    """What is kept with a result of how examples were shown."""
    return {name: value for name, value in vars(shots).items() if name != "pool"}


def told(task: str, shots: Shots) -> list[str]:
    """The same in sentences."""
    notes: list[str] = []
    source = SENTENCES.get(shots.source, shots.source)
    if shots.draw == "first":
        notes.append(f"{task}: examples before each item: {shots.count}, the first of {source}")
    else:
        notes.append(f"{task}: examples before each item: {shots.count}, drawn from {source} with seed {shots.seed}")
    if shots.layout == "message":
        notes.append(f"{task}: examples and question are one message")
    return notes


def _groups(items: Sequence[Item], pool: Sequence[Item]) -> Mapping[str, Sequence[Item]]:
    """The pool by subject, or all of it under the name "" where no item has a subject of the pool's."""
    found: dict[str, list[Item]] = {}
    for each in pool:
        found.setdefault(_subject(each), []).append(each)
    return found if any(_subject(item) and _subject(item) in found for item in items) else {"": pool}


def _drawn_for(item: Item, task: str, shots: Shots, groups: Mapping[str, Sequence[Item]]) -> tuple[Item, ...]:
    pool = groups[""] if len(groups) == 1 and "" in groups else groups.get(_subject(item), ())
    places: Iterator[int] = iter(range(len(pool)))
    if shots.draw == "seeded":
        places = _shuffled(len(pool), "\n".join((str(shots.seed), question_of(item), *item.choices)))
    found: list[Item] = []
    asked, choices = f" {_plain(question_of(item))} ", set(item.choices)
    for place in places:
        if not _gives_away(pool[place], asked, choices):
            found.append(pool[place])
        if len(found) == shots.count:
            return tuple(found)
    raise DataError(
        "the item {item} of {task} has {there} examples in {source}, and {count} are wanted", item=item.id, task=task,
        there=len(found), source=shots.source, count=shots.count,
        hint="those that ask what the test asks, or are of another subject, do not count; ask for fewer, or add some",
    )  # fmt: skip


def _gives_away(example: Item, asked: str, choices: set[str]) -> bool:
    """Whether an example holds the item's own question, with its choices if it has some."""
    shown = " ".join((question_of(example), example.worked, *example.expected))
    return set(example.choices) == choices and asked in f" {_plain(shown)} "


def _shuffled(size: int, key: str) -> Iterator[int]:
    """Every number below `size` once, in an order that the key alone gives.

    The shuffle of Fisher and Yates (Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2P), from the
    front and as far as it is asked for; only places that moved are kept.
    """
    moved: dict[int, int] = {}
    for step in range(size):
        digest = hashlib.sha256(f"{step}\n{key}".encode("utf-8", "replace")).digest()
        at = step + int.from_bytes(digest[:8], "big") % (size - step)
        yield moved.get(at, at)
        moved[at] = moved.pop(step, step)


def _subject(item: Item) -> str:
    return str(item.extra.get("subject", ""))


def _plain(text: str) -> str:
    """Without case and runs of spaces."""
    return " ".join(text.casefold().split())
