"""Instructions that a program can check: "in fewer than 50 words", "without a comma".

Does: have the model answer; run every check of `checks/table.py` that the item names, strictly and loosely.
Does not: hold checks, or judge whether the answer is any good.

Figures as IFEval gives them (Zhou et al., 2023, https://arxiv.org/abs/2311.07911): `accuracy` = prompts of which
every check passes, `accuracy_loose` = with what stands around an answer left off, `instruction_accuracy` = checks
passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from causerie.errors import DataError
from causerie.evaluation.checks.table import check, check_loosely
from causerie.evaluation.contract import Ability, Answer, Item, Kind, Metric, Score, Scored, Subject, Task
from causerie.evaluation.kinds.measuring import mean_metric, ratio_metric
from causerie.evaluation.kinds.options import TaskOptions

TRIED = "A sentence of words that is long enough to tell which language it is in, or what else a check looks for."
"""What each item's checks are tried on."""


@dataclass(frozen=True)
class Instructions:
    """See the top of this file."""

    task: str
    max_tokens: int
    needs: frozenset[Ability] = frozenset({"chat"})

    async def ask(self, item: Item, subject: Subject) -> Answer:
        """What the model writes."""
        return await subject.chat(item.messages, max_tokens=self.max_tokens)

    def score(self, item: Item, answer: Answer) -> Score:
        """1 where every check passes."""
        named = [(str(one["check"]), {key: value for key, value in one.items() if key != "check"})
                 for one in item.checks]  # fmt: skip
        strict = [check(name, options, answer.text) for name, options in named]
        loose = [check_loosely(name, options, answer.text) for name, options in named]
        failed = [name for (name, _), passed in zip(named, strict, strict=True) if not passed]
        extra = {"passed": sum(strict), "checks": len(strict), "accuracy_loose": float(all(loose)), "failed": failed}
        return Score(value=float(all(strict)), extra=extra)

    def measure(self, scored: Sequence[Scored]) -> list[Metric]:
        """By prompt, strictly and loosely, and by instruction."""
        return [
            mean_metric(self.task, "accuracy", scored),
            mean_metric(self.task, "accuracy_loose", scored, lambda row: float(row.extra.get("accuracy_loose", 0.0))),
            ratio_metric(
                self.task, "instruction_accuracy", scored, lambda row: float(row.extra.get("passed", 0)),
                lambda row: float(row.extra.get("checks", 1)), higher_is_better=True, unit="share",
            ),
        ]  # fmt: skip


def make(task: Task, judge: Subject | None) -> Kind:  # noqa: ARG001 - it needs none
    """The kind, for a task.

    Raises:
        DataError: An option is wrong, or an item has no question or no checks.
        InvalidRequest: A check is not known, or lacks an option.
    """
    options = TaskOptions(task)
    kind = Instructions(task.name, options.tokens(512))
    options.end()
    for item in task.items:
        lacking = "question" if not item.messages else ""
        if not item.checks or not all(isinstance(one.get("check"), str) for one in item.checks):
            lacking = "check"
        if lacking:
            raise DataError("the item {item} of {task} has no {key}", item=item.id, task=task.name, key=lacking)
        kind.score(item, Answer(text=TRIED))  # a check that cannot be made is found before a model is asked
    return kind
