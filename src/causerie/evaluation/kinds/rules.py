"""Texts judged by rules: what must be in them, what must not, how long they are.

Does: have the model answer; the answer passes where every rule of the item does.
Does not: run patterns: a suite may be anybody's, and a pattern can take for ever.

Rules, an item's `checks`:
    {"check": "contains", "any": ["Paris", "paris"]}       one of these stands in it, whatever case
    {"check": "contains", "all": ["Paris", "Seine"]}
    {"check": "absent", "any": ["Lyon"]}                   none of these stands in it
    {"check": "words", "at_least": 5, "at_most": 50}       either may be left out
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from causerie.errors import DataError
from causerie.evaluation.contract import Ability, Answer, Item, Kind, Metric, Score, Scored, Subject, Task
from causerie.evaluation.kinds.measuring import mean_metric
from causerie.evaluation.kinds.options import TaskOptions

Rule = Callable[[str], bool]


@dataclass(frozen=True)
class Rules:
    """See the top of this file."""

    task: str
    max_tokens: int
    needs: frozenset[Ability] = frozenset({"chat"})

    async def ask(self, item: Item, subject: Subject) -> Answer:
        """What the model writes."""
        return await subject.chat(item.messages, max_tokens=self.max_tokens)

    def score(self, item: Item, answer: Answer) -> Score:
        """1 where every rule passes."""
        failed = [one["check"] for one in item.checks if not _rule(item, one)(answer.text)]
        passed = bool(answer.text.strip()) and not failed
        return Score(value=float(passed), extra={"failed": failed, "words": len(answer.text.split())})

    def measure(self, scored: Sequence[Scored]) -> list[Metric]:
        """The share of answers that pass."""
        return [mean_metric(self.task, "accuracy", scored)]


def make(task: Task, judge: Subject | None) -> Kind:  # noqa: ARG001 - it needs none
    """The kind, for a task.

    Raises:
        DataError: An option is wrong, or an item has no question, or no rule that is known.
    """
    options = TaskOptions(task)
    kind = Rules(task.name, options.tokens(256))
    options.end()
    for item in task.items:
        if not item.messages or not item.checks:
            key = "checks" if item.messages else "question"
            raise DataError("the item {item} of {task} has no {key}", item=item.id, task=task.name, key=key)
        for one in item.checks:
            _rule(item, one)
    return kind


def _rule(item: Item, given: Mapping[str, Any]) -> Rule:
    """A rule as a function of the answer."""
    match dict(given):
        case {"check": "contains", "any": [*wanted], **rest} if not rest and _texts(wanted):
            return lambda text: any(_stands(one, text) for one in wanted)
        case {"check": "contains", "all": [*wanted], **rest} if not rest and _texts(wanted):
            return lambda text: all(_stands(one, text) for one in wanted)
        case {"check": "absent", "any": [*wanted], **rest} if not rest and _texts(wanted):
            return lambda text: not any(_stands(one, text) for one in wanted)
        case {"check": "words", **bounds} if (
            bounds
            and bounds.keys() <= {"at_least", "at_most"}
            and all(type(bound) is int for bound in bounds.values())
        ):
            return lambda text: bounds.get("at_least", 0) <= len(text.split()) <= bounds.get("at_most", len(text) + 1)
    raise DataError(
        "the item {item} of {task} has a rule that is not known: {rule}", item=item.id, task=item.task,
        rule=str(dict(given))[:200], hint="contains, absent and words are; `kinds/rules.py` shows them",
    )  # fmt: skip


def _texts(wanted: list[object]) -> bool:
    return bool(wanted) and all(isinstance(one, str) and one for one in wanted)


def _stands(wanted: str, text: str) -> bool:
    return wanted.casefold() in text.casefold()
